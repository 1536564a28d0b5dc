package admin

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/ask"
	"regulars/internal/campaign"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
	"regulars/internal/person"
	"regulars/internal/pricing"
	"regulars/internal/roster"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/slot"
	"regulars/internal/staff"
	"regulars/internal/survey"
	"regulars/internal/trait"
	"regulars/internal/web"
	"regulars/static"
	"regulars/templates"
)

// office is a shop with a few goods, people and orders, and its back office.
type office struct {
	*Office
	t        *testing.T
	now      time.Time
	people   map[staff.Role]*staff.Staff
	session  string // of who is at work
	variants map[string]catalog.VariantID
	product  catalog.ProductID
	door     door
}

// door knows one password and counts who tries it.
type door struct{ tries int }

const secretWord = "the right words"

func (d *door) Admit(context.Context, *db.DB, string, string, time.Time) error {
	if d.tries++; d.tries > 10 {
		return fault.New(fault.TooMany, "customer.signin.many", "count", 15)
	}
	return nil
}

func (d *door) Forgive(context.Context, *db.DB, string, string, time.Time) error {
	d.tries--
	return nil
}

func (d *door) Verify(_ context.Context, hash, password string) (bool, error) {
	return hash != "" && password == secretWord, nil
}

func open(t *testing.T, d *db.DB) *office {
	t.Helper()
	f := &office{t: t, now: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC), people: map[staff.Role]*staff.Staff{}}
	log := slog.New(slog.DiscardHandler)
	clock := func() time.Time { return f.now }
	server, err := web.New(web.Options{Log: log, Secret: bytes.Repeat([]byte("s"), 32), Templates: ourTemplates(t), Static: static.Files, DB: d, Now: clock})
	f.must(err)
	live := &setting.Live{}
	mailer, err := outreach.Open("", t.TempDir(), clock)
	f.must(err)
	f.Office = &Office{DB: d, Web: server, Settings: live, Mailer: mailer,
		Mails: &outreach.Desk{DB: d, Mailer: mailer, Settings: live, BaseURL: "https://shop.example", Templates: templates.Files, Now: clock, Log: log, Demo: true,
			AccessKey: func(number string) string { return "key-of-" + number }}, Door: &f.door, Now: clock, Log: log,
		Desk: &checkout.Desk{DB: d, Now: clock, Settings: live, Log: log, Secret: bytes.Repeat([]byte("s"), 32)}}
	f.Routes()
	server.Echo.GET("/test/signin/:id/:epoch", func(c echo.Context) error {
		id, _ := strconv.ParseInt(c.Param("id"), 10, 64)
		epoch, _ := strconv.ParseInt(c.Param("epoch"), 10, 64)
		var key string
		err := d.InTx(c.Request().Context(), func(tx *db.Tx) (err error) {
			key, err = staff.Begin(c.Request().Context(), tx, staff.ID(id), "192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", f.now)
			return err
		})
		if err != nil {
			return err
		}
		return web.Session(c).SignInStaff(id, epoch, key)
	})
	f.seed()
	return f
}

// ourTemplates are the frame and the pages of the back office alone.
func ourTemplates(t *testing.T) fs.FS {
	t.Helper()
	own := fstest.MapFS{}
	for _, pattern := range []string{"layout/*", "admin/*"} {
		names, err := fs.Glob(templates.Files, pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := fs.ReadFile(templates.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			own[name] = &fstest.MapFile{Data: b}
		}
	}
	return own
}

func (f *office) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *office) tx(do func(ctx context.Context, tx *db.Tx) error) {
	f.t.Helper()
	f.must(f.DB.InTx(context.Background(), func(tx *db.Tx) error { return do(context.Background(), tx) }))
}

