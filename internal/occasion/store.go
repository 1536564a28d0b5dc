package occasion

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"reflect"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
)

func newToken() string {
	var b [16]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// holders are the people who have a row.
func holders(ctx context.Context, q db.Q) (ids []customer.ID, err error) {
	if err := q.Query(ctx).Raw("SELECT DISTINCT customer_id FROM occasions").Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("read who has occasions: %w", err)
	}
	return ids, nil
}

// All reads every need of a person, with those they took out.
func all(ctx context.Context, q db.Q, id customer.ID) ([]Occasion, error) {
	var rows []Occasion
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the occasions of customer %d: %w", id, err)
	}
	return rows, nil
}

// wanted is a need as it is decided now.
type wanted struct {
	*Found
	told *customer.Date
}

// match joins the dates somebody told with what was found for the same weeks:
// that is one need, and it has their word. A date of which they wanted no mail
// is no need by itself.
func match(found []Found, told []customer.Date) (all []wanted) {
	for i := range found {
		all = append(all, wanted{Found: &found[i]})
	}
	for i := range told {
		a := dated(&told[i])
		at := slices.IndexFunc(all, func(w wanted) bool { return w.Found != nil && w.told == nil && w.near(a) })
		if at < 0 {
			if told[i].Remind {
				all = append(all, wanted{told: &told[i]})
			}
			continue
		}
		all[at].told = &told[i]
	}
	return all
}

// dated is the day of a date; one without a day is meant for the first.
func dated(d *customer.Date) Anchor { return Anchor{Month: d.Month, Day: max(d.Day, 1)} }

// row makes of it what is kept.
func (w wanted) row(o *Occasion) {
	o.Source, o.DateToken = FromOrders, ""
	if w.told != nil {
		o.DateToken = w.told.Token
		if w.told.Remind && (o.State == Candidate || o.State == Asked || o.State == "") {
			o.State = Confirmed
		}
	}
	if o.State == "" {
		o.State = Candidate
	}
	if w.Found == nil {
		a := dated(w.told)
		o.Source, o.Feast, o.Shift, o.Month, o.Day = FromPerson, "", 0, a.Month, a.Day
		o.Kinds, o.Evidence, o.Years, o.OfYears, o.Confidence = []catalog.CategoryID{}, []Proof{}, 0, 0, 1
		return
	}
	o.Feast, o.Shift, o.Month, o.Day = w.Feast, w.Shift, w.Month, w.Day
	o.Kinds, o.Years, o.OfYears, o.Confidence = w.Kinds, w.Years, w.Of, w.Confidence
	o.Evidence = make([]Proof, len(w.Evidence))
	for i, e := range w.Evidence {
		o.Evidence[i] = Proof{e.Order, e.Day.Format(time.DateOnly), e.Kind, e.Product}
	}
}

// is reports whether a row is of this need.
func (w wanted) is(o *Occasion) bool {
	if w.told != nil && o.DateToken == w.told.Token {
		return true
	}
	return w.Found != nil && o.near(w.Anchor) && (o.Source == FromPerson && w.told != nil ||
		slices.ContainsFunc(o.Kinds, func(k catalog.CategoryID) bool { return slices.Contains(w.Kinds, k) }))
}

func (o *Occasion) near(a Anchor) bool { return o.found().near(a) }

// keep brings a person's rows to what is decided. What they said stays: a
// name, another day, yes, no, and that it was taken out. Without leave to use
// the history nothing that was concluded from it stays but that.
func keep(ctx context.Context, tx *db.Tx, id customer.ID, found []Found, told []customer.Date, zone *time.Location, now time.Time) error {
	// One at a time: a night's round and a page may decide the same person.
	if err := customer.Turn(ctx, tx, fmt.Sprint("occasion:", int64(id))); err != nil {
		return err
	}
	may, err := mayConclude(ctx, tx, id)
	if err != nil {
		return err
	}
	if !may {
		found = nil
	}
	have, err := all(ctx, tx, id)
	if err != nil {
		return err
	}
	reminded, err := remindedOf(ctx, tx, id)
	if err != nil {
		return err
	}
	writes, gone := settle(id, have, found, told, may, now)
	for _, old := range gone {
		if err := drop(ctx, tx, old); err != nil {
			return err
		}
	}
	for _, o := range writes {
		o.RemindAt = o.remind(now, zone, reminded)
		if err := write(ctx, tx, o, have, now); err != nil {
			return err
		}
	}
	return nil
}

