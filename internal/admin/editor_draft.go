package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
)

// draft is the whole product with what the form changes.
func (e *editing) draft(form *fault.Form, in inputs) catalog.Draft {
	d := catalog.Draft{Product: e.Product, Options: e.Options, Images: e.Images, Facts: e.Facts}
	d.Name = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}
	d.Line = i18n.Text{En: in["line_en"], Zh: in["line_zh"]}
	d.About = i18n.Text{En: in["about_en"], Zh: in["about_zh"]}
	d.Slug, d.Brand, d.Synonyms, d.Tier, d.TaxClass = in["slug"], in["brand"], in["synonyms"], in["tier"], in["tax_class"]
	d.MaxQty, d.RefillDays = whole(form, in, "max_qty"), whole(form, in, "refill_days")
	d.Published, d.Durable, d.Sensitive = in.On("published"), in.On("durable"), in.On("sensitive")
	d.Gift, d.Digital, d.GiftCard = in.On("gift"), in.On("digital"), in.On("gift_card")
	if d.Published && in.On("ended") {
		form.Wrong("ended", "admin.flag.ended.published")
	}
	d.CategoryID = nil
	if slug := in["category"]; slug != "" {
		k, ok := e.tree.BySlug(slug)
		if !ok {
			form.Wrong("category", "admin.category.unknown")
		}
		d.CategoryID = &k.ID
	}
	before := e.stored()
	for _, v := range e.Variants {
		dv := catalog.DraftVariant{Variant: v.Variant}
		if slices.ContainsFunc(e.shown, func(s catalog.VariantInfo) bool { return s.ID == v.ID }) {
			dv.Active = in.On("active:" + v.SKU)
			if in["price:"+v.SKU] != before["price:"+v.SKU] || in["was:"+v.SKU] != before["was:"+v.SKU] {
				price := catalog.PriceIn{Amount: amount(form, in, "price:"+v.SKU, e.currency, true), Was: amount(form, in, "was:"+v.SKU, e.currency, false)}
				if price.Was != 0 && price.Was <= price.Amount {
					form.Wrong("was:"+v.SKU, "admin.price.was")
				}
				dv.Prices = map[money.Currency]catalog.PriceIn{e.currency: price}
			}
		}
		d.Variants = append(d.Variants, dv)
	}
	return d
}

// whole reads a whole number of 0 or more; empty is 0.
func whole(form *fault.Form, in inputs, name string) int {
	if in[name] == "" {
		return 0
	}
	n, err := strconv.Atoi(norm.NFKC.String(in[name]))
	if err != nil || n < 0 || n > 1_000_000 {
		form.Wrong(name, "admin.number.wrong")
	}
	return n
}

// amount reads a price; empty is 0 unless one is needed.
func amount(form *fault.Form, in inputs, name string, currency money.Currency, needed bool) money.Amount {
	if in[name] == "" && !needed {
		return 0
	}
	a, err := money.Parse(norm.NFKC.String(in[name]), currency)
	if err != nil || a < 0 {
		form.Wrong(name, "admin.price.wrong", "currency", string(currency))
	}
	return a
}

// changedCosts reads what the form says otherwise of unit costs; nil takes one
// back.
func (e *editing) changedCosts(form *fault.Form, in inputs) map[catalog.VariantID]*money.Amount {
	changed, before := map[catalog.VariantID]*money.Amount{}, e.stored()
	for _, v := range e.shown {
		typed := in["cost:"+v.SKU]
		if !e.own || typed == before["cost:"+v.SKU] {
			continue
		}
		if changed[v.ID] = nil; typed != "" {
			cost := amount(form, in, "cost:"+v.SKU, e.currency, true)
			changed[v.ID] = &cost
		}
	}
	return changed
}

// counted is a new count of a variant's units.
type counted struct {
	variant catalog.VariantID
	input   string
	tracked bool
	units   int
	was     inventory.Level
}

// counts reads the stock that the form changes. A stock that moved since the
// form was drawn is not overwritten: the number typed was meant for another.
func (e *editing) counts(form *fault.Form, in inputs) []counted {
	var all []counted
	for _, v := range e.shown {
		name, have := "stock:"+v.SKU, e.onHand(v.ID)
		if in[name] == in["seen:"+v.SKU] {
			continue
		}
		if _, ok := e.levels[v.ID]; !ok {
			continue // an inactive variant: nothing of it is sold
		}
		if in["seen:"+v.SKU] != have {
			form.Wrong(name, "admin.stock.moved", "have", have)
			continue
		}
		all = append(all, counted{v.ID, name, in[name] != "", whole(form, in, name), e.levels[v.ID]})
	}
	return all
}

func (n counted) store(ctx context.Context, tx *db.Tx, now time.Time) error {
	if n.tracked != n.was.Tracked {
		if err := inventory.Track(ctx, tx, n.variant, n.tracked, now); err != nil {
			return n.refused(err)
		}
	}
	if !n.tracked {
		return nil
	}
	return n.refused(inventory.Count(ctx, tx, n.variant, n.units, fmt.Sprintf("counted:%d", now.UnixMilli()), now))
}

// refused puts what stands in the way of a count at its field.
func (n counted) refused(err error) error {
	if !errors.Is(err, fault.Conflict) {
		return err
	}
	words := wordsOf(err, "admin.stock.promised")
	if words == "inventory.promised" {
		words = "admin.stock.promised"
	}
	var form fault.Form
	form.Wrong(n.input, words, "count", n.was.Reserved)
	return form.Err()
}