func (f *office) seed() {
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		for _, role := range staff.Roles {
			who, err := staff.Add(ctx, tx, string(role)+"@shop.example", "The "+string(role), role, "hash", f.now)
			if err != nil {
				return err
			}
			f.people[role] = who
		}
		baby, err := catalog.PutCategory(ctx, tx, catalog.Category{Code: "BB", Slug: "baby", Hue: 40, Name: i18n.Text{En: "Baby", Zh: "母婴"}}, f.now)
		if err != nil {
			return err
		}
		one, five := 40, 3
		price := map[money.Currency]catalog.PriceIn{"USD": {Amount: 1900}}
		f.product, _, f.variants, err = catalog.Put(ctx, tx, catalog.Draft{
			Product: catalog.Product{Code: "BB01", Slug: "calm-bottle", CategoryID: &baby, Name: i18n.Text{En: "Calm Bottle", Zh: "静流奶瓶"}, Published: true},
			Options: []catalog.Option{{Code: "size", Name: i18n.Text{En: "Size"}, Choices: []catalog.Choice{{Code: "s", Name: i18n.Text{En: "120 ml"}}, {Code: "l", Name: i18n.Text{En: "240 ml"}}}}},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "BB01-S", Choices: map[string]string{"size": "s"}, Active: true}, Prices: price, OnHand: &one},
				{Variant: catalog.Variant{SKU: "BB01-L", Choices: map[string]string{"size": "l"}, Active: true}, Prices: price, OnHand: &five}},
			Images: []catalog.Image{{Src: "art:bottle-40-_-BB01", Alt: i18n.Text{En: "A bottle"}}},
		}, f.now)
		if err != nil {
			return err
		}
		for sku, units := range map[string]int{"BB01-S": one, "BB01-L": five} {
			if err := inventory.Count(ctx, tx, f.variants[sku], units, "opening", f.now); err != nil {
				return err
			}
		}
		food, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "BB02", Name: i18n.Text{En: "Oat Porridge"}, CategoryID: &baby},
			Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "BB02", Active: true}}}}, f.now)
		if err != nil {
			return err
		}
		if err := catalog.PutRelation(ctx, tx, catalog.Relation{FromID: f.product, ToID: food, Kind: "next", Reason: i18n.Text{En: "From six months on"}}); err != nil {
			return err
		}
		if err := pricing.PutMethod(ctx, tx, pricing.Method{Code: "standard", Currency: "USD", Name: i18n.Text{En: "Standard"}, Price: 420, DaysMin: 2, DaysMax: 5, Active: true}); err != nil {
			return err
		}
		parents := segment.Segment{Key: "parents", Position: 1, Name: i18n.Text{En: "New parents"}, Title: i18n.Text{En: "For small hands"}, Why: i18n.Text{En: "Because you said so"},
			Rule: segment.Rule{Any: []segment.Condition{{Fact: "life", Is: "parent"}}}}
		if err := segment.Put(ctx, tx, parents); err != nil {
			return err
		}
		if err := homepage.Put(ctx, tx, homepage.Variant{Key: "parents", Name: parents.Name, Audience: "parents", Active: true, Page: homepage.Page{Title: parents.Title, Lead: parents.Why,
			Sections: []homepage.Section{{Kind: "category", Category: baby, Title: i18n.Text{En: "Feeding"}, Reason: i18n.Text{En: "For you"}}}}}, f.now); err != nil {
			return err
		}
		person, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "parent@demo.example", Name: "<script>alert(1)</script>", Lang: i18n.English, Personalize: true}, f.now)
		if err != nil {
			return err
		}
		if err := customer.SetInterests(ctx, tx, person.ID, "life", []string{"parent"}, f.now); err != nil {
			return err
		}
		_, err = ask.Ask(ctx, tx, f.product, ask.Message{Name: "Eve", Email: "eve@demo.example", Lang: i18n.English, Body: "Does it fit <img src=x onerror=alert(1)>?"}, f.now.Add(-50*time.Hour))
		return err
	})
}

// order places an order of one small bottle and settles its payment.
func (f *office) order(outcome payment.Outcome) *order.Order {
	f.t.Helper()
	ctx := context.Background()
	k := f.orderBy(payment.TestCode)
	p, err := payment.Latest(ctx, f.DB, k.ID)
	f.must(err)
	if outcome != "" {
		_, err = payment.Settle(ctx, f.DB, payment.TestCode, payment.EventID(p.Token, outcome), p.Token, outcome, f.now)
		f.must(err)
	}
	return k
}

// orderBy places the same order with a way to pay.
func (f *office) orderBy(code string) *order.Order {
	f.t.Helper()
	ctx := context.Background()
	k, err := customer.ByEmail(ctx, f.DB, "parent@demo.example")
	f.must(err)
	person, err := customer.Read(ctx, f.DB, "", k.ID)
	f.must(err)
	var open *cart.Cart
	f.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if open, err = cart.Ensure(ctx, tx, person, "USD", i18n.English, "desktop", f.now); err != nil {
			return err
		}
		return cart.Add(ctx, tx, open.ID, f.variants["BB01-S"], 1, f.now)
	})
	placed, err := f.Desk.Place(ctx, person, i18n.English, open.ID, checkout.Form{Key: checkout.NewKey(), Email: "parent@demo.example", Name: "Pat <b>Parent</b>",
		Country: "US", Line1: "1 Road", City: "Town", Region: "NY", Postcode: "10001", Delivery: "standard", Payment: code}, checkout.NotShown)
	f.must(err)
	return placed.Order
}

