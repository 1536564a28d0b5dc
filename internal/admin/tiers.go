package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/value"
)

// ofTier marks a tier among the groups of a form; keys of segments hold no colon.
const ofTier = "tier:"

// tierGroups adds the tiers above the lowest to the groups that a promotion or
// a price list may be for. Each stands for itself and those above.
func tierGroups(c echo.Context, keys []string, names map[string]string) []string {
	for _, tier := range value.Tiers[1:] {
		key := ofTier + string(tier)
		keys, names[key] = append(keys, key), t(c, "value.group."+string(tier))
	}
	return keys
}

// tiersFrom are a tier and those above.
func tiersFrom(tier string) (all []string) {
	for i := slices.Index(value.Tiers, value.Tier(tier)); i > 0 && i < len(value.Tiers); i++ {
		all = append(all, string(value.Tiers[i]))
	}
	return all
}

// groupName names whom a promotion or a price list is for.
func groupName(c echo.Context, segments, tiers []string) string {
	var names []string
	for _, s := range segments {
		if s != "" {
			names = append(names, s)
		}
	}
	if len(tiers) > 0 && tiers[0] != "" {
		names = append(names, t(c, "value.group."+tiers[0]))
	}
	return strings.Join(names, t(c, "shop.comma"))
}

// loyaltyBox is a person's tier as staff see it.
type loyaltyBox struct {
	Tier, Why, Counts, Fall, Key string
	Grants                       []grantRow
	Moves                        []changeRow
	Tiers                        []choice
	In                           inputs
	Write                        bool
}

type grantRow struct {
	Key, Tier, Words, Reason string
	On                       bool
}

// loyalty says what tier somebody has, why, and what staff gave.
func (o *Office) loyalty(c echo.Context, id customer.ID, in inputs) (loyaltyBox, error) {
	facts, err := value.FactsOf(c.Request().Context(), o.DB, o.Settings.Now(), id, o.Now())
	if err != nil {
		return loyaltyBox{}, err
	}
	now, zone := o.Now(), o.Settings.Now().Zone()
	at := facts.At(now)
	day := func(at time.Time) string { return i18n.Date(lang(c), at.In(zone)) }
	tier := func(of value.Tier) string { return t(c, "value.tier."+string(of)) }
	b := loyaltyBox{Tier: tier(at.Tier), Why: t(c, "value.staff.never"), In: in, Write: o.may(c, "customers.write"), Key: checkout.NewKey(),
		Tiers: choices(in["tier"], []string{string(value.Loyal), string(value.VeryLoyal)}, func(k string) string { return tier(value.Tier(k)) })}
	if len(at.Steps) > 0 {
		last := at.Steps[len(at.Steps)-1]
		b.Why = t(c, "value.staff.step."+string(last.Cause), "tier", tier(at.Earned), "day", day(last.At), "number", last.Number)
	}
	b.Counts = t(c, "value.counts", "counts", countWords(c, at.Counts))
	if b.Moves, err = o.moves(c, id, false); err != nil {
		return b, err
	}
	if at.FallsTo != "" {
		b.Fall = t(c, "value.staff.falls", "day", day(at.FallsAt), "to", tier(at.FallsTo), "told", day(at.Noticed))
	}
	for _, g := range slices.Backward(facts.Grants) {
		key := "value.staff.given"
		if !g.Until.After(now) {
			key = "value.staff.given.over"
		}
		b.Grants = append(b.Grants, grantRow{g.Key, tier(g.Tier), t(c, key, "from", day(g.From), "day", day(g.Until), "who", g.Actor), g.Reason, g.Until.After(now)})
	}
	return b, nil
}

// giveTier grants a tier with a reason until the end of a day.
func (o *Office) giveTier(c echo.Context) error {
	k, err := o.someone(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"tier", "reason", "until", "key"})
	if err == nil {
		err = o.change(c, "customer.tier", k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			until, _ := time.ParseInLocation(time.DateOnly, in["until"], o.Settings.Now().Zone()) // none is past, and refused as such
			g := value.Grant{Key: in["key"], Tier: value.Tier(in["tier"]), Reason: strings.TrimSpace(in["reason"]), Actor: o.by(c), Until: until.AddDate(0, 0, 1)}
			return in["tier"] + " " + in["until"] + " " + g.Reason, value.Give(ctx, tx, o.Settings.Now(), k.ID, g, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showCustomer(c, http.StatusUnprocessableEntity, k, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, customerPath(k.Number)+"#loyalty", "value.staff.gave")
}

// endTier ends a grant before its day.
func (o *Office) endTier(c echo.Context) error {
	k, err := o.someone(c)
	if err != nil {
		return err
	}
	err = o.change(c, "customer.tier.end", k.Number, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		_, err := value.EndGrant(ctx, tx, o.Settings.Now(), k.ID, param(c, "grant"), now)
		return "ended", err
	})
	if err != nil {
		return err
	}
	return done(c, customerPath(k.Number)+"#loyalty", "value.staff.ended")
}

// groupKey is the same as the form's choice.
func groupKey(segments, tiers []string) string {
	if len(tiers) > 0 && tiers[0] != "" {
		return ofTier + tiers[0]
	}
	return strings.Join(segments, ",")
}
