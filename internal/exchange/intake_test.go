package exchange_test

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/search"
	"regulars/internal/staff"
)

// A counter is somebody of the staff with a file in the hand.
type counter struct {
	t    *testing.T
	d    *db.DB
	jobs *jobs.Runner
	who  staff.ID
	now  time.Time
}

func atCounter(t *testing.T, d *db.DB) *counter {
	t.Helper()
	var who *staff.Staff
	inTx(t, d, func(tx *db.Tx) (err error) {
		who, err = staff.Add(ctx, tx, "rosa@shop.example", "Rosa", staff.Merchant, "no door opens with this", noon)
		return err
	})
	c := &counter{t, d, jobs.NewRunner(d, slog.New(slog.DiscardHandler)), who.ID, noon}
	search.Register(c.jobs, d)
	exchange.Register(c.jobs, d, func() time.Time { c.now = c.now.Add(time.Minute); return c.now })
	return c
}

func (c *counter) work() {
	c.t.Helper()
	if _, err := c.jobs.RunDue(ctx, time.Now().Add(time.Hour)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *counter) brings(file string) *exchange.Intake {
	c.t.Helper()
	body, err := exchange.Pack(strings.NewReader(file))
	if err != nil {
		c.t.Fatal(err)
	}
	var in *exchange.Intake
	inTx(c.t, c.d, func(tx *db.Tx) error {
		in, err = exchange.Take(ctx, tx, exchange.Products, "goods.csv", body, int64(c.who), i18n.English, noon)
		return err
	})
	c.work()
	return c.sees(in)
}

func (c *counter) sees(in *exchange.Intake) *exchange.Intake {
	c.t.Helper()
	in, err := exchange.IntakeBy(ctx, c.d, in.Token)
	if err != nil {
		c.t.Fatal(err)
	}
	return in
}

func (c *counter) does(in *exchange.Intake, what func(tx *db.Tx, in *exchange.Intake) error) *exchange.Intake {
	c.t.Helper()
	inTx(c.t, c.d, func(tx *db.Tx) error { return what(tx, in) })
	c.work()
	return c.sees(in)
}

func run(tx *db.Tx, in *exchange.Intake) error  { return in.Run(ctx, tx, i18n.English, noon) }
func undo(tx *db.Tx, in *exchange.Intake) error { return in.Undo(ctx, tx, i18n.English, noon) }

const (
	cups = "code,name_en,brand,category,option1_name,option1_value,sku,price,cost,stock\n" +
		"CUP,Calm Cup,Acme,Kitchen,Colour,Sage,CUP-S,12.00,4.00,5\n" +
		"CUP,,,,,Ink,CUP-I,12.00,4.00,0\n" +
		"JUG,Calm Jug,Acme,Kitchen,,,JUG,30.00,,2\n"
	cupsAgain = "code,name_en,brand,category,option1_name,option1_value,sku,price,cost,stock\n" +
		"CUP,Quiet Cup,Beta,Home > Cups,Colour,Sage,CUP-S,14.00,5.00,9\n" +
		"CUP,,,,,Ink,CUP-I,14.00,5.00,1\n" +
		"CUP,,,,,Rose,CUP-R,14.00,5.00,1\n" +
		"JUG,Quiet Jug,Beta,Home > Cups,,,JUG,33.00,,2\n" +
		"PAN,New Pan,Beta,Kitchen,,,PAN,50.00,,3\n"
)

func TestTheLastImportCanBeUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := atCounter(t, d)
		first := c.brings(cups)
		if first.State != exchange.Looked || first.Looked == nil || first.Looked.Created != 2 || count(t, d, "SELECT count(*) FROM products") != 0 {
			t.Fatalf("a look made %d products: %+v", count(t, d, "SELECT count(*) FROM products"), first)
		}
		if first = c.does(first, run); first.State != exchange.Done || first.Result.Created != 2 {
			t.Fatalf("the import: %+v", first)
		}
		before := exported(t, d, exchange.Products)
		second := c.does(c.brings(cupsAgain), run)
		if second.Result.Created != 1 || second.Result.Updated != 2 {
			t.Fatalf("the second import: %+v", second.Result)
		}
		if made, changed, touched, err := second.Changed(ctx, d); made != 1 || changed != 2 || touched != 0 || err != nil {
			t.Errorf("%d made, %d changed, %d touched since, %v", made, changed, touched, err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return undo(tx, first) }); !errors.Is(err, fault.Conflict) {
			t.Errorf("the first can be undone after the second: %v", err)
		}
		if second = c.does(second, undo); second.State != exchange.Undone {
			t.Fatalf("the undo: %+v", second)
		}
		after := table(t, exported(t, d, exchange.Products))
		for _, want := range table(t, before) {
			sku := want["sku"]
			got := find(after, sku)
			delete(got, "stock")
			delete(want, "stock") // units are not put back
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s is\n%v, was\n%v", sku, got, want)
			}
		}
		if r := find(after, "CUP-R"); r["active"] != "no" {
			t.Errorf("the new colour stays for sale: %v", r)
		}
		if p := find(after, "PAN"); p["published"] != "no" {
			t.Errorf("the new pan stays in the shop: %v", p)
		}
		if n := count(t, d, "SELECT on_hand FROM stock s JOIN variants v ON v.id = s.variant_id WHERE v.sku = 'CUP-S'"); n != 9 {
			t.Errorf("an undo counted the shelf: %d cups, 9 were counted last", n)
		}
		if last, err := exchange.LastDone(ctx, d); err != nil || last != first.ID {
			t.Errorf("after the undo the last import is %d, %v; want the first", last, err)
		}
	})
}

