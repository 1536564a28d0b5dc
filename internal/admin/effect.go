package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	effectPage struct {
		web.Page
		Simulated          []chip
		IsSimulated, Write bool
		Verdict            tag
		Says               []string
		Checks             []string
		Sides              []effectSide
		Volume, Suggested  string
		Answers            []answerRow
		Now                string
		Shares             []choice
		Errors             web.FormErrors
		Runs               []effectRun
		Counted            []string
	}
	effectSide struct{ Name, People, Returned, Mean, Unsubscribed, Complained, GaveBack string }
	answerRow  struct{ Share, By, Once, Daily, Cost string }
	effectRun  struct{ Since, Share, Why, Planned string }
)

const effectPath = "/admin/experiments/followup"

// sharesOffered are the shares that the form lists, in hundredths of a percent.
var sharesOffered = []int{0, 500, 1000, 2000, 5000}

func (o *Office) effect(c echo.Context) error { return o.showEffect(c, http.StatusOK, "", nil) }

func (o *Office) showEffect(c echo.Context, status int, typed string, failure error) error {
	ctx, simulated := c.Request().Context(), o.simulated(c.QueryParam("simulated"))
	p := effectPage{Page: page(c, "effect.title"), IsSimulated: simulated, Simulated: chips(c, "simulated", yesNo(simulated), "admin.simulated.", "no", "yes"),
		Write: o.may(c, "experiments.write"), Errors: wrong(c, failure)}
	all, err := analytics.FollowUps(ctx, o.DB, simulated)
	if err != nil {
		return err
	}
	p.judge(c, all, o.Settings.Now().Currency())
	if err := p.plan(c, o, all, typed); err != nil {
		return err
	}
	for _, key := range []string{"people", "when", "past", "interval", "guard"} {
		p.Counted = append(p.Counted, t(c, "effect.counted."+key, "window", inDays(analytics.Window), "days", inDays(analytics.YieldWithin), "people", experiment.FewestPeople, "buyers", experiment.FewestBuyers))
	}
	return web.Render(c, status, "admin/effect", p)
}

func inDays(d time.Duration) int { return int(d / (24 * time.Hour)) }

// judge says what the newest run shows.
func (p *effectPage) judge(c echo.Context, all []analytics.Followed, currency money.Currency) {
	if len(all) == 0 {
		p.Verdict, p.Says = tag{Text: t(c, "admin.experiments.verdict.off")}, []string{t(c, "effect.none")}
		return
	}
	f := all[0]
	p.Verdict = verdict(c, analytics.Tested{Result: f.Return, Held: f.Run.Share()})
	p.Says = []string{returnSays(c, f), yieldSays(c, f, currency)}
	if f.CutMatters() && f.Raw.Verdict != experiment.Early {
		raw := f.Raw.Lift.Times(float64(f.Raw.Shown.N))
		p.Says = append(p.Says, t(c, "effect.cut", "verdict", t(c, "admin.experiments.verdict."+string(f.Raw.Verdict)), "low", cash(c, rounded(raw.Low), currency), "high", cash(c, rounded(raw.High), currency)))
	}
	if f.Redeemed > 0 {
		p.Says = append(p.Says, t(c, "effect.coupons", "cost", cash(c, f.Coupons, currency), "count", f.Redeemed))
	}
	p.Checks = append(checks(c, analytics.Tested{Result: f.Return, Held: f.Run.Share()}),
		t(c, "effect.waiting", "people", f.People, "since", f.Run.Since.Format(time.DateOnly), "days", inDays(analytics.YieldWithin)))
	for at, name := range []string{"treat", "held"} {
		ret, yield := f.Return.Shown, f.Yield.Shown
		if at == 1 {
			ret, yield = f.Return.Held, f.Yield.Held
		}
		guard := func(i int) string { return of(c, [2]analytics.Rate{f.Guards[i].Treated, f.Guards[i].Held}[at]) }
		p.Sides = append(p.Sides, effectSide{t(c, "effect.side."+name), number(ret.N), of(c, analytics.Rate{Part: ret.Buyers, Of: ret.N}), cash(c, rounded(yield.Mean()), currency), guard(0), guard(1), guard(2)})
	}
}

// points writes a difference of shares, in points with its sign.
func points(share float64) string { return strconv.FormatFloat(100*share, 'f', 1, 64) }

func returnSays(c echo.Context, f analytics.Followed) string {
	r := f.Return
	text := t(c, "effect.return."+string(r.Verdict), "est", points(r.Lift.Est), "days", inDays(analytics.Window), "people", r.Shown.N+r.Held.N,
		"buyers", min(r.Shown.Buyers, r.Held.Buyers), "least", experiment.FewestBuyers)
	if r.Verdict == experiment.Early || r.Verdict == experiment.Uneven {
		return text
	}
	return text + " " + t(c, "effect.within", "low", t(c, "effect.points", "points", points(r.Lift.Low)), "high", t(c, "effect.points", "points", points(r.Lift.High)))
}

