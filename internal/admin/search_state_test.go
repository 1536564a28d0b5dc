package admin

import (
	"context"
	"testing"
	"time"

	"regulars/internal/db/dbtest"
	"regulars/internal/search"
	"regulars/internal/search/meilitest"
	"regulars/internal/staff"
)

func TestTheFirstPageSaysWhichEngineAnswers(t *testing.T) {
	d := dbtest.SQLite(t)
	f := open(t, d).as(staff.Owner)
	f.want(f.get("/admin?lang=en"), 200, "!Meilisearch")
	server := meilitest.New()
	defer server.Close()
	clock := func() time.Time { return f.now }
	m := search.NewMeili(search.MeiliAt{URL: server.URL, Key: meilitest.MasterKey}, search.NewEmbedded(d))
	m.PollFor = time.Nanosecond
	push := &search.Pusher{DB: d, Meili: m, Now: clock, Name: "test"}
	f.Office.Search = &search.Either{Embedded: search.NewEmbedded(d), Meili: m, DB: d, Now: clock, Patience: 5 * time.Second}
	ask := func() {
		t.Helper()
		f.now = f.now.Add(2 * time.Second)
		_, err := f.Office.Search.Find(context.Background(), search.Query{Currency: "USD"})
		f.must(err)
	}
	f.must(search.Rebuild(context.Background(), d))
	ask()
	f.want(f.get("/admin?lang=en"), 200, "The search inside the shop has answered since", "Meilisearch is being filled", "on its way")
	f.must(push.Push(context.Background()))
	ask()
	f.want(f.get("/admin?lang=en"), 200, "Meilisearch has answered since", "has every change")
	server.Fail(meilitest.Faults{WrongKey: true})
	ask()
	f.want(f.get("/admin?lang=en"), 200, "Meilisearch refuses the key", "Shoppers see no error", "!"+meilitest.MasterKey)
	f.want(f.get("/admin?lang=zh"), 200, "由商店内置搜索提供结果", "拒绝了密钥")
	f.as(staff.Support)
	f.want(f.get("/admin?lang=en"), 200, "!Meilisearch")
}
