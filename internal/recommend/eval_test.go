package recommend_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"regulars/internal/recommend"
)

const header = "order_id,customer_id,product_id,ordered_at,quantity,unit_price\n"

func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func packed(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// order writes one order of one piece each, on the given day of January.
func order(id int, customer string, day int, products ...string) string {
	var b strings.Builder
	for _, p := range products {
		fmt.Fprintf(&b, "%d,%s,%s,2026-01-%02dT10:00:00,1,2.50\n", id, customer, p, day)
	}
	return b.String()
}

func evaluate(t *testing.T, p recommend.Protocol, file string, opt recommend.EvalOptions) recommend.Report {
	t.Helper()
	r, err := recommend.Evaluate(t.Context(), p, write(t, "history.csv", []byte(file)), opt)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func same(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.IsNaN(want) != math.IsNaN(got) || math.Abs(got-want) > 1e-9 {
		t.Errorf("%s is %v, want %v", what, got, want)
	}
}

// Nine orders train, the tenth is asked.
func teaAndCake(last string) string {
	b := header
	for i := range 5 {
		b += order(i, "", 1+i, "tea", "cake")
	}
	for i := 5; i < 8; i++ {
		b += order(i, "", 1+i, "jam", "bread")
	}
	return b + order(8, "", 9, "jam", "honey") + last
}

func TestBasketProtocolByHand(t *testing.T) {
	// With jam in the cart bread comes first and honey second; with honey, jam.
	r := evaluate(t, recommend.Baskets, teaAndCake(order(9, "", 10, "jam", "honey", "new", "jam")), recommend.EvalOptions{})
	if r.Cases != 2 || r.K != 10 {
		t.Errorf("%d cases at k %d, want 2 at 10: jam counts once, training never saw the new one", r.Cases, r.K)
	}
	same(t, "recall", r.Recall, 1)
	same(t, "mrr", r.MRR, (1+.5)/2)
	same(t, "ndcg", r.NDCG, math.NaN())
	same(t, "coverage", r.Coverage, 3./5) // bread, honey, jam
	same(t, "popularity", r.PopularityRecall, 1)

	r = evaluate(t, recommend.Baskets, teaAndCake(order(9, "", 10, "jam", "honey", "new")), recommend.EvalOptions{K: 1, Miss: true})
	if r.Cases != 3 {
		t.Errorf("%d cases, want 3 with the new one a miss", r.Cases)
	}
	same(t, "recall at 1, new missed", r.Recall, 1./3)
	same(t, "popularity at 1", r.PopularityRecall, 0) // tea and cake sell most
}

func TestBasketAveragesWithinOrdersFirst(t *testing.T) {
	b := header
	for i := range 18 {
		b += order(i, "", 1+i, "tea", "cake")
	}
	b += order(18, "", 20, "tea", "cake")                // 2 of 2 found
	b += order(19, "", 21, "tea", "lone", "odd", "cake") // tea and cake found; lone and odd are new
	r := evaluate(t, recommend.Baskets, b, recommend.EvalOptions{Miss: true})
	same(t, "recall", r.Recall, (1+.5)/2)
}

func TestOnlineLearnsAfterAsking(t *testing.T) {
	b := header
	for i := range 18 {
		b += order(i, "", 1+i, "tea", "cake")
	}
	b += order(18, "", 20, "ink", "pen") + order(19, "", 21, "ink", "pen")
	if r := evaluate(t, recommend.Baskets, b, recommend.EvalOptions{}); r.Cases != 0 || !math.IsNaN(r.Recall) {
		t.Errorf("%d cases, recall %v: training never saw ink or pen", r.Cases, r.Recall)
	}
	r := evaluate(t, recommend.Baskets, b, recommend.EvalOptions{Online: true})
	if r.Cases != 2 {
		t.Errorf("%d cases, want the two of the second order", r.Cases)
	}
	same(t, "recall", r.Recall, 1)
}

func TestOwnHistoryHelps(t *testing.T) {
	b := header
	for i := range 8 {
		b += order(i, "", 1+i, "tea", "cake")
	}
	b += order(8, "ann", 9, "rope") + order(9, "ann", 10, "tea", "rope")
	r := evaluate(t, recommend.Baskets, b, recommend.EvalOptions{})
	same(t, "recall", r.Recall, .5) // the rope is found by Ann's own past, tea by nothing
}

func TestSessionProtocolByHand(t *testing.T) {
	row := func(id, p, at string) string { return id + ",," + p + "," + at + "\n" }
	b := "order_id,customer_id,product_id,ordered_at\n"
	for _, s := range []string{"s1", "s2"} {
		b += row(s, "a", "2026-01-01T10:00:00+02:00") + row(s, "b", "2026-01-01T10:01:00+02:00") + row(s, "c", "2026-01-01T10:02:00+02:00")
	}
	// Just before midnight where the shop is: still training.
	b += row("s3", "d", "2026-01-01T23:59:00+02:00")
	b += row("t1", "a", "2026-01-02T00:30:00+02:00") + row("t1", "c", "2026-01-02T00:31:00+02:00") + row("t1", "x", "2026-01-02T00:32:00+02:00")
	r := evaluate(t, recommend.Session, b, recommend.EvalOptions{K: 20})
	if r.Cases != 1 {
		t.Errorf("%d cases, want 1: after a comes c; x is new", r.Cases)
	}
	same(t, "recall", r.Recall, 1)
	same(t, "mrr", r.MRR, .5) // b stands next to a in both neighbours
	same(t, "coverage", r.Coverage, 2./4)

	if r = evaluate(t, recommend.Session, b, recommend.EvalOptions{K: 20, Miss: true}); r.Cases != 2 {
		t.Errorf("%d cases, want 2 with x a miss", r.Cases)
	}
	same(t, "recall", r.Recall, .5)

	// The same walk again, later that day, is known when clicks are learned.
	b += row("t2", "c", "2026-01-02T01:00:00+02:00") + row("t2", "x", "2026-01-02T01:01:00+02:00")
	r = evaluate(t, recommend.Session, b, recommend.EvalOptions{K: 20, Online: true})
	if r.Cases != 2 {
		t.Errorf("%d cases, want 2: x was learned from t1", r.Cases)
	}
	same(t, "recall", r.Recall, 1)
}

func TestNextBasketByHand(t *testing.T) {
	b := header + order(1, "ann", 1, "tea", "cake") + order(2, "ann", 5, "tea", "new") + order(3, "bob", 2, "ink")
	r := evaluate(t, recommend.NextBasket, b, recommend.EvalOptions{})
	if r.Cases != 1 {
		t.Errorf("%d cases, want 1: Bob ordered once", r.Cases)
	}
	same(t, "recall", r.Recall, 1)
	same(t, "ndcg", r.NDCG, 1)
	same(t, "mrr", r.MRR, math.NaN())
	r = evaluate(t, recommend.NextBasket, b, recommend.EvalOptions{Miss: true})
	same(t, "recall, new missed", r.Recall, .5)
	same(t, "ndcg, new missed", r.NDCG, 1/(1+1/math.Log2(3)))
}

// person finds the n-th name that the protocol trains on, or tests with.
func person(n int, test bool) string {
	for i := 0; ; i++ {
		id := fmt.Sprint("p", i)
		f := fnv.New32a()
		f.Write([]byte(id))
		if (f.Sum32()%5 == 0) == test {
			if n == 0 {
				return id
			}
			n--
		}
	}
}

func TestProfileProtocolByHand(t *testing.T) {
	b, profiles := header, "customer_id,occupation\n"
	for i := range 20 {
		who, job, tool := person(i, false), "student", "pen"
		if i >= 10 {
			job, tool = "engineer", "solder"
		}
		b += order(i, who, 1, "mug", tool)
		profiles += who + "," + job + "\n"
	}
	who := person(0, true)
	b += order(99, who, 2, "solder")
	profiles += who + ",engineer\n"
	opt := recommend.EvalOptions{K: 2, Profiles: write(t, "profiles.csv.gz", packed(t, profiles))}
	r := evaluate(t, recommend.Profile, b, opt)
	// Engineers buy solder 1.17 times as often as all, after shrinking: it passes
	// the pen, which popularity alone would name, but not the mug of everybody.
	if r.Cases != 1 {
		t.Errorf("%d cases", r.Cases)
	}
	same(t, "recall", r.Recall, 1)
	same(t, "ndcg", r.NDCG, 1/math.Log2(3))
	same(t, "popularity", r.PopularityRecall, 0)
	if _, err := recommend.Evaluate(t.Context(), recommend.Profile, write(t, "h.csv", []byte(b)), recommend.EvalOptions{}); err == nil || !strings.Contains(err.Error(), "--profiles") {
		t.Errorf("without profiles: %v", err)
	}
}

func TestReportIsTheContractsObject(t *testing.T) {
	r := evaluate(t, recommend.Baskets, teaAndCake(order(9, "", 10, "jam", "honey")), recommend.EvalOptions{})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"protocol", "file", "k", "cases", "recall", "mrr", "ndcg", "coverage", "train_seconds",
		"query_us_p50", "query_us_p99", "model_bytes", "peak_rss_bytes", "popularity_recall"} {
		if _, ok := got[key]; !ok {
			t.Errorf("%s is missing in %s", key, text)
		}
		delete(got, key)
	}
	if len(got) != 0 {
		t.Errorf("more than the contract names: %v", got)
	}
	if !strings.Contains(string(text), `"ndcg":null`) || !strings.Contains(string(text), `"recall":1,`) {
		t.Errorf("got %s", text)
	}
}

func TestBadFilesNameTheirLine(t *testing.T) {
	good := header + order(1, "ann", 1, "tea", "cake")
	whole := packed(t, strings.Repeat(good[len(header):], 1)+strings.Repeat("x,y,z\n", 10_000))
	for name, c := range map[string]struct {
		file, path, want string
	}{
		"empty":                {"", "h.csv", "empty"},
		"header only":          {header, "h.csv", "no orders"},
		"no header":            {"1,ann,tea,2026-01-01\n", "h.csv", "line 1: the header lacks order_id"},
		"other header":         {"order_id,customer_id,sku,ordered_at\n", "h.csv", "line 1: the header lacks product_id"},
		"bad date":             {good + "2,ann,tea,31.01.2026,1,2\n", "h.csv", `line 4: ordered_at "31.01.2026"`},
		"no such day":          {good + "2,ann,tea,2026-02-30,1,2\n", "h.csv", "line 4: ordered_at"},
		"no date":              {good + "2,ann,tea,,1,2\n", "h.csv", "line 4: ordered_at"},
		"bad quantity":         {good + "2,ann,tea,2026-01-01,two,2\n", "h.csv", `line 4: quantity "two"`},
		"quantity not finite":  {good + "2,ann,tea,2026-01-01,NaN,2\n", "h.csv", "line 4: quantity"},
		"bad price":            {good + "2,ann,tea,2026-01-01,1,free\n", "h.csv", `line 4: unit_price "free"`},
		"no product":           {good + "2,ann,,2026-01-01,1,2\n", "h.csv", "line 4: product_id is empty"},
		"too few columns":      {good + "2,ann,tea\n", "h.csv", "line 4: 6 columns expected"},
		"quote left open":      {good + "2,ann,\"tea,2026-01-01,1,2\n", "h.csv", "line 4: "},
		"endless line":         {good + strings.Repeat("a", 1<<20), "h.csv", "after line 3: a line is longer than 64 KB"},
		"named gzip, is not":   {good, "h.csv.gz", "not a gzip file"},
		"gzip cut off":         {string(whole[:len(whole)-20]), "h.csv.gz", "line"},
		"gzip cut in its head": {string(whole[:5]), "h.csv.gz", "not a gzip file"},
		"binary":               {"\x00\x01\x02\xff\xfe", "h.csv", "line 1: the header lacks"},
	} {
		_, err := recommend.Evaluate(t.Context(), recommend.Baskets, write(t, c.path, []byte(c.file)), recommend.EvalOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line with %q", name, err, c.want)
		}
	}
	cut := packed(t, good+strings.Repeat(good[len(header):], 500))
	_, err := recommend.Evaluate(t.Context(), recommend.Baskets, write(t, "h.csv.gz", cut[:len(cut)-12]), recommend.EvalOptions{})
	if err == nil || !strings.Contains(err.Error(), "cut off") {
		t.Errorf("a cut gzip stream: %v", err)
	}
	if _, err := recommend.Evaluate(t.Context(), recommend.Baskets, filepath.Join(t.TempDir(), "none.csv"), recommend.EvalOptions{}); err == nil {
		t.Error("a missing file passed")
	}
	if _, err := recommend.Evaluate(t.Context(), "guess", "h.csv", recommend.EvalOptions{}); err == nil || !strings.Contains(err.Error(), "next-basket") {
		t.Errorf("an unknown protocol: %v", err)
	}
}

func TestTolerantWhereItMayBe(t *testing.T) {
	// A byte order mark, columns in another order, no zone, a zone, a bare date,
	// rows out of order, returns: all are histories.
	b := "\ufeffproduct_id,ordered_at,order_id,customer_id,quantity\n" +
		"jam,2026-01-10,9,,1\nhoney,2026-01-10,9,,1\nrag,2026-01-10,9,,-1\n"
	for i := range 9 {
		b += fmt.Sprintf("honey,2026-01-0%d 09:00:00,%d,,1\njam,2026-01-0%dT08:00:00.5Z,%d,,1\n", i+1, 100+i, i+1, 100+i)
	}
	r := evaluate(t, recommend.Baskets, b, recommend.EvalOptions{Miss: true})
	if r.Cases != 2 || r.Left != 1 || r.Recall != 1 {
		t.Errorf("%d cases, %d rows left out, recall %v; want 2, 1, 1", r.Cases, r.Left, r.Recall)
	}
}

// The real history of a gift shop, a million lines. Measured when written:
// recall .309, mrr .153.
func TestRealHistory(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "online_retail_orders.csv.gz")
	if _, err := os.Stat(path); err != nil {
		t.Skip("the real history (shared/data) is not here")
	}
	r, err := recommend.Evaluate(t.Context(), recommend.Baskets, path, recommend.EvalOptions{})
	if err != nil {
		t.Fatal(err)
	}
	text, _ := json.Marshal(r)
	t.Logf("%s", text)
	if r.Recall < .35 || r.MRR < .17 || r.Coverage < .45 || r.PopularityRecall > .04 || r.Cases != 114305 {
		t.Errorf("recall %.4f (at least .35), mrr %.4f (.17), coverage %.3f (.45), popularity %.4f, %d cases",
			r.Recall, r.MRR, r.Coverage, r.PopularityRecall, r.Cases)
	}
	if r, err = recommend.Evaluate(t.Context(), recommend.NextBasket, path, recommend.EvalOptions{}); err != nil {
		t.Fatal(err)
	}
	if r.Recall < .19 || r.NDCG < .28 || r.Cases != 4233 {
		t.Errorf("next basket: recall %.4f (at least .19), ndcg %.4f (.28), %d cases", r.Recall, r.NDCG, r.Cases)
	}
}