func yieldSays(c echo.Context, f analytics.Followed, currency money.Currency) string {
	r, caused := f.Yield, f.Caused()
	text := t(c, "effect.yield."+string(r.Verdict), "est", cash(c, rounded(caused.Est), currency), "days", inDays(analytics.YieldWithin), "people", people(r),
		"buyers", min(r.Shown.Buyers, r.Held.Buyers), "least", experiment.FewestBuyers)
	if r.Verdict == experiment.Early || r.Verdict == experiment.Uneven {
		return text
	}
	return text + " " + t(c, "effect.within", "low", cash(c, rounded(caused.Low), currency), "high", cash(c, rounded(caused.High), currency))
}

// people are those a figure is of: what was caused is of the reminded alone.
func people(r experiment.Result) int {
	if r.Verdict == experiment.Early {
		return r.Shown.N + r.Held.N
	}
	return r.Shown.N
}

// plan shows what each share would tell and cost, before one is chosen.
func (p *effectPage) plan(c echo.Context, o *Office, all []analytics.Followed, typed string) error {
	ctx := c.Request().Context()
	v, err := analytics.VolumeOf(ctx, o.DB, p.IsSimulated, o.Now())
	if err != nil {
		return err
	}
	runs, err := outreach.Runs(ctx, o.DB, p.IsSimulated)
	if err != nil {
		return err
	}
	from := "effect.answer.all"
	switch {
	case v.Known:
		from = "effect.answer.known"
	case v.Of < experiment.FewestPeople:
		from = "effect.answer.assumed"
	}
	p.Volume = t(c, "effect.answer.what", "week", number(int(v.PerWeek+.5)), "natural", strconv.FormatFloat(100*v.Natural, 'f', 1, 64)+" %", "of", t(c, from, "count", v.Of))
	s := v.Suggest(len(all) > 0 && all[0].Seen())
	p.Suggested = t(c, "effect.suggest."+s.Why, "weeks", analytics.SoonWeeks)
	for _, a := range v.Answers() {
		cost := number(int(v.PerWeek*float64(a.Held)/experiment.Whole + .5))
		p.Answers = append(p.Answers, answerRow{shareText(float64(a.Held) / experiment.Whole), t(c, "effect.rise", "points", strconv.Itoa(int(100*a.By+.5))), takes(c, a.Once, a.OnceWeeks), takes(c, a.Daily, a.DailyWeeks), cost})
	}
	real, err := outreach.LatestRun(ctx, o.DB, false)
	if err != nil {
		return err
	}
	now, key := shareText(0), "effect.share.now"
	if real != nil {
		now = shareText(real.Share())
	}
	if p.IsSimulated {
		key = "effect.share.now.real"
	}
	p.Now = t(c, key, "share", now)
	for _, r := range runs {
		planned := "–"
		if r.Planned > 0 {
			planned = number(r.Planned)
		}
		p.Runs = append(p.Runs, effectRun{r.Since.Format(time.DateOnly), shareText(r.Share()), t(c, "effect.why."+r.Why), planned})
	}
	p.choices(c, o, typed)
	return nil
}

// mostWeeks is how many are written out.
const mostWeeks = 520

func takes(c echo.Context, people, weeks int) string {
	switch {
	case weeks == 0:
		return t(c, "effect.answer.unknown", "people", number(people))
	case weeks > mostWeeks:
		return t(c, "effect.answer.never", "people", number(people))
	}
	return t(c, "effect.answer.weeks", "people", number(people), "count", weeks)
}

func (p *effectPage) choices(c echo.Context, o *Office, typed string) {
	chosen := typed
	share, suggested := o.Settings.Now().FollowupHoldout()
	if chosen == "" {
		if chosen = asPercent(share); suggested {
			chosen = "auto"
		}
	}
	list := sharesOffered
	if !suggested && !slices.Contains(list, share) {
		list = append(slices.Clone(list), share)
		slices.Sort(list)
	}
	p.Shares = []choice{{"auto", t(c, "effect.share.auto"), chosen == "auto"}}
	for _, held := range list {
		text := shareText(float64(held) / experiment.Whole)
		if held == 0 {
			text = t(c, "effect.share.off")
		}
		p.Shares = append(p.Shares, choice{asPercent(held), text, chosen == asPercent(held)})
	}
}

// asPercent is a share as the setting has it.
func asPercent(held int) string {
	return strings.TrimSuffix(shareText(float64(held)/experiment.Whole), " %")
}

