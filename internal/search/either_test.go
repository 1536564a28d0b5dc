package search_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/search"
	"regulars/internal/search/meilitest"
)

// rig is a shop with a double beside it, and a clock that the test turns.
type rig struct {
	d      *db.DB
	server *meilitest.Server
	either *search.Either
	push   *search.Pusher
	at     atomic.Int64
}

func rigged(t *testing.T, d *db.DB) *rig {
	r := &rig{d: d, server: doubled(t)}
	r.at.Store(now.UnixMilli())
	m, push := atDouble(t, d, r.server)
	clock := func() time.Time { return time.UnixMilli(r.at.Load()).UTC() }
	push.Now = clock
	r.push = push
	r.either = &search.Either{Embedded: search.NewEmbedded(d).Calm(), Meili: m, DB: d, Now: clock, Patience: 5 * time.Second}
	for _, code := range []string{"P1", "P2", "P3"} {
		r.put(t, code)
	}
	return r
}

func (r *rig) put(t *testing.T, code string) {
	id, _ := put(t, r.d, plain(code, nil, 1000, "colour=red"))
	inTx(t, r.d, func(tx *db.Tx) error { return search.Index(ctx, tx, id) })
}

func (r *rig) later(d time.Duration) { r.at.Add(d.Milliseconds()) }

// says asks for everything, which must hold as many products as the shop has,
// and says who answered.
func (r *rig) says(t *testing.T, products int) search.State {
	t.Helper()
	r.later(2 * time.Second)
	if got := find(t, r.either, search.Query{Currency: "USD"}); got.Total != products {
		t.Fatalf("%d products of %d", got.Total, products)
	}
	return r.either.State(ctx)
}

func TestShoppersAreAnsweredWhateverTheServerDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rigged(t, d)
		if s := r.says(t, 3); s.Meili || s.Why != search.WhyStarting || s.Behind != 3 {
			t.Fatalf("before it is filled: %+v", s)
		}
		pushed(t, r.push)
		if s := r.says(t, 3); !s.Meili || s.Behind != 0 {
			t.Fatalf("filled: %+v", s)
		}
		hang := make(chan struct{})
		defer close(hang)
		for _, c := range []struct {
			name, why string
			begin     func()
		}{
			{"killed", search.WhyUnreachable, func() { r.server.Fail(meilitest.Faults{Down: true}) }},
			{"slow", search.WhySlow, func() {
				r.either.Patience = 10 * time.Millisecond
				r.server.Fail(meilitest.Faults{Slow: hang})
			}},
			{"broken", search.WhyError, func() { r.server.Fail(meilitest.Faults{Broken: true}) }},
			{"wrong key", search.WhyKey, func() { r.server.Fail(meilitest.Faults{WrongKey: true}) }},
			{"empty", search.WhyEmpty, func() { r.server.Empty("products") }},
			{"lost", search.WhyLost, r.server.Lose},
		} {
			c.begin()
			s := r.says(t, 3)
			if s.Meili || s.Why != c.why {
				t.Errorf("%s: %+v", c.name, s)
			}
			for range 5 {
				r.says(t, 3)
			}
			asked := r.server.Calls("POST /multi-search")
			for range 20 {
				if got := find(t, r.either, search.Query{Currency: "USD"}); got.Total != 3 {
					t.Fatalf("%s: %d", c.name, got.Total)
				}
			}
			if n := r.server.Calls("POST /multi-search") - asked; n > 1 {
				t.Errorf("%s: asked %d times in one moment", c.name, n)
			}
			r.server.Fail(meilitest.Faults{})
			r.either.Patience = 5 * time.Second
			r.later(2 * time.Minute)
			pushed(t, r.push)
			if s := r.says(t, 3); !s.Meili {
				t.Errorf("%s, and well again: %+v", c.name, s)
			}
		}
	})
}

