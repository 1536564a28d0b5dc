// Package analytics counts what shoppers did with their carts. Its figures are
// always recounted from carts, their steps and the orders, by one function,
// and never patched: counting twice gives the same rows. The definition stands
// beside every figure.
package analytics

import (
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// DefinitionVersion changes when the same carts would be counted otherwise.
const DefinitionVersion = 3

// Window is how long after its start a cart may convert and count as
// converted; carts younger than that are not judged yet.
const Window = 7 * 24 * time.Hour

// NoDepartment is the department of goods outside of every category.
const NoDepartment = "-"

// Figures are counts of carts; every rate is made from them.
type Figures struct {
	Started        int // carts that got their first line in the period, less Excluded
	Checkout       int // of these, began checkout within Window of their start
	Abandoned      int // of these, rested longer than the idle limit at least once
	Converted      int // of these, became an order within Window
	Recovered      int // of Abandoned, became an order later
	ByLink         int // of Recovered, came back through the link in a mail
	AbandonedValue money.Amount
	Excluded       int // void, merged, staff, test, bot and empty carts: in no other figure
}

func (f *Figures) add(g Figures) {
	f.Started += g.Started
	f.Checkout += g.Checkout
	f.Abandoned += g.Abandoned
	f.Converted += g.Converted
	f.Recovered += g.Recovered
	f.ByLink += g.ByLink
	f.AbandonedValue += g.AbandonedValue
	f.Excluded += g.Excluded
}

// Rate is a share with what it was made of. It has no value where Of is 0.
type Rate struct{ Part, Of int }

// Percent writes the share with one digit after the point, half away from
// zero, and "–" where there is nothing to divide by.
func (r Rate) Percent() string {
	if r.Of == 0 {
		return "–"
	}
	n := (r.Part*2000 + r.Of) / (2 * r.Of)
	return fmt.Sprintf("%d.%d%%", n/10, n%10)
}

// Abandonment is CAR: carts that did not become an order within Window.
func (f Figures) Abandonment() Rate { return Rate{f.Started - f.Converted, f.Started} }

// Drop is the share of carts that never began checkout.
func (f Figures) Drop() Rate { return Rate{f.Started - f.Checkout, f.Started} }

// CheckoutAbandonment is the share of begun checkouts without an order.
func (f Figures) CheckoutAbandonment() Rate { return Rate{f.Checkout - f.Converted, f.Checkout} }

// EverAbandoned is the share of carts that rested over the limit at least once.
func (f Figures) EverAbandoned() Rate { return Rate{f.Abandoned, f.Started} }

// Recovery is the share of abandoned carts that became an order after all.
func (f Figures) Recovery() Rate { return Rate{f.Recovered, f.Abandoned} }

// TiesOut reports whether (1−CAR) = (1−drop)·(1−checkout rate) holds exactly,
// by cross-multiplication.
func (f Figures) TiesOut() bool {
	car, drop, checkout := f.Abandonment(), f.Drop(), f.CheckoutAbandonment()
	if checkout.Of == 0 {
		return f.Converted == 0
	}
	left := (car.Of - car.Part) * drop.Of * checkout.Of
	return left == (drop.Of-drop.Part)*(checkout.Of-checkout.Part)*car.Of
}

// TieOut writes the equation out with its numbers.
func (f Figures) TieOut() string {
	return fmt.Sprintf("%d/%d = %d/%d × %d/%d", f.Converted, f.Started, f.Checkout, f.Started, f.Converted, f.Checkout)
}

// Day is the cohort of carts started on one day of the shop's zone.
type Day struct {
	Day   string // 2026-11-22
	Young bool   // its carts still have time to convert: not to be compared
	Figures
}

// Department is the carts that held goods of one department. A cart counts in
// each department it holds, so departments add up to more than the total.
type Department struct {
	Code string // the category's code, or its slug where it has none
	Name i18n.Text
	Figures
}

// Definition is how the figures were counted.
type Definition struct {
	Version                  int
	Idle, CheckoutIdle, Lost time.Duration
	Zone                     string
}

// Report is the abandonment of a period.
type Report struct {
	From, To    string
	Simulated   bool
	Currency    money.Currency
	Totals      Figures
	Days        []Day
	Departments []Department
	Definition  Definition
	Mixed       bool // some days were counted under other limits
	CountedAt   db.Time
}

func definitionOf(v setting.Values) Definition {
	return Definition{DefinitionVersion, v.CartIdle(), v.CheckoutIdle(), v.CartLost(), v.Zone().String()}
}

// code packs version and limits into the row's column, so that a row says by
// itself how it was counted.
func (d Definition) code() int64 {
	return int64(d.Version)*1e18 + int64(d.Idle/time.Second)*1e9 + int64(d.CheckoutIdle/time.Second)
}

// Text is the definition for people, a sentence each.
func (d Definition) Text(l i18n.Lang) []string {
	var out []string
	for _, key := range []string{"started", "excluded", "checkout", "abandoned", "converted", "recovered", "value", "rate", "department", "version"} {
		out = append(out, i18n.T(l, "analytics.definition."+key, "idle", span(l, d.Idle), "checkout", span(l, d.CheckoutIdle), "lost", span(l, d.Lost),
			"window", span(l, Window), "zone", d.Zone, "version", fmt.Sprint(d.Version)))
	}
	return out
}

// span writes a time such as "1 hour 30 minutes".
func span(l i18n.Lang, d time.Duration) string {
	var parts []string
	for _, unit := range []struct {
		key  string
		size time.Duration
	}{{"day", 24 * time.Hour}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}} {
		if n := int(d / unit.size); n > 0 {
			parts = append(parts, i18n.T(l, "analytics.span."+unit.key, "count", n))
			d -= time.Duration(n) * unit.size
		}
	}
	sep := " "
	if l == i18n.Chinese {
		sep = ""
	}
	return strings.Join(parts, sep)
}
