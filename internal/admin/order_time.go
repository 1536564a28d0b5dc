package admin

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/payment"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// moment is one entry of the timeline, whichever table it comes from.
type moment struct {
	At              time.Time
	What, By, Words string
	Flag            bool
	by              string // who, as the histories name them
}

// timeline merges what happened to an order, oldest first: its own steps and
// notes, the attempts to pay it, what went back, what was mailed about it, its
// parcels and returns, and what staff did beside.
func (o *Office) timeline(ctx context.Context, c echo.Context, p *orderPage) ([]moment, error) {
	people, err := staff.List(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	all, err := o.pastOf(ctx, c, p.Order)
	if err != nil {
		return nil, err
	}
	for _, more := range []func(context.Context, echo.Context, *orderPage) ([]moment, error){o.paymentsOf, o.sendsOf, o.wayBack} {
		found, err := more(ctx, c, p)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	for _, s := range p.Parcels {
		all = append(all, moment{At: s.At.Time, What: t(c, "desk.step.parcel", "parcel", s.Title), Words: strings.Join(slices.DeleteFunc([]string{s.Carrier, s.Tracking}, empty), " · ")})
	}
	deeds, err := staff.AuditOf(ctx, o.DB, p.Order.Number, 200)
	if err != nil {
		return nil, err
	}
	for _, e := range deeds {
		by := "staff:" + strconv.FormatInt(int64(e.StaffID), 10)
		if slices.ContainsFunc(all, func(m moment) bool { return m.by == by && m.At.Equal(e.At.Time) }) {
			continue // the order's own history says it, in better words
		}
		all = append(all, moment{At: e.At.Time, What: deed(c, e.Action), by: by})
	}
	for i := range all {
		if all[i].by != "" {
			all[i].By = actor(c, people, all[i].by)
		}
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return all, nil
}

func empty(s string) bool { return s == "" }

func deed(c echo.Context, action string) string {
	if key := "admin.audit." + action; i18n.Has(lang(c), key) {
		return t(c, key)
	}
	return action
}

// pastOf is the order's own history.
func (o *Office) pastOf(ctx context.Context, c echo.Context, k *order.Order) (all []moment, err error) {
	past, err := order.Past(ctx, o.DB, k.ID)
	for _, h := range past {
		m := moment{At: h.At.Time, What: stateTag(c, h.Axis, h.ToState).Text, by: h.Actor, Words: strings.TrimPrefix(h.Note, order.Flag), Flag: strings.HasPrefix(h.Note, order.Flag)}
		if h.FromState == h.ToState {
			m.What = t(c, "admin.step.remark")
			if !m.Flag && h.Note != order.PackingBegan && strings.HasPrefix(h.Actor, "staff:") {
				m.What = t(c, "desk.note")
			}
		}
		all = append(all, m)
	}
	return all, err
}

func (o *Office) paymentsOf(ctx context.Context, c echo.Context, p *orderPage) (all []moment, err error) {
	payments, err := payment.Of(ctx, o.DB, p.Order.ID)
	for _, p := range payments {
		all = append(all, moment{At: p.CreatedAt.Time, What: t(c, "admin.step.payment", "attempt", p.Attempt, "provider", t(c, "payment."+p.Provider), "amount", p.Price()), Words: t(c, "admin.payment."+string(p.State))})
	}
	for _, b := range p.Backs {
		all = append(all, moment{At: b.At.Time, What: t(c, "desk.step.back", "amount", b.Amount), Words: b.Text, Flag: b.Refused})
	}
	return all, err
}

func (o *Office) sendsOf(ctx context.Context, c echo.Context, p *orderPage) (all []moment, err error) {
	sends, err := outreach.Sends(ctx, o.DB, outreach.Filter{Order: p.Order.ID})
	if err != nil {
		return nil, err
	}
	for i := range sends.Sends {
		s := &sends.Sends[i]
		all = append(all, moment{At: s.CreatedAt.Time, What: t(c, "admin.step.mail", "mail", t(c, "admin.mail."+s.Template)), Words: strings.TrimSpace(t(c, "admin.send."+string(s.State)) + " " + s.Words(lang(c)))})
	}
	return all, nil
}

// wayBack is every step of every return.
func (o *Office) wayBack(ctx context.Context, c echo.Context, p *orderPage) (all []moment, err error) {
	returns, err := order.ReturnsOf(ctx, o.DB, p.Order.ID)
	if err != nil {
		return nil, err
	}
	for i := range returns {
		r := &returns[i]
		past, err := order.ReturnPast(ctx, o.DB, r.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range past {
			all = append(all, moment{At: s.At.Time, What: t(c, "desk.step.return", "kind", t(c, "order.return.kind."+r.Kind), "number", r.Number, "state", t(c, "order.return.state."+s.ToState)), by: s.Actor, Words: s.Note})
		}
	}
	return all, nil
}

// holds says what keeps an order in the house or wants care before it leaves.
func (o *Office) holds(ctx context.Context, c echo.Context, k *order.Order) (all []string, err error) {
	say := func(key string, args ...any) { all = append(all, t(c, "desk.hold."+key, args...)) }
	if k.Imported || k.State != order.StatePlaced || k.DeliveryState != order.Unshipped {
		return nil, nil
	}
	until, held, err := inventory.Until(ctx, o.DB, int64(k.ID))
	if err != nil {
		return nil, err
	}
	zone := o.Settings.Now().Zone()
	switch {
	case k.PaymentState == order.Processing:
		say("looked-at")
	case k.Open() && held:
		say("until", "when", i18n.DateTime(lang(c), until.In(zone)))
	case k.Open():
		say("unpaid")
	case k.AtDoor && k.PaymentState == order.Pending:
		say("door")
	}
	payments, err := payment.Of(ctx, o.DB, k.ID)
	declined := 0
	for _, p := range payments {
		if p.State == payment.Failed {
			declined++
		}
	}
	if declined > 1 {
		say("declined", "count", declined)
	}
	if k.Line1 == "" {
		say("address")
	}
	return all, err
}

// noteOrder keeps a note of staff about an order.
func (o *Office) noteOrder(c echo.Context) error {
	var in struct {
		Note string `form:"note,max=5000"`
	}
	k, err := order.ByNumber(c.Request().Context(), o.DB, c.Param("number"))
	if err != nil {
		return err
	}
	if err = web.Form(c, &in); err == nil {
		err = o.DB.InTx(c.Request().Context(), func(tx *db.Tx) error {
			_, err := order.AddNote(c.Request().Context(), tx, k.ID, in.Note, o.by(c), o.Now())
			return err
		})
	}
	if fault.Kind(err) == fault.Invalid {
		p, pageErr := o.orderPage(c, k)
		if pageErr != nil {
			return pageErr
		}
		p.Note, p.NoteWrong = in.Note, wrong(c, err)
		return web.Render(c, http.StatusUnprocessableEntity, "admin/order", p)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/orders/"+k.Number, "desk.note.done")
}

// actor names who took a step.
func actor(c echo.Context, people []staff.Staff, by string) string {
	id, ok := strings.CutPrefix(by, "staff:")
	if !ok {
		if key := "admin.actor." + by; i18n.Has(lang(c), key) {
			return t(c, key)
		}
		return by
	}
	n, _ := strconv.ParseInt(id, 10, 64)
	for _, s := range people {
		if int64(s.ID) == n {
			return cmp.Or(s.Name, s.Email)
		}
	}
	return t(c, "admin.actor.staff")
}
