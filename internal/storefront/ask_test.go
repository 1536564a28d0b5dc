package storefront_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/shoptest"
)

func TestAQuestionIsAnsweredAtOnceOrByAPerson(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		b.Post("/cart/items", "sku", "BB01-240-AQUA")

		// What is written answers, with where it stands; nobody is bothered.
		p := b.Post("/p/calm-bottle/questions", "body", "Can I send it back?", "email", "ann@example.com")
		if p.Status != 200 || !strings.Contains(strings.Join(p.Texts("div.answer"), " "), "Send back within 30 days") || !strings.Contains(p.Body, `href="/returns"`) {
			t.Fatalf("%d %s", p.Status, p.Texts("div.answer"))
		}
		if n := s.Count("SELECT count(*) FROM questions"); n != 0 {
			t.Errorf("%d questions reached staff", n)
		}
		// "Not what I meant" is the second click, with all that was typed.
		sent := b.Submit(p, "/p/calm-bottle/questions", "person", "1")
		if sent.Status != http.StatusSeeOther || !strings.HasPrefix(sent.Location, "/questions/") {
			t.Fatalf("%d %s", sent.Status, sent.Location)
		}
		if again := b.Submit(p, "/p/calm-bottle/questions", "person", "1"); again.Location != sent.Location {
			t.Error("a double click asked twice")
		}
		page := b.Follow(sent)
		if !strings.Contains(page.Text(), "within one working day") || !strings.Contains(page.Body, "data-poll") || !strings.Contains(page.Text(), "ann@example.com") {
			t.Errorf("the asker is told %s", page.Text())
		}
		if p := s.Browser().Get(sent.Location); p.Status != http.StatusNotFound {
			t.Errorf("somebody else reads it: %d", p.Status)
		}
		// The cart's trail names what was asked, what it was answered by, and what waits.
		cart := int64(s.Count("SELECT id FROM carts"))
		trail, err := ask.OfCart(context.Background(), d, cart)
		if err != nil || len(trail) != 3 || trail[0].Source != "returns" || trail[0].QuestionID != 0 || trail[1].QuestionID == 0 || trail[1].Source != "returns" || !trail[1].AnsweredAt.IsZero() {
			t.Errorf("the trail is %+v, %v", trail, err)
		}
		s.Pass(10 * time.Minute)
		s.AnswerAll("Yes, with the parcel's own label.")
		// The mail with the answer leads back to the cart.
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			return outreach.EnqueueQuestion(ctx, tx, trail[1].QuestionID, outreach.QuestionAnswered, s.Now())
		})
		s.RunJobs()
		mail := s.Letters()[0].Text
		_, back, ok := strings.Cut(mail, "http://shop.example/r/")
		back, _, _ = strings.Cut(back, "\n")
		if p := s.Browser().Get("/r/" + back); !ok || !strings.Contains(mail, "parcel's own label") || p.Status != 200 || !strings.Contains(p.Text(), "Calm Bottle") {
			t.Errorf("the mail says %s, its link shows %d", mail, p.Status)
		}
		if page = b.Get(sent.Location); !strings.Contains(page.Text(), "parcel's own label") || strings.Contains(page.Body, "data-poll") {
			t.Errorf("answered, the page says %s", page.Text())
		}
		if trail, _ = ask.OfCart(context.Background(), d, cart); trail[1].AnsweredAt.Sub(trail[1].AskedAt.Time) != 10*time.Minute {
			t.Errorf("the wait is %s", trail[1].AnsweredAt.Sub(trail[1].AskedAt.Time))
		}
	})
}

