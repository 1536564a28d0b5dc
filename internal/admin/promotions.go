package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"strconv"
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
	promotionRow struct {
		URL, Says, Used string
		Name            i18n.Text
		Live            bool
	}
	promotionsPage struct {
		web.Page
		Sales    []saleRow
		Lists    []listRow
		Rows     []promotionRow
		Calendar *calendar
		Write    bool
	}
	batchRow struct {
		Code, Used, File string
	}
	promotionPage struct {
		web.Page
		In                                      inputs
		Errors                                  web.FormErrors
		Kinds, Currencies, Categories, Segments []choice
		Path                                    string // "" for a new one
		Says, Used                              string
		Live, Write                             bool
		Batches                                 []batchRow
		Rehearsal                               string
		Shared, SharedURL                       string
	}
)

var promotionNames = []string{"version", "name_en", "name_zh", "kind", "value", "currency", "buy", "free", "min_subtotal", "category", "products", "segment",
	"starts_on", "ends_on", "needs_code", "code", "limit_all", "limit_person", "priority", "exclusive", "codes", "try"}

func promotionPath(token string) string { return "/admin/promotions/" + token }

func (o *Office) promotions(c echo.Context) error {
	ctx := c.Request().Context()
	all, err := pricing.Promotions(ctx, o.DB)
	if err != nil {
		return err
	}
	sales, err := catalog.Sales(ctx, o.DB)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	p := promotionsPage{Page: page(c, "staff.area.promotions"), Write: o.may(c, "promotions.write")}
	if p.Lists, err = o.listRows(c); err != nil {
		return err
	}
	if p.Calendar, err = o.calendar(c, tree); err != nil {
		return err
	}
	for i := range sales {
		state, tag := saleState(c, &sales[i], o.today())
		p.Sales = append(p.Sales, saleRow{salePath(sales[i].Token), saleSays(c, &sales[i]), state, tag, sales[i].Name})
	}
	for _, one := range all {
		p.Rows = append(p.Rows, promotionRow{promotionPath(one.Token), o.says(c, &one), usage(c, one.Used, one.LimitAll), one.Name, one.State == pricing.Live})
	}
	return web.Render(c, http.StatusOK, "admin/promotions", p)
}

func usage(c echo.Context, used, limit int) string {
	if limit == 0 {
		return strconv.Itoa(used)
	}
	return t(c, "admin.promotion.used-of", "used", used, "limit", limit)
}

// says is the promotion as a sentence, part by part.
func (o *Office) says(c echo.Context, p *pricing.Promotion) string {
	price := func(a int64) string { return cash(c, money.Amount(a), p.Currency) }
	value := ""
	switch p.Kind {
	case pricing.Percent:
		value = percent(p.Value)
	case pricing.Amount, pricing.Fixed:
		value = price(p.Value)
	}
	parts := []string{t(c, "admin.promotion.does."+string(p.Kind), "value", value, "buy", p.Buy, "free", p.Free)}
	add := func(when bool, key string, args ...any) {
		if when {
			parts = append(parts, t(c, key, args...))
		}
	}
	add(len(p.Categories)+len(p.Products) > 0, "admin.promotion.says.goods")
	add(p.MinSubtotal > 0, "admin.promotion.says.min", "least", price(int64(p.MinSubtotal)))
	add(p.Kind == pricing.Percent && p.Currency != "", "admin.promotion.says.currency", "currency", string(p.Currency))
	add(len(p.Segments)+len(p.Tiers) > 0, "admin.promotion.says.segment", "segment", groupName(c, p.Segments, p.Tiers))
	add(p.StartsOn != "", "admin.promotion.says.from", "day", p.StartsOn)
	add(p.EndsOn != "", "admin.promotion.says.until", "day", p.EndsOn)
	add(p.NeedsCode, "admin.promotion.says.code")
	add(p.LimitPerson > 0, "admin.promotion.says.person", "count", p.LimitPerson)
	add(p.Exclusive, "admin.promotion.says.alone")
	return strings.Join(parts, " · ")
}

// percent writes basis points as people do: 1250 is 12.5.
func percent(v int64) string {
	return strings.TrimSuffix(strings.TrimRight(money.Amount(v).Decimal("USD"), "0"), ".")
}

func (o *Office) newPromotion(c echo.Context) error {
	in := inputs{"kind": string(pricing.Percent), "currency": string(o.Settings.Now().Currency())}
	return o.showPromotion(c, http.StatusOK, nil, in, nil, "")
}