func TestAnUndoLeavesWhatSomebodyChangedSince(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := atCounter(t, d)
		c.does(c.brings(cups), run)
		second := c.does(c.brings(cupsAgain), run)
		imported(t, d, exchange.Products, "code,name_en\nJUG,Mended Jug\n", exchange.Options{})
		if _, _, touched, err := second.Changed(ctx, d); touched != 1 || err != nil {
			t.Errorf("%d touched, %v; want the jug", touched, err)
		}
		c.does(second, undo)
		after := table(t, exported(t, d, exchange.Products))
		if j := find(after, "JUG"); j["name_en"] != "Mended Jug" || j["price"] != "33.00" {
			t.Errorf("the undo took back what came later: %v", j)
		}
		if s := find(after, "CUP-S"); s["name_en"] != "Calm Cup" || s["price"] != "12.00" || s["cost"] != "4.00" {
			t.Errorf("the cup is not as it was: %v", s)
		}
	})
}

func TestAFileWithAHeaderOfItsOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		c := atCounter(t, d)
		in := c.brings("货号,商品名称,Item name,售价,库存,Colour of the box\nA1,杯,Cup,12.00,4,red\nA2,壶,Jug,abc,4,red\n")
		if in.State != exchange.Columns || in.Columns["code"] != "货号" || in.Columns["name_zh"] != "商品名称" || in.Columns["name_en"] != "Item name" || in.Columns["price"] != "售价" || in.Columns["stock"] != "库存" {
			t.Fatalf("guessed %v in state %s", in.Columns, in.State)
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			return in.Look(ctx, tx, map[string]string{"name_en": "Item name"}, i18n.English, noon)
		})
		if fields := fault.Fields(err); len(fields) != 1 || fields[0].Name != "code" {
			t.Errorf("without a code: %v", err)
		}
		in = c.does(in, func(tx *db.Tx, in *exchange.Intake) error { return in.Look(ctx, tx, in.Columns, i18n.English, noon) })
		if in.State != exchange.Looked || in.Looked.Created != 1 || len(in.Looked.Errors) != 1 || in.Looked.Errors[0].Line != 3 {
			t.Fatalf("the look: %+v %+v", in, in.Looked)
		}
		body, err := in.Body(ctx, d)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := in.Unsound(body, &b); err != nil {
			t.Fatal(err)
		}
		rows := table(t, b.String())
		if len(rows) != 1 || rows[0]["货号"] != "A2" || !strings.Contains(rows[0]["reason"], "abc") {
			t.Errorf("rows to mend: %v", rows)
		}
		// Mended and brought in again, by the same columns.
		mended := c.brings(strings.Replace(b.String(), ",abc,", ",15.00,", 1))
		mended = c.does(mended, func(tx *db.Tx, in *exchange.Intake) error { return in.Look(ctx, tx, in.Columns, i18n.English, noon) })
		if mended = c.does(mended, run); mended.State != exchange.Done || mended.Result.Created != 1 {
			t.Errorf("the mended file: %+v", mended.Result)
		}
		if r := find(table(t, exported(t, d, exchange.Products)), "A2"); r["price"] != "15.00" || r["name_zh"] != "壶" {
			t.Errorf("the jug is %v", r)
		}
	})
}