// as signs a member of staff in.
func (f *office) as(role staff.Role) *office {
	f.session = ""
	if who := f.people[role]; who != nil {
		w := f.get(fmt.Sprintf("/test/signin/%d/%d", who.ID, who.Epoch))
		f.session = strings.TrimPrefix(strings.Split(w.Header().Get("Set-Cookie"), ";")[0], "session=")
	}
	return f
}

func (f *office) get(path string) *httptest.ResponseRecorder { return f.send("GET", path, nil) }

func (f *office) post(path string, in url.Values) *httptest.ResponseRecorder {
	return f.send("POST", path, in)
}

func (f *office) send(method, path string, in url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(in.Encode()))
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	if f.session != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: f.session})
	}
	if strings.HasSuffix(path, "/stream") { // it goes on until the reader leaves
		ctx, leave := context.WithTimeout(r.Context(), time.Second)
		defer leave()
		r = r.WithContext(ctx)
	}
	w := httptest.NewRecorder()
	f.Web.ServeHTTP(w, r)
	return w
}

// want checks a page's status and that it holds, or with "!" lacks, texts.
func (f *office) want(w *httptest.ResponseRecorder, status int, texts ...string) {
	f.t.Helper()
	if w.Code != status {
		f.t.Fatalf("status %d, want %d:\n%s", w.Code, status, plain(w.Body.String()))
	}
	for _, text := range texts {
		lacks := strings.HasPrefix(text, "!")
		if strings.Contains(w.Body.String(), strings.TrimPrefix(text, "!")) == lacks {
			f.t.Errorf("page and %q:\n%s", text, plain(w.Body.String()))
		}
	}
}

var tags = regexp.MustCompile(`(?s)<[^>]*>|\n\s*`)

func plain(html string) string {
	if _, main, ok := strings.Cut(html, "<main"); ok {
		html = main
	}
	return tags.ReplaceAllString(html, " ")
}

