package admin

import (
	"context"
	"errors"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/ask"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/staff"
)

// looksAfter says who looks after a question, by when an answer is owed, and
// what was said before in the same conversation.
func (o *Office) looksAfter(c echo.Context, p *questionPage, q *ask.Question) error {
	ctx, zone := c.Request().Context(), o.Settings.Now().Zone()
	if !q.DueAt.IsZero() && q.AnsweredAt.IsZero() {
		p.Due, p.Late = i18n.DateTime(p.Lang, q.DueAt.In(zone)), q.Late(o.Now())
	}
	if !q.SeenAt.IsZero() {
		p.Seen = i18n.DateTime(p.Lang, q.SeenAt.In(zone))
	}
	p.Take = q.OwnerID == 0 && q.AnsweredAt.IsZero() && p.Write
	if q.OwnerID != 0 {
		owner, err := staff.ByID(ctx, o.DB, staff.ID(q.OwnerID))
		if err != nil && !errors.Is(err, fault.NotFound) {
			return err
		}
		if err == nil {
			p.Owner = owner.Name
		}
	}
	turns, err := ask.Thread(ctx, o.DB, q)
	if err != nil {
		return err
	}
	for _, one := range turns {
		if one.ID < q.ID {
			p.Before = append(p.Before, turnRow{i18n.DateTime(p.Lang, one.CreatedAt.In(zone)), one.Body, one.Answer})
		}
	}
	return nil
}

// takeQuestion makes whoever presses it look after a question.
func (o *Office) takeQuestion(c echo.Context) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	token := c.Param("token")
	err = o.change(c, "question.take", token, func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		return "taken", ask.Take(ctx, tx, token, int64(who.ID))
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/questions/"+token, "admin.question.taken")
}

// repliesRow is what replies that named goods brought, in words.
type repliesRow struct {
	N, Clicks, Orders int
	Value             string
	Simulated         bool
}

// replies are the real ones, and in a demo those of simulated people apart.
func (o *Office) replies(c echo.Context) (rows []repliesRow, err error) {
	currency := o.Settings.Now().Currency()
	for _, simulated := range []bool{false, true} {
		r, err := analytics.CountReplies(c.Request().Context(), o.DB, o.Now().AddDate(0, 0, -gapDays), o.Now(), currency, simulated)
		if err != nil {
			return nil, err
		}
		if r.N > 0 {
			rows = append(rows, repliesRow{r.N, r.Clicks, r.Orders, cash(c, r.Revenue, currency), simulated})
		}
	}
	return rows, nil
}
