package storefront_test

import (
	"context"
	"net/http"
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

// S53: question, answer, what is said back, and what was said about orders are
// one conversation, in the page, by the mail's link and in the account.
func TestAConversationGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		b := s.Browser()
		for range 2 { // a double click
			b.Post("/contact", "name", "Ann", "email", "ann@example.com", "body", "Is the strap leather?")
		}
		if n := s.Count("SELECT count(*) FROM questions"); n != 1 {
			t.Fatalf("%d questions of one form", n)
		}
		token := s.Text("SELECT token FROM questions")
		at := "/questions/" + token
		p := b.Get(at)
		if !strings.Contains(p.Text(), "at the latest") || !strings.Contains(p.Body, `data-poll="`+at+`"`) || strings.Contains(p.Text(), "Say something back") {
			t.Errorf("waiting: %s", p.Text())
		}
		s.RunJobs()
		letters := s.Letters()
		if len(letters) != 1 || !strings.Contains(letters[0].Text, "Is the strap leather?") {
			t.Fatalf("%d receipts", len(letters))
		}
		_, link, _ := strings.Cut(letters[0].Text, "http://shop.example"+at)
		link = at + strings.Fields(link)[0]
		other := s.Browser()
		if p := other.Get(at + "?key=wrong"); p.Status != http.StatusNotFound {
			t.Errorf("a forged key opens it: %d", p.Status)
		}
		if p := other.Get(link); p.Status != 200 || !strings.Contains(p.Text(), "Is the strap leather?") {
			t.Errorf("the mail's link: %d", p.Status)
		}
		s.Pass(time.Minute)
		s.AnswerAll("No, it is nylon. /p/calm-bottle?via=rq.Q-00000000, and http://elsewhere.example/p/x")
		if n := s.Count("SELECT count(*) FROM questions WHERE seen_at > 0"); n != 0 {
			t.Error("seen before it was shown")
		}
		p = b.Get(at)
		if !strings.Contains(p.Body, `<a href="/p/calm-bottle?via=rq.Q-00000000">`) || strings.Contains(p.Body, `href="http://elsewhere`) || strings.Contains(p.Body, "data-poll") {
			t.Errorf("answered: %s", p.Body)
		}
		if n := s.Count("SELECT count(*) FROM questions WHERE seen_at > 0"); n != 1 {
			t.Error("that it was shown is not noted")
		}
		// Said back by the mail's link, without the browser that asked, and once.
		key := link[strings.Index(link, "key=")+4:]
		if p := other.Post(at, "key", key, "body", " "); p.Status != http.StatusUnprocessableEntity {
			t.Errorf("nothing said: %d", p.Status)
		}
		if p := s.Browser().Post(at, "body", "And mine?"); p.Status != http.StatusNotFound {
			t.Errorf("a stranger says something: %d", p.Status)
		}
		for range 2 {
			if p := other.Post(at, "key", key, "body", "Then which one is?"); p.Status != http.StatusSeeOther {
				t.Errorf("said back: %d", p.Status)
			}
		}
		if n := s.Count("SELECT count(*) FROM questions WHERE thread_id > 0 AND answered_at = 0 AND due_at > 0 AND email = 'ann@example.com'"); n != 1 {
			t.Fatalf("%d wait for staff", n)
		}
		if p := b.Get(at); !strings.Contains(p.Text(), "Then which one is?") || !strings.Contains(p.Text(), "it is nylon") || !strings.Contains(p.Body, "data-poll") {
			t.Errorf("the conversation: %s", p.Text())
		}
		s.AnswerAll("The Tan one.")
		if p := b.Get(at); !strings.Contains(p.Text(), "The Tan one.") {
			t.Errorf("answered again: %s", p.Text())
		}
	})
}

// A reply shows in the open page at the page's next look, three seconds on.
func TestAReplyIsInTheOpenPageWithinSeconds(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.Browser()
	b.Post("/contact", "email", "ann@example.com", "body", "Is the strap leather?")
	at := "/questions/" + s.Text("SELECT token FROM questions")
	s.AnswerAll("It is nylon.")
	b.Header.Set("X-Fragment", "reply")
	if p := b.Get(at); !strings.Contains(p.Text(), "It is nylon.") || strings.Contains(p.Body, "<h1>") {
		t.Errorf("the look: %s", p.Body)
	}
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return outreach.EnqueueQuestion(ctx, tx, int64(s.Count("SELECT id FROM questions")), outreach.QuestionAnswered, s.Now())
	})
	s.RunJobs()
	for _, l := range s.Letters() {
		if strings.Contains(l.Text, "It is nylon.") {
			t.Error("mailed what the page showed")
		}
	}
}

func TestTheAccountHoldsItsMessages(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b := s.SignedIn(shoptest.Student)
	if p := b.Get("/account/messages"); p.Status != 200 || !strings.Contains(p.Text(), "Nothing was said yet") {
		t.Fatalf("%d %s", p.Status, p.Text())
	}
	b.Post("/p/calm-bottle/questions", "body", "Will the zebra like it?")
	p := b.Get("/account/messages")
	if !strings.Contains(p.Text(), "Will the zebra like it?") || !strings.Contains(p.Text(), "still to come") {
		t.Errorf("%s", p.Text())
	}
	s.AnswerAll("It will.")
	if p := b.Get("/zh/account/messages"); !strings.Contains(p.Text(), "It will.") || !strings.Contains(p.Text(), "我们回复") {
		t.Errorf("%s", p.Text())
	}
	if p := s.Browser().Get("/account/messages"); p.Status == 200 {
		t.Error("a stranger reads them")
	}
}

func TestReadersSayWhetherAnArticleHelped(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		return ask.PutArticle(ctx, tx, ask.Article{Slug: "scale", Published: true, Title: i18n.Text{En: "Scale", Zh: "水垢"}, Body: i18n.Text{En: "Acid.", Zh: "酸。"}}, s.Now())
	})
	b := s.Browser()
	for _, said := range []string{"yes", "no", "no"} { // changed their mind
		if p := b.Post("/zh/help/scale", "helped", said); p.Status != http.StatusSeeOther {
			t.Fatalf("%d", p.Status)
		}
	}
	if p := b.Post("/help/scale", "helped", "maybe"); p.Status != http.StatusBadRequest && p.Status != http.StatusUnprocessableEntity {
		t.Errorf("%d", p.Status)
	}
	if p := b.Post("/help/nothing", "helped", "no"); p.Status != http.StatusNotFound {
		t.Errorf("%d", p.Status)
	}
	votes, err := ask.Votes(context.Background(), s.DB, s.Now().AddDate(0, 0, -1))
	if err != nil || len(votes) != 1 || votes[0].No != 1 || votes[0].Yes != 0 || votes[0].ZhNo != 1 {
		t.Errorf("%+v %v", votes, err)
	}
	if p := b.Get("/help/scale?said=1"); !strings.Contains(p.Text(), "Noted.") {
		t.Errorf("%s", p.Text())
	}
}
