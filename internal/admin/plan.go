package admin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/web"
)

const planPath = "/admin/messages/plan"

type (
	planPage struct {
		web.Page
		In           inputs
		Errors       web.FormErrors
		Steps        []planStep
		Write, Typed bool
		Early        bool // a step comes sooner than a day
		Simulated    bool
		Looks        []string // heads of the columns
		Rows         []planRow
		Versions     []planVersion
	}
	planStep struct {
		N                           int
		Title, Delay, Floor, Switch string // the names of its inputs
	}
	planRow struct {
		Name  string
		Cells []string
		Sum   bool
	}
	planVersion struct {
		Number, Sent, Decided int
		Words, Since          string
		Current               bool
	}
)

func planInputs() (names []string) {
	for n := 1; n <= setting.MostSteps; n++ {
		names = append(names, fmt.Sprint("delay", n), fmt.Sprint("floor", n), fmt.Sprint("on", n))
	}
	return append(names, "coupon", "do")
}

// plan shows the follow-up's plan, and what it would have done lately.
func (o *Office) plan(c echo.Context) error {
	set := o.Settings.Now()
	in := inputs{}
	floors := strings.Split(set.Get("followup.floors"), ";")
	for _, s := range outreach.PlanOf(set) {
		n := strconv.Itoa(s.N)
		in["delay"+n] = strconv.FormatFloat(s.Delay.Hours(), 'f', -1, 64)
		if s.N <= len(floors) {
			in["floor"+n] = strings.TrimSpace(floors[s.N-1])
		}
		if s.On {
			in["on"+n] = "1"
		}
	}
	if set.FollowupCoupon() {
		in["coupon"] = "1"
	}
	return o.showPlan(c, http.StatusOK, in, set, nil)
}