// promotion shows one promotion; its codes are below.
func (o *Office) promotion(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := pricing.ByToken(ctx, o.DB, param(c, "promotion"))
	if err != nil {
		return err
	}
	in, err := o.promotionInputs(ctx, p)
	if err != nil {
		return err
	}
	return o.showPromotion(c, http.StatusOK, p, in, nil, "")
}

func (o *Office) promotionInputs(ctx context.Context, p *pricing.Promotion) (inputs, error) {
	in := inputs{"version": version(p.UpdatedAt), "name_en": p.Name.En, "name_zh": p.Name.Zh, "kind": string(p.Kind), "currency": string(p.Currency),
		"starts_on": p.StartsOn, "ends_on": p.EndsOn, "segment": groupKey(p.Segments, p.Tiers)}
	switch p.Kind {
	case pricing.Percent:
		in["value"] = percent(p.Value)
	case pricing.Amount, pricing.Fixed:
		in["value"] = money.Amount(p.Value).Decimal(p.Currency)
	}
	if p.MinSubtotal > 0 {
		in["min_subtotal"] = p.MinSubtotal.Decimal(p.Currency)
	}
	for name, n := range map[string]int{"buy": p.Buy, "free": p.Free, "limit_all": p.LimitAll, "limit_person": p.LimitPerson, "priority": p.Priority} {
		if n > 0 {
			in[name] = strconv.Itoa(n)
		}
	}
	for name, on := range map[string]bool{"needs_code": p.NeedsCode, "exclusive": p.Exclusive} {
		if on {
			in[name] = "1"
		}
	}
	return in, o.goodsInputs(ctx, in, p.Categories, p.Products, nil)
}

