package exchange_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/unicode"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/fault"
	"regulars/internal/setting"
)

const retailHeader = "invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n"

// A day in the life of a real shop log, each irregularity once.
const retailDay = retailHeader + `489434,85048,CHRISTMAS GLASS BALL,12,2010-07-01T07:45:00,6.95,13085,United Kingdom
489434,85048,CHRISTMAS GLASS BALL,3,2010-07-01T07:45:00,6.95,13085,United Kingdom
489434,85048,CHRISTMAS GLASS BALL,1,2010-07-01T07:45:00,7.95,13085,United Kingdom
489434,79323p,"PINK 7"" LIGHTS",2,2010-07-01T07:45:00,2.1,13085,United Kingdom
489434,POST,POSTAGE,1,2010-07-01T07:45:00,18,13085,United Kingdom
489435,79323P,PINK LIGHTS OF THE SEA,1,2010-12-01T08:00:00,2.5,,EIRE
489436,22041,=HYPERLINK("x"),4,2010-12-01T09:00:00,0,13085,United Kingdom
489436,22041,damaged,-4,2010-12-01T09:00:00,1.00,13085,United Kingdom
489436,22041,RECORD FRAME,1,2010-12-01T09:00:00,-1.00,13085,United Kingdom
489436,BANK CHARGES,Bank Charges,1,2010-12-01T09:00:00,15,13085,United Kingdom
489437,DOT,DOTCOM POSTAGE,1,2010-12-01T09:00:00,15,13085,United Kingdom
489438,22041,RECORD FRAME,one,2010-12-01T10:00:00,3.00,13086,Germany
489438,85048,CHRISTMAS GLASS BALL,1,2010-12-01T10:00:00,3.00,13086,Germany
C489500,85048,CHRISTMAS GLASS BALL,-4,2010-12-02T10:00:00,6.95,13085,United Kingdom
C489501,85048,CHRISTMAS GLASS BALL,-1,2009-12-02T10:00:00,6.95,13085,United Kingdom
C489502,79323P,PINK LIGHTS,-1,2010-12-02T10:00:00,2.5,,EIRE
A489503,B,Adjust bad debt,1,2010-12-02T10:00:00,-500,,United Kingdom
489439,85048,CHRISTMAS GLASS BALL,1,2010-12-03T10:00:00
489440,85048,CHRISTMAS GLASS BALL,1,2010-12-04T10:00:00,5.00,13087,Bahrain
`

