package admin

import (
	"math"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/experiment"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	keptOutPage struct {
		web.Page
		Verdict tag
		Now     string
		Says    []string
		Sides   []keptSide
		Runs    []keptRunRow
		Counted []string
		Owner   bool
	}
	keptSide   struct{ Name, People, Buyers, Orders, Revenue, Margin string }
	keptRunRow struct{ Since, Share string }
)

const keptOutPath = "/admin/experiments/mail"

// keptOutOf shows what all mail of consent together causes.
func (o *Office) keptOutOf(c echo.Context) error {
	ctx, set := c.Request().Context(), o.Settings.Now()
	share := float64(set.MailHoldout()) / experiment.Whole
	p := keptOutPage{Page: page(c, "kept.title"), Now: t(c, "kept.now", "share", shareText(share)), Owner: o.may(c, "settings.write")}
	if set.MailHoldout() == 0 {
		p.Now = t(c, "kept.now.off")
	}
	r, err := outreach.Kept(ctx, o.DB, set.Currency(), o.Now())
	if err != nil {
		return err
	}
	p.judge(c, r, set.Currency())
	runs, err := outreach.KeptRuns(ctx, o.DB)
	if err != nil {
		return err
	}
	for i := range runs {
		p.Runs = append(p.Runs, keptRunRow{i18n.DateTime(lang(c), runs[i].Since.In(set.Zone())), shareText(runs[i].Share())})
	}
	for _, key := range []string{"who", "when", "what", "guests", "interval"} {
		p.Counted = append(p.Counted, t(c, "kept.counted."+key, "days", outreach.KeptWithin, "people", experiment.FewestPeople, "buyers", experiment.FewestBuyers))
	}
	return web.Render(c, http.StatusOK, "admin/kept-out", p)
}

// judge says what the newest run shows; of each figure only what it may.
func (p *keptOutPage) judge(c echo.Context, r *outreach.KeptResult, currency money.Currency) {
	if r == nil {
		p.Verdict, p.Says = tag{Text: t(c, "admin.experiments.verdict.off")}, []string{t(c, "kept.none")}
		return
	}
	p.Verdict = verdict(c, analytics.Tested{Result: r.Revenue, Held: r.Run.Share()})
	plain := func(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) }
	cashed := func(f float64) string { return cash(c, money.Amount(math.Round(f)), currency) }
	p.Says = append(p.Says, keptSays(c, "orders", r.Orders, r, plain), keptSays(c, "revenue", r.Revenue, r, cashed))
	if r.Costed {
		p.Says = append(p.Says, keptSays(c, "margin", r.Margin, r, cashed))
	}
	p.Says = append(p.Says, t(c, "kept.waiting", "people", number(r.People), "young", number(r.Young), "guests", number(r.Guests), "days", outreach.KeptWithin))
	for i, key := range []string{"treat", "held"} {
		orders, revenue, margin := r.Orders.Shown, r.Revenue.Shown, r.Margin.Shown
		if i == 1 {
			orders, revenue, margin = r.Orders.Held, r.Revenue.Held, r.Margin.Held
		}
		p.Sides = append(p.Sides, keptSide{t(c, "kept.side."+key), number(orders.N), outOf(c, orders.Buyers, orders.N), plain(orders.Mean()), cashed(revenue.Mean()), cashed(margin.Mean())})
	}
}

// keptSays is one figure: what a person brought more, and all of them.
func keptSays(c echo.Context, what string, e experiment.Result, r *outreach.KeptResult, write func(float64) string) string {
	name := t(c, "kept.figure."+what)
	switch e.Verdict {
	case experiment.Early:
		return t(c, "kept.early", "what", name, "people", number(e.Shown.N+e.Held.N), "buyers", min(e.Shown.Buyers, e.Held.Buyers), "least", experiment.FewestBuyers)
	case experiment.Uneven:
		return t(c, "kept.uneven", "what", name)
	case experiment.None:
		return t(c, "kept.no-effect", "what", name, "low", write(e.Lift.Low), "high", write(e.Lift.High))
	}
	all := e.Lift.Times(float64(e.Shown.N))
	return t(c, "kept.effect", "what", name, "est", write(e.Lift.Est), "low", write(e.Lift.Low), "high", write(e.Lift.High), "all", write(all.Est), "people", number(e.Shown.N))
}