// saveEffect says how many people go without follow-up.
func (o *Office) saveEffect(c echo.Context) error {
	in, err := read(c, []string{"share"})
	if err != nil {
		return err
	}
	failure := o.change(c, "experiment.followup", "followup", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		was := o.Settings.Now().Get("followup.holdout")
		if was == in["share"] {
			return "", nil
		}
		err := outreach.ChooseHoldout(ctx, tx, in["share"], now)
		if errors.Is(err, fault.Invalid) {
			var form fault.Form
			form.Wrong("share", "effect.share.wrong")
			return "", form.Err()
		}
		return was + " → " + in["share"], err
	})
	if failure != nil && len(fault.Fields(failure)) > 0 {
		return o.showEffect(c, http.StatusUnprocessableEntity, in["share"], failure)
	}
	if failure != nil {
		return failure
	}
	if err := o.Settings.Refresh(c.Request().Context(), o.DB); err != nil {
		return err
	}
	text := t(c, "effect.share.auto")
	if in["share"] != "auto" {
		text = in["share"] + " %"
	}
	return done(c, effectPath+"?simulated="+yesNo(o.simulated(c.QueryParam("simulated"))), "effect.share.saved", "share", text)
}

// tiles are what came back, four ways, and what follow-up caused.
func (r *reader) tiles() ([]stat, error) {
	credit, err := analytics.CreditOf(r.ctx(), r.db(), r.ask)
	if err != nil {
		return nil, err
	}
	all, err := analytics.FollowUps(r.ctx(), r.db(), r.ask.Simulated)
	if err != nil {
		return nil, err
	}
	both := func(n, reachable int) string {
		key := "effect.tile.of"
		if credit.Reachable == 0 {
			key = "effect.tile.of.none"
		}
		return t(r.c, key, "all", of(r.c, analytics.Rate{Part: n, Of: credit.Abandoned}), "reachable", of(r.c, analytics.Rate{Part: reachable, Of: credit.Reachable}))
	}
	return []stat{
		{"", t(r.c, "effect.tile.recovered"), number(credit.Recovered), both(credit.Recovered, credit.RecoveredReachable)},
		{"", t(r.c, "effect.tile.mail"), number(credit.ByMail), both(credit.ByMail, credit.ByMailReachable)},
		{"", t(r.c, "effect.tile.link"), number(credit.ByLink), both(credit.ByLink, credit.ByLinkReachable)},
		{"", t(r.c, "effect.tile.credited"), number(credit.Credited), t(r.c, "effect.tile.credited.what", "value", cash(r.c, credit.CreditedValue, r.currency), "of", both(credit.Credited, credit.CreditedReachable))},
		r.caused(all),
	}, nil
}

// caused is the tile of what follow-up caused: never a figure where the range
// holds zero.
func (r *reader) caused(all []analytics.Followed) stat {
	s := stat{effectPath + "?simulated=" + yesNo(r.ask.Simulated), t(r.c, "effect.tile.caused"), "–", t(r.c, "effect.none")}
	if !r.o.may(r.c, "experiments.read") {
		s.URL = ""
	}
	if len(all) == 0 {
		return s
	}
	f := all[0]
	since, lift := f.Run.Since.Format(time.DateOnly), f.Return.Lift
	switch f.Return.Verdict {
	case experiment.Early:
		s.Value, s.Change = t(r.c, "effect.tile.early"), t(r.c, "effect.tile.early.what", "people", f.People, "since", since, "least", experiment.FewestBuyers)
		return s
	case experiment.Uneven:
		s.Value, s.Change = t(r.c, "effect.tile.uneven"), t(r.c, "effect.tile.uneven.what")
		return s
	case experiment.None:
		s.Value = t(r.c, "effect.tile.none")
	default:
		s.Value = t(r.c, "effect.rise", "points", points(lift.Est))
		if lift.Est < 0 {
			s.Value = t(r.c, "effect.points", "points", points(lift.Est))
		}
	}
	what := t(r.c, "effect.tile.early")
	if v := f.Yield.Verdict; v == experiment.Gain || v == experiment.Loss || v == experiment.None {
		caused := f.Caused()
		what = t(r.c, "effect.tile.money", "low", cash(r.c, rounded(caused.Low), r.currency), "high", cash(r.c, rounded(caused.High), r.currency))
	}
	s.Change = t(r.c, "effect.tile.caused.what", "low", points(lift.Low), "high", points(lift.High), "money", what, "people", f.Return.Shown.N+f.Return.Held.N, "since", since)
	return s
}

// followUpRow is the test of the follow-up among all tests.
func (o *Office) followUpRow(c echo.Context, simulated bool) (*followUpRow, error) {
	all, err := analytics.FollowUps(c.Request().Context(), o.DB, simulated)
	if err != nil {
		return nil, err
	}
	row := &followUpRow{URL: effectPath + "?simulated=" + yesNo(simulated), Says: t(c, "effect.none"), Verdict: tag{Text: t(c, "admin.experiments.verdict.off")}}
	if len(all) > 0 {
		row.Says, row.Verdict = returnSays(c, all[0]), verdict(c, analytics.Tested{Result: all[0].Return, Held: all[0].Run.Share()})
	}
	return row, nil
}