// settle says what a person's rows become: those that stay, with what is
// decided now and what the person said before, in the order in which they can
// be written, and the ids of those that go.
func settle(id customer.ID, have []Occasion, found []Found, told []customer.Date, may bool, now time.Time) (writes []*Occasion, gone []int64) {
	used := make([]bool, len(have))
	for _, w := range match(found, told) {
		o := &Occasion{CustomerID: id, CreatedAt: db.At(now)}
		for i := range have {
			if !used[i] && w.is(&have[i]) {
				used[i] = true
				copied := have[i]
				o = &copied
				break
			}
		}
		w.row(o)
		writes = append(writes, o)
	}
	for i := range have {
		o := have[i]
		switch {
		case used[i]:
			continue
		case o.Source == FromPerson, o.DeletedAt.IsZero() && (o.State == Candidate || o.State == Asked):
			gone = append(gone, o.ID)
			continue
		case !may:
			o.Evidence = []Proof{}
		}
		o.DateToken = ""
		writes = append(writes, &o)
	}
	// First those that let go of a date, then those that take it.
	slices.SortStableFunc(writes, func(a, b *Occasion) int { return len(a.DateToken) - len(b.DateToken) })
	return writes, gone
}

// write keeps a row that is new or differs from what is there.
func write(ctx context.Context, tx *db.Tx, o *Occasion, have []Occasion, now time.Time) error {
	if o.ID == 0 {
		o.Token, o.UpdatedAt = newToken(), db.At(now)
		if err := tx.Query(ctx).Create(o).Error; err != nil {
			return fmt.Errorf("add an occasion of customer %d: %w", o.CustomerID, err)
		}
		return nil
	}
	if i := slices.IndexFunc(have, func(h Occasion) bool { return h.ID == o.ID }); reflect.DeepEqual(have[i], *o) {
		return nil
	}
	o.UpdatedAt = db.At(now)
	err := tx.Query(ctx).Model(&Occasion{}).Where("id = ?", o.ID).
		Select("source", "state", "feast", "shift", "month", "day", "kinds", "evidence", "years", "of_years", "confidence", "date_token", "remind_at", "updated_at").Updates(o).Error
	if err != nil {
		return fmt.Errorf("change occasion %d: %w", o.ID, err)
	}
	return nil
}

func drop(ctx context.Context, tx *db.Tx, id int64) error {
	if err := tx.Query(ctx).Exec("DELETE FROM occasions WHERE id = ?", id).Error; err != nil {
		return fmt.Errorf("drop occasion %d: %w", id, err)
	}
	return nil
}

// remindedOf lists the days that a person was reminded of.
func remindedOf(ctx context.Context, q db.Q, id customer.ID) (days []time.Time, err error) {
	var rows []db.Time
	if err := q.Query(ctx).Raw("SELECT on_day FROM occasion_years WHERE customer_id = ? ORDER BY on_day", int64(id)).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what customer %d was reminded of: %w", id, err)
	}
	for _, r := range rows {
		days = append(days, r.Time.UTC())
	}
	return days, nil
}

// Forget takes everything about a person's needs out.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{"DELETE FROM occasion_years WHERE customer_id = ?", "DELETE FROM occasions WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("forget the occasions of customer %d: %w", id, err)
		}
	}
	return nil
}

// Merge puts one account's needs under another; Refresh makes one of those
// that are about the same.
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	for _, sql := range []string{"UPDATE occasion_years SET customer_id = ? WHERE customer_id = ?", "UPDATE occasions SET customer_id = ? WHERE customer_id = ?"} {
		if err := tx.Query(ctx).Exec(sql, int64(into), int64(from)).Error; err != nil {
			return fmt.Errorf("put the occasions of customer %d under %d: %w", from, into, err)
		}
	}
	return nil
}
