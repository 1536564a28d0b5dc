package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

type (
	listRow struct {
		URL, Says string
		Name      i18n.Text
		Live      bool
	}
	listPage struct {
		web.Page
		In                   inputs
		Errors               web.FormErrors
		Segments, Currencies []choice
		Path, Says           string // Path "" for a new one
		Live, Write          bool
	}
)

var listNames = []string{"version", "name_en", "name_zh", "segment", "currency", "percent", "entries"}

func listPath(token string) string { return "/admin/promotions/lists/" + token }

// listRows are the price lists as the page of promotions shows them.
func (o *Office) listRows(c echo.Context) (rows []listRow, err error) {
	all, err := pricing.Lists(c.Request().Context(), o.DB)
	for i := range all {
		rows = append(rows, listRow{listPath(all[i].Token), listSays(c, &all[i]), all[i].Name, all[i].State == pricing.Live})
	}
	return rows, err
}

func listSays(c echo.Context, l *pricing.PriceList) string {
	parts := []string{t(c, "admin.promotion.says.segment", "segment", groupName(c, []string{l.Segment}, []string{l.Tier})), t(c, "admin.promotion.says.currency", "currency", string(l.Currency))}
	if l.Percent > 0 {
		parts = append(parts, t(c, "admin.sale.does.percent", "value", percent(int64(l.Percent))))
	}
	if n := len(l.Entries); n > 0 {
		parts = append(parts, t(c, "admin.list.says.entries", "count", n))
	}
	return strings.Join(parts, " · ")
}

func (o *Office) newList(c echo.Context) error {
	return o.showList(c, http.StatusOK, &pricing.PriceList{}, inputs{"currency": string(o.Settings.Now().Currency())}, nil)
}

func (o *Office) list(c echo.Context) error {
	ctx := c.Request().Context()
	l, err := pricing.ListByToken(ctx, o.DB, param(c, "list"))
	if err != nil {
		return err
	}
	in := inputs{"version": version(l.UpdatedAt), "name_en": l.Name.En, "name_zh": l.Name.Zh, "segment": groupKey([]string{l.Segment}, []string{l.Tier}), "currency": string(l.Currency)}
	if l.Percent > 0 {
		in["percent"] = percent(int64(l.Percent))
	}
	var ids []catalog.VariantID
	for id := range l.Entries {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	named, err := catalog.Buyables(ctx, o.DB, ids, l.Currency)
	if err != nil {
		return err
	}
	var rows []string
	for _, id := range ids {
		rows = append(rows, named[id].SKU+" "+l.Entries[id].Decimal(l.Currency))
	}
	in["entries"] = strings.Join(rows, "\n")
	return o.showList(c, http.StatusOK, l, in, nil)
}

func (o *Office) showList(c echo.Context, status int, l *pricing.PriceList, in inputs, failure error) error {
	groups, err := o.groupChoices(c, in["segment"], "admin.list.choose")
	if err != nil {
		return err
	}
	v := listPage{Page: page(c, "admin.list.new"), In: in, Errors: wrong(c, failure), Live: true, Write: o.may(c, "promotions.write"),
		Segments: groups, Currencies: currencyChoices(in["currency"])}
	if l.ID != 0 {
		v.Page, v.Path, v.Says, v.Live = web.NewPage(c, l.Name.In(lang(c))), listPath(l.Token), listSays(c, l), l.State == pricing.Live
	}
	return web.Render(c, status, "admin/price-list", v)
}

// saveList stores a new price list, or the change of one.
func (o *Office) saveList(c echo.Context) error {
	l := &pricing.PriceList{}
	if token := param(c, "list"); token != "" {
		var err error
		if l, err = pricing.ListByToken(c.Request().Context(), o.DB, token); err != nil {
			return err
		}
	}
	before := *l
	in, err := read(c, listNames)
	if err == nil {
		err = o.saveOffer(c, "list.save", in["name_en"], func(ctx context.Context, q db.Q, form *fault.Form) error {
			*l = before
			return o.fillList(ctx, q, form, l, in)
		}, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return listSays(c, l), pricing.PutList(ctx, tx, l, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showList(c, http.StatusUnprocessableEntity, &before, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, listPath(l.Token), "admin.list.saved")
}

// fillList reads the form; entries are a SKU and a price a line.
func (o *Office) fillList(ctx context.Context, q db.Q, form *fault.Form, l *pricing.PriceList, in inputs) error {
	if l.ID != 0 {
		if err := sameVersion(in, l.UpdatedAt, "pricing.list.changed"); err != nil {
			return err
		}
	}
	l.Name, l.Currency = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, money.Currency(in["currency"])
	l.Segment, l.Tier = in["segment"], ""
	if tier, ok := strings.CutPrefix(in["segment"], ofTier); ok {
		l.Segment, l.Tier = "", tier
	}
	l.Percent, l.Entries = 0, map[catalog.VariantID]money.Amount{}
	if in["percent"] != "" {
		l.Percent = money.BasisPoints(percentIn(form, in, "percent", "catalog.sale.percent"))
	}
	for row := range strings.Lines(norm.NFKC.String(in["entries"])) {
		words := strings.Fields(row)
		if len(words) == 0 {
			continue
		}
		v, err := catalog.VariantBySKU(ctx, q, words[0])
		if errors.Is(err, fault.NotFound) {
			form.Wrong("entries", "admin.list.sku", "sku", words[0])
			return nil
		}
		if err != nil {
			return err
		}
		price, err := money.Parse(words[len(words)-1], l.Currency)
		if err != nil || len(words) != 2 {
			form.Wrong("entries", "admin.list.row", "sku", words[0])
			return nil
		}
		l.Entries[v.ID] = price
	}
	return nil
}

func (o *Office) stopList(c echo.Context) error {
	l, err := pricing.ListByToken(c.Request().Context(), o.DB, param(c, "list"))
	if err != nil {
		return err
	}
	return o.stopOffer(c, "list.stop", l.Name, func(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
		return pricing.StopList(ctx, tx, l.ID, now)
	})
}