func TestCheckoutKeepsWhatWasTypedWhenSomebodyAsks(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/cart/items", "sku", "BB01-240-AQUA")
	form := b.Get("/checkout")
	typed := []string{"email", "ann@example.com", "name", "Ann", "line1", "1 Bank Street", "city", "Riverside", "coupon", "LATE10"}
	values := url.Values{}
	for i := 0; i < len(typed); i += 2 {
		values.Set(typed[i], typed[i+1])
	}
	for _, f := range form.All("form") {
		if shoptest.Attr(f, "action") == "/checkout" {
			for name, v := range shoptest.FormValues(f) {
				if values.Get(name) == "" {
					values[name] = v
				}
			}
		}
	}
	key := values.Get("key")
	ask := func(body string, more ...string) *shoptest.Page {
		v := url.Values{"body": {body}}
		for name, x := range values {
			if v.Get(name) == "" {
				v[name] = x
			}
		}
		for i := 0; i < len(more); i += 2 {
			v.Set(more[i], more[i+1])
		}
		return b.PostForm("/checkout/questions", v)
	}
	for _, p := range []*shoptest.Page{ask("How can I pay?"), ask("Will the courier ring twice?"), ask("")} {
		for i := 1; i < len(typed); i += 2 {
			if !strings.Contains(p.Body, `value="`+typed[i]+`"`) {
				t.Errorf("%d %s: %q is lost", p.Status, p.Location, typed[i])
			}
		}
		if !strings.Contains(p.Body, key) {
			t.Error("the form has another key: it could be placed twice")
		}
	}
	if p := ask("How can I pay?"); p.Status != 200 || !strings.Contains(strings.Join(p.Texts("div.answer"), " "), "You can pay by") {
		t.Errorf("%d %s", p.Status, p.Texts("div.answer"))
	}
	if n := s.Count("SELECT count(*) FROM questions WHERE email = 'ann@example.com' AND cart_id > 0"); n != 1 {
		t.Errorf("%d questions went to staff", n)
	}
	if n := s.Count("SELECT count(*) FROM orders"); n != 0 {
		t.Errorf("asking placed %d orders", n)
	}
	if p := b.PostForm("/checkout", values); p.Status == http.StatusSeeOther {
		t.Errorf("a form that lacks its postcode was placed: %s", p.Location)
	}
}

func TestTheCartAnswersAboutItsGoods(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	if p := b.Post("/cart/questions", "body", "How can I pay?"); p.Status != http.StatusSeeOther {
		t.Errorf("without a cart: %d", p.Status)
	}
	b.Post("/cart/items", "sku", "BB01-240-AQUA")
	b.Post("/cart/items", "sku", "BK02")
	page := b.Get("/cart")
	if about := strings.Join(page.Texts("select.select"), " "); !strings.Contains(about, "order as a whole") || !strings.Contains(about, "Calm Bottle") {
		t.Errorf("it may be about %s", about)
	}
	if p := b.Submit(page, "/cart/questions", "body", "How much is delivery?"); p.Status != 200 || !strings.Contains(strings.Join(p.Texts("div.answer"), " "), "with you") {
		t.Errorf("%d %s", p.Status, p.Texts("div.answer"))
	}
	if p := b.Submit(page, "/cart/questions", "body", ""); p.Status != http.StatusUnprocessableEntity || len(p.All("div.error-summary")) != 1 {
		t.Errorf("nothing asked: %d", p.Status)
	}
	b.Header.Set("X-Fragment", "ask")
	if p := b.Submit(page, "/cart/questions", "body", "如何付款？ <script>alert(1)</script>"); p.Status != http.StatusSeeOther || strings.Contains(p.Body, "<script>alert") {
		t.Errorf("%d %s", p.Status, p.Body)
	} else if box := b.Follow(p); !strings.Contains(box.Body, `data-fragment="ask"`) || strings.Contains(box.Body, "<html") || strings.Contains(box.Body, "<script>alert") {
		t.Errorf("the script gets %s", box.Body)
	}
}

func TestHelpIsReadAndAnswers(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	put := func(a ask.Article) {
		t.Helper()
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return ask.PutArticle(ctx, tx, a, s.Now()) })
	}
	put(ask.Article{Slug: "descaling", Published: true, Title: i18n.Text{En: "Descaling with vinegar", Zh: "用醋除垢"},
		Body: i18n.Text{En: "Vinegar and water, half and half, take scale off.\n\nRinse twice.", Zh: "醋和水各一半，可以除垢。\n\n冲洗两次。"}, Products: nil})
	put(ask.Article{Slug: "secret", Title: i18n.Text{En: "Not yet"}, Body: i18n.Text{En: "Not yet."}})
	b := s.Browser()
	if p := b.Get("/help"); p.Status != 200 || !strings.Contains(p.Text(), "Descaling") || strings.Contains(p.Text(), "Not yet") {
		t.Errorf("%d %s", p.Status, p.Text())
	}
	if p := b.Get("/zh/help/descaling"); p.Status != 200 || !strings.Contains(p.Text(), "冲洗两次") {
		t.Errorf("%d %s", p.Status, p.Text())
	}
	if p := b.Get("/help/secret"); p.Status != http.StatusNotFound {
		t.Errorf("a draft is shown: %d", p.Status)
	}
	if p := b.Post("/p/calm-bottle/questions", "body", "Can I take scale off with vinegar?"); p.Status != 200 || !strings.Contains(p.Body, `href="/help/descaling"`) {
		t.Errorf("%d %s", p.Status, p.Texts("div.answer"))
	}
	err := s.DB.InTx(context.Background(), func(tx *db.Tx) error {
		return ask.PutArticle(context.Background(), tx, ask.Article{Slug: "A b", Published: true}, s.Now())
	})
	if err == nil {
		t.Error("an article without words was kept")
	}
}
