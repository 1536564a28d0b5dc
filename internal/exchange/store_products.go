package exchange

import (
	"context"
	"fmt"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/money"
)

type level struct {
	Tracked bool
	OnHand  int
}

// stored is a whole product as the shop has it.
type stored struct {
	catalog.Draft
	levels map[catalog.VariantID]level
	asked  map[catalog.VariantID]map[money.Currency]catalog.PriceIn // what shoppers see, by sales and log
}

// draft is a copy that may be changed.
func (s *stored) draft() catalog.Draft {
	d := s.Draft
	d.Variants = append([]catalog.DraftVariant(nil), d.Variants...)
	return d
}

func levelOf(ctx context.Context, q db.Q, v catalog.VariantID) (*level, error) {
	var rows []level
	if err := q.Query(ctx).Raw("SELECT tracked, on_hand FROM stock WHERE variant_id = ?", v).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read stock of variant %d: %w", v, err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

func storedDrafts(ctx context.Context, q db.Q, codes []string) (map[string]*stored, error) {
	var products []catalog.Product
	if err := q.Query(ctx).Where("code IN ?", codes).Find(&products).Error; err != nil {
		return nil, fmt.Errorf("read products: %w", err)
	}
	return whole(ctx, q, products)
}

// productsAfter reads the next products by id, for export.
func productsAfter(ctx context.Context, q db.Q, after catalog.ProductID, limit int) ([]catalog.Product, map[string]*stored, error) {
	var products []catalog.Product
	if err := q.Query(ctx).Where("id > ?", after).Order("id").Limit(limit).Find(&products).Error; err != nil {
		return nil, nil, fmt.Errorf("read products: %w", err)
	}
	all, err := whole(ctx, q, products)
	return products, all, err
}

func whole(ctx context.Context, q db.Q, products []catalog.Product) (map[string]*stored, error) {
	byCode := make(map[string]*stored, len(products))
	if len(products) == 0 {
		return byCode, nil
	}
	byID := make(map[catalog.ProductID]*stored, len(products))
	asked := map[catalog.VariantID]map[money.Currency]catalog.PriceIn{}
	ids := make([]catalog.ProductID, len(products))
	for i, p := range products {
		s := &stored{Draft: catalog.Draft{Product: p}, levels: map[catalog.VariantID]level{}, asked: asked}
		byCode[p.Code], byID[p.ID], ids[i] = s, s, p.ID
	}
	var options []catalog.Option
	var variants []catalog.Variant
	if err := q.Query(ctx).Where("product_id IN ?", ids).Order("product_id, position").Find(&options).Error; err != nil {
		return nil, fmt.Errorf("read options: %w", err)
	}
	if err := q.Query(ctx).Where("product_id IN ?", ids).Order("product_id, position, id").Find(&variants).Error; err != nil {
		return nil, fmt.Errorf("read variants: %w", err)
	}
	var images []catalog.Image
	var facts []catalog.Fact
	var prices []struct {
		VariantID                   catalog.VariantID
		Currency                    money.Currency
		Amount, Was, Asked, Earlier money.Amount
	}
	var levels []struct {
		ProductID catalog.ProductID
		VariantID catalog.VariantID
		Tracked   bool
		OnHand    int
	}
	for _, part := range []struct {
		query string
		into  any
	}{
		{"SELECT product_id, position, src, alt FROM product_images WHERE product_id IN ? ORDER BY product_id, position", &images},
		{"SELECT product_id, position, key, name, value_code, value, facet FROM product_facts WHERE product_id IN ? ORDER BY product_id, position", &facts},
		{"SELECT p.variant_id, p.currency, p.list_amount AS amount, p.typed_was AS was, p.amount AS asked, p.was AS earlier FROM prices p JOIN variants v ON v.id = p.variant_id WHERE v.product_id IN ?", &prices},
		{"SELECT v.product_id, s.variant_id, s.tracked, s.on_hand FROM stock s JOIN variants v ON v.id = s.variant_id WHERE v.product_id IN ?", &levels},
	} {
		if err := q.Query(ctx).Raw(part.query, ids).Scan(part.into).Error; err != nil {
			return nil, fmt.Errorf("read parts of products: %w", err)
		}
	}
	in := map[catalog.VariantID]map[money.Currency]catalog.PriceIn{}
	for _, p := range prices {
		if in[p.VariantID] == nil {
			in[p.VariantID], asked[p.VariantID] = map[money.Currency]catalog.PriceIn{}, map[money.Currency]catalog.PriceIn{}
		}
		in[p.VariantID][p.Currency] = catalog.PriceIn{Amount: p.Amount, Was: p.Was}
		asked[p.VariantID][p.Currency] = catalog.PriceIn{Amount: p.Asked, Was: p.Earlier}
	}
	for _, o := range options {
		byID[o.ProductID].Options = append(byID[o.ProductID].Options, o)
	}
	for _, v := range variants {
		byID[v.ProductID].Variants = append(byID[v.ProductID].Variants, catalog.DraftVariant{Variant: v, Prices: in[v.ID]})
	}
	for _, i := range images {
		byID[i.ProductID].Images = append(byID[i.ProductID].Images, i)
	}
	for _, f := range facts {
		byID[f.ProductID].Facts = append(byID[f.ProductID].Facts, f)
	}
	for _, l := range levels {
		byID[l.ProductID].levels[l.VariantID] = level{l.Tracked, l.OnHand}
	}
	return byCode, nil
}
