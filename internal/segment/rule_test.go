package segment

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// chance draws rules and people; rapid and math/rand both do.
type chance func(n int) int

func (c chance) of(values ...string) string { return values[c(len(values))] }

func (c chance) some(values ...string) []string {
	n := 1 + c(min(3, len(values)))
	start := c(len(values))
	var all []string
	for i := range n {
		all = append(all, values[(start+i)%len(values)])
	}
	return all
}

var odd = []string{"学生", `a "quoted" \ one`, "in", "50%_", "DROP TABLE x;--", "Üñ 5"}

func (c chance) rule(deep int) Rule {
	r := Rule{When: c.group(deep)}
	if c(4) == 0 {
		r.Except = c.group(2)
	}
	return r
}

func (c chance) group(deep int) Group {
	g := Group{Op: c.of(All, Any, None)}
	for range 1 + c(3) {
		if deep > 1 && c(4) == 0 {
			inner := c.group(deep - 1)
			g.Items = append(g.Items, Item{Group: &inner})
		} else {
			g.Items = append(g.Items, Item{Clause: c.clause()})
		}
	}
	return g
}

func (c chance) where(f *Field) (all []Filter) {
	if len(f.Filters) == 0 || c(3) == 0 {
		return nil
	}
	switch c(5) {
	case 0:
		return []Filter{{"category", c.some("feeding", "lamps")}}
	case 1:
		return []Filter{{"department", []string{c.of("BB", "HO")}}}
	case 2:
		return []Filter{{"product", c.some("P1", "P2", "P3", "NONE")}, {"brand", c.some("Calm", "Bright")}}
	}
	return []Filter{{"brand", c.some("Calm", "Bright", odd[c(len(odd))])}}
}

func (c chance) span() string { return c.of("1d", "7d", "30d", "90d", "365d", "12h", "45m", "2000d") }

func (c chance) clause() *Clause {
	f := Fields()[c(len(Fields()))]
	for f.Key == "segment" && c(3) > 0 {
		f = Fields()[c(len(Fields()))]
	}
	k := &Clause{Field: f.Key}
	ops := f.Kind.Ops()
	k.Op = ops[c(len(ops))]
	if f.Key == "segment" {
		k.Op = c.of(In, NotIn)
	}
	values := func() []string {
		switch {
		case f.Key == "segment":
			return c.some("young", "buyers", "workers")
		case f.Key == "trait":
			return c.some("fine", "maker")
		case f.Kind == MoneyKind:
			return c.some("0.00 USD", "15.00 USD", "40.00 USD", "30.00 EUR")
		case f.Kind == NumberKind && f.Key == "age":
			return c.some("0", "21", "22", "30", "64", "130")
		case f.Kind == NumberKind || f.Kind == DeedKind:
			return c.some("0", "1", "2", "3", "5", "11")
		case f.Kind == MomentKind:
			return c.some("2026-11-01", "2026-01-01", "2025-06-01", "1990-01-01")
		case f.Choices != nil && (!f.Free || c(2) == 0):
			return c.some(f.Choices()...)
		}
		return c.some("DE", "CN", "stud", "e", "Europe/Berlin", odd[c(len(odd))])
	}
	switch {
	case k.Op == InLast || k.Op == Over || k.Op == ThenNot:
		k.Values = []string{c.span()}
	case k.Op == InNext:
		k.Values = []string{c.of("1d", "14d", "100d", "366d")}
	case wanted(k.Op) < 0:
		k.Values = values()
	default:
		for len(k.Values) < wanted(k.Op) {
			k.Values = append(k.Values, values()[0])
		}
	}
	if f.Kind == MoneyKind && len(k.Values) == 2 { // one currency a clause
		k.Values[1] = k.Values[0][:strings.Index(k.Values[0], ".")] + "5.00" + k.Values[0][strings.Index(k.Values[0], " "):]
	}
	if f.Kind == DeedKind {
		k.Where = c.where(f)
		if c(2) == 0 {
			k.Last = c.span()
		}
		if k.Op == ThenNot {
			then := FieldOf(c.of("bought", "viewed", "ordered", "returned", "searched"))
			k.Then = &Deed{Field: then.Key, Where: c.where(then)}
		}
	} else if k.Op != Set && k.Op != NotSet && !f.Sure {
		k.Unknown = c(3) == 0
	}
	return k
}