// A product is left out whole, so its rows come back whole.
func TestRowsToMendAreWholeProducts(t *testing.T) {
	d := dbtest.SQLite(t)
	c := atCounter(t, d)
	file := "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\ncup,Cup,Colour,Sage,C1,12.00\ncup,,,Ink,C2,oops\ncup,,,Rose,C3,12.00\njug,Jug,Title,Default Title,J1,30.00\npan,Pan,Title,Default Title,P1,\n"
	in := c.brings(file)
	if in.Format != exchange.Shopify || in.State != exchange.Looked {
		t.Fatalf("%+v", in)
	}
	body, err := in.Body(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := in.Unsound(body, &b); err != nil {
		t.Fatal(err)
	}
	var skus []string
	for _, r := range table(t, b.String()) {
		skus = append(skus, r["Variant SKU"])
	}
	if got := strings.Join(skus, " "); got != "C1 C2 C3" && got != "C1 C2 C3 P1" {
		t.Errorf("rows to mend %s, errors %+v", got, in.Looked.Errors)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	d := dbtest.SQLite(t)
	c := atCounter(t, d)
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	line := bytes.Repeat([]byte("0,"), 1<<19)
	for range exchange.MostIntake>>20 + 1 {
		z.Write(line)
	}
	z.Close()
	for name, body := range map[string]string{"empty": "", "sheet": "PK\x03\x04", "cut": "\x1f\x8b\x08", "bomb": bomb.String()} {
		if _, err := exchange.Pack(strings.NewReader(body)); !errors.Is(err, fault.Invalid) && !errors.Is(err, fault.TooLarge) {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
	for name, body := range map[string]string{"binary": "\x00\x00\x00", "twice": "code,code\n1,2\n", "semicolons": "code;name\n1;2\n"} {
		packed, err := exchange.Pack(strings.NewReader(body))
		if err == nil {
			err = d.InTx(ctx, func(tx *db.Tx) error {
				_, err := exchange.Take(ctx, tx, exchange.Products, name, packed, int64(c.who), i18n.English, noon)
				return err
			})
		}
		if !errors.Is(err, fault.Invalid) {
			t.Errorf("%s is taken: %v", name, err)
		}
	}
}

func inTx(t *testing.T, d *db.DB, do func(tx *db.Tx) error) {
	t.Helper()
	if err := d.InTx(ctx, do); err != nil {
		t.Fatal(err)
	}
}

func table(t *testing.T, file string) (rows []map[string]string) {
	t.Helper()
	all, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all[1:] {
		m := map[string]string{}
		for i, name := range all[0] {
			m[name] = r[i]
		}
		rows = append(rows, m)
	}
	return rows
}

func find(rows []map[string]string, key string) map[string]string {
	for _, r := range rows {
		if r["sku"] == key || r["code"] == key {
			return r
		}
	}
	return map[string]string{}
}
