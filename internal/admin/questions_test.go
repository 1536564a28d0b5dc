package admin

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/event"
	"regulars/internal/staff"
)

func TestHelpIsWrittenByStaff(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	f.want(f.get("/admin/questions/articles"), 200, "No article yet")
	f.want(f.get("/admin/questions/articles/new?about=BB01"), 200, "BB01")
	in := url.Values{"slug": {"first-use"}, "title_en": {"First use"}, "body_en": {"Boil it.\n\nLet it cool."}, "about": {"BB01 nothing"}, "published": {"1"}}
	f.want(f.post("/admin/questions/articles/new", in), 422, "There is no product or shelf called nothing", "Boil it.")
	in.Set("about", "BB01")
	f.want(f.post("/admin/questions/articles/new", in), 422, "Write something here")
	in.Set("title_zh", "首次使用")
	in.Set("body_zh", "煮沸。\n\n放凉。")
	f.want(f.post("/admin/questions/articles/new", in), 303)
	f.want(f.post("/admin/questions/articles/new", in), 422, "Another article has this address")
	f.want(f.get("/admin/questions/articles"), 200, "First use", "BB01")
	f.want(f.get("/admin/questions/articles/first-use"), 200, "首次使用", "/help/first-use")
	if lines := f.audited("help.save"); len(lines) != 1 {
		t.Errorf("audit %q", lines)
	}
	f.want(f.post("/admin/questions/articles/first-use", url.Values{"drop": {"1"}}), 303)
	f.want(f.get("/admin/questions/articles/first-use"), 404)
}

func TestAComplaintIsOpenUntilStaffCloseIt(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	q, _, err := ask.List(context.Background(), f.DB, ask.Filter{})
	f.must(err)
	at := "/admin/questions/" + q[0].Token
	do := func(what string) { f.want(f.post(at+"/complaint", url.Values{"do": {what}}), 303) }
	do("open")
	do("open") // a double click
	f.want(f.get(at), 200, "Close the complaint", "!Goods to name")
	f.want(f.get("/admin/questions?state=complaint"), 200, "Complaint")
	f.want(f.post(at, url.Values{"answer": {"We send another."}}), 303)
	f.want(f.get(at), 200, "Close the complaint")
	do("close")
	f.want(f.get(at), 200, "Closed ", "Mark as a complaint")
	f.want(f.get("/admin/questions?state=complaint"), 200, "No question here")
	if lines := f.audited("question.complaint"); len(lines) != 2 {
		t.Errorf("audit %q", lines)
	}
}

func TestGapsOpenWhatTheyCount(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	f.must(f.DB.InTx(context.Background(), func(tx *db.Tx) error {
		return event.Write(context.Background(), tx, []event.Event{{At: db.At(f.now.Add(-time.Hour)), Kind: event.SearchEmpty, Detail: "Hammock <b>", Lang: "zh", Device: "phone"},
			{At: db.At(f.now), Kind: event.SearchEmpty, Detail: "hammock <b>", Lang: "en", Device: "desktop"}, {At: db.At(f.now), Kind: event.SearchEmpty, Detail: "zeppelin", Bot: true}})
	}))
	f.want(f.get("/admin/questions/gaps"), 200, "hammock &lt;b&gt;", "!zeppelin", "Calm Bottle", "/admin/questions?product=")
	f.want(f.get("/admin/questions/gaps?q=hammock+%3Cb%3E"), 200, "phone", "desktop")
	f.want(f.get("/admin/questions?product=nothing"), 200, "No question here")
}

func TestWhatRisesIsShownWithItsBaseline(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	f.want(f.get("/admin/products"), 200, "/admin/products/trends")
	f.want(f.get("/admin/products/trends"), 200, "Nothing rises")
	f.must(f.DB.InTx(context.Background(), func(tx *db.Tx) error {
		var all []event.Event
		for v := range 8 {
			all = append(all, event.Event{At: db.At(f.now.Add(-time.Hour)), Kind: event.SearchDone, Detail: "Yo-yo <b>", VisitorID: int64(v + 1)})
		}
		return event.Write(context.Background(), tx, all)
	}))
	f.want(f.get("/admin/products/trends"), 200, "yo-yo &lt;b&gt;", "8 visitors in 24 hours; nobody in the four weeks before.", "/search?q=yo-yo", "<svg", "<table")
	f.want(f.get("/admin/products/trends?simulated=yes"), 200, "Nothing rises", "Show real shoppers")
}