func TestThreeFormsOfARuleSayTheSame(t *testing.T) {
	book := NewBook(nil, nil)
	rapid.Check(t, func(t *rapid.T) {
		r := chance(func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "n") }).rule(4)
		if w := r.Check(); w != nil {
			if w.Words == "segment.rule.long" {
				t.Skip("too long")
			}
			t.Fatalf("%s is refused: %v %v", r, w, w.Args)
		}
		read, wrong := Parse(r.String())
		if wrong != nil || !reflect.DeepEqual(read, r) {
			t.Fatalf("%s\nwas read as\n%s (%v %v)", r, read, wrong, wrong)
		}
		b, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var kept Rule
		if err := json.Unmarshal(b, &kept); err != nil || !reflect.DeepEqual(kept, r) {
			t.Fatalf("%s was kept as %s, %v", r, b, err)
		}
		for _, l := range i18n.Langs {
			if says := book.Sentence(l, r); says == "" || strings.Contains(says, "rule.") || strings.Contains(says, "{") {
				t.Fatalf("%s says %q", r, says)
			}
		}
	})
}

func TestARuleThatCannotBeReadSaysWhere(t *testing.T) {
	for text, want := range map[string]string{
		"":                       "1:1: segment.text.value",
		"all(":                   "1:5: segment.text.value",
		"all()":                  "1:5: segment.text.value",
		"occupation":             "1:11: segment.text.op",
		"occupation = student x": "1:22: segment.text.end",
		"all(occupation = student,\n    salary > 3)":                  "2:5: segment.rule.field",
		"life in (student, dragon)":                                   "1:1: segment.rule.value.bad",
		"occupation = \"open":                                         "1:14: segment.text.quote",
		"age > 3 and age < 5":                                         "1:9: segment.text.end",
		"age >= old":                                                  "1:1: segment.rule.value.bad",
		"age >= -3":                                                   "1:1: segment.rule.value.bad",
		"orders >= 1 or unknown":                                      "1:1: segment.rule.unknown",
		"last-order in last 30":                                       "1:1: segment.rule.span",
		"last-order in last 9999999d":                                 "1:1: segment.rule.span",
		"spent >= 900":                                                "1:1: segment.rule.value.bad",
		"spent >= \"900 GALLEONS\"":                                   "1:1: segment.rule.value.bad",
		"bought(colour = red) >= 1":                                   "1:1: segment.rule.filter",
		"bought then not occupation within 3d":                        "1:1: segment.rule.field",
		"occupation contains \"a\x00b\"":                              "1:1: segment.rule.text",
		"occupation = \"\xff\"":                                       "1:1: segment.rule.text",
		"password_hash = x":                                           "1:1: segment.rule.field",
		strings.Repeat("all(", 5) + "age > 3":                         "1:17: segment.rule.deep",
		strings.Repeat("any(", 4000) + "age > 3":                      "1:17: segment.rule.deep",
		strings.Repeat("x", textBytes+1):                              "1:1: segment.rule.large",
		"country in (" + strings.Repeat("DE,", 200) + "DE)":           "",
		"all(" + strings.Repeat("age > 3,", mostClauses) + "age > 3)": "",
	} {
		_, wrong := Parse(text)
		if wrong == nil || want != "" && wrong.Error() != want {
			t.Errorf("%.60q: %v, want %s", text, wrong, want)
			continue
		}
		if !i18n.Has(i18n.Chinese, wrong.Words) {
			t.Errorf("%.60q: no words for %s", text, wrong.Words)
		}
	}
	for _, b := range []string{`{"when":{"op":"all","items":[{"field":"age","op":">","values":["3"],"sql":"x"}]}}`, strings.Repeat(`{"when":`, 9000), `{"any":[{"fact":"life","is":"student","or":1}]}`,
		`{"when":` + strings.Repeat(`{"op":"all","items":[`, 200) + strings.Repeat(`]}`, 200) + `}`} {
		var r Rule
		if json.Unmarshal([]byte(b), &r) == nil {
			t.Errorf("%.60s was kept", b)
		}
	}
}

