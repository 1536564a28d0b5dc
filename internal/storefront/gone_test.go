package storefront_test

import (
	"context"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/shoptest"
)

// What is gone for good says so at its address and at its former ones, in both
// languages, and names what followed it; a product that is merely hidden does
// not.
func TestWhatIsGoneNamesWhatFollowed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Rename("BB01", "still-bottle")
		s.Rename("BB01", "quiet-bottle")
		b := s.Browser()
		if p := b.Get("/zh/p/calm-bottle?size=240"); p.Status != 301 || p.Header.Get("Location") != "/zh/p/quiet-bottle?size=240" {
			t.Errorf("former address: %d %s", p.Status, p.Header.Get("Location"))
		}
		id := s.Products["BB01"]
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return catalog.Publish(ctx, tx, id, false, s.Now()) })
		if p := b.Get("/p/quiet-bottle"); p.Status != 404 {
			t.Errorf("hidden: %d", p.Status)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := catalog.PutRelation(ctx, tx, catalog.Relation{FromID: id, ToID: s.Products["BB02"], Kind: "replaced", Reason: i18n.Text{En: "The new one"}}); err != nil {
				return err
			}
			return catalog.End(ctx, tx, id, true, s.Now())
		})
		next, err := catalog.ByID(context.Background(), d, s.Products["BB02"])
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range []string{"/p/quiet-bottle", "/p/still-bottle", "/zh/p/calm-bottle"} {
			p := b.Get(path)
			prefix := ""
			if path[:3] == "/zh" {
				prefix = "/zh"
			}
			if p.Status != 410 || !strings.Contains(p.Body, `<a class="button" href="`+prefix+"/p/"+next.Slug+`">`) || len(p.All(".shelf")) == 0 {
				t.Errorf("%s: %d %s", path, p.Status, p.Main())
			}
		}
		if p := b.Get("/api/v1/products/calm-bottle"); p.Status != 410 {
			t.Errorf("the API: %d", p.Status)
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error { return catalog.Publish(ctx, tx, id, true, s.Now()) })
		if p := b.Get("/p/quiet-bottle"); p.Status != 200 {
			t.Errorf("sold again: %d", p.Status)
		}
	})
}