func TestOnlineRetailKeepsWhatIsGoodAndCountsTheRest(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sum := imported(t, d, exchange.Orders, retailDay, exchange.Options{})
		did(t, sum, 3, 0, 0, 2)
		for reason, n := range map[string]int{"cancellation applied": 1, "cancellation without its order": 2, "bad debt adjustment": 1,
			"quantity zero or less": 1, "price zero": 1, "price below zero": 1, "not goods: fees and debts BANK CHARGES": 1,
			"not goods: postage, became the order's delivery": 1, "not goods: postage of an invoice without goods": 1,
			"line of an order that was left out": 1, "kept: same product twice in an order, lines merged": 1, "kept: line of an order without customer": 1} {
			if sum.Skipped[reason] != n {
				t.Errorf("%s: %d, want %d", reason, sum.Skipped[reason], n)
			}
		}
		if len(sum.Errors) != 2 || sum.Errors[0].Line != 13 || !strings.Contains(sum.Errors[0].Reason, "489438") || sum.Errors[1].Line != 19 {
			t.Errorf("errors %+v", sum.Errors)
		}
		if n := count(t, d, "SELECT count(*) FROM orders WHERE external_id = 'online-retail:489434' AND number = '0R489434' AND imported = TRUE AND delivery = 1800 AND total = ? AND placed_at = ?",
			15*695+795+420+1800, time.Date(2010, 7, 1, 6, 45, 0, 0, time.UTC).UnixMilli()); n != 1 {
			t.Error("the first order is not as the file has it, in UTC")
		}
		if n := count(t, d, "SELECT sum(cancelled_qty) FROM order_lines WHERE sku = '85048'"); n != 4 {
			t.Errorf("%d cancelled, want 4", n)
		}
		if n := count(t, d, "SELECT count(*) FROM customers WHERE external_id = 'online-retail:13085' AND email = '13085@online-retail.example' AND country = 'GB' AND imported = TRUE"); n != 1 {
			t.Error("the customer is missing")
		}
		p, err := catalog.ByCode(ctx, d, "79323P")
		if err != nil || p.Name.En != "Pink Lights of the Sea" || !p.Published || !p.Imported {
			t.Errorf("product %+v, %v", p, err)
		}
		values, err := setting.Read(ctx, d)
		if err != nil || values.Currency() != "GBP" {
			t.Errorf("an empty shop takes the file's currency, not %s, %v", values.Currency(), err)
		}
		if n := count(t, d, "SELECT count(*) FROM holds") + count(t, d, "SELECT count(*) FROM stock_movements") + count(t, d, "SELECT count(*) FROM sends"); n != 0 {
			t.Error("a history moves no stock and sends no mail")
		}
		again := imported(t, d, exchange.Orders, retailDay, exchange.Options{Now: noon.Add(time.Hour)})
		did(t, again, 0, 0, 3, 2)
		if n := count(t, d, "SELECT count(*) FROM orders"); n != 3 {
			t.Errorf("%d orders after the second import", n)
		}
		grown := imported(t, d, exchange.Orders, retailDay+"C489600,85048,BALL,-1,2010-12-05T10:00:00,5.00,13087,Bahrain\n", exchange.Options{})
		did(t, grown, 0, 1, 2, 2)
		did(t, imported(t, d, exchange.Orders, exported(t, d, exchange.Orders), exchange.Options{}), 0, 0, 3, 0)
		did(t, imported(t, d, exchange.Products, exported(t, d, exchange.Products), exchange.Options{}), 0, 0, 2, 0)
		did(t, imported(t, d, exchange.Customers, exported(t, d, exchange.Customers), exchange.Options{}), 0, 0, 2, 0)
	})
}

func TestADryRunLooksAndLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		did(t, imported(t, d, exchange.Orders, retailDay, exchange.Options{DryRun: true}), 3, 0, 0, 2)
		did(t, imported(t, d, exchange.Products, "code,name_en,price\na,A,1\n", exchange.Options{DryRun: true}), 1, 0, 0, 0)
		did(t, imported(t, d, exchange.Customers, "email\na@b.example\n", exchange.Options{DryRun: true}), 1, 0, 0, 0)
		for _, table := range []string{"orders", "products", "customers", "settings", "river_job"} {
			if n := count(t, d, "SELECT count(*) FROM "+table); n != 0 {
				t.Errorf("%d rows in %s", n, table)
			}
		}
	})
}

func TestWhatIsExportedComesBackUnchanged(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		furnish(t, d)
		fresh := dbtest.SQLite(t)
		for _, kind := range []string{exchange.Products, exchange.Customers, exchange.Orders} {
			file := exported(t, d, kind)
			sum := imported(t, d, kind, file, exchange.Options{Now: noon.Add(time.Hour)})
			if sum.Unchanged == 0 || sum.Created+sum.Updated+sum.ErrorsTotal != 0 {
				t.Errorf("%s into the same shop: %+v", kind, sum)
			}
			golden(t, kind+".csv", file)
			// and through another shop
			if sum := imported(t, fresh, kind, file, exchange.Options{}); sum.Created == 0 || sum.ErrorsTotal != 0 {
				t.Errorf("%s into another shop: %+v", kind, sum)
			}
			if back := exported(t, fresh, kind); back != file {
				t.Errorf("%s through another shop:\n%s\n%s", kind, back, file)
			}
			did(t, imported(t, fresh, kind, file, exchange.Options{}), 0, 0, sum.Unchanged, 0)
		}
		golden(t, "feed.xml", exported(t, d, exchange.Feed))
	})
}

