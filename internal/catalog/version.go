package catalog

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"regulars/internal/db"
	"regulars/internal/money"
)

// MostVersions of a product are kept; older ones go.
const MostVersions = 50

// Version is a product as it stood before a change: everything that Put
// writes, so without units and unit costs.
type Version struct {
	ProductID ProductID
	Number    int     // of Product.Version, at that time
	At        db.Time // when it was changed into the next
	ByStaff   int64   // who changed it; 0: nobody of the shop's people
	Way       string  // how: what was said by By
	Body      string
}

// TableName is the table of the row.
func (Version) TableName() string { return "product_versions" }

// Draft is the version as Put takes it.
func (v *Version) Draft() (Draft, error) {
	var d Draft
	if err := json.Unmarshal([]byte(v.Body), &d); err != nil {
		return Draft{}, fmt.Errorf("read version %d of product %d: %w", v.Number, v.ProductID, err)
	}
	return d, nil
}

type doingKey struct{}

type doing struct {
	staff int64
	way   string
}

// By says in the context who is about to change products and how, for the
// versions that are kept. It travels with the context because products are
// changed by forms, files and sweeps, few of which know a person. Who said it
// first is meant: an undo goes through the reader of files.
func By(ctx context.Context, staff int64, way string) context.Context {
	if ctx.Value(doingKey{}) != nil {
		return ctx
	}
	return context.WithValue(ctx, doingKey{}, doing{staff, way})
}

// version notes what a product was before this batch changes it.
func (b *batch) version(ctx context.Context, old *stored) error {
	body, err := json.Marshal(old.draft())
	if err != nil {
		return fmt.Errorf("keep version %d of %s: %w", old.Version, old.Code, err)
	}
	by, _ := ctx.Value(doingKey{}).(doing)
	b.versions = append(b.versions, []any{int64(old.ID), old.Version, b.now.Milli(), by.staff, by.way, string(body)})
	b.versioned = append(b.versioned, old.ID)
	return nil
}

// draft is the stored product as Put takes it.
func (s *stored) draft() Draft {
	d := Draft{Product: s.Product, Options: s.options(), Images: s.images, Facts: s.facts}
	for _, v := range s.variants {
		d.Variants = append(d.Variants, DraftVariant{Variant: v, Prices: maps.Clone(s.prices[v.ID])})
	}
	slices.SortFunc(d.Variants, func(a, b DraftVariant) int {
		return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	for i := range d.Variants {
		if d.Variants[i].Prices == nil {
			d.Variants[i].Prices = map[money.Currency]PriceIn{}
		}
	}
	return d
}
