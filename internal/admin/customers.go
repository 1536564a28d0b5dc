package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/person"
	"regulars/internal/segment"
	"regulars/internal/value"
	"regulars/internal/web"
)

type (
	customersPage struct {
		web.Page
		Saved     saved
		In        listing
		Hidden    []carried // what the search keeps of the filters
		Picks     []pick
		Sorts     []chip
		Lists     []chip
		Rows      []customerRow
		Guests    []guestRow
		Pager     pager
		Total     string
		Few, More bool
		Worth     bool
		File, New string
		NewPhone  bool
		Clear     string
	}
	carried struct{ Name, Value string }
	// pick is one filter as a select; without JavaScript the form's button sends it.
	pick struct {
		Name, Label string
		Items       []choice
	}
	customerRow struct {
		URL, Number, Email, Name, Tier, Class, Net, Place string
		Contact                                           tag
		Last                                              db.Time
		Orders                                            int
		OrdersURL                                         string
		Since                                             db.Time
		Simulated                                         bool
	}
	guestRow struct {
		URL, Name, Email, Phone string
		Orders                  int
		Last                    db.Time
		Simulated               bool
	}
)

// cardPath is the address of somebody's card; it holds a number, since
// addresses of pages end in logs and histories.
func customerPath(number string) string { return "/admin/customers/" + url.PathEscape(number) }

func guestPath(number string) string { return "/admin/customers/guests/" + url.PathEscape(number) }

func (o *Office) personal(c echo.Context) bool { return o.may(c, "personal.read") }

// address and phone are as the reader's role may see them.
func (o *Office) address(c echo.Context, email string) string {
	if email == "" || o.personal(c) {
		return email
	}
	return masked(email)
}

func (o *Office) telephone(c echo.Context, phone string) string {
	if phone == "" || o.personal(c) {
		return phone
	}
	d := person.Digits(phone)
	return "•••" + d[max(0, len(d)-2):]
}

func contactTag(c echo.Context, k customer.Customer) tag {
	kind := "info"
	switch k.Contact {
	case "verified":
		kind = "ok"
	case "bouncing", "dead":
		kind = "error"
	}
	return tag{kind, t(c, "admin.contact."+k.Contact)}
}

// filters reads what the address of the list chooses.
func (o *Office) filters(c echo.Context) person.Filter {
	f := person.Filter{Segment: c.QueryParam("state"), Tier: value.Tier(c.QueryParam("tier")), Country: c.QueryParam("country"), Lang: i18n.Lang(c.QueryParam("in")),
		Consent: customer.Purpose(c.QueryParam("consent")), Last: c.QueryParam("last"), Sort: c.QueryParam("sort")}
	if o.may(c, "values.read") {
		f.Class = value.Class(c.QueryParam("class"))
	}
	return f
}