func (o *Office) showPromotion(c echo.Context, status int, p *pricing.Promotion, in inputs, failure error, rehearsal string) error {
	ctx := c.Request().Context()
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	groups, err := o.groupChoices(c, in["segment"], "admin.promotion.everybody")
	if err != nil {
		return err
	}
	kinds := make([]string, len(pricing.Kinds))
	for i, k := range pricing.Kinds {
		kinds[i] = string(k)
	}
	v := promotionPage{Page: page(c, "admin.promotion.new"), In: in, Errors: wrong(c, failure), Live: true, Write: o.may(c, "promotions.write"), Rehearsal: rehearsal,
		Kinds:      choices(in["kind"], kinds, func(k string) string { return t(c, "admin.promotion.kind."+k) }),
		Currencies: currencyChoices(in["currency"], ""),
		Segments:   groups,
		Categories: categoryChoices(c, tree, in["category"])}
	if p != nil {
		v.Page, v.Path, v.Says = web.NewPage(c, p.Name.In(lang(c))), promotionPath(p.Token), o.says(c, p)
		v.Used, v.Live = usage(c, p.Used, p.LimitAll), p.State == pricing.Live
		if v.Batches, err = o.batches(c, p); err != nil {
			return err
		}
		if v.Shared, v.SharedURL, err = o.sharedNote(c, p.Token); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/promotion", v)
}

func (o *Office) batches(c echo.Context, p *pricing.Promotion) (rows []batchRow, err error) {
	all, err := pricing.Batches(c.Request().Context(), o.DB, p.ID)
	for _, b := range all {
		row := batchRow{Code: b.Code, Used: strconv.Itoa(b.Used)}
		if b.Batch != b.Code {
			row.Code, row.File = t(c, "admin.promotion.batch", "batch", b.Batch, "count", b.Codes), promotionPath(p.Token)+"/codes.csv?batch="+b.Batch
			row.Used = usage(c, b.Used, b.Codes)
		}
		rows = append(rows, row)
	}
	return rows, err
}

// savePromotion stores a new promotion, or the change of one.
func (o *Office) savePromotion(c echo.Context) error {
	ctx := c.Request().Context()
	p := &pricing.Promotion{}
	if token := param(c, "promotion"); token != "" {
		var err error
		if p, err = pricing.ByToken(ctx, o.DB, token); err != nil {
			return err
		}
	}
	before := *p
	in, err := read(c, promotionNames)
	if err == nil && in["try"] != "" {
		if err = o.rehearse(c, p, in); err == nil {
			return nil
		}
	}
	if err == nil {
		err = o.saveOffer(c, "promotion.save", in["name_en"], func(ctx context.Context, q db.Q, form *fault.Form) error {
			*p = before
			return o.fillPromotion(ctx, q, form, p, in)
		}, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			if err := pricing.Put(ctx, tx, p, now); err != nil || in["code"] == "" {
				return o.says(c, p), err
			}
			return o.says(c, p), pricing.AddCode(ctx, tx, p.ID, in["code"], now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		if before.ID == 0 {
			return o.showPromotion(c, http.StatusUnprocessableEntity, nil, in, err, "")
		}
		return o.showPromotion(c, http.StatusUnprocessableEntity, &before, in, err, "")
	}
	if err != nil {
		return err
	}
	return done(c, promotionPath(p.Token), "admin.promotion.saved")
}

// fillPromotion reads the form into p.
func (o *Office) fillPromotion(ctx context.Context, q db.Q, form *fault.Form, p *pricing.Promotion, in inputs) error {
	if p.ID != 0 {
		if err := sameVersion(in, p.UpdatedAt, "pricing.promotion.changed"); err != nil {
			return err
		}
	}
	p.Name = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}
	p.Kind, p.Currency, p.Value = pricing.Kind(in["kind"]), money.Currency(in["currency"]), 0
	switch p.Kind {
	case pricing.Percent:
		p.Value = percentIn(form, in, "value", "pricing.promotion.percent")
	case pricing.Amount, pricing.Fixed:
		p.Value = int64(amount(form, in, "value", p.Currency, true))
	}
	p.MinSubtotal = amount(form, in, "min_subtotal", p.Currency, false)
	p.Buy, p.Free = whole(form, in, "buy"), whole(form, in, "free")
	p.LimitAll, p.LimitPerson, p.Priority = whole(form, in, "limit_all"), whole(form, in, "limit_person"), whole(form, in, "priority")
	p.StartsOn, p.EndsOn = norm.NFKC.String(in["starts_on"]), norm.NFKC.String(in["ends_on"])
	p.NeedsCode, p.Exclusive = in.On("needs_code") || in["code"] != "", in.On("exclusive")
	p.Segments, p.Tiers = nil, nil
	if tier, ok := strings.CutPrefix(in["segment"], ofTier); ok {
		p.Tiers = tiersFrom(tier)
	} else if in["segment"] != "" {
		p.Segments = []string{in["segment"]}
	}
	var err error
	p.Categories, p.Products, _, err = goods(ctx, q, form, in, false)
	return err
}

func (o *Office) stopPromotion(c echo.Context) error {
	p, err := pricing.ByToken(c.Request().Context(), o.DB, param(c, "promotion"))
	if err != nil {
		return err
	}
	return o.stopOffer(c, "promotion.stop", p.Name, func(ctx context.Context, tx *db.Tx, now time.Time) (bool, error) {
		return pricing.Stop(ctx, tx, p.ID, now)
	})
}

// makeCodes adds a code of the merchant's own, or a batch of drawn ones.
func (o *Office) makeCodes(c echo.Context) error {
	ctx := c.Request().Context()
	p, err := pricing.ByToken(ctx, o.DB, param(c, "promotion"))
	if err != nil {
		return err
	}
	in, err := read(c, promotionNames)
	if err == nil {
		err = o.change(c, "promotion.codes", p.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			if in["code"] != "" {
				return pricing.CodeKey(in["code"]), pricing.AddCode(ctx, tx, p.ID, in["code"], now)
			}
			var form fault.Form
			n := whole(&form, in, "codes")
			if err := form.Err(); err != nil {
				return "", err
			}
			batch, err := pricing.AddBatch(ctx, tx, p.ID, n, now)
			return fmt.Sprintf("batch %s of %d", batch, n), err
		})
	}
	if errors.Is(err, fault.Invalid) {
		have, errIn := o.promotionInputs(ctx, p)
		if errIn != nil {
			return errIn
		}
		have["code"], have["codes"] = in["code"], in["codes"]
		return o.showPromotion(c, http.StatusUnprocessableEntity, p, have, err, "")
	}
	if err != nil {
		return err
	}
	return done(c, promotionPath(p.Token), "admin.promotion.codes-made")
}

// codesFile is a batch as a file to hand on.
func (o *Office) codesFile(c echo.Context) error {
	var in struct {
		Batch string `form:"batch,max=40"`
	}
	if err := web.Query(c, &in); err != nil {
		return err
	}
	ctx := c.Request().Context()
	p, err := pricing.ByToken(ctx, o.DB, param(c, "promotion"))
	if err != nil {
		return err
	}
	codes, err := pricing.Codes(ctx, o.DB, p.ID, in.Batch)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"code", "used", "promotion"}) // a buffer takes everything
	for _, k := range codes {
		w.Write([]string{k.Code, strconv.Itoa(k.Used), guarded(p.Name.En)})
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="codes-%s.csv"`, p.Token))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