func TestAServerThatIsBehindIsPassedBy(t *testing.T) {
	d := dbtest.SQLite(t)
	r := rigged(t, d)
	pushed(t, r.push)
	r.says(t, 3)
	r.put(t, "P4")
	r.later(2 * time.Second)
	if got := find(t, r.either, search.Query{Currency: "USD"}); got.Total != 3 {
		t.Fatalf("a moment later the server still answers: %d", got.Total)
	}
	r.later(40 * time.Second)
	if s := r.says(t, 4); s.Meili || s.Why != search.WhyBehind || s.Behind != 1 {
		t.Fatalf("half a minute later: %+v", s)
	}
	r.server.Fail(meilitest.Faults{TasksFail: true})
	if err := r.push.Push(ctx); err == nil || strings.Contains(err.Error(), meilitest.MasterKey) {
		t.Fatalf("a failed task is told: %v", err)
	}
	if s := r.says(t, 4); s.Why != search.WhyTask {
		t.Fatalf("why: %+v", s)
	}
	r.server.Fail(meilitest.Faults{})
	pushed(t, r.push) // too early to try again
	if s := r.says(t, 4); s.Meili {
		t.Fatalf("tried again at once: %+v", s)
	}
	r.later(time.Minute)
	pushed(t, r.push)
	if s := r.says(t, 4); !s.Meili || s.Behind != 0 {
		t.Fatalf("well again: %+v", s)
	}
}

// A fresh index is filled beside the one that answers.
func TestRebuildNeverShowsHalf(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rigged(t, d)
		pushed(t, r.push)
		r.server.Empty("products")
		if err := r.push.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if got := find(t, r.either.Meili, search.Query{Currency: "USD"}); got.Total != 3 {
			t.Fatalf("rebuilt: %d", got.Total)
		}
		if left := strings.Join(r.server.Indexes(), " "); left != "products" {
			t.Errorf("indexes %s", left)
		}
		r.server.Fail(meilitest.Faults{TasksFail: true})
		if err := r.push.Rebuild(ctx); err == nil {
			t.Fatal("a rebuild that failed is told")
		}
		if got := find(t, r.either.Meili, search.Query{Currency: "USD"}); got.Total != 3 {
			t.Fatalf("the old index answers: %d", got.Total)
		}
	})
}

// Of two processes one writes to the server; the other takes over when it is
// gone, and a rebuild asked for meanwhile is done by whoever writes.
func TestOnePusherWorks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rigged(t, d)
		two := *r.push
		two.Name = "two"
		pushed(t, r.push)
		r.put(t, "P4")
		if err := r.push.Hold(ctx); err != nil { // and stays so, as a process does that was killed
			t.Fatal(err)
		}
		before := r.server.Calls("POST /indexes/products/documents")
		pushed(t, &two)
		if err := two.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		if n := r.server.Calls("POST /indexes/products/documents"); n != before {
			t.Fatalf("the second one wrote %d times", n-before)
		}
		r.later(2 * time.Minute)
		pushed(t, &two)
		if got := find(t, r.either.Meili, search.Query{Currency: "USD"}); got.Total != 4 || r.server.Calls("POST /swap-indexes") != 2 {
			t.Fatalf("taken over: %d, rebuilt %d times", got.Total, r.server.Calls("POST /swap-indexes"))
		}
	})
}

// Names order at the server as they do here.
func TestNamesOrderAlike(t *testing.T) {
	names := []string{"", "a", "a 2", "a 10", "a 010", "a10b", "é", "10", "9", "9 keys", "0", "00", "a b", "a-b", "ab", "a 2.5", "a 2.10", "灯", "灯罩"}
	for _, a := range names {
		for _, b := range names {
			if got, want := strings.Compare(search.OrderName(a), search.OrderName(b)), catalog.Natural(a, b); (got > 0) != (want > 0) || (got < 0) != (want < 0) {
				t.Errorf("%q and %q: %d, want %d", a, b, got, want)
			}
		}
	}
}
