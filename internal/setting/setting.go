// Package setting holds the shop's own settings: typed, with defaults, the
// same whether the command line or the back office changes them. What belongs
// to one machine (addresses, secrets) is the environment's, not a setting.
package setting

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones work on machines without a zone database

	"regulars/internal/fault"
	"regulars/internal/money"
)

// Key describes one setting.
type Key struct {
	Name    string
	Default string
	Check   func(value string) error // says what is wrong and what would be right
}

// Keys lists every setting in the order people read them. Each has its
// explanation in the message catalogue under "setting.<name>".
var Keys = []Key{
	{"shop.name", "Willowmere", checkLine},
	{"shop.name.zh", "柳岸", checkLine},
	{"shop.email", "hello@willowmere.example", checkMail},
	{"shop.address", "Willowmere, 1 Bank Street, Riverside", checkLine},
	{"currency", "USD", checkCurrency},
	{"currencies", "USD", checkCurrencies},
	{"zone", "UTC", checkZone},
	{"tax.percent", "0", checkPercent},
	{"tax.included", "on", checkSwitch},
	{"tax.rates", "", checkRates},
	{"cart.idle", "60m", checkDuration},
	{"checkout.idle", "30m", checkDuration},
	{"cart.lost", "720h", checkDuration},
	{"visits.origin", "on", checkSwitch},
	{"followup.delays", "24h,72h", checkDelays},
	{"followup.floors", "0; 50", checkFloors},
	{"followup.steps", "on,on", checkSwitches},
	{"followup.coupon", "off", checkSwitch},
	{"followup.coupon.percent", "10", checkWhole(1, 50)},
	{"followup.coupon.margin", "10", checkWhole(0, 500)},
	{"followup.holdout", "auto", checkHoldout},
	{"staff.second.factor", FactorOptional, checkFactor},
	{"notify.orders", "on", checkSwitch},
	{"notify.lang", "en", checkLang},
	{"quiet.hours", "21-09", checkHours},
	{"mail.caps", "1/24h 2/7d 6/30d", checkCaps},
	{"mail.stop", "", checkMaybeMail},
	{"mail.holdout", "0", checkPart(20)},
	{"complaint.rest.days", "7", checkWhole(0, 90)},
	{"answer.days", "mon-fri", checkWeekdays},
	{"answer.hours", "09-17", checkOpening},
	{"answer.within", "1", checkWithin},
	{"survey.questions", "5", checkSurvey},
	{"hold.minutes", "30", checkMinutes},
	{"returns.days", "30", checkDays},
	{"warranty.months", "0", checkWhole(0, 240)},
	{"profile.stale.days", "365", checkDays},
	{"tiles.shelves", "", checkTiles},
	{"payments.offered", "auto", checkPayments},
	{"payment.transfer.details", "", checkMaybeLine},
	{"payment.transfer.details.zh", "", checkMaybeLine},
	{"payment.transfer.days", "7", checkWait},
	{"payment.cod.max", "0", checkAmount},
	{"payment.cod.countries", "", checkCountries},
	{"notice.payment.failed", "on", checkSwitch},
	{"notice.payment.failed.except", "", checkCountries},
	{"loyalty.loyal.orders", "2", checkCount},
	{"loyalty.loyal.spend", "0", checkAmounts},
	{"loyalty.very.orders", "6", checkCount},
	{"loyalty.very.spend", "900", checkAmounts},
	{"contact.cards", "very-loyal", checkTiers},
	{"contact.recommendations", "very-loyal, loyal", checkTiers},
	{"contact.reminders", "very-loyal, loyal, occasional", checkTiers},
	{"contact.tiers", "very-loyal, loyal, occasional", checkTiers},
	{"contact.occasions", "very-loyal, loyal, occasional", checkTiers},
	{"contact.refills", "very-loyal, loyal", checkTiers},
	{"contact.lists", "very-loyal, loyal, occasional", checkTiers},
	{"contact.specials", "very-loyal, loyal, occasional", checkTiers},
	{"contact.owners", "very-loyal, loyal, occasional", checkTiers},
	{"contact.searches", "very-loyal, loyal, occasional", checkTiers},
	{"specials.day", "fri", checkWeekday},
	{"specials.hour", "10", checkWhole(0, 23)},
	{"service.tiers", "very-loyal", checkTiers},
	{"service.name", "", checkMaybeLine},
	{"service.name.zh", "", checkMaybeLine},
	{"service.reach", "", checkMaybeLine},
	{"service.reach.zh", "", checkMaybeLine},
	{"value.abc", "sum 80 95", checkCuts},
	{"value.margin", "40", checkShare},
	{"value.return.cost", "0", checkAmount},
	{"value.question.cost", "0", checkAmount},
	{"value.referral", "0", checkShare},
	{"contact.unreachable.days", "30", checkRest},
	{"contact.inactive.months", "36", checkRest},
}

// Values is one consistent reading of all settings. The zero value answers
// with the defaults.
type Values struct{ set map[string]string }

// Of makes Values from what is stored; unknown keys are ignored.
func Of(stored map[string]string) Values { return Values{stored} }

// Find returns the setting of that name.
func Find(name string) (Key, error) {
	i := slices.IndexFunc(Keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		names := make([]string, len(Keys))
		for i, k := range Keys {
			names[i] = k.Name
		}
		return Key{}, fault.New(fault.NotFound, "setting.unknown", "name", name, "names", strings.Join(names, ", "))
	}
	return Keys[i], nil
}

// Get is the value in force as it is written.
func (v Values) Get(name string) string {
	if s, ok := v.set[name]; ok {
		return s
	}
	k, err := Find(name)
	if err != nil {
		return ""
	}
	return k.Default
}