// savePlan stores a plan, or looks at what it would have done.
func (o *Office) savePlan(c echo.Context) error {
	in, err := read(c, planInputs())
	if err != nil {
		return err
	}
	values, err := typedPlan(in)
	if err == nil && in["do"] == "look" {
		stored, err := setting.Read(c.Request().Context(), o.DB)
		if err != nil {
			return err
		}
		return o.showPlan(c, http.StatusOK, in, stored.With(values), nil)
	}
	if err == nil {
		err = o.change(c, "messages.plan", "followup", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return storePlan(ctx, tx, values, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showPlan(c, http.StatusUnprocessableEntity, in, o.Settings.Now(), err)
	}
	if err != nil {
		return err
	}
	if err := o.Settings.Refresh(c.Request().Context(), o.DB); err != nil {
		return err
	}
	return done(c, planPath, "admin.plan.saved")
}

// typedPlan makes settings of the form; a step without a time is none.
func typedPlan(in inputs) (map[string]string, error) {
	var form fault.Form
	var delays, floors, on []string
	last := 0.0
	for n := 1; n <= setting.MostSteps; n++ {
		field := fmt.Sprint("delay", n)
		text := strings.TrimSpace(in[field])
		if text == "" {
			continue
		}
		hours, err := strconv.ParseFloat(text, 64)
		if err != nil || hours < 1 || hours > 720 || hours <= last {
			form.Wrong(field, "admin.plan.delay.wrong")
			continue
		}
		last = hours
		floor := cmp.Or(strings.TrimSpace(in[fmt.Sprint("floor", n)]), "0")
		if k, _ := setting.Find("followup.floors"); k.Check(floor) != nil || strings.Contains(floor, ";") {
			form.Wrong(fmt.Sprint("floor", n), "admin.plan.floor.wrong")
		}
		delays = append(delays, strconv.Itoa(int(math.Round(hours*60)))+"m")
		if hours == math.Trunc(hours) {
			delays[len(delays)-1] = strconv.Itoa(int(hours)) + "h"
		}
		floors, on = append(floors, floor), append(on, onOff(in.On(fmt.Sprint("on", n))))
	}
	if len(delays) == 0 && form.Err() == nil {
		form.Wrong("delay1", "admin.plan.none")
	}
	return map[string]string{"followup.delays": strings.Join(delays, ","), "followup.floors": strings.Join(floors, "; "),
		"followup.steps": strings.Join(on, ","), "followup.coupon": onOff(in.On("coupon"))}, form.Err()
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

func storePlan(ctx context.Context, tx *db.Tx, values map[string]string, now time.Time) (string, error) {
	stored, err := setting.Read(ctx, tx)
	if err != nil {
		return "", err
	}
	var changed []string
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if stored.Get(name) == values[name] {
			continue
		}
		if err := setting.Set(ctx, tx, name, values[name], now); err != nil {
			return "", err
		}
		changed = append(changed, name+": "+stored.Get(name)+" → "+values[name])
	}
	return strings.Join(changed, "; "), nil
}

func (o *Office) showPlan(c echo.Context, status int, in inputs, set setting.Values, failure error) error {
	p := planPage{Page: page(c, "admin.plan.title"), In: in, Errors: wrong(c, failure), Write: o.may(c, "messages.write"), Simulated: o.simulated("")}
	p.Typed = c.Request().Method == http.MethodPost && failure == nil
	for n := 1; n <= setting.MostSteps; n++ {
		p.Steps = append(p.Steps, planStep{n, t(c, "admin.plan.step", "n", n), fmt.Sprint("delay", n), fmt.Sprint("floor", n), fmt.Sprint("on", n)})
	}
	plan := outreach.PlanOf(set)
	p.Early = slices.ContainsFunc(plan, func(s outreach.Step) bool { return s.On && s.Delay < 24*time.Hour })
	looks, err := outreach.DryLook(c.Request().Context(), o.DB, plan, set, p.Simulated, o.Now())
	if err != nil {
		return err
	}
	p.look(c, looks)
	versions, err := outreach.PlanVersions(c.Request().Context(), o.DB, 10)
	if err != nil {
		return err
	}
	now := outreach.PlanOf(o.Settings.Now()).String()
	for _, v := range versions {
		p.Versions = append(p.Versions, planVersion{int(v.Version), v.Sent, v.Decided, planWords(c, v.Plan), i18n.DateTime(lang(c), v.At.Time), v.Words == now})
	}
	return web.Render(c, status, "admin/plan", p)
}

// look makes the table: a column a step, a row a reason, the largest first.
func (p *planPage) look(c echo.Context, looks []outreach.Look) {
	why := map[string]int{}
	began, reached := planRow{Name: t(c, "admin.plan.look.carts"), Sum: true}, planRow{Name: t(c, "admin.plan.look.reached"), Sum: true}
	for _, l := range looks {
		if !l.Step.On {
			continue
		}
		p.Looks = append(p.Looks, t(c, "admin.plan.look.step", "n", l.Step.N, "after", span(c, l.Step.Delay)))
		began.Cells, reached.Cells = append(began.Cells, strconv.Itoa(l.Carts)), append(reached.Cells, strconv.Itoa(l.Reached))
		for reason, n := range l.Why {
			why[reason] += n
		}
	}
	p.Rows = append(p.Rows, began, reached)
	reasons := slices.SortedFunc(maps.Keys(why), func(a, b string) int { return cmp.Or(why[b]-why[a], strings.Compare(a, b)) })
	for _, reason := range reasons {
		key := "admin.plan.look." + reason
		if !i18n.Has(lang(c), key) {
			key = "outreach.reason." + reason
		}
		row := planRow{Name: t(c, key)}
		for _, l := range looks {
			if l.Step.On {
				row.Cells = append(row.Cells, strconv.Itoa(l.Why[reason]))
			}
		}
		p.Rows = append(p.Rows, row)
	}
}

func planWords(c echo.Context, plan outreach.Plan) string {
	var all []string
	for _, s := range plan {
		words := t(c, "admin.plan.words", "after", span(c, s.Delay))
		for _, currency := range slices.Sorted(maps.Keys(s.Floor)) {
			words += " " + t(c, "admin.plan.words.floor", "amount", money.Price{Amount: s.Floor[currency], Currency: currency})
		}
		if s.Coupon {
			words += " " + t(c, "admin.plan.words.coupon")
		}
		if !s.On {
			words += " " + t(c, "admin.plan.words.off")
		}
		all = append(all, words)
	}
	return strings.Join(all, " · ")
}

// course says in a sentence where a cart stands in its follow-up.
func (o *Office) course(c echo.Context, id cart.ID) (string, error) {
	k, err := outreach.CourseOf(c.Request().Context(), o.DB, o.Settings.Now(), id, o.Now())
	if err != nil {
		return "", err
	}
	words := t(c, "admin.course."+k.State, "n", k.Step, "when", i18n.DateTime(lang(c), k.At.In(o.Settings.Now().Zone())), "why", (&outreach.Send{Reason: k.Reason}).Words(lang(c)))
	if k.Plan != 0 {
		words += " " + t(c, "admin.course.plan", "version", k.Plan)
	}
	return words, nil
}
