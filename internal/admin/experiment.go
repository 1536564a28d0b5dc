package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type (
	experimentPage struct {
		web.Page
		Name, Says, Range, Weeks, Instead string
		Back                              string
		Verdict                           tag
		IsSimulated, Tested, Write        bool
		Sides                             []sideRow
		Checks                            []string
		Held                              string
		Errors                            web.FormErrors
		Pages                             []slotPageRow
		Goods                             []slotPageRow
		GoodsOf                           string
		ByPage                            bool
	}
	sideRow struct{ Name, People, Buyers, Mean, Clicks, Shown, Adds, Orders, Revenue, Margin string }
	// slotPageRow is a product's page in a place, or a product on one.
	slotPageRow struct{ URL, Name, Shown, Clicks, Adds, More, Worth string }
)

// mostPages bounds the list of pages.
const mostPages = 50

// slotOf is the place of the address.
func slotOf(c echo.Context) (slot.Slot, error) {
	s, ok := slot.Of(slot.Key(param(c, "slot")))
	if !ok {
		return s, nowhere()
	}
	return s, nil
}

func (o *Office) experiment(c echo.Context) error {
	return o.showExperiment(c, http.StatusOK, "", nil)
}

func (o *Office) showExperiment(c echo.Context, status int, typed string, failure error) error {
	s, err := slotOf(c)
	if err != nil {
		return err
	}
	simulated := o.simulated(c.QueryParam("simulated"))
	r, err := analytics.Slots(c.Request().Context(), o.DB, simulated, o.Settings.Now(), o.Now())
	if err != nil {
		return err
	}
	p := experimentPage{Page: page(c, "slot."+string(s.Key)), Name: s.Key.Name(lang(c)), IsSimulated: simulated, Tested: s.Held != slot.Always, Write: o.may(c, "experiments.write"),
		Errors: wrong(c, failure), Back: "/admin/experiments?simulated=" + yesNo(simulated), Held: typed}
	for _, f := range r.Slots {
		if f.Slot.Key == s.Key {
			p.fill(c, f, r.Currency)
		}
	}
	if err := o.slotPages(c, &p, s, simulated, r.Currency); err != nil {
		return err
	}
	return web.Render(c, status, "admin/experiment", p)
}

func (p *experimentPage) fill(c echo.Context, f analytics.SlotFigures, currency money.Currency) {
	v := f.Test
	if p.Tested {
		p.Verdict, p.Instead = verdict(c, v), t(c, "slot.without."+string(f.Slot.Held))
		p.Says, p.Range = says(c, v, currency)
		p.Checks = checks(c, v)
		if len(p.Errors.Items) == 0 {
			p.Held = strings.TrimSuffix(shareText(v.Held), " %")
		}
		switch {
		case v.Held == 0 || v.Verdict == experiment.Uneven || v.Verdict == experiment.Gain || v.Verdict == experiment.Loss:
		case v.Weeks == 0:
			p.Weeks = t(c, "admin.experiment.weeks.unknown")
		case v.Weeks > 520:
			p.Weeks = t(c, "admin.experiment.weeks.long")
		default:
			p.Weeks = t(c, "admin.experiment.weeks", "count", v.Weeks)
		}
	}
	for _, arm := range []slot.Arm{slot.Shown, slot.Without, slot.Outside} {
		sum := f.Arms[arm]
		row := sideRow{Name: t(c, "admin.experiment.side."+armName(arm)), People: "–", Buyers: "–", Mean: "–", Clicks: number(sum.Clicks), Shown: number(sum.Shown), Adds: number(sum.Adds),
			Orders: number(sum.Orders), Revenue: cash(c, sum.Revenue, currency), Margin: cash(c, sum.Margin, currency)}
		group := v.Shown
		if arm == slot.Without {
			group = v.Result.Held
		}
		if arm != slot.Outside && p.Tested {
			row.People, row.Buyers, row.Mean = number(group.N), number(group.Buyers), cash(c, rounded(group.Mean()), currency)
		}
		if p.Tested || arm != slot.Without {
			p.Sides = append(p.Sides, row)
		}
	}
}

func armName(arm slot.Arm) string {
	if arm == slot.Outside {
		return "outside"
	}
	return string(arm)
}

// says puts a verdict into a sentence with its numbers.
func says(c echo.Context, v analytics.Tested, currency money.Currency) (sentence, within string) {
	what := t(c, "admin.experiment.measure.margin")
	if v.Revenue {
		what = t(c, "admin.experiment.measure.revenue")
	}
	est, within := caused(c, v, currency)
	if v.Held == 0 {
		return t(c, "admin.experiment.says.off"), ""
	}
	if within != "" {
		within = t(c, "admin.experiment.within", "range", within)
	}
	return t(c, "admin.experiment.says."+string(v.Verdict), "what", what, "est", est, "people", v.Shown.N+v.Result.Held.N,
		"buyers", min(v.Shown.Buyers, v.Result.Held.Buyers), "least", experiment.FewestBuyers, "since", v.Since.Format(time.DateOnly)), within
}