func TestEveryRoomAsksTheTable(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.Demo = true // the page of components is the demo's
	number := f.order(payment.OutcomePaid).Number
	back := f.sentBack(f.order(payment.OutcomePaid)).Number
	q, _, err := ask.List(context.Background(), f.DB, ask.Filter{})
	f.must(err)
	f.must(f.Mailer.Send(context.Background(), outreach.Mail{ID: "a1@shop", From: outreach.Address{Email: "shop@shop.example"}, To: outreach.Address{Email: "eve@demo.example"},
		Subject: "Hello", Text: "Look at https://shop.example/p/x.\n<script>", Lang: i18n.English, Date: f.now}))
	files, _, err := outreach.ListFiles(f.folder(), 1, 10)
	f.must(err)
	deal := pricing.Promotion{Name: i18n.Text{En: "A tenth off", Zh: "九折"}, Kind: pricing.Percent, Value: 1000}
	f.tx(func(ctx context.Context, tx *db.Tx) error { return pricing.Put(ctx, tx, &deal, f.now) })
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := credit.Give(ctx, tx, f.Desk.Secret, credit.Wish{Price: money.Price{Amount: 500, Currency: "USD"}}, "a-card-of-this-walk", "staff:1", "", f.now)
		return err
	})
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return trait.Add(ctx, tx, &trait.Trait{Key: "films", Name: i18n.Text{En: "Films"}, Who: i18n.Text{En: "people who like films"}, Active: true,
			Rule: trait.Rule{Any: []trait.Condition{{Fact: "hobby", Is: "films"}}}}, f.now)
	})
	sale := catalog.Sale{Name: deal.Name, Kind: catalog.SalePercent, Value: 1000}
	f.tx(func(ctx context.Context, tx *db.Tx) error { return catalog.PutSale(ctx, tx, &sale, f.today(), f.now) })
	group := pricing.PriceList{Name: deal.Name, Currency: "USD", Segment: "student", Percent: 1000}
	f.tx(func(ctx context.Context, tx *db.Tx) error { return pricing.PutList(ctx, tx, &group, f.now) })
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		for _, email := range []string{"li.na@gmail.com", "lina@gmail.com"} {
			if _, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: email, Name: "Li Na"}, f.now); err != nil {
				return err
			}
		}
		return nil
	})
	f.must(roster.Find(context.Background(), f.DB, f.now))
	twice, _, err := roster.Duplicates(context.Background(), f.DB, 1, 1)
	f.must(err)
	who, err := customer.ByEmail(context.Background(), f.DB, "parent@demo.example")
	f.must(err)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		_, err := person.Who{Customer: who.ID}.Promise(ctx, tx, &person.Promise{Key: "a-promise-of-this-walk", Kind: person.Note, What: "Likes blue"}, f.now)
		return err
	})
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return tx.Query(ctx).Exec(`INSERT INTO segment_snapshots (token, key, segment, name, rule, version, people, staff, at) VALUES ('FROZEN', 'K', 'parents', '{"en":"Parents"}', 'life in (parent)', 0, 12, 'owner@demo.example', 1)`).Error
	})
	f.must(analytics.Recount(context.Background(), f.DB, "", "", f.Settings.Now(), f.now))
	var left string
	f.must(f.DB.Query(context.Background()).Raw("SELECT c.token FROM carts c JOIN cart_facts f ON f.cart_id = c.id ORDER BY c.id LIMIT 1").Scan(&left).Error)
	said := f.reviewed()
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		strip := campaign.Banner{Place: slot.BannerHome, Title: i18n.Text{En: "a", Zh: "b"}, Words: i18n.Text{En: "a", Zh: "b"}, Label: i18n.Text{En: "a", Zh: "b"}, Shelf: "baby"}
		if err := campaign.PutBanner(ctx, tx, &strip, db.Time{}, f.now); err != nil {
			return err
		}
		spring := campaign.Campaign{Name: "Spring", Subject: strip.Title, Words: strip.Words, Pick: campaign.ByHand, Hour: campaign.AnyHour, Days: 7, CreditDays: 7}
		if err := campaign.Put(ctx, tx, &spring, f.now); err != nil {
			return err
		}
		return tx.Query(ctx).Exec(`UPDATE campaigns SET token = 'spring'; UPDATE banners SET token = 'strip';
			INSERT INTO notices (token, kind, product_id, title, body, steps, created_at, created_by, updated_at) SELECT 'told', 'fix', id, '{"en":"a"}', '{"en":"a"}', '{"en":""}', 1, 'staff', 1 FROM products WHERE code = 'BB01'`).Error
	})
	packed, err := exchange.Pack(strings.NewReader("code,name_en\nA1,Cup\n"))
	f.must(err)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		if _, err := exchange.Take(ctx, tx, exchange.Products, "a.csv", packed, int64(f.people[staff.Merchant].ID), i18n.English, f.now); err != nil {
			return err
		}
		return tx.Query(ctx).Exec("UPDATE intakes SET token = 'goods'").Error
	})
	parts := map[string]string{
		":import":    "goods",
		":rule":      "1",
		":pin":       "1",
		":campaign":  "spring",
		":banner":    "strip",
		":notice":    "told",
		":review":    said,
		":cart":      left,
		":note":      "gone",
		":view":      "gone",
		":pair":      twice[0].Token,
		":measure":   "birth",
		":snapshot":  "FROZEN",
		":customer":  who.Number,
		":people":    "gold",
		":guest":     number,
		":promise":   "a-promise-of-this-walk",
		":variant":   "parents",
		":version":   "1",
		":promotion": deal.Token,
		":trait":     "films",
		":slot":      "product.complements",
		":sale":      sale.Token,
		":list":      group.Token,
		":card":      "a-card-of-this-walk",
		":mail":      "77",
		":op":        "1",
		":return":    back,
		":code":      "BB01",
		":number":    number,
		":sku":       "BB01-S",
		":act":       "receive",
		":token":     q[0].Token,
		":file":      files[0].Name,
		":currency":  "USD",
		":method":    "standard",
		":segment":   "parents",
		":slug":      "first-use",
		":staff":     strconv.FormatInt(int64(f.people[staff.Support].ID), 10),
		":text":      outreach.OrderPaid,
	}
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		one := survey.Question{Kind: survey.Scale, Words: i18n.Text{En: "How easy?", Zh: "方便吗？"}}
		if err := survey.Put(ctx, tx, &survey.Survey{Slug: "first-use", Title: i18n.Text{En: "First use", Zh: "首次使用"}, Questions: []survey.Question{one}}, true, 5, f.now); err != nil {
			return err
		}
		return ask.PutArticle(ctx, tx, ask.Article{Slug: "first-use", Title: i18n.Text{En: "First use"}, Body: i18n.Text{En: "Boil it."}}, f.now)
	})
	f.sent(number)
	f.want(f.as(staff.Owner).get("/admin/orders/"+number+"/cancel"), 200) // before the walk sends the order off
	f.want(f.get("/admin/orders/"+number+"/refund"), 200)
	f.want(f.get("/admin/audit?show=looks"), 200)
	tried := 0
	for _, route := range f.Web.Echo.Routes() {
		if !strings.HasPrefix(route.Path, "/admin") || route.Method != "GET" && route.Method != "POST" {
			continue
		}
		path := route.Path
		for name, value := range parts {
			path = strings.Replace(path, name, value, 1)
		}
		tried++
		w := f.as("").send(route.Method, path, nil)
		if w.Code != 303 || !strings.HasPrefix(w.Header().Get("Location"), "/signin") {
			t.Errorf("a stranger at %s %s: %d %s", route.Method, path, w.Code, w.Header().Get("Location"))
		}
		for _, role := range staff.Roles {
			w := f.as(role).send(route.Method, path, nil)
			allowed := staff.Allowed(role, route.Method, path)
			if allowed && (w.Code >= 500 || w.Code == 404) || !allowed && w.Code != 404 {
				t.Errorf("%s at %s %s: %d, allowed is %v: %s", role, route.Method, path, w.Code, allowed, plain(w.Body.String()))
			}
			if strings.Contains(w.Body.String(), "admin.") && w.Header().Get("Content-Type") == "text/html; charset=utf-8" {
				for _, key := range regexp.MustCompile(`\badmin\.[a-z][a-z.-]+`).FindAllString(w.Body.String(), -1) {
					if key != "admin.css" {
						t.Errorf("%s shows a key without words: %s", path, key)
					}
				}
			}
		}
	}
	if tried < 30 {
		t.Errorf("only %d routes were found", tried)
	}
	for _, name := range f.Web.Pages() {
		if !slices.Contains(f.Web.Rendered(), name) {
			t.Errorf("no page was rendered from %s", name)
		}
	}
}

