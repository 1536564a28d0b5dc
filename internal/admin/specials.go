package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

const specialsPath = "/admin/messages/specials"

// handPicks is how many products somebody may put into a week by hand.
const handPicks = 4

type (
	specialsPage struct {
		web.Page
		In           inputs
		Errors       web.FormErrors
		Week, Goes   string
		Asked        int
		Write        bool
		Fields       []string
		Variants     []chip
		Who, Preview string // whose preview it is
		MaySee       bool   // of one person
		Missing      bool
		Goods        []specialRow
		Weeks        []weekSums
	}
	specialRow struct{ Code, Name, Price, Why string }
	weekSums   struct {
		Week, State, Why string
		Count            int
	}
)

func pickFields() (names []string) {
	for n := range handPicks {
		names = append(names, fmt.Sprint("pick", n+1))
	}
	return names
}

// specials shows what goes out next to whom, what somebody put into it, and
// what became of the weeks before.
func (o *Office) specials(c echo.Context) error {
	_, week := outreach.NextSpecials(o.Settings.Now(), o.Now())
	ctx, in := c.Request().Context(), inputs{}
	ids, err := outreach.SpecialPicks(ctx, o.DB, week)
	if err != nil {
		return err
	}
	for i, id := range ids {
		p, err := catalog.ByID(ctx, o.DB, id)
		if err != nil {
			return err
		}
		in[fmt.Sprint("pick", i+1)] = p.Code
	}
	return o.showSpecials(c, http.StatusOK, in, nil)
}

func (o *Office) showSpecials(c echo.Context, status int, in inputs, failed error) error {
	ctx, set := c.Request().Context(), o.Settings.Now()
	at, week := outreach.NextSpecials(set, o.Now())
	p := specialsPage{Page: page(c, "admin.specials.title"), In: in, Errors: wrong(c, failed), Week: week, Goes: i18n.DateTime(lang(c), at.In(set.Zone())),
		Write: o.may(c, "messages.write"), Fields: pickFields(), MaySee: o.may(c, "personal.read")}
	var err error
	if p.Asked, err = outreach.Asked(ctx, o.DB, outreach.Specials); err != nil {
		return err
	}
	if err := o.previewSpecials(c, &p); err != nil {
		return err
	}
	sums, err := outreach.SpecialsSums(ctx, o.DB, o.Now().AddDate(0, 0, -8*7))
	if err != nil {
		return err
	}
	for _, s := range sums {
		row := weekSums{Week: s.Week, State: t(c, "admin.send."+string(s.State)), Count: s.Count}
		if s.Reason != "" {
			row.Why = (&outreach.Send{Reason: s.Reason}).Words(lang(c))
		}
		p.Weeks = append(p.Weeks, row)
	}
	return web.Render(c, status, "admin/specials", p)
}

// previewSpecials is what people of a home page, or one person, would get.
func (o *Office) previewSpecials(c echo.Context, p *specialsPage) error {
	ctx := c.Request().Context()
	variants, err := homepage.List(ctx, o.DB)
	if err != nil {
		return err
	}
	key, named := c.QueryParam("home"), ""
	for i := range variants {
		v := &variants[i]
		if v.Key == key || key == "" && v.Key == homepage.Default {
			key, named = v.Key, v.Named(lang(c))
		}
	}
	for i := range variants {
		v := &variants[i]
		p.Variants = append(p.Variants, chip{Text: v.Named(lang(c)), URL: specialsPath + "?" + url.Values{"home": {v.Key}}.Encode() + "#preview", Current: v.Key == key && c.QueryParam("who") == ""})
	}
	p.Preview = named
	var who *customer.Customer
	if p.Who = strings.TrimSpace(c.QueryParam("who")); p.Who != "" && p.MaySee {
		who, err = customer.ByEmail(ctx, o.DB, p.Who)
		if errors.Is(err, fault.NotFound) {
			p.Missing = true
			return nil
		}
		if err != nil {
			return err
		}
		p.Preview = who.Email
	}
	picks, err := o.Mails.PreviewSpecials(ctx, p.Week, key, who, o.Now())
	for _, s := range picks {
		p.Goods = append(p.Goods, specialRow{s.Card.Code, s.Card.Name.In(lang(c)), i18n.Money(lang(c), s.Card.Price), s.Reason.In(lang(c))})
	}
	return err
}

// saveSpecials keeps the products for the next week; a code that nothing has
// is named, and nothing is changed.
func (o *Office) saveSpecials(c echo.Context) error {
	in, err := read(c, pickFields())
	if err != nil {
		return err
	}
	_, week := outreach.NextSpecials(o.Settings.Now(), o.Now())
	err = o.change(c, "messages.specials", week, func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		var form fault.Form
		var ids []catalog.ProductID
		var codes []string
		for _, field := range pickFields() {
			code := strings.TrimSpace(in[field])
			if code == "" {
				continue
			}
			k, err := catalog.ByCode(ctx, tx, code)
			switch {
			case errors.Is(err, fault.NotFound):
				form.Wrong(field, "admin.specials.no-product", "code", code)
				continue
			case err != nil:
				return "", err
			case !k.Published || k.Sensitive:
				form.Wrong(field, "admin.specials.not-this", "code", code)
				continue
			}
			ids, codes = append(ids, k.ID), append(codes, k.Code)
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		return week + ": " + strings.Join(append(codes, "–")[:max(1, len(codes))], ", "), outreach.PutSpecialPicks(ctx, tx, week, ids)
	})
	if fault.Kind(err) == fault.Invalid {
		return o.showSpecials(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, specialsPath, "admin.specials.saved")
}
