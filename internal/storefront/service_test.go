package storefront_test

import (
	"context"
	"strings"
	"testing"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/setting"
	"regulars/internal/shoptest"
	"regulars/internal/value"
)

// The same pages help the very loyal by a person with a name and others by the
// answers first; without a name there is nobody to name (S21).
func TestHelpDiffersByTier(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	b, guest := s.SignedIn(shoptest.Student), s.Browser()
	says := func(who *shoptest.Browser, want string, paths ...string) {
		t.Helper()
		for _, path := range paths {
			page := who.Get(path)
			sound(t, path, page)
			for _, w := range []string{"Answers first", "Your contact", "先看看帮助", "您的专属联系人"} {
				if strings.Contains(page.Text(), w) != (w == want) {
					t.Errorf("%s and %q: %s", path, w, page.Text())
				}
			}
		}
	}
	give := func() {
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			k, err := customer.ByEmail(ctx, tx, shoptest.Student)
			if err != nil {
				return err
			}
			return value.Give(ctx, tx, s.Settings.Now(), k.ID, value.Grant{Key: "a-key-of-sixteen", Tier: value.VeryLoyal, Reason: "tested", From: s.Now(), Until: s.Now().AddDate(0, 1, 0)}, s.Now())
		})
	}
	give()
	says(b, "Answers first", "/account", "/contact")
	s.Tx(func(ctx context.Context, tx *db.Tx) error {
		for _, kv := range [][2]string{{"service.name", "Mira Halm"}, {"service.reach", "+1 555 0100"}} {
			if err := setting.Set(ctx, tx, kv[0], kv[1], s.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := s.Settings.Refresh(context.Background(), s.DB); err != nil {
		t.Fatal(err)
	}
	says(b, "Your contact", "/account", "/contact")
	says(b, "您的专属联系人", "/zh/account", "/zh/contact")
	if text := b.Get("/contact").Text(); !strings.Contains(text, "Mira Halm") || !strings.Contains(text, "+1 555 0100") {
		t.Error(text)
	}
	says(guest, "Answers first", "/contact")
	says(guest, "先看看帮助", "/zh/contact")
	b.Submit(b.Get("/p/calm-bottle?size=240&colour=aqua"), "/cart/items", "qty", "1")
	placed := b.Submit(b.Get("/checkout"), "/checkout", address...)
	paid := b.Submit(b.Follow(placed), "/gateway/test/", "outcome", "paid")
	says(b, "Your contact", paid.Location)
	says(guest, "Answers first", paid.Location)
}
