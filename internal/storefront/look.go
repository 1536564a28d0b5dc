package storefront

import (
	"time"

	"regulars/internal/homepage"
	"regulars/internal/i18n"
)

// looking is how staff look at a home page before the public does: as whom, on
// which day, and with which variant's draft.
type looking struct {
	as      string // a segment's key; "" = who visit.person is
	why     i18n.Text
	on      time.Time // zero: now
	variant *homepage.Variant
	draft   bool
	chosen  *homepage.Variant // what the rules give, whatever is shown
}

// shown is the variant that staff look at, when the rules chose v.
func (l *looking) shown(v *homepage.Variant) *homepage.Variant {
	l.chosen = v
	if l.variant != nil {
		v = l.variant
	}
	if l.draft && !v.DraftAt.IsZero() {
		page := *v
		page.Page = v.Draft
		return &page
	}
	return v
}