func TestHostileTextNeverBreaksTheParser(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`((all|any|none|except|age|bought|in|not|last|then)?[ (),="\\<>!0-9dh]?){0,40}`)).Draw(t, "text")
		r, wrong := Parse(text)
		if wrong != nil {
			return
		}
		if again, w := Parse(r.String()); w != nil || !reflect.DeepEqual(again, r) {
			t.Fatalf("%q reads as %s, that as %s", text, r, again)
		}
	})
}

// crowd fills a shop with people of whom this and that is known.
func crowd(t testing.TB, d *db.DB, people int, c chance) {
	ctx := context.Background()
	rows := map[string][][]any{}
	put := func(table string, row ...any) { rows[table] = append(rows[table], row) }
	ms := func(days int) int64 {
		return noon.Add(-time.Duration(days)*24*time.Hour - time.Duration(c(3))*12*time.Hour).UnixMilli()
	}
	births := []string{"", "2005-11-22", "2004-02-29", "2004-11-23", "1962-03-01", "1996-12-05", "2027-01-01", "2026-11-22"}
	order, line, event := 0, 0, 0
	for i := 1; i <= people; i++ {
		mail := fmt.Sprintf("p%d@shop.example", i)
		put("customers", i, mail, mail, c.of("", "student", "engineer", "学生", `50%_`), births[c(len(births))], c.of("en", "zh"), c.of("", "DE", "CN"), c.of("", "Europe/Berlin"),
			c.of("unverified", "verified", "dead"), ms(c(900)), 1, map[bool]int64{true: 5}[c(15) == 0])
		for _, p := range purposes() {
			if c(4) > 0 {
				put("consents", i, p, c(6) > 0, "test", 1)
			}
		}
		for _, kind := range customer.Kinds {
			for _, v := range c.some(customer.Tiles(kind)...) {
				if c(3) == 0 {
					put("interests", i, kind, v, c.of("said", "said", "inferred"), 1)
				}
			}
		}
		for range c(5) {
			order++
			at := ms(c(500))
			put("orders", order, fmt.Sprint("N", order), fmt.Sprint("N", order), fmt.Sprint("N", order), i, mail, c.of("USD", "USD", "EUR"), 5, 500*(1+c(9)), c.of("placed", "placed", "completed", "cancelled"),
				c.of("paid", "paid", "partly-refunded", "pending"), at)
			for range 1 + c(2) {
				line++
				product := 1 + c(4)
				put("order_lines", line, order, line, product, product, "S", `{"en":"x"}`, 1, 5, 5, c(5)/4)
			}
			if c(4) == 0 {
				put("payments", order, fmt.Sprint("T", order), order, "test", 500, "USD", "succeeded", 500, 100*c(4), 1, 1)
			}
			if c(5) == 0 {
				put("returns", order, order, fmt.Sprint("R", order), fmt.Sprint("R", order), "return", c.of("asked", "refused", "closed"), at+86_400_000)
			}
		}
		if c(2) == 0 {
			put("carts", i, fmt.Sprint("C", i), i, "open", c.of("USD", "EUR"), 1, ms(c(40)), []int64{0, ms(c(40))}[c(2)])
			for l := range c(3) {
				put("cart_lines", i, fmt.Sprintf("L%d-%d", i, l), 1+l, 1+c(3), 700, 1)
			}
		}
		for range c(6) {
			event++
			put("events", event, ms(c(120)), c.of("item.seen", "item.seen", "search", "search.empty", "cart.seen"), i, 1+c(4), c(8) == 0)
		}
		if c(3) == 0 {
			put("questions", i, fmt.Sprint("Q", i), "contact", i, "x", []int64{0, 5}[c(2)], 1)
		}
		if c(2) == 0 {
			put("customer_tiers", i, c.of("occasional", "loyal", "very-loyal"), "loyal", 1, 1)
		}
		if c(3) == 0 {
			put("customer_traits", i, c.of("fine", "maker"), int64(c(2)))
		}
	}
	err := d.InTx(ctx, func(tx *db.Tx) error {
		for _, sql := range []string{
			`INSERT INTO categories (id, parent_id, code, slug, name, created_at, updated_at) VALUES (1, NULL, 'BB', 'baby', '{"en":"Baby"}', 1, 1), (2, 1, 'BB-F', 'feeding', '{"en":"Feeding"}', 1, 1), (3, NULL, 'HO', 'home', '{"en":"Home"}', 1, 1), (4, 3, 'HO-L', 'lamps', '{"en":"Lamps"}', 1, 1), (5, 1, 'BB-D', 'drops', '{"en":"Drops"}', 1, 1)`,
			`INSERT INTO products (id, code, slug, category_id, brand, name, sensitive, created_at, updated_at) VALUES (1, 'P1', 'p1', 2, 'Calm', '{"en":"1"}', FALSE, 1, 1), (2, 'P2', 'p2', 4, 'Bright', '{"en":"2"}', FALSE, 1, 1), (3, 'P3', 'p3', NULL, 'Calm', '{"en":"3"}', FALSE, 1, 1), (4, 'P4', 'p4', 5, 'Calm', '{"en":"4"}', TRUE, 1, 1)`,
			`INSERT INTO variants (id, product_id, sku, created_at, updated_at) VALUES (1, 1, 'P1', 1, 1), (2, 2, 'P2', 1, 1), (3, 3, 'P3', 1, 1), (4, 4, 'P4', 1, 1)`,
			`INSERT INTO traits (key, position, name, who, updated_at) VALUES ('fine', 1, '{"en":"x"}', '{"en":"x"}', 1), ('maker', 2, '{"en":"x"}', '{"en":"x"}', 1)`,
		} {
			if err := tx.Query(ctx).Exec(sql).Error; err != nil {
				return err
			}
		}
		for _, t := range []struct{ table, columns string }{
			{"customers", "id email email_key occupation birth_date lang country zone contact created_at updated_at erased_at"}, {"consents", "customer_id purpose given source at"},
			{"interests", "customer_id kind value source at"}, {"orders", "id number place_key access_hash customer_id email currency subtotal total state payment_state placed_at"},
			{"order_lines", "id order_id position product_id variant_id sku name qty unit_price total cancelled_qty"}, {"payments", "id token order_id provider amount currency state captured refunded created_at updated_at"},
			{"returns", "id order_id number key kind state asked_at"}, {"carts", "id token customer_id state currency created_at active_at checkout_at"},
			{"cart_lines", "cart_id token variant_id qty seen_price added_at"}, {"events", "id at kind customer_id product_id bot"}, {"questions", "id token kind customer_id body answered_at created_at"},
			{"customer_traits", "customer_id trait deleted_at"}, {"customer_tiers", "customer_id tier earned since due_at"},
		} {
			if _, err := tx.Insert(ctx, t.table, strings.Fields(t.columns), rows[t.table], true); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// steady asks at some moment before facts are said to change by time alone:
// nothing may have changed.
func steady(t *testing.T, book *Book, k *Known, was []Member, flips time.Time, c chance, seed uint64) {
	t.Helper()
	before := flips.Add(-time.Millisecond)
	if flips.IsZero() {
		before = noon.AddDate(5, 0, 0)
	}
	later := *k
	later.Now = noon.Add(time.Duration(float64(before.Sub(noon)) * float64(1+c(100)) / 100)).In(book.zone())
	is, _ := book.Members(&later)
	keys := func(in []Member) (all []string) {
		for _, m := range in {
			all = append(all, m.Segment.Key)
		}
		return all
	}
	if !slices.Equal(keys(was), keys(is)) {
		t.Fatalf("seed %d: due at %s, in %v now, but in %v at %s already", seed, flips, keys(was), keys(is), later.Now)
	}
}

// sameSteps holds the one pass of a preview against a count of each step.
func sameSteps(t *testing.T, d *db.DB, book *Book, s Segment, all int) {
	t.Helper()
	parts := []Part{{"even", "SELECT id FROM customers WHERE id % ? = 0", []any{2}}, {"all", "SELECT id FROM customers", nil}}
	looked, err := book.Look(context.Background(), d, s, parts, noon)
	if err != nil {
		t.Fatal(err)
	}
	count := func(r Rule) int {
		s.Rule = r
		n, err := book.Count(context.Background(), d, s, noon)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	rule := s.Rule.normal()
	if looked.All != all || looked.Parts["even"]+looked.Parts["all"] != all {
		t.Errorf("%s\nholds of %d, the preview says %+v", rule, all, looked)
	}
	for i, step := range looked.Steps {
		want := 0
		switch {
		case step.Except:
			want = all
		case rule.When.Op == Any:
			want = count(Rule{When: Group{Op: All, Items: rule.When.Items[i : i+1]}})
		default:
			want = count(Rule{When: Group{Op: rule.When.Op, Items: rule.When.Items[:i+1]}})
		}
		if step.Left != want {
			t.Errorf("%s\nstep %d leaves %d, the preview says %d", rule, i, want, step.Left)
		}
	}
}

// TestStatementAndFactsAgree asks random rules both ways, of everybody. RULES
// says how many, SEED which others than every time.
func TestStatementAndFactsAgree(t *testing.T) {
	rules, seed := 150, uint64(20261122)
	if n, err := strconv.Atoi(os.Getenv("RULES")); err == nil {
		rules = n
	}
	if n, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		seed = n
	}
	const people = 80
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		r := rand.New(rand.NewPCG(seed, 1))
		c := chance(func(n int) int { return r.IntN(n) })
		crowd(t, d, people, c)
		parse := func(text string) Rule {
			rule, wrong := Parse(text)
			if wrong != nil {
				t.Fatal(wrong)
			}
			return rule
		}
		base, err := readBook(context.Background(), d, []Segment{
			{Key: "young", Position: 1, Rule: parse("age < 30 or unknown")},
			{Key: "buyers", Position: 2, Rule: parse("all(orders >= 1, segment not in (young))")},
			{Key: "workers", Position: 3, Purpose: Service, Rule: parse("questions-open >= 1")},
			{Key: "never", Position: 4, Purpose: Exclusion, Rule: parse("any(country = CN, returned >= 1)")},
			{Key: Default, Position: 99}})
		if err != nil {
			t.Fatal(err)
		}
		if err := Renew(context.Background(), d, ByRebuild, noon); err != nil {
			t.Fatal(err)
		}
		var zones []*time.Location
		for _, name := range []string{"UTC", "Asia/Shanghai", "America/Santiago"} { // of the last, clocks change at midnight
			zone, err := time.LoadLocation(name)
			if err != nil {
				t.Fatal(err)
			}
			zones = append(zones, zone)
		}
		ids := make([]customer.ID, people)
		for i := range ids {
			ids[i] = customer.ID(i + 1)
		}
		members, asked := 0, 0
		for n := range rules {
			tried := Segment{Key: "tried", Position: 50, Rule: c.rule(4), Purpose: c.of(Audience, Audience, Service)}
			if tried.Rule.Check() != nil {
				continue // too long
			}
			asked++
			book := NewBook(append(slices.Clone(base.Segments), tried), base.Tree)
			book.Zone = zones[n%len(zones)]
			by, err := book.Who(context.Background(), d, tried, 0, noon)
			if err != nil {
				t.Fatalf("seed %d, rule %d: %v\n%s", seed, n, err, tried.Rule)
			}
			facts, err := book.facts(context.Background(), d, ids, book.needs(func(s *Segment) bool { return true }), noon)
			if err != nil {
				t.Fatal(err)
			}
			var of []customer.ID
			for _, id := range ids {
				if k := facts[id]; k != nil {
					in, flips := book.Members(k)
					if slices.ContainsFunc(in, func(m Member) bool { return m.Segment.Key == "tried" }) {
						of = append(of, id)
					}
					if !flips.IsZero() && !flips.After(noon) {
						t.Errorf("seed %d: %d is due at %s, in the past, by\n%s", seed, id, flips, tried.Rule)
					}
					steady(t, book, k, in, flips, c, seed)
				}
			}
			if n%5 == 0 {
				sameSteps(t, d, book, tried, len(of))
			}
			members += len(of)
			if !slices.Equal(by, of) {
				t.Fatalf("seed %d, rule %d (%s):\n%s\nthe statement finds %v, the facts %v", seed, n, tried.Purpose, tried.Rule, by, of)
			}
		}
		if share := float64(members) / float64(asked*people); asked < rules/2 || rules >= 100 && (share < 0.02 || share > 0.9) {
			t.Errorf("%d rules of %d, true of %.2f: too plain to show anything", asked, rules, share)
		}
		t.Logf("seed %d: %d rules × %d people, %d memberships", seed, asked, people, members)
	})
}
