package doctor_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
)

// proofBreaks are the plants for proofRules.
var proofBreaks = []struct{ code, sql string }{
	{"X3", "DELETE FROM river_job WHERE kind = 'catalog.changed'"}, // nobody is going to index what was put
	{"M10", "UPDATE payments SET captured = amount, refunded = 0, state = 'succeeded' WHERE state = 'refunded' AND provider = 'test';UPDATE orders SET payment_state = 'paid' WHERE payment_state = 'refunded';" +
		"DELETE FROM order_history WHERE to_state = 'refunded';DELETE FROM payment_ops WHERE kind = 'refund' AND refund_id = 0;" +
		"DELETE FROM invoices;DELETE FROM invoice_years;DELETE FROM credit_notes;DELETE FROM credit_years"},
	{"D1", "UPDATE delivery_methods SET days_max = days_min - 1"},
	{"D1", "UPDATE delivery_methods SET version = 0"},
	{"D1", "INSERT INTO delivery_bands (code, currency, from_amount, price) SELECT code, currency, 100, 1 FROM delivery_methods; UPDATE delivery_methods SET free_from = 100"},
	{"S5", "DELETE FROM holds WHERE state = 'open';UPDATE stock SET reserved = (SELECT coalesce(sum(qty - shipped), 0) FROM holds h WHERE h.variant_id = stock.variant_id AND h.state IN ('open','committed'))"},
	{"O2", "UPDATE orders SET place_hash = '' WHERE imported = FALSE"},
	{"O4", "UPDATE cart_lines SET qty = qty + 1"},
	{"O4", "DELETE FROM cart_lines"},
	{"P1", "UPDATE redemptions SET customer_id = 7, limit_person = 1, person = CAST(order_id AS TEXT) WHERE state = 'held'"},
	{"P6", "INSERT INTO code_bounds (code_id, ref, person, made_at, until) SELECT min(code_id), 'x', 'somebody else', 1, 9000000000000 FROM redemptions WHERE code_id > 0 AND state <> 'released'"},
	{"P6", "INSERT INTO code_bounds (code_id, ref, person, made_at, until) SELECT code_id, 'x', min(person), 1, 2 FROM redemptions WHERE code_id > 0 AND state <> 'released' GROUP BY code_id"},
	{"T1", `INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (99001, 'old@shop.example', 'old@shop.example', 1, 1);` +
		`INSERT INTO traits (key, position, name, who, updated_at) VALUES ('fine', 1, '{"en":"Fine"}', '{"en":"people"}', 1);` +
		"INSERT INTO customer_traits (customer_id, trait, since) VALUES (99001, 'fine', 1)"},
	{"P5", "UPDATE customer_tiers SET tier = 'very-loyal'; UPDATE value_moves SET became = 'very-loyal' WHERE kind = 'tier'"},
	{"V1", "INSERT INTO customer_values (customer_id, version, class, recency, frequency, net, net_before, net_ever, contribution, r, f, m, counts, spending, alive, departments) SELECT max(id), 1, 'A', 1, 1, 1, 1, 1, 1, 1, 1, 1, '{}', 1, 1, 1 FROM customers WHERE email = 'ann@mail.test';" +
		"INSERT INTO value_moves (customer_id, kind, was, became, cause, since, at, numbers) SELECT max(id), 'class', '', 'A', 'count', 1, 1, '{}' FROM customers WHERE email = 'ann@mail.test'"},
	{"L1", "UPDATE consent_heads SET seq = seq + 1"},
	{"L2", "UPDATE consents SET given = TRUE WHERE purpose = 'mail.offers'"},
	{"L2", "DELETE FROM consents WHERE purpose = 'history'"},
	{"F1", "INSERT INTO profile_facts (customer_id, fact, said_at) SELECT max(id), 'address:gone', 1 FROM customers"},
	{"F1", "INSERT INTO profile_facts (customer_id, fact, said_at) SELECT max(id), 'name', 1 FROM customers;" +
		"UPDATE customers SET erased_at = 1 WHERE id = (SELECT max(id) FROM customers)"},
	{"V2", "UPDATE value_moves SET became = 'very-loyal' WHERE kind = 'tier'"},
	{"V2", "DELETE FROM value_moves"},
	{"P5", "DELETE FROM customer_tiers"},
	{"P5", "UPDATE tier_grants SET ended_at = since"},
	{"P5", "UPDATE customer_tiers SET falls_to = 'occasional', falls_at = 9000000000000"},
	{"W3", "INSERT INTO payment_ops (payment_id, kind, key, state, ref, created_at, updated_at) SELECT min(id), 'expire', 'k', 'planned', 'cs_1', 9000000000000, 9000000000000 FROM payments"},
	{"W3", "INSERT INTO payment_ops (payment_id, kind, key, state, ref, created_at, updated_at) SELECT min(id), 'start', 'k', 'known', 'cs_1', 1, 1 FROM payments"},
	{"H1", "UPDATE home_variants SET version = 3"},
	{"H1", "INSERT INTO home_versions (variant, number, page, published_at) SELECT key, 2, page, 1 FROM home_variants"},
	{"H1", "DELETE FROM home_variants"},
	{"A4", "INSERT INTO sold_days (day, dim, key, simulated, orders, units, revenue, margin, costed, off, currency, counted_at) VALUES ('2026-01-02', 'all', '', FALSE, 1, 1, 100, 0, 0, 0, 'USD', 1)"},
	{"A1", "INSERT INTO cart_days (day, department, simulated, definition, started, checkout, abandoned, converted, recovered, by_link, abandoned_value, excluded, currency, counted_at) " +
		"VALUES ('2026-11-21', '', FALSE, 9000000000000000000, 1, 0, 0, 0, 0, 0, 0, 0, 'USD', 1)"},
}