func TestStaffHearOfAQuestionWithinSeconds(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	server := httptest.NewServer(f.Web)
	defer server.Close()
	ctx, stop := context.WithTimeout(context.Background(), 30*time.Second)
	defer stop()
	r, err := http.NewRequestWithContext(ctx, "GET", server.URL+"/admin/questions/stream", nil)
	f.must(err)
	r.AddCookie(&http.Cookie{Name: "session", Value: f.session})
	answer, err := http.DefaultClient.Do(r)
	f.must(err)
	defer answer.Body.Close()
	if kind := answer.Header.Get("Content-Type"); answer.StatusCode != 200 || kind != "text/event-stream" {
		t.Fatalf("%d %s", answer.StatusCode, kind)
	}
	lines := bufio.NewScanner(answer.Body)
	next := func() (pulse string) {
		for lines.Scan() {
			if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return text
			}
		}
		t.Fatalf("the stream ended: %v", lines.Err())
		return ""
	}
	first := next()
	f.must(f.DB.InTx(ctx, func(tx *db.Tx) error {
		_, err := ask.Contact(ctx, tx, ask.Message{Email: "new@example.com", Body: "Is anybody there?"}, f.now)
		return err
	}))
	asked := time.Now()
	if second := next(); second == first || time.Since(asked) > 5*time.Second {
		t.Errorf("from %q to %q after %s", first, second, time.Since(asked))
	}
	f.want(f.get("/admin/questions/fresh"), 200, "Is anybody there?")
}

// A list that refreshes itself is no sign that somebody is there.
func TestAnOpenListDoesNotKeepASessionAlive(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Support)
	for range 3 {
		f.want(f.get("/admin/questions/fresh"), 200)
		f.now = f.now.Add(11 * time.Minute)
	}
	if w := f.get("/admin/questions/fresh"); w.Code != 303 {
		t.Errorf("after 33 minutes alone the list is still shown: %d", w.Code)
	}
	f.as(staff.Support)
	for range 4 {
		f.want(f.get("/admin/questions"), 200)
		f.now = f.now.Add(11 * time.Minute)
	}
}

// S60, S64, S65: the best members come first among those who have time left,
// and what is late comes before everybody, is passed up and stands on the home
// of the shop's owner.
func TestNothingWaitsPastItsLimitUnnoticed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Support)
		ctx := context.Background()
		for _, q := range f.list(ask.Filter{}) {
			f.want(f.post("/admin/questions/"+q.Token, url.Values{"answer": {"Yes."}}), 303)
		}
		parent, err := customer.ByEmail(ctx, f.DB, "parent@demo.example")
		f.must(err)
		f.now = time.Date(2026, 11, 24, 9, 30, 0, 0, time.UTC) // Tuesday
		f.as(staff.Support)
		var gold *ask.Question
		f.tx(func(ctx context.Context, tx *db.Tx) error {
			for i, m := range []ask.Message{{Email: "a@mail.example", Body: "The oldest"}, {Email: "b@mail.example", Body: "The next"}, {Person: customer.NewPerson(nil, parent, nil, nil), Body: "The best member"}} {
				q, err := ask.Contact(ctx, tx, m, f.now.Add(time.Duration(i)*time.Hour))
				if err != nil {
					return err
				}
				gold = q
			}
			return tx.Query(ctx).Exec("INSERT INTO customer_tiers (customer_id, tier, earned, since, due_at) VALUES (?, 'very-loyal', 'very-loyal', 1, 1) ON CONFLICT (customer_id) DO UPDATE SET tier = 'very-loyal'", int64(parent.ID)).Error
		})
		order := func(want ...string) {
			t.Helper()
			var got []string
			for _, q := range f.list(ask.Filter{Open: true, Now: f.now}) {
				got = append(got, q.Body)
			}
			if !slices.Equal(got, want) {
				t.Errorf("the queue is %q, want %q", got, want)
			}
		}
		f.now = f.now.Add(3 * time.Hour)
		order("The best member", "The oldest", "The next")
		f.now = time.Date(2026, 11, 25, 8, 0, 0, 0, time.UTC) // the oldest is due in ninety minutes
		order("The oldest", "The best member", "The next")
		f.as(staff.Support)
		f.want(f.post("/admin/questions/"+gold.Token+"/take", nil), 303)
		f.want(f.post("/admin/questions/"+gold.Token+"/take", nil), 409)
		f.want(f.get("/admin/questions?state=mine"), 200, "The best member", "Very loyal", "!The oldest")
		f.want(f.get("/admin/questions?q="+strings.ToLower(gold.Number)), 200, "The best member", "!The oldest")
		f.want(f.get("/admin"), 200, "!past its limit")
		f.now = time.Date(2026, 11, 25, 9, 45, 0, 0, time.UTC)
		for want := 1; want >= 0; want-- {
			f.tx(func(ctx context.Context, tx *db.Tx) error {
				n, err := ask.Escalate(ctx, tx, f.Settings.Now(), 1, f.now)
				if n != want {
					t.Errorf("%d were passed up, want %d", n, want)
				}
				return err
			})
		}
		f.as(staff.Owner)
		f.want(f.get("/admin"), 200, "1 question is past its limit")
		f.want(f.get("/admin/questions?state=late"), 200, "The oldest", "!The next", "Late since 25 November 2026, 09:30")
		if late := f.list(ask.Filter{Late: true, Now: f.now}); len(late) != 1 || late[0].OwnerID != 1 {
			t.Errorf("nobody looks after %+v", late)
		}
		f.want(f.get("/admin/questions/"+gold.Token), 200, gold.Number, "25 November 2026, 11:30")
	})
}

func (f *office) list(in ask.Filter) []ask.Listed {
	f.t.Helper()
	list, _, err := ask.List(context.Background(), f.DB, in)
	f.must(err)
	return list
}