// customers is the list, and the one box by which anybody is found: one hit
// leads straight to the card.
func (o *Office) customers(c echo.Context) error {
	if to, err := o.opensWith(c, "customers"); to != "" || err != nil {
		return errors.Join(err, redirect(c, to))
	}
	in, err := list(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	f, asked := o.filters(c), person.Read(in.Q)
	f.Page = in.Page
	p := customersPage{Page: page(c, "staff.area.customers"), In: in, Worth: o.may(c, "values.read")}
	if asked.Text != "" {
		found, err := person.Find(ctx, o.DB, asked)
		if err != nil {
			return err
		}
		if to, err := o.straight(ctx, found, f); to != "" || err != nil {
			return errors.Join(err, redirect(c, to))
		}
		f.IDs, p.More = append([]customer.ID{}, found.Customers...), found.More
		if !f.Narrow() {
			p.Guests = o.guestRows(c, found.Guests)
		}
		p.NewPhone = asked.Digits != "" && len(found.Customers)+len(found.Guests) == 0
		if o.may(c, "customers.write") {
			p.New = "/admin/customers/new?" + url.Values{"q": {asked.Text}}.Encode()
		}
	}
	if err := o.listed(c, &p, f); err != nil {
		return err
	}
	if p.Saved, err = o.views(c, "customers"); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/customers", p)
}

// straight is the card of the only one whom a search found.
func (o *Office) straight(ctx context.Context, found *person.Found, f person.Filter) (string, error) {
	switch {
	case f.Narrow() || len(found.Customers)+len(found.Guests) != 1:
		return "", nil
	case len(found.Guests) == 1:
		return guestPath(found.Guests[0].Number), nil
	}
	k, err := customer.ByID(ctx, o.DB, found.Customers[0])
	if err != nil || k.Number == "" {
		return "", err
	}
	return customerPath(k.Number), nil
}

func redirect(c echo.Context, to string) error {
	if to == "" {
		return nil
	}
	return c.Redirect(http.StatusSeeOther, to)
}

// listed fills in the rows and the filters of the page.
func (o *Office) listed(c echo.Context, p *customersPage, f person.Filter) error {
	ctx := c.Request().Context()
	people, total, err := person.People(ctx, o.DB, f, p.Worth, o.Now())
	if err != nil {
		return err
	}
	if f.Narrow() && total < smallCell && !o.personal(c) {
		people, total, p.Few = nil, 0, true
	}
	p.Pager, p.Total = pages(c, max(1, f.Page), 50, total), i18n.Number(total)
	for i := range people {
		p.Rows = append(p.Rows, o.customerRow(c, &people[i]))
	}
	if o.may(c, "exports.read") && total > 0 {
		p.File = "/admin/customers/people.csv" + strings.TrimPrefix(with(c, "q", ""), "/admin/customers")
		if f.IDs != nil {
			p.File = "" // a file is of a filter that can be named
		}
	}
	if f.Narrow() {
		p.Clear = "/admin/customers"
	}
	for name, values := range c.QueryParams() {
		if slices.Contains([]string{"state", "tier", "class", "country", "in", "consent", "last", "sort"}, name) && values[0] != "" {
			p.Hidden = append(p.Hidden, carried{name, values[0]})
		}
	}
	slices.SortFunc(p.Hidden, func(a, b carried) int { return strings.Compare(a.Name, b.Name) })
	if p.Worth && o.may(c, "lists.read") {
		for _, l := range person.Lists {
			p.Lists = append(p.Lists, chip{listsPath(l), t(c, "person.list."+l), false})
		}
	}
	return o.picks(c, p, f)
}

func (o *Office) customerRow(c echo.Context, k *person.Somebody) customerRow {
	r := customerRow{URL: customerPath(k.Number), Number: k.Number, Email: o.address(c, k.Email), Name: k.Name, Contact: contactTag(c, k.Customer), Tier: t(c, "value.tier."+string(k.Tier)),
		Last: k.LastAt, Orders: k.Orders, OrdersURL: ordersOf(k.Number), Since: k.CreatedAt, Simulated: k.Simulated, Place: strings.TrimSpace(k.Country + " " + string(k.Lang))}
	if o.may(c, "values.read") && k.Class != "" {
		r.Class, r.Net = string(k.Class), cash(c, k.Net, o.Settings.Now().Currency())
	}
	return r
}

func ordersOf(number string) string {
	return "/admin/orders?" + url.Values{"customer": {number}}.Encode()
}

func (o *Office) guestRows(c echo.Context, guests []person.Guest) (rows []guestRow) {
	for _, g := range guests {
		rows = append(rows, guestRow{guestPath(g.Number), g.Name, o.address(c, g.Email), o.telephone(c, g.Phone), g.Orders, g.LastAt, g.Simulated})
	}
	return rows
}

// picks are the filters.
func (o *Office) picks(c echo.Context, p *customersPage, f person.Filter) error {
	ctx := c.Request().Context()
	kinds, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	countries, err := person.Countries(ctx, o.DB)
	if err != nil {
		return err
	}
	names, keys := map[string]string{}, []string{""}
	for _, s := range kinds {
		if s.Key != segment.Default && s.ArchivedAt.IsZero() {
			keys, names[s.Key] = append(keys, s.Key), s.Name.In(p.Lang)
		}
	}
	add := func(name, chosen string, values []string, word func(string) string) {
		items := choices(chosen, values, func(v string) string {
			if v == "" {
				return t(c, "person.filter.any")
			}
			return word(v)
		})
		p.Picks = append(p.Picks, pick{name, t(c, "person.filter."+name), items})
	}
	say := func(key string) func(string) string { return func(v string) string { return t(c, key+v) } }
	add("tier", string(f.Tier), []string{"", string(value.VeryLoyal), string(value.Loyal), string(value.Occasional)}, say("value.tier."))
	if p.Worth {
		add("class", string(f.Class), []string{"", "A", "B", "C", "N", "D"}, say("value.class."))
	}
	add("state", f.Segment, keys, func(k string) string { return names[k] })
	add("country", f.Country, append([]string{""}, countries...), func(v string) string { return v })
	add("in", string(f.Lang), []string{"", string(i18n.English), string(i18n.Chinese)}, say("person.lang."))
	purposes := []string{""}
	for _, one := range customer.Purposes {
		purposes = append(purposes, string(one))
	}
	add("consent", string(f.Consent), purposes, say("admin.purpose."))
	add("last", f.Last, append([]string{""}, person.Lasts...), say("person.last."))
	sorts := []string{"", "name", "last"}
	if p.Worth {
		sorts = append(sorts, "net")
	}
	add("sort", f.Sort, sorts, say("person.sort."))
	p.Picks[len(p.Picks)-1].Items[0].Text = t(c, "person.sort.new")
	return nil
}

type newContactPage struct {
	web.Page
	In     inputs
	Errors web.FormErrors
}

// newContact is the form for somebody whom no search finds.
func (o *Office) newContact(c echo.Context) error {
	in := inputs{}
	switch asked := person.Read(c.QueryParam("q")); {
	case strings.Contains(asked.Text, "@"):
		in["email"] = asked.Text
	case asked.Digits != "":
		in["phone"] = asked.Text
	default:
		in["name"] = asked.Text
	}
	return web.Render(c, http.StatusOK, "admin/customer-new", newContactPage{page(c, "person.new"), in, web.FormErrors{}})
}

// addContact makes an account without a password and without any consent: the
// person may take it over by asking for a password.
func (o *Office) addContact(c echo.Context) error {
	in, err := read(c, []string{"email", "name", "phone", "lang"})
	var k *customer.Customer
	if err == nil {
		err = o.change(c, "customer.add", "", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			if k, err = customer.SignUp(ctx, tx, customer.SignUpForm{Email: in["email"], Name: in["name"], Lang: i18n.Lang(in["lang"]), Source: "staff"}, now); err != nil {
				return "", err
			}
			return k.Number, customer.SetProfile(ctx, tx, k.ID, customer.Profile{Name: in["name"], Phone: in["phone"]}, now)
		})
	}
	if errors.Is(err, fault.Conflict) {
		var form fault.Form
		form.Wrong("email", "person.new.taken")
		err = form.Err()
	}
	if errors.Is(err, fault.Invalid) {
		return web.Render(c, http.StatusUnprocessableEntity, "admin/customer-new", newContactPage{page(c, "person.new"), in, wrong(c, err)})
	}
	if err != nil {
		return err
	}
	return done(c, customerPath(k.Number), "person.new.done")
}