// checks are what was looked at before anything is said.
func checks(c echo.Context, v analytics.Tested) []string {
	if v.Held == 0 {
		return nil
	}
	out := []string{t(c, "admin.experiment.check.sizes", "p", probability(v.Evenness))}
	if v.Verdict == experiment.Early || v.Verdict == experiment.Uneven {
		return out
	}
	key := "admin.experiment.check.before"
	if v.Balance < experiment.UnevenAt {
		key = "admin.experiment.check.before.off"
	}
	out = append(out, t(c, key, "p", probability(v.Balance)))
	if v.Adjusted {
		out = append(out, t(c, "admin.experiment.check.adjusted"))
	}
	return out
}

func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return strconv.FormatFloat(p, 'f', 3, 64)
}

// slotPages tells places on product pages apart by page, and one page by what
// stood on it.
func (o *Office) slotPages(c echo.Context, p *experimentPage, s slot.Slot, simulated bool, currency money.Currency) error {
	if p.ByPage = strings.HasPrefix(string(s.Key), "product."); !p.ByPage {
		return nil
	}
	ctx, set := c.Request().Context(), o.Settings.Now()
	pages, err := analytics.SlotPages(ctx, o.DB, s.Key, simulated, mostPages, set, o.Now())
	if err != nil {
		return err
	}
	of := c.QueryParam("of")
	for _, one := range pages {
		row := slotPageOf(c, one, currency)
		row.URL = with(c, "of", one.Page) + "#goods"
		if p.Pages = append(p.Pages, row); one.Page == of {
			p.GoodsOf = row.Name
		}
	}
	if p.GoodsOf == "" {
		return nil
	}
	goods, err := analytics.SlotGoods(ctx, o.DB, s.Key, of, simulated, set, o.Now())
	for _, one := range goods {
		p.Goods = append(p.Goods, slotPageOf(c, one, currency))
	}
	return err
}

func slotPageOf(c echo.Context, one analytics.SlotPage, currency money.Currency) slotPageRow {
	var all analytics.Placed
	var worth money.Amount
	for arm, sum := range one.Arms {
		all.Shown, all.Clicks, all.Adds = all.Shown+sum.Shown, all.Clicks+sum.Clicks, all.Adds+sum.Adds
		worth += one.Worth[arm]
	}
	return slotPageRow{Name: one.Name.In(lang(c)), Shown: number(all.Shown), Clicks: number(all.Clicks), Adds: number(all.Adds),
		More: strconv.FormatFloat(one.More(), 'f', 2, 64), Worth: cash(c, worth, currency)}
}

// saveExperiment says how many people go without a place.
func (o *Office) saveExperiment(c echo.Context) error {
	s, err := slotOf(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"held"})
	if err != nil {
		return err
	}
	held, failure := shareOf(in["held"])
	if failure == nil {
		var planned int
		if planned, err = o.planned(c, s.Key); err != nil {
			return err
		}
		failure = o.change(c, "experiment.held", string(s.Key), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			rules, err := slot.Read(ctx, tx)
			if err != nil {
				return "", err
			}
			was := rules.Of(s.Key)
			if was.Held == held {
				return "", nil // the test goes on
			}
			return shareText(was.Share()) + " → " + shareText(float64(held)/1e4), slot.SetHeld(ctx, tx, s.Key, held, planned, now)
		})
	}
	if failure != nil && len(fault.Fields(failure)) > 0 {
		return o.showExperiment(c, http.StatusUnprocessableEntity, in["held"], failure)
	}
	if failure != nil {
		return failure
	}
	return done(c, slotURL(s.Key, o.simulated(c.QueryParam("simulated"))), "admin.experiment.saved", "share", shareText(float64(held)/1e4))
}

// shareOf reads a share in percent as hundredths of one.
func shareOf(typed string) (int, error) {
	text := strings.Replace(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(typed), "%")), ",", ".", 1)
	cents, err := money.Parse(text, "USD") // two digits after the point, as a share has here
	if err != nil || cents < 0 || cents > slot.MostHeld {
		var form fault.Form
		form.Wrong("held", "slot.held.wrong", "most", slot.MostHeld/100)
		return 0, form.Err()
	}
	return int(cents), nil
}

// planned is for how many people a test is made: those of the last 90 days,
// where that is enough to go by.
func (o *Office) planned(c echo.Context, key slot.Key) (int, error) {
	r, err := analytics.Slots(c.Request().Context(), o.DB, o.simulated(""), o.Settings.Now(), o.Now())
	if err != nil {
		return 0, err
	}
	for _, f := range r.Slots {
		if n := f.Test.Shown.N + f.Test.Result.Held.N; f.Slot.Key == key && n >= 1000 {
			return n, nil
		}
	}
	return 0, nil
}