// Currency is the shop's own currency.
func (v Values) Currency() money.Currency { return money.Currency(v.Get("currency")) }

// Currencies lists the currencies a visitor may choose, the shop's own first.
func (v Values) Currencies() []money.Currency {
	all := []money.Currency{v.Currency()}
	for part := range strings.SplitSeq(v.Get("currencies"), ",") {
		if c := money.Currency(strings.TrimSpace(part)); c != "" && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// Zone is where the shop's days begin and end.
func (v Values) Zone() *time.Location {
	name := v.Get("zone")
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location)
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, zone) // names are checked before they are stored, so few
	return zone
}

// zones keeps what LoadLocation would read again for every page.
var zones sync.Map

// TaxRate is the rate of every country that is not in TaxRates.
func (v Values) TaxRate() money.Rate {
	rate, _ := money.ParseRate(v.Get("tax.percent"))
	return rate
}

// CartIdle is how long a cart rests before it counts as abandoned.
func (v Values) CartIdle() time.Duration { return v.duration("cart.idle") }

// CheckoutIdle is the same once its checkout has begun.
func (v Values) CheckoutIdle() time.Duration { return v.duration("checkout.idle") }

// CartLost is when an abandoned cart is given up.
func (v Values) CartLost() time.Duration { return v.duration("cart.lost") }

// QuietHours are the hours of a person's day without mail: from ≤ h < to,
// over midnight if from > to. on is false when there are none.
func (v Values) QuietHours() (from, to int, on bool) {
	from, to, on, _ = parseHours(v.Get("quiet.hours"))
	return from, to, on
}

// NotifyOrders reports whether the merchant is told of each new order by mail.
func (v Values) NotifyOrders() bool { return v.Get("notify.orders") == "on" }

// VisitsOrigin reports whether carts note what led their visit to the shop.
func (v Values) VisitsOrigin() bool { return v.Get("visits.origin") == "on" }

// Hold is how long stock is kept for a placed order that is not paid yet.
func (v Values) Hold() time.Duration {
	n, _ := strconv.Atoi(v.Get("hold.minutes"))
	return time.Duration(n) * time.Minute
}

// WarrantyMonths is how long lasting goods are guaranteed that name no time of
// their own; 0: nothing is promised beyond the law.
func (v Values) WarrantyMonths() int {
	n, _ := strconv.Atoi(v.Get("warranty.months"))
	return n
}

// ReturnDays is for how many days after their arrival goods can be sent back;
// 0: only as the law of withdrawal says.
func (v Values) ReturnDays() int {
	n, _ := strconv.Atoi(v.Get("returns.days"))
	return n
}

func (v Values) duration(name string) time.Duration {
	d, _ := time.ParseDuration(v.Get(name))
	return d
}

func checkLine(s string) error {
	if s == "" || len(s) > 200 || strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("wants one line of 1 to 200 characters")
	}
	return nil
}

func checkMail(s string) error {
	if at := strings.LastIndexByte(s, '@'); at < 1 || at == len(s)-1 || len(s) > 200 || strings.ContainsAny(s, " \r\n\x00<>") {
		return fmt.Errorf("wants a mail address such as hello@shop.example")
	}
	return nil
}

func checkCurrency(s string) error {
	c, err := money.ParseCurrency(s)
	if err == nil && string(c) != s {
		err = fmt.Errorf("wants capitals: %s", c)
	}
	return err
}

func checkCurrencies(s string) error {
	for part := range strings.SplitSeq(s, ",") {
		if err := checkCurrency(strings.TrimSpace(part)); err != nil {
			return err
		}
	}
	return nil
}

func checkZone(s string) error {
	if _, err := time.LoadLocation(s); err != nil || s == "" || s == "Local" {
		return fmt.Errorf("wants a zone name such as Europe/Berlin or Asia/Shanghai")
	}
	return nil
}

func checkPercent(s string) error { _, err := money.ParseRate(s); return err }

func checkDuration(s string) error {
	if d, err := time.ParseDuration(s); err != nil || d < time.Second || d > 3650*24*time.Hour {
		return fmt.Errorf("wants a time such as 60m or 24h, one second at least")
	}
	return nil
}

func parseHours(s string) (from, to int, on bool, err error) {
	if s == "off" {
		return 0, 0, false, nil
	}
	a, b, ok := strings.Cut(s, "-")
	from, errA := strconv.Atoi(a)
	to, errB := strconv.Atoi(b)
	if !ok || errA != nil || errB != nil || from < 0 || from > 23 || to < 0 || to > 23 || from == to {
		return 0, 0, false, fmt.Errorf("wants hours such as 21-09, or off")
	}
	return from, to, true, nil
}

func checkHours(s string) error { _, _, _, err := parseHours(s); return err }

func checkSwitch(s string) error {
	if s != "on" && s != "off" {
		return fmt.Errorf("wants on or off")
	}
	return nil
}

func checkLang(s string) error {
	if s != "en" && s != "zh" {
		return fmt.Errorf("wants en or zh")
	}
	return nil
}

func checkMinutes(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 1440 {
		return fmt.Errorf("wants minutes from 1 to 1440")
	}
	return nil
}

func checkDays(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 0 || n > 365 {
		return fmt.Errorf("wants days from 0 to 365")
	}
	return nil
}

func checkPayments(s string) error {
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if !slices.Contains([]string{"auto", "test", "stripe", "transfer", "cod"}, part) || seen[part] {
			return fmt.Errorf("wants auto, or ways to pay from: test, stripe, transfer, cod")
		}
		seen[part] = true
	}
	return nil
}