// price writes an amount in the currency of an order.
func price(c echo.Context, k *order.Order) string {
	return i18n.Money(lang(c), money.Price{Amount: k.Total, Currency: k.Currency})
}

// customerRoutes are the pages of people: the list, the cards, what was
// promised, and the lists by name.
func (o *Office) customerRoutes(g *echo.Group) {
	g.GET("/customers", o.customers)
	g.GET("/customers/duplicates", o.duplicates)
	g.POST("/customers/duplicates", o.findDuplicates)
	g.GET("/customers/duplicates/:pair", o.duplicate)
	g.POST("/customers/duplicates/:pair", o.decideDuplicate)
	g.GET("/customers/rests", o.rests)
	g.POST("/customers/rests", o.keepRest)
	g.GET("/customers/new", o.newContact)
	g.POST("/customers/new", o.addContact)
	g.GET("/customers/people.csv", o.peopleFile)
	g.GET("/customers/promises", o.promises)
	g.POST("/customers/promises/:promise", o.endPromise)
	g.GET("/customers/guests/:guest", o.guest)
	g.POST("/customers/guests/:guest/promises", o.promise)
	g.GET("/customers/lists/:people", o.keepers)
	g.POST("/customers/lists/:people", o.setGoal)
	g.POST("/customers/lists/:people/tasks", o.makeTasks)
	g.GET("/customers/:customer", o.customer)
	g.POST("/customers/:customer/promises", o.promise)
	g.POST("/customers/:customer/tier", o.giveTier)
	g.POST("/customers/:customer/tier/:grant", o.endTier)
	g.GET("/health", o.health)
	g.POST("/health", o.countHealth)
	g.GET("/health/:measure", o.healthRows)
}
