package segment

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
)

// buyersOf fills a shop with buyers: of those who play, more order again; of
// those who cook, nobody differs; who bought lamps early comes back more.
func buyersOf(t *testing.T, d *db.DB, people int, effect bool) {
	t.Helper()
	ctx := context.Background()
	r := rand.New(rand.NewPCG(7, 7))
	crowd(t, d, 0, func(n int) int { return r.IntN(n) })
	day := func(ago int) int64 { return noon.AddDate(0, 0, -ago).UnixMilli() }
	var customers, consents, interests, orders, lines [][]any
	order := 0
	for i := 1; i <= people; i++ {
		mail := fmt.Sprintf("p%d@shop.example", i)
		customers = append(customers, []any{i, mail, mail, "en", []string{"DE", "FR"}[r.IntN(2)], 1, 1})
		for _, p := range []string{"personalize", "history"} {
			consents = append(consents, []any{i, p, true, "test", 1})
		}
		plays, again := r.IntN(4) == 0, 3
		if plays {
			interests = append(interests, []any{i, "hobby", "gaming", "said", 1})
			if effect {
				again = 7
			}
		}
		if r.IntN(3) == 0 {
			interests = append(interests, []any{i, "hobby", "cooking", "said", 1})
		}
		product := 1 + r.IntN(2)
		if product == 2 && effect {
			again++
		}
		times := 1
		if r.IntN(10) < again {
			times = 2
		}
		for n := range times {
			order++
			no := fmt.Sprint("N", order)
			orders = append(orders, []any{order, no, no, no, i, mail, "USD", 5, 2000 + r.IntN(2000), "completed", "paid", day(300 - 200*n)})
			lines = append(lines, []any{order, 1, product, product, "S", `{"en":"x"}`, 1, 5, 5})
		}
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, t := range []struct {
			table   string
			columns []string
			rows    [][]any
		}{
			{"customers", []string{"id", "email", "email_key", "lang", "country", "created_at", "updated_at"}, customers}, {"consents", []string{"customer_id", "purpose", "given", "source", "at"}, consents},
			{"interests", []string{"customer_id", "kind", "value", "source", "at"}, interests},
			{"orders", []string{"id", "number", "place_key", "access_hash", "customer_id", "email", "currency", "subtotal", "total", "state", "payment_state", "placed_at"}, orders},
			{"order_lines", []string{"order_id", "position", "product_id", "variant_id", "sku", "name", "qty", "unit_price", "total"}, lines},
		} {
			if _, err := tx.Insert(ctx, t.table, t.columns, t.rows, false); err != nil {
				return err
			}
		}
		return Rebuild(ctx, tx, noon)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIdeasAreSureDifferencesAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		buyersOf(t, d, 1500, true)
		ideas := func() (all []Idea, keys []string) {
			b, err := Read(ctx, d)
			if err != nil {
				t.Fatal(err)
			}
			all, _, err = b.Ideas(ctx, d, "USD", noon)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range all {
				keys = append(keys, strings.Join(strings.Fields(i.Key()), ""))
			}
			return all, keys
		}
		all, keys := ideas()
		const plays = "all(hobbyin(gaming))"
		if !slices.Contains(keys, plays) || !slices.Contains(keys, "all(bought(category=lamps)>=1)") {
			t.Fatalf("found %v", keys)
		}
		for _, i := range all {
			if i.Low <= 0 && i.High >= 0 || i.People < fewest || i.Looked < 10 {
				t.Errorf("%s: %+v", i.Key(), i)
			}
			// What is said can be counted again by the rule itself.
			if b, _ := Read(ctx, d); i.Measure != BackMeasure {
				n, err := b.Count(ctx, d, Segment{Key: "x", Rule: i.Rule, Purpose: Audience}, noon)
				if err != nil || n != i.People {
					t.Errorf("%s: %d people, %d by the rule, %v", i.Key(), i.People, n, err)
				}
			}
		}
		if slices.ContainsFunc(keys, func(k string) bool { return k == "all(hobbyin(cooking))" || k == "all(country=DE)" }) {
			t.Errorf("chance was taken for a difference: %v", keys)
		}
		if _, again := ideas(); !slices.Equal(again, keys) {
			t.Errorf("asked again: %v", again)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			return Answer(ctx, tx, "all(hobby in (gaming))", "dismissed", "ines@shop.example", noon)
		}); err != nil {
			t.Fatal(err)
		}
		if _, rest := ideas(); slices.Contains(rest, plays) {
			t.Error("what was put away is suggested again")
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return Answer(ctx, tx, "all(hobby in (dragons)", "dismissed", "x", noon) }); err == nil {
			t.Error("an answer to no idea was kept")
		}
	})
}

// Over many shops without any difference, about one in twenty may suggest
// something.
func TestWithoutADifferenceNothingIsSuggested(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	wrong := 0
	for range 400 {
		var all []candidate
		for g := range 80 {
			var in, out tally
			for range 60 {
				in.add(r.IntN(3) == 0)
			}
			for range 400 {
				out.add(r.IntN(3) == 0)
			}
			all = append(all, candidate{rule: allOf(saidClause("country", fmt.Sprint(g))), in: in, out: out, measure: AgainMeasure})
		}
		if len(judge(all)) > 0 {
			wrong++
		}
	}
	t.Logf("%d of 400 shops without a difference", wrong)
	if wrong > 24 {
		t.Errorf("%d of 400 shops suggest what is chance", wrong)
	}
}