func TestAbsentColumnsKeepAndEmptyCellsClear(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		furnish(t, d)
		did(t, imported(t, d, exchange.Products, "code,brand,sku,price\ncandle,,CAN-R,13\n", exchange.Options{}), 0, 1, 0, 0)
		p, err := catalog.ByCode(ctx, d, "candle")
		if err != nil || p.Brand != "" || p.Name.En != `The "long" candle` || p.Slug != "a-candle" || len(p.Moments) != 1 {
			t.Errorf("product %+v, %v", p, err)
		}
		for query, want := range map[string]int{
			"SELECT amount FROM prices p JOIN variants v ON v.id = p.variant_id WHERE sku = 'CAN-R' AND currency = 'USD'": 1300,
			"SELECT amount FROM prices p JOIN variants v ON v.id = p.variant_id WHERE sku = 'CAN-R' AND currency = 'EUR'": 1190,
			"SELECT count(*) FROM variants WHERE active = TRUE AND sku LIKE 'CAN%'":                                       2,
			"SELECT count(*) FROM product_facts": 1, "SELECT count(*) FROM product_images": 1, "SELECT on_hand FROM stock": 7,
		} {
			if n := count(t, d, query); n != want {
				t.Errorf("%s: %d, want %d", query, n, want)
			}
		}
		sum := imported(t, d, exchange.Stock, "sku,on_hand\nCAN-R,3\nCAN-W,5\nNONE,1\nCAN-R,9\nDR-1,many\n", exchange.Options{})
		did(t, sum, 0, 2, 0, 3)
		did(t, imported(t, d, exchange.Stock, "sku,on_hand\nCAN-R,3\nCAN-W,5\n", exchange.Options{Now: noon.Add(1)}), 0, 0, 2, 0)
		did(t, imported(t, d, exchange.Stock, "sku,on_hand\nCAN-R,\n", exchange.Options{}), 0, 1, 0, 0)
		if n := count(t, d, "SELECT sum(qty) FROM stock_movements"); n != 8 {
			t.Errorf("movements say %d", n)
		}
	})
}

func TestShopifyProductsWithBothHeaders(t *testing.T) {
	classic := `Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price,Variant Compare At Price,Image Src,Image Position,Gift Card,Status
mug,Mug,"<p>Holds <b>tea</b>.</p><script>alert(1)</script><ul><li>One</li></ul>",Kiln,Kitchen,"cup, tea",TRUE,Size,Small,MUG-S,shopify,4,deny,10.00,12.00,https://cdn.example/1.jpg,1,FALSE,active
mug,,,,,,,,Large,MUG-L,shopify,-2,deny,12.00,,,,,
mug,,,,,,,,,,,,,,,https://cdn.example/2.jpg,2,,
bowl,Bowl,,Kiln,Kitchen,,TRUE,Title,Default Title,,,0,deny,8.5,,,,FALSE,draft
`
	current := `Title,URL handle,Description,Vendor,Type,Status,SKU,Option1 name,Option1 value,Price,Compare-at price,Inventory tracker,Inventory quantity
Mug,mug,<p>Holds <b>tea</b>.</p><ul><li>One</li></ul>,Kiln,Kitchen,Active,MUG-S,Size,Small,10.00,12.00,shopify,4
,mug,,,,,MUG-L,Size,Large,12.00,,shopify,0
Bowl,bowl,,Kiln,Kitchen,Draft,,Title,Default Title,8.5,,,0
`
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sum := imported(t, d, exchange.Products, classic, exchange.Options{Currency: "USD"})
		did(t, sum, 2, 0, 0, 0)
		if sum.Skipped["picture on another host, not fetched"] != 2 {
			t.Errorf("skipped %v", sum.Skipped)
		}
		mug, err := catalog.BySlug(ctx, d, "mug")
		if err != nil || mug.About.En != "Holds tea.\n- One" || mug.Synonyms != "cup  tea" && mug.Synonyms != "cup tea" {
			t.Fatalf("mug %+v, %v", mug, err)
		}
		if _, err := catalog.BySlug(ctx, d, "bowl"); !errors.Is(err, fault.NotFound) {
			t.Errorf("a draft is not published: %v", err)
		}
		detail, err := catalog.Detailed(ctx, d, mug.ID, "USD")
		if err != nil || len(detail.Variants) != 2 || detail.Variants[0].Available != 4 || detail.Variants[1].Available != 0 || detail.Variants[0].Was != 1200 || len(detail.Options) != 1 {
			t.Errorf("mug %+v, %v", detail, err)
		}
		did(t, imported(t, d, exchange.Products, classic, exchange.Options{Currency: "USD"}), 0, 0, 2, 0)
		did(t, imported(t, d, exchange.Products, current, exchange.Options{Currency: "USD"}), 0, 0, 2, 0)
	})
}

