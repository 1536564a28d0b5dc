package exchange

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/setting"
)

// ExportOptions says how to export. BaseURL and Lang are of the feed; Currency
// is of product prices, the shop's own if empty.
type ExportOptions struct {
	BaseURL  string // https://shop.example, without a slash at the end
	Lang     i18n.Lang
	Currency money.Currency
	Now      time.Time // the feed names no day that is over
}

const exportPage = 500

// Export writes everything of one kind as it goes, without holding it in
// memory: CSV that Import reads back unchanged, or the product feed. Cells
// that a spreadsheet would take for a formula begin with an apostrophe, which
// Import takes away.
func Export(ctx context.Context, q db.Q, kind string, w io.Writer, opt ExportOptions) error {
	if opt.Currency == "" {
		values, err := setting.Read(ctx, q)
		if err != nil {
			return err
		}
		opt.Currency = values.Currency()
	}
	var err error
	switch kind {
	case Products:
		err = exportRows(w, ProductHeader, func(put func(map[string]string) error) error { return exportProducts(ctx, q, opt.Currency, put) })
	case Customers:
		err = exportRows(w, CustomerHeader, func(put func(map[string]string) error) error { return exportCustomers(ctx, q, put) })
	case Orders:
		err = exportRows(w, OrderHeader, func(put func(map[string]string) error) error { return exportOrders(ctx, q, put) })
	case Clicks:
		err = exportClicks(ctx, q, w)
	case History:
		err = exportRows(w, HistoryHeader, func(put func(map[string]string) error) error { return exportHistory(ctx, q, put) })
	case Profiles:
		err = exportRows(w, ProfileHeader, func(put func(map[string]string) error) error { return exportProfiles(ctx, q, put) })
	case Feed:
		err = exportFeed(ctx, q, w, opt)
	default:
		return fault.New(fault.Invalid, "exchange.export.kind", "kind", kind)
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", kind, err)
	}
	return nil
}

func exportRows(w io.Writer, header []string, fill func(put func(map[string]string) error) error) error {
	out := csv.NewWriter(w)
	if err := out.Write(header); err != nil {
		return err
	}
	record := make([]string, len(header))
	err := fill(func(m map[string]string) error {
		for i, name := range header {
			record[i] = guard(m[name])
		}
		return out.Write(record)
	})
	out.Flush()
	if err != nil {
		return err
	}
	return out.Error()
}

func exportProducts(ctx context.Context, q db.Q, currency money.Currency, put func(map[string]string) error) error {
	values, err := setting.Read(ctx, q)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return err
	}
	for after := catalog.ProductID(0); ; {
		products, all, err := productsAfter(ctx, q, after, exportPage)
		if err != nil || len(products) == 0 {
			return err
		}
		after = products[len(products)-1].ID
		if err := putProducts(ctx, q, products, all, tree, currency, values.Currency(), put); err != nil {
			return err
		}
	}
}

// putProducts hands out the rows of products: prices in currency, costs in the
// shop's own.
func putProducts(ctx context.Context, q db.Q, products []catalog.Product, all map[string]*stored, tree *catalog.Tree, currency, own money.Currency, put func(map[string]string) error) error {
	inside, err := componentsOf(ctx, q, products)
	if err != nil {
		return err
	}
	var ids []catalog.VariantID
	for _, s := range all {
		for _, v := range s.Variants {
			ids = append(ids, v.ID)
		}
	}
	costs, err := catalog.Costs(ctx, q, ids)
	if err != nil {
		return err
	}
	for _, p := range products {
		s := all[p.Code]
		for i, v := range s.Variants {
			m := map[string]string{"code": p.Code}
			if i == 0 {
				productCells(m, s, tree)
			}
			s.variantCells(m, v, currency)
			if cost, ok := costs[v.ID]; ok {
				m["cost"] = cost.Decimal(own)
			}
			m["components"] = strings.Join(inside[v.ID], " ")
			if err := put(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func productCells(m map[string]string, s *stored, tree *catalog.Tree) {
	var path []string
	if s.Product.CategoryID != nil {
		for _, c := range tree.Path(*s.Product.CategoryID) {
			path = append(path, c.Name.En)
		}
	}
	var images []string
	for _, i := range s.Images {
		images = append(images, i.Src)
	}
	for name, value := range map[string]string{"slug": s.Slug, "category": strings.Join(path, " > "), "name_en": s.Name.En, "name_zh": s.Name.Zh,
		"line_en": s.Line.En, "line_zh": s.Line.Zh, "about_en": s.About.En, "about_zh": s.About.Zh, "brand": s.Brand, "published": yes(s.Published),
		"tier": s.Tier, "durable": yes(s.Durable), "refill_days": strconv.Itoa(s.RefillDays), "sensitive": yes(s.Sensitive), "gift": yes(s.Gift),
		"digital": yes(s.Digital), "gift_card": yes(s.GiftCard), "max_qty": strconv.Itoa(s.MaxQty), "tax_class": s.TaxClass, "synonyms": s.Synonyms, "images": strings.Join(images, " ")} {
		m[name] = value
	}
}

func (s *stored) variantCells(m map[string]string, v catalog.DraftVariant, currency money.Currency) {
	for n, o := range s.Options {
		col := fmt.Sprintf("option%d_", n+1)
		m[col+"name"], m[col+"name_zh"] = o.Name.En, o.Name.Zh
		for _, c := range o.Choices {
			if c.Code == v.Choices[o.Code] {
				m[col+"value"], m[col+"value_zh"] = c.Name.En, c.Name.Zh
			}
		}
	}
	m["sku"], m["active"], m["accent"], m["currency"] = v.SKU, yes(v.Active), v.Accent, string(currency)
	if p, ok := v.Prices[currency]; ok {
		m["price"] = p.Amount.Decimal(currency)
		if p.Was > 0 {
			m["was"] = p.Was.Decimal(currency)
		}
	}
	if l, ok := s.levels[v.ID]; ok && l.Tracked {
		m["stock"] = strconv.Itoa(l.OnHand)
	}
}

func exportCustomers(ctx context.Context, q db.Q, put func(map[string]string) error) error {
	for after := customer.ID(0); ; {
		people, err := customersAfter(ctx, q, after, exportPage)
		if err != nil || len(people) == 0 {
			return err
		}
		ids := make([]customer.ID, len(people))
		for i, p := range people {
			ids[i] = p.ID
		}
		extra, err := customerExtras(ctx, q, ids, true)
		if err != nil {
			return err
		}
		for i := range people {
			after = people[i].ID
			if err := put(customerCells(&people[i], extra[after])); err != nil {
				return err
			}
		}
	}
}

func exportOrders(ctx context.Context, q db.Q, put func(map[string]string) error) error {
	for after := order.ID(0); ; {
		page, err := ordersAfter(ctx, q, after, exportPage)
		if err != nil || len(page) == 0 {
			return err
		}
		for i := range page {
			after = page[i].order.ID
			for _, m := range orderCells(&page[i].order, page[i].lines, page[i].who) {
				if err := put(m); err != nil {
					return err
				}
			}
		}
	}
}
