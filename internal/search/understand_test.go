package search_test

import (
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/search"
)

func TestMisspeltWordsLeadToWhatTheShopHas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stocked(t, d)
		e := search.NewEmbedded(d)
		for typed, want := range map[string]string{
			"bottel":         "bottle",
			"botle warmer":   "bottle warmer",
			"bttle":          "bottle",
			"bootlle":        "", // two mistakes in seven letters are a guess
			"baterries":      "batteries",
			"bateriess":      "batteries", // nine letters may have two
			"bottle":         "",          // as it should be
			"bottles":        "",
			"xottle":         "bottle", // the first letter alone may be the wrong one
			"奶瓶 botlle":      "奶瓶 bottle",
			"bb01 12345 ???": "",
			"":               "",
		} {
			u, err := e.Understand(ctx, "en", typed, false, now)
			if err != nil || u.Mended != want {
				t.Errorf("%q became %q (%v), want %q", typed, u.Mended, err, want)
			}
		}
		if u, _ := e.Understand(ctx, "en", "bottel", true, now); u.Mended != "" || u.Words.Terms[0].Any[0] != "bottel" {
			t.Errorf("searched exactly, bottel is %+v", u)
		}
		put(t, d, plain("ZZ1", nil, 100))
		inTx(t, d, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec(`UPDATE products SET name = '{"en":"Theodolite"}' WHERE code = 'ZZ1'`).Error
		})
		if _, err := search.Mend(ctx, d); err != nil {
			t.Fatal(err)
		}
		if codes, u := foundFirst(t, e, d, "en", "teodolite"); u.Mended != "theodolite" || len(codes) != 1 {
			t.Errorf("a word of a moment ago is known as %q and finds %v", u.Mended, codes)
		}
	})
}

func TestWhatNothingHasIsLeftOutAndSaid(t *testing.T) {
	d := dbtest.SQLite(t)
	stocked(t, d)
	e := search.NewEmbedded(d)
	codes, u := foundFirst(t, e, d, "en", "bottle drill")
	if len(codes) == 0 || !u.Words.Loose || len(u.Without) != 1 {
		t.Errorf("bottle drill: %v without %v", codes, u.Without)
	}
	if codes, u := foundFirst(t, e, d, "en", "calm bottle qqxzk"); len(codes) != 1 || len(u.Without) != 1 || u.Without[0] != "qqxzk" {
		t.Errorf("calm bottle qqxzk: %v without %v", codes, u.Without)
	}
}

func FuzzUnderstand(f *testing.F) {
	l, _ := demoLexicon(f)
	rules := search.NewRules()
	for _, s := range []string{"", "naiping", "np", "27\"", "0.5 kg", "500 g", "bb-01", "w/ lid", "under 50", "嬰兒奶瓶", "a\x00b", "a\xffb", "\u202eelttob", "NEAR(a, 2)", "🍼", "１２ Ｖ", "5½", "1,240 mm", "xianxianxianxianxian", "我想买婴儿奶瓶的"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		search.Terms(typed)
		for _, exact := range []bool{false, true} {
			if u, err := l.Understand(rules, "zh", typed, exact); err == nil {
				l.Matched(u.Words, 24)
			}
		}
		if u, err := l.Begun(rules, "en", typed); err == nil {
			l.Matched(u.Words, 24)
		}
	})
}