func TestBadRowsAreNamedAndGoodOnesKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		sum := imported(t, d, exchange.Products, "code,name_en,sku,price,stock\n"+
			"a,A,A-1,10,1\n"+ // 2
			"b,B,B-1,ten,1\n"+ // 3: not a price
			"c,C,C-1,10,1\n"+ // 4
			"c,,C-1,10,1\n"+ // 5: SKU twice
			"d,D,A-1,10,1\n"+ // 6: another product's SKU
			"e,E,E-1,10\n"+ // 7: a cell is missing
			"f,\"F,F-1,10,1\n"+ // 8: quote never closed
			"g,\xff,G-1,10,1\n"+ // 9: not UTF-8
			"h,=1+1,H-1,1 000.50,1\n"+ // 10: a formula is text
			"a,A,A-2,10,1\n", exchange.Options{}) // 11: apart from its rows
		did(t, sum, 2, 0, 0, 7)
		lines := map[int]bool{}
		for _, e := range sum.Errors {
			lines[e.Line] = true
		}
		for _, l := range []int{3, 5, 6, 7, 8, 9, 11} {
			if !lines[l] {
				t.Errorf("line %d is not named in %v", l, sum.Errors)
			}
		}
		h, err := catalog.ByCode(ctx, d, "h")
		if err != nil || h.Name.En != "=1+1" {
			t.Errorf("%+v %v", h, err)
		}
		if !strings.Contains(exported(t, d, exchange.Products), "'=1+1") {
			t.Error("the export must not be a formula")
		}
		orders := "number,placed_at,email,sku,qty,unit_price\n1,2026-01-01,a@b.example,X,1,5\n1,2026-01-01,,Y,0,5\n2,2026-01-01,a@b.example,X,2,5.5\n3,01/02/2026,,X,1,1\n"
		sum = imported(t, d, exchange.Orders, orders, exchange.Options{Currency: "USD"})
		did(t, sum, 1, 0, 0, 4)
		if n := count(t, d, "SELECT total FROM orders"); n != 1100 {
			t.Errorf("total %d", n)
		}
		did(t, imported(t, d, exchange.Orders, orders, exchange.Options{Currency: "USD"}), 0, 0, 1, 4)
		did(t, imported(t, d, exchange.Customers, "email,life,personalize,name,consent_evidence\nnobody,,,,\na@b.example,no-such-tile,,Ann,\nc@d.example,,maybe,,\ne@f.example,,yes,Eve,form of 2026-01-02\n", exchange.Options{}), 1, 0, 0, 3)
		if n := count(t, d, "SELECT count(*) FROM customers WHERE email = 'a@b.example'"); n != 0 {
			t.Error("half a customer was kept")
		}
	})
}

func TestAnEmptyShopTakesTheCurrencyOfItsFirstProducts(t *testing.T) {
	d := dbtest.SQLite(t)
	did(t, imported(t, d, exchange.Products, "code,name_en,price,currency\na,A,1,EUR\n", exchange.Options{Currency: "USD"}), 1, 0, 0, 0)
	did(t, imported(t, d, exchange.Products, "code,name_en,price,currency\nb,B,1,JPY\n", exchange.Options{Currency: "EUR"}), 1, 0, 0, 0)
	values, err := setting.Read(ctx, d)
	if err != nil || values.Currency() != "EUR" {
		t.Errorf("currency %s, %v", values.Currency(), err)
	}
}

