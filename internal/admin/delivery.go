package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/setting"
	"regulars/internal/web"
)

type (
	methodRow struct {
		URL, Code, Zone, Price, Days, Class string
		Name                                i18n.Text
		State                               tag
	}
	methodGroup struct {
		Currency, Served string
		Rows             []methodRow
	}
	deliveryPage struct {
		web.Page
		Groups       []methodGroup
		Write        bool
		Ways, Months []keptRow
		Kept         string // the sum of them in words
		Promised     bool   // there is anything to count
		Simulated    []chip
		IsSimulated  bool
	}
	methodPage struct {
		web.Page
		In                           inputs
		Errors                       web.FormErrors
		Notice                       string
		Currencies, Classes, Cutoffs []choice
		Path, Code, Says             string // Path "" for a new one
		Write                        bool
	}
)

var methodNames = []string{"version", "code", "currency", "name_en", "name_zh", "zone", "price", "bands", "free_from", "days_min", "days_max", "cutoff", "tax_class", "position", "active"}

func methodPath(m *pricing.Method) string {
	return "/admin/delivery/" + string(m.Currency) + "/" + m.Code
}

// deliveries lists the ways of delivery by currency, and says how much of the
// world they reach.
func (o *Office) deliveries(c echo.Context) error {
	all, err := pricing.AllMethods(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	p := deliveryPage{Page: page(c, "staff.area.delivery"), Write: o.may(c, "delivery.write")}
	for _, currency := range o.Settings.Now().Currencies() {
		p.Groups = append(p.Groups, methodGroup{Currency: string(currency)})
	}
	group := func(currency string) *methodGroup {
		i := slices.IndexFunc(p.Groups, func(g methodGroup) bool { return g.Currency == currency })
		if i < 0 {
			p.Groups, i = append(p.Groups, methodGroup{Currency: currency}), len(p.Groups)
		}
		return &p.Groups[i]
	}
	for i := range all {
		m := &all[i]
		g := group(string(m.Currency))
		row := methodRow{URL: methodPath(m), Code: m.Code, Name: m.Name, Zone: zoneSays(c, m), Price: costSays(c, m), Days: daysSay(c, m),
			Class: t(c, "admin.tax-class."+m.TaxClass), State: tag{"ok", t(c, "admin.delivery.on")}}
		if !m.Active {
			row.State = tag{"info", t(c, "admin.delivery.off")}
		}
		g.Rows = append(g.Rows, row)
	}
	for i := range p.Groups {
		p.Groups[i].Served = o.reach(c, all, money.Currency(p.Groups[i].Currency))
	}
	if err := p.fillKept(c, o); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/deliveries", p)
}

// reach says where goods in a currency cannot go.
func (o *Office) reach(c echo.Context, all []pricing.Method, currency money.Currency) string {
	if len(all) == 0 {
		return t(c, "admin.delivery.reach.none-yet")
	}
	var missing []string
	countries := checkout.Countries(lang(c))
	for _, k := range countries {
		if !slices.ContainsFunc(all, func(m pricing.Method) bool { return m.Active && m.Currency == currency && m.Serves(k.Code, "") }) {
			missing = append(missing, k.Name.In(lang(c)))
		}
	}
	switch n := len(missing); {
	case n == 0:
		return t(c, "admin.delivery.reach.all", "count", len(countries))
	case n == len(countries):
		return t(c, "admin.delivery.reach.nowhere")
	case n <= 8:
		return t(c, "admin.delivery.reach.but", "countries", strings.Join(missing, t(c, "admin.delivery.and")))
	}
	return t(c, "admin.delivery.reach.some", "served", len(countries)-len(missing), "count", len(countries))
}

// zoneSays names the places a delivery goes to, the first few of many.
func zoneSays(c echo.Context, m *pricing.Method) string {
	zone := m.Zone()
	if len(zone) == 0 {
		return t(c, "admin.delivery.everywhere")
	}
	var names []string
	for _, p := range zone {
		name := p.Country
		if k, ok := checkout.CountryOf(p.Country); ok {
			name = k.Name.In(lang(c))
		}
		names = append(names, strings.TrimSpace(name+" "+p.Region))
	}
	if len(names) > 4 {
		return t(c, "admin.delivery.more", "names", strings.Join(names[:3], t(c, "admin.delivery.and")), "count", len(names)-3)
	}
	return strings.Join(names, t(c, "admin.delivery.and"))
}

func costSays(c echo.Context, m *pricing.Method) string {
	parts := []string{cash(c, m.Price, m.Currency)}
	for _, b := range m.Bands {
		parts = append(parts, t(c, "admin.delivery.from", "amount", cash(c, b.From, m.Currency), "price", cash(c, b.Price, m.Currency)))
	}
	if m.FreeFrom > 0 {
		parts = append(parts, t(c, "admin.delivery.free", "amount", cash(c, m.FreeFrom, m.Currency)))
	}
	return strings.Join(parts, " · ")
}

func daysSay(c echo.Context, m *pricing.Method) string {
	text := t(c, "admin.delivery.days", "least", m.DaysMin, "most", m.DaysMax)
	if m.Cutoff > 0 {
		text += " · " + t(c, "admin.delivery.until", "hour", m.Cutoff)
	}
	return text
}

func (o *Office) newMethod(c echo.Context) error {
	return o.showMethod(c, http.StatusOK, nil, inputs{"currency": string(o.Settings.Now().Currency()), "tax_class": setting.TaxClasses[0], "active": "1", "days_min": "2", "days_max": "5"}, nil)
}

func (o *Office) method(c echo.Context) error {
	m, err := o.methodOf(c)
	if err != nil {
		return err
	}
	in := inputs{"version": strconv.FormatInt(m.Version, 10), "code": m.Code, "currency": string(m.Currency), "name_en": m.Name.En, "name_zh": m.Name.Zh, "zone": m.Countries,
		"price": m.Price.Decimal(m.Currency), "days_min": strconv.Itoa(m.DaysMin), "days_max": strconv.Itoa(m.DaysMax), "cutoff": strconv.Itoa(m.Cutoff), "tax_class": m.TaxClass, "position": strconv.Itoa(m.Position)}
	if m.Active {
		in["active"] = "1"
	}
	if m.FreeFrom > 0 {
		in["free_from"] = m.FreeFrom.Decimal(m.Currency)
	}
	var rows []string
	for _, b := range m.Bands {
		rows = append(rows, b.From.Decimal(m.Currency)+" "+b.Price.Decimal(m.Currency))
	}
	in["bands"] = strings.Join(rows, "\n")
	return o.showMethod(c, http.StatusOK, m, in, nil)
}

// methodOf is the delivery that the address names.
func (o *Office) methodOf(c echo.Context) (*pricing.Method, error) {
	return pricing.MethodBy(c.Request().Context(), o.DB, param(c, "method"), money.Currency(param(c, "currency")))
}

func (o *Office) showMethod(c echo.Context, status int, m *pricing.Method, in inputs, failure error) error {
	hours, words := make([]string, 24), t(c, "admin.delivery.cutoff.none")
	for h := range hours {
		hours[h] = strconv.Itoa(h)
	}
	var currencies []string
	for _, k := range o.Settings.Now().Currencies() {
		currencies = append(currencies, string(k))
	}
	v := methodPage{Page: page(c, "admin.delivery.new"), In: in, Errors: wrong(c, failure), Write: o.may(c, "delivery.write"),
		Currencies: choices(in["currency"], currencies, func(k string) string { return k }),
		Classes:    choices(in["tax_class"], setting.TaxClasses, func(k string) string { return t(c, "admin.tax-class."+k) }),
		Cutoffs: choices(in["cutoff"], hours, func(h string) string {
			if h == "0" {
				return words
			}
			return h + ":00"
		})}
	if len(v.Errors.Items) == 0 && failure != nil {
		v.Notice = t(c, "pricing.method.changed")
	}
	if m != nil {
		v.Page, v.Path, v.Code = web.NewPage(c, m.Name.In(lang(c))+" · "+string(m.Currency)), methodPath(m), m.Code
		v.Says = zoneSays(c, m) + " · " + costSays(c, m) + " · " + daysSay(c, m)
	}
	return web.Render(c, status, "admin/delivery", v)
}

// saveMethod stores a new delivery, or the change of one.
func (o *Office) saveMethod(c echo.Context) error {
	var known *pricing.Method
	if param(c, "method") != "" {
		var err error
		if known, err = o.methodOf(c); err != nil {
			return err
		}
	}
	in, err := read(c, methodNames)
	m := &pricing.Method{}
	if err == nil {
		err = o.change(c, "delivery.save", in["name_en"], func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
			var form fault.Form
			if *m = (pricing.Method{}); known != nil {
				*m = *known // the transaction may be run again
			}
			fillMethod(&form, m, in, known == nil, o.Settings.Now().Currencies())
			if err := form.Err(); err != nil {
				return "", err
			}
			says := string(m.Currency) + " " + m.Code + ": " + zoneSays(c, m) + " · " + costSays(c, m) + " · " + daysSay(c, m)
			if !m.Active {
				says += " · " + t(c, "admin.delivery.off")
			}
			if known == nil {
				return says, pricing.AddMethod(ctx, tx, m)
			}
			return says, pricing.ChangeMethod(ctx, tx, m)
		})
	}
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showMethod(c, http.StatusUnprocessableEntity, known, in, err)
	case errors.Is(err, fault.Conflict):
		return o.showMethod(c, http.StatusConflict, known, in, err)
	case err != nil:
		return err
	}
	return done(c, "/admin/delivery", "admin.delivery.saved", "name", m.Name.In(lang(c)))
}

