package search_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
	"regulars/internal/search"
)

var (
	ctx = context.Background()
	now = time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)

	quiet = slog.New(slog.DiscardHandler)
)

func inTx(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); err != nil {
		t.Fatal(err)
	}
}

// stocked fills a shop through the catalog alone and lets the runner index it.
func stocked(t *testing.T, d *db.DB) (*jobs.Runner, map[string]catalog.ProductID) {
	t.Helper()
	ids := map[string]catalog.ProductID{}
	inTx(t, d, func(tx *db.Tx) error {
		shelf, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "FD", Slug: "feeding", Name: i18n.Text{En: "Feeding", Zh: "喂养"}}, now)
		if err != nil {
			return err
		}
		for _, p := range []struct {
			code, en, zh, synonyms, fact string
			shelf                        *catalog.CategoryID
			published                    bool
		}{
			{"BB01", "Calm Bottle", "安静奶瓶", "naiping", "240 ml", &shelf, true},
			{"BB02", "Bottle Warmer", "暖奶器", "nuannai heater", "60 W", &shelf, true},
			{"TL01", "Crème Drill", "电钻", "zuan batteries", "12 V", nil, true},
			{"XX01", "Secret Bottle", "秘密奶瓶", "", "1 ml", nil, false},
		} {
			id, _, _, err := catalog.Put(ctx, tx, catalog.Draft{
				Product:  catalog.Product{Code: p.code, CategoryID: p.shelf, Name: i18n.Text{En: p.en, Zh: p.zh}, Synonyms: p.synonyms, Published: p.published},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: p.code + "-SAGE", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 100}}}},
				Facts:    []catalog.Fact{{Key: "size", Name: i18n.Text{En: "Size"}, ValueCode: "x", Value: i18n.Text{En: p.fact}}},
			}, now)
			if err != nil {
				return err
			}
			ids[p.code] = id
		}
		return nil
	})
	r := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
	search.Register(r, d)
	drain(t, r)
	return r, ids
}

func drain(t *testing.T, r *jobs.Runner) {
	t.Helper()
	if _, err := r.RunDue(ctx, time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
}

// found are the codes of what somebody finds, in the order of their codes.
func found(t *testing.T, d *db.DB, lang i18n.Lang, query string) string {
	t.Helper()
	codes, _ := foundFirst(t, search.NewEmbedded(d), d, lang, query)
	slices.Sort(codes)
	return strings.Join(codes, " ")
}

func foundFirst(t *testing.T, e *search.Embedded, d *db.DB, lang i18n.Lang, query string) (codes []string, u *search.Understood) {
	t.Helper()
	u, err := e.Understand(ctx, lang, query, false, now)
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	r, err := e.Find(ctx, search.Query{Lang: lang, Words: u.Words, Currency: "USD", PerPage: 10})
	if err != nil {
		t.Fatalf("%q: %v", query, err)
	}
	for _, id := range r.IDs {
		p, err := catalog.ByID(ctx, d, id)
		if err != nil {
			t.Fatal(err)
		}
		codes = append(codes, p.Code)
	}
	return codes, u
}

func TestWordsOfBothLanguagesFindTheThing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stocked(t, d)
		for _, c := range []struct {
			lang        i18n.Lang
			query, want string
		}{
			{"zh", "奶瓶", "BB01"},
			{"en", "奶瓶", "BB01"},
			{"zh", "暖奶", "BB02"},
			{"zh", "calm bottle", "BB01"},
			{"en", "bottle", "BB01 BB02"},
			{"en", "Bottles", "BB01 BB02"},
			{"en", "BOTT", "BB01 BB02"},
			{"en", "bottle calm", "BB01"},
			{"en", "ｂｏｔｔｌｅ", "BB01 BB02"},
			{"en", "creme drill", "TL01"},
			{"en", "crème", "TL01"},
			{"en", "battery", "TL01"},
			{"en", "batterie", "TL01"},
			{"en", "bb01-sage", "BB01"},
			{"en", "bb01", "BB01"},
			{"en", "240ml", "BB01"},
			{"en", "naiping", "BB01"},
			{"en", "feeding", "BB01 BB02"},
			{"zh", "喂养", "BB01 BB02"},
			{"en", "bottel", "BB01 BB02"},
			{"en", "xqzzy", ""},
			{"en", "secret", ""},
			{"en", " ,.- ", ""},
		} {
			if got := found(t, d, c.lang, c.query); got != c.want {
				t.Errorf("%s %q finds %q, want %q", c.lang, c.query, got, c.want)
			}
		}
		if u, err := search.NewEmbedded(d).Begun(ctx, "zh", "nai", now); err != nil || len(u.Words.Terms) != 1 || !u.Words.Terms[0].Prefix {
			t.Errorf("nai on the way is read as %+v, %v", u, err)
		}
	})
}