// places says of every invariant of the design where it is held: "doctor", the
// name of a test, or why it is not asked.
var places = []struct{ code, where string }{
	{"M1", "doctor"}, {"M2", "doctor"}, {"M3", "doctor"}, {"M4", "doctor"}, {"M5", "doctor"}, {"M6", "doctor"}, {"M7", "doctor"}, {"M8", "doctor"},
	{"M9", "doctor"}, {"M10", "doctor"}, {"M13", "doctor"},
	{"M11", "later: the shop keeps no journal of accounts"}, {"M12", "doctor"},
	{"S1", "doctor"}, {"S2", "doctor"}, {"S3", "doctor"}, {"S4", "doctor"}, {"S5", "doctor"}, {"S6", "doctor"},
	{"S7", "later: the shop issues no licence keys"},
	{"O1", "doctor"}, {"O2", "doctor"}, {"O3", "doctor"}, {"O4", "doctor"}, {"O5", "doctor"}, {"O6", "doctor"},
	{"P1", "doctor"}, {"P2", "doctor"}, {"P3", "doctor"}, {"P4", "doctor"}, {"P5", "doctor"},
	{"W1", "doctor"}, {"W2", "TestSimulation"}, {"W3", "doctor"}, {"W4", "doctor"},
	{"E1", "doctor"}, {"E2", "doctor"}, {"E3", "doctor"}, {"A1", "doctor"},
	{"X1", "TestOffIsOffAtOnce"}, {"X2", "TestRendering"}, {"X3", "doctor"}, {"X4", "TestEveryReasonShownIsTrueWhenRecomputed"}, {"X5", "TestFiguresOfAHistoryCountedByHand"},
	{"X6", "doctor"}, {"X7", "TestNothingOfAnErasedPersonStays"},
}

func TestEveryInvariantOfTheDesignHasItsPlace(t *testing.T) {
	codes := lively(t, dbtest.SQLite(t)).check().Codes
	tests := testNames(t)
	for _, p := range places {
		switch {
		case p.where == "doctor":
			if !slices.Contains(codes, p.code) {
				t.Errorf("the doctor does not ask %s", p.code)
			}
		case strings.HasPrefix(p.where, "Test"):
			if !slices.Contains(tests, p.where) {
				t.Errorf("%s is held by %s, which is no test", p.code, p.where)
			}
		case !strings.HasPrefix(p.where, "later: "):
			t.Errorf("%s has no place: %s", p.code, p.where)
		}
	}
	for _, code := range codes {
		if !slices.ContainsFunc(places, func(p struct{ code, where string }) bool { return p.code == code }) && !strings.HasPrefix(code, "N") && code != "S8" {
			t.Logf("%s is asked beyond the design", code)
		}
	}
}

// testNames are the tests of the whole shop.
func testNames(t *testing.T) (all []string) {
	name := regexp.MustCompile(`(?m)^func (Test\w+)\(t \*testing\.T\)`)
	for _, dir := range []string{"..", "../../cmd"} {
		err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			b, err := os.ReadFile(path)
			for _, m := range name.FindAllSubmatch(b, -1) {
				all = append(all, string(m[1]))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}