func TestAnOrderOfThisShopIsNotRewritten(t *testing.T) {
	d := dbtest.SQLite(t)
	furnish(t, d)
	file := strings.Replace(exported(t, d, exchange.Orders), ",2,12.90,", ",1,12.90,", 1)
	did(t, imported(t, d, exchange.Orders, file, exchange.Options{}), 0, 0, 0, 1)
	if n := count(t, d, "SELECT qty FROM order_lines"); n != 2 {
		t.Errorf("qty %d", n)
	}
}

func TestHostileFilesGetOneClearAnswer(t *testing.T) {
	d := dbtest.SQLite(t)
	whole := packed(t, retailDay)
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String("code,name_en,price\nu,Ünï,1\n")
	if err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{
		"exchange.file.empty":     nil,
		"exchange.file.damaged":   whole[:len(whole)-9],
		"exchange.file.sheet":     []byte("PK\x03\x04rest"),
		"exchange.file.delimiter": []byte("code;name_en;price\na;A;1\n"),
		"exchange.header":         []byte("some,other,file\n1,2,3\n"),
		"exchange.file.twice":     []byte("code,Code\n1,2\n"),
		"exchange.file.binary":    []byte("c\x00o\x00d\x00e\x00\n\x00"),
		"exchange.file.header":    append([]byte("\"code,"), bytes.Repeat([]byte("x"), 2<<20)...),
	} {
		kind := exchange.Products
		if name == "exchange.file.damaged" {
			kind = exchange.Orders
		}
		_, err := exchange.Import(ctx, d, kind, bytes.NewReader(file), exchange.Options{Now: noon})
		var f *fault.Fault
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Words != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := count(t, d, "SELECT count(*) FROM orders") + count(t, d, "SELECT count(*) FROM products"); n != 0 {
		t.Error("a refused file left something")
	}
	did(t, imported(t, d, exchange.Products, utf16, exchange.Options{}), 1, 0, 0, 0)
	did(t, imported(t, d, exchange.Products, "\xef\xbb\xbfcode,name_en,price\r\nu,Ünï,1\r\n", exchange.Options{}), 0, 0, 1, 0)
	long := "code,name_en\nv," + strings.Repeat("x", 10<<20) + "\nw,W\n"
	did(t, imported(t, d, exchange.Products, long, exchange.Options{}), 1, 0, 0, 1)
	sum, err := exchange.Import(ctx, d, exchange.Orders, bytes.NewBuffer(whole), exchange.Options{Now: noon}) // a pipe: no Seek
	if err != nil {
		t.Fatal(err)
	}
	did(t, sum, 3, 0, 0, 2)
}

func TestAConsentWithoutEvidenceIsRefusedWithItsLine(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		file := "email,name,mail_offers,consent_evidence\na@b.example,Ann,yes,\nc@d.example,Bo,yes,paper form of 2025-03-01 in the drawer\ne@f.example,Eve,no,\n"
		sum := imported(t, d, exchange.Customers, file, exchange.Options{})
		did(t, sum, 2, 0, 0, 1)
		if e := sum.Errors[0]; e.Line != 2 || !strings.Contains(e.Reason, "consent_evidence") {
			t.Errorf("refused with %+v", e)
		}
		if n := count(t, d, "SELECT count(*) FROM customers WHERE email = 'a@b.example'"); n != 0 {
			t.Error("half a customer was kept")
		}
		if n := count(t, d, "SELECT count(*) FROM consents WHERE given = TRUE"); n != 1 {
			t.Errorf("%d consents count, want the one with evidence", n)
		}
		if n := count(t, d, "SELECT count(*) FROM consent_log WHERE method = 'import' AND evidence LIKE 'paper form%'"); n != 1 {
			t.Error("the ledger lacks the evidence")
		}
		did(t, imported(t, d, exchange.Customers, file, exchange.Options{}), 0, 0, 2, 1)
	})
}
