package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
)

type chained struct{ Slug, Department, Kind, Reason, Premise string }

func chain(t testing.TB, s *shopper, slug string) (found []chained) {
	t.Helper()
	for _, x := range ask[struct{ Suggestions []chained }](t, s, "/api/v1/products/"+slug+"/suggestions").Suggestions {
		if x.Kind == "complex" {
			found = append(found, x)
		}
	}
	return found
}

func leadsTo(found []chained, department string) bool {
	return slices.ContainsFunc(found, func(x chained) bool { return x.Department == department })
}

// What the crowd was made to do is found again by counting: who buys a laptop
// of the fine class buys cameras and home cinema, who buys the campus one does
// not, and the trait can be taken out.
func TestLaptopLeadsToACameraTheCampusLaptopDoesNot(t *testing.T) {
	a, base := town(t, 1200, 913)
	guest := newShopper(base)
	for _, slug := range []string{"corvane-14", "corvane-16-studio"} {
		found := chain(t, guest, slug)
		if !leadsTo(found, "cameras") || !leadsTo(found, "home-theatre") {
			t.Errorf("%s leads to %+v", slug, found)
		}
	}
	if found := chain(t, guest, "campus-13"); leadsTo(found, "cameras") || leadsTo(found, "home-theatre") {
		t.Errorf("the campus laptop leads to %+v", found)
	}
	// The class is told by the price in the shop's own currency.
	yuan := newShopper(base)
	if found := ask[struct{ Suggestions []chained }](t, yuan, "/api/v1/products/corvane-14/suggestions?currency=CNY").Suggestions; !leadsTo(found, "cameras") {
		t.Errorf("in yuan: %+v", found)
	}
	recounted(t, a, chain(t, guest, "corvane-14"))
	// Sofia bought one: she is told so, on other pages too, until she takes it out.
	sofia := signedIn(t, base, "premium@demo.example")
	if found := chain(t, sofia, "dock-nine"); !leadsTo(found, "home-theatre") || !strings.HasPrefix(found[0].Reason, "You bought Corvane 14 on ") {
		t.Errorf("Sofia is led to %+v", found)
	}
	if found := chain(t, sofia, "campus-13"); leadsTo(found, "cameras") {
		t.Errorf("the campus laptop leads Sofia to %+v", found)
	}
	if r, err := sofia.post("/account/privacy/trait", url.Values{"trait": {"fine-equipment"}}); err != nil || r.status != 303 {
		t.Fatalf("take the trait out: %d %v", r.status, err)
	}
	for _, slug := range []string{"dock-nine", "corvane-16-studio"} {
		if found := chain(t, sofia, slug); leadsTo(found, "cameras") || leadsTo(found, "home-theatre") {
			t.Errorf("taken out, and %s leads to %+v", slug, found)
		}
	}
	// The other planted ones.
	for slug, department := range map[string]string{"little-keys-49": "home-theatre", "bevel-12-v-drill": "instruments", "pocket-multimeter": "tools", "clay-teapot": "gifts"} {
		if found := chain(t, guest, slug); !leadsTo(found, department) {
			t.Errorf("%s leads to %+v, want %s", slug, found, department)
		}
	}
	if found := chain(t, signedIn(t, base, "student@demo.example"), "margin-notebook-x3"); !leadsTo(found, "sport") {
		t.Errorf("the student is led to %+v", found)
	}
}

// recounted counts what the sentences say again from the orders, by other
// means than those that made them.
func recounted(t *testing.T, a *app, found []chained) {
	t.Helper()
	const paid = ` FROM orders o JOIN order_lines l ON l.order_id = o.id JOIN products p ON p.id = l.product_id JOIN categories k ON k.id = p.category_id
		WHERE o.state <> 'cancelled' AND o.payment_state IN ('paid', 'partly-refunded') AND l.qty > l.cancelled_qty + l.returned_qty`
	const fine = "SELECT DISTINCT o.customer_id" + paid + ` AND p.code IN ('CO01', 'CO02') AND o.placed_at > (SELECT max(counted_at) FROM traits) - 730 * 86400000
		AND 2 = (SELECT count(*) FROM consents c WHERE c.customer_id = o.customer_id AND c.given = TRUE AND c.purpose IN ('personalize', 'history'))`
	count := func(sql string, args ...any) (n int) {
		if err := a.db.Query(context.Background()).Raw(sql, args...).Scan(&n).Error; err != nil {
			t.Fatal(err)
		}
		return n
	}
	of, counted := count("SELECT count(*) FROM ("+fine+") x"), 0
	for _, x := range found {
		_, shelf, ok := strings.Cut(x.Reason, "also bought from ")
		if !ok {
			continue // an author's words
		}
		counted++
		also := count("SELECT count(DISTINCT o.customer_id)"+paid+" AND k.name LIKE ? AND o.customer_id IN ("+fine+")", `{"en":"`+strings.ReplaceAll(shelf, "&", "%")+`"%`)
		want := fmt.Sprintf("Laptops of this class are bought by people who choose fine equipment. %d of %d such simulated shoppers also bought from %s", also, of, shelf)
		if x.Reason != want || also < 20 {
			t.Errorf("%q, counted again: %q", x.Reason, want)
		}
	}
	if counted < 2 {
		t.Errorf("only %d counted reasons among %+v", counted, found)
	}
}
