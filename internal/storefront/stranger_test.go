package storefront_test

import (
	"context"
	"regexp"
	"testing"

	"gorm.io/gorm"

	"regulars/internal/db/dbtest"
	"regulars/internal/shoptest"
)

// personal are the tables that hold something of a person.
var personal = regexp.MustCompile(`\b(sessions|visitors|customers|consents|interests|carts|cart_lines|orders|order_lines)\b`)

// TestAStrangerIsNotLookedUp: who brings no cookie is nobody, and no page asks
// the database who it might be.
func TestAStrangerIsNotLookedUp(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	asked := 0
	look := func(g *gorm.DB) {
		asked++
		if sql := g.Statement.SQL.String(); personal.MatchString(sql) {
			t.Errorf("a stranger's page reads %s", sql)
		}
	}
	calls := s.DB.Query(context.Background()).Callback()
	for _, err := range []error{calls.Query().After("gorm:query").Register("test:query", look), calls.Row().After("gorm:row").Register("test:row", look)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{"/", "/zh/", "/c/baby", "/p/calm-bottle", "/p/jig-saw", "/search?q=bottle", "/search?q=nothing-like-it", "/cart"} {
		before := asked
		if p := s.Browser().Get(path); p.Status != 200 || path != "/cart" && asked == before {
			t.Errorf("%s: %d after %d queries", path, p.Status, asked-before)
		}
	}
}