func TestHostileQueriesAreAnswered(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		stocked(t, d)
		e := search.NewEmbedded(d)
		for _, query := range []string{
			`"`, `'; DROP TABLE products; --`, "NEAR(bottle, 2)", "bottle OR drill", "bottle*", "-bottle", "bottle:*", "!bottle & (", "<->", "terms:bottle",
			"{terms}: x", "^bottle", "\\", "%", "_", "🍼", "👩‍👩‍👧", "\u202eelttob", "̈́", strings.Repeat("(", 500), strings.Repeat("奶", 500), strings.Repeat("a ", 500), strings.Repeat("x", 5000),
		} {
			for _, lang := range i18n.Langs {
				foundFirst(t, e, d, lang, query)
				if _, err := e.Begun(ctx, lang, query, now); err != nil {
					t.Errorf("%.40q: %v", query, err)
				}
				if _, err := e.Understand(ctx, lang, query, true, now); err != nil {
					t.Errorf("%.40q: %v", query, err)
				}
			}
		}
		for _, query := range []string{"a\x00b", "a\xffb"} {
			if _, err := e.Understand(ctx, "en", query, false, now); !errors.Is(err, fault.Invalid) {
				t.Errorf("%q gives %v", query, err)
			}
		}
		if got := found(t, d, "en", "bottle "+strings.Repeat(" ", 200)+"drill"); got != "BB01 BB02" {
			t.Errorf("past 200 signs a query goes on: %q", got)
		}
	})
}

func TestIndexFollowsTheCatalogAndRebuildAgrees(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r, ids := stocked(t, d)
		inTx(t, d, func(tx *db.Tx) error {
			if err := catalog.Publish(ctx, tx, ids["XX01"], true, now); err != nil {
				return err
			}
			if err := catalog.Publish(ctx, tx, ids["BB02"], false, now); err != nil {
				return err
			}
			_, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "FD", Slug: "feeding", Name: i18n.Text{En: "Mealtime", Zh: "用餐"}}, now)
			return err
		})
		drain(t, r)
		for query, want := range map[string]string{"bottle": "BB01 XX01", "warmer": "", "mealtime": "BB01", "feeding": ""} {
			if got := found(t, d, "en", query); got != want {
				t.Errorf("%s finds %q, want %q", query, got, want)
			}
		}
		index := func() string {
			var rows []struct {
				ProductID int64
				Body      string
			}
			if err := d.Query(ctx).Raw("SELECT product_id, body FROM search_documents ORDER BY product_id").Scan(&rows).Error; err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(rows)
		}
		before := index()
		// A document gone wrong.
		inTx(t, d, func(tx *db.Tx) error {
			return tx.Query(ctx).Exec("UPDATE search_documents SET body = '{}', hash = 'x' WHERE product_id = ?", ids["BB01"]).Error
		})
		if err := search.Rebuild(ctx, d); err != nil {
			t.Fatal(err)
		}
		if after := index(); after != before {
			t.Errorf("rebuilt documents differ:\n%s\n%s", after, before)
		}
	})
}

func TestTermsAreFoldedAlike(t *testing.T) {
	for text, want := range map[string]string{
		"Crème Brûlée": "creme brulee", "ＡＢＣ１２": "abc 12", "安静 Bottle奶瓶": "安 静 bottle 奶 瓶", "240ml": "240 ml", "don't": "dont",
		"Straße": "straße", "嬰兒車": "婴 儿 车", "a-b_c.d": "a b c d", "①": "1", "": "",
	} {
		if got := strings.Join(search.Terms(text), " "); got != want {
			t.Errorf("Terms(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestDocumentsAreNumberedInTheOrderTheyChanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r, ids := stocked(t, d)
		all, err := search.ChangesSince(ctx, d, 0, 100)
		if err != nil || len(all.Documents) != 3 || len(all.Gone) != 0 {
			t.Fatalf("%d documents and %d gone, %v; three are published", len(all.Documents), len(all.Gone), err)
		}
		if err := search.Rebuild(ctx, d); err != nil {
			t.Fatal(err)
		}
		if same, err := search.ChangesSince(ctx, d, all.Last, 100); err != nil || same.Last != all.Last {
			t.Errorf("a rebuild of what did not change gave new numbers up to %d after %d, %v", same.Last, all.Last, err)
		}
		inTx(t, d, func(tx *db.Tx) error { return catalog.Publish(ctx, tx, ids["BB01"], false, now) })
		drain(t, r)
		news, err := search.ChangesSince(ctx, d, all.Last, 100)
		if err != nil || len(news.Documents) != 0 || !slices.Equal(news.Gone, []catalog.ProductID{ids["BB01"]}) {
			t.Errorf("after one was taken off: %+v, %v", news, err)
		}
		if last, err := search.LastNumber(ctx, d); err != nil || last != news.Last {
			t.Errorf("the last number is %d, %v; the newest document has %d", last, err, news.Last)
		}
	})
}