// The page of components is for those who build the shop, not for one that sells.
func TestComponentsAreShownInADemoOnly(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for _, path := range []string{"/admin/_components", "/admin/_components/shop"} {
		f.Demo = true
		for lang, says := range map[string]string{"en": "Save address", "zh": "保存地址"} {
			if w := f.as(staff.Owner).send("GET", path+"?lang="+lang, nil); w.Code != 200 || !strings.Contains(w.Body.String(), says) || strings.Contains(w.Body.String(), "components.") {
				t.Errorf("%s in %s: %d", path, lang, w.Code)
			}
		}
		f.Demo = false
		if w := f.as(staff.Owner).send("GET", path, nil); w.Code != 404 {
			t.Errorf("%s in a shop: %d", path, w.Code)
		}
	}
}

func TestMenuShowsWhatTheRoleMayEnter(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.want(f.as(staff.Analyst).get("/admin"), 200, `href="/admin/abandonment"`, `!href="/admin/settings"`, `!href="/admin/orders"`, "!/admin/promotions", "The analyst")
	f.want(f.as(staff.Owner).get("/admin"), 200, `href="/admin/settings"`, `href="/admin/audit"`, `href="/admin/promotions"`, `href="/admin/experiments"`, "question waits for an answer")
	for _, gone := range []string{"/admin/promotions/none", "/admin/experiments/none", "/admin/nothing", "/admin/orders/00000000", "/admin/products/none", "/admin/mail/..%2fshop.db"} {
		f.want(f.get(gone), 404)
	}
}

func TestStaffReadTheirOwnLanguage(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	w := f.as(staff.Owner).get("/admin/orders?lang=zh")
	f.want(w, 200, `lang="zh-Hans"`, "订单")
	if !strings.Contains(w.Header().Get("Set-Cookie"), "staff-lang=zh") {
		t.Error("the choice is not kept")
	}
	for _, path := range []string{"/admin", "/admin/products", "/admin/products/BB01", "/admin/stock", "/admin/abandonment", "/admin/settings", "/admin/questions", "/admin/segments", "/admin/homepages", "/admin/chains", "/admin/experiments", "/admin/experiments/product.complements"} {
		f.want(f.get(path+"?lang=zh"), 200, `lang="zh-Hans"`)
	}
}

func TestSessionsOfStaffEnd(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.as(staff.Owner)
	f.now = f.now.Add(20 * time.Minute)
	f.want(f.get("/admin"), 200)
	f.now = f.now.Add(31 * time.Minute)
	f.want(f.get("/admin/orders?state=to-ship"), 303)
	if next := f.get("/admin/orders?state=to-ship").Header().Get("Location"); next != "/signin?next=%2Fadmin%2Forders%3Fstate%3Dto-ship" {
		t.Errorf("leads to %s", next)
	}
	f.as(staff.Owner)
	for range 17 {
		f.now = f.now.Add(29 * time.Minute)
		f.get("/admin")
	}
	f.want(f.get("/admin"), 303)
	f.as(staff.Owner)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		return staff.SetPassword(ctx, tx, f.people[staff.Owner].ID, "other", f.now)
	})
	f.want(f.get("/admin"), 303)
}