// fillMethod reads the form; bands are an amount and a price a line.
func fillMethod(form *fault.Form, m *pricing.Method, in inputs, fresh bool, currencies []money.Currency) {
	if fresh {
		m.Code, m.Currency = strings.ToLower(norm.NFKC.String(in["code"])), money.Currency(in["currency"])
		if !slices.Contains(currencies, m.Currency) {
			form.Wrong("currency", "pricing.method.currency")
			return
		}
	} else {
		m.Version, _ = strconv.ParseInt(in["version"], 10, 64)
	}
	if m.Name = (i18n.Text{En: in["name_en"], Zh: in["name_zh"]}); m.Name.En == "" {
		form.Wrong("name_en", "pricing.method.name")
	}
	if m.Name.Zh == "" {
		form.Wrong("name_zh", "pricing.method.name")
	}
	m.Price, m.FreeFrom = amount(form, in, "price", m.Currency, true), amount(form, in, "free_from", m.Currency, false)
	m.DaysMin, m.DaysMax, m.Cutoff, m.Position = whole(form, in, "days_min"), whole(form, in, "days_max"), whole(form, in, "cutoff"), whole(form, in, "position")
	m.TaxClass, m.Active, m.Bands = in["tax_class"], in.On("active"), nil
	for row := range strings.Lines(norm.NFKC.String(in["bands"])) {
		words := strings.Fields(row)
		if len(words) == 0 {
			continue
		}
		b := pricing.Band{From: -1}
		if len(words) == 2 {
			from, wrong := money.Parse(words[0], m.Currency)
			price, too := money.Parse(words[1], m.Currency)
			if wrong == nil && too == nil {
				b = pricing.Band{From: from, Price: price}
			}
		}
		if b.From <= 0 {
			form.Wrong("bands", "pricing.method.bands")
			return
		}
		m.Bands = append(m.Bands, b)
	}
	fillZone(form, m, norm.NFKC.String(in["zone"]))
}

// fillZone writes the zone the one way it is kept.
func fillZone(form *fault.Form, m *pricing.Method, typed string) {
	m.Countries = typed
	var parts []string
	for _, p := range m.Zone() {
		part := strings.TrimSpace(p.Country + " " + p.Region)
		if _, ok := checkout.CountryOf(p.Country); !ok || len(p.Region) > 60 {
			form.Wrong("zone", "pricing.method.zone", "part", part)
			return
		}
		if !slices.Contains(parts, part) {
			parts = append(parts, part)
		}
	}
	m.Countries = strings.Join(parts, ", ")
}
