package owner

import (
	"context"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Live keeps which goods are for owners, for the pages that ask over and over.
// The zero value is ready; one belongs to one database.
type Live struct {
	kept db.Kept[map[catalog.VariantID][]Rule]
}

var changes db.Changes

// Rules lists the variants for owners alone. It is shared: nobody may change it.
func (l *Live) Rules(ctx context.Context, q db.Q) (map[catalog.VariantID][]Rule, error) {
	return l.kept.Get(&changes, func() (map[catalog.VariantID][]Rule, error) { return Rules(ctx, q) })
}

// RuleText says what has to be owned for a variant, in both languages.
func RuleText(rules []Rule) i18n.Text {
	var t i18n.Text
	for i, r := range rules {
		if i > 0 {
			t.En += i18n.T(i18n.English, "owner.or")
			t.Zh += i18n.T(i18n.Chinese, "owner.or")
		}
		t.En += r.Name(i18n.English)
		t.Zh += r.Name(i18n.Chinese)
	}
	return t
}
