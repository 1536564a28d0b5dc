// Package roster keeps the file of customers in order: who can be reached, who
// rests and goes, who is in it twice, and how complete it is. It decides over
// all nouns that hold something of a person, so each of them gives it two
// functions: Forget takes a person out, Merge puts one under another account.
package roster

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"regulars/internal/ask"
	"regulars/internal/campaign"
	"regulars/internal/cart"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/jobs"
	"regulars/internal/lookout"
	"regulars/internal/occasion"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/owner"
	"regulars/internal/payment"
	"regulars/internal/person"
	"regulars/internal/pricing"
	"regulars/internal/restock"
	"regulars/internal/review"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/shoplist"
	"regulars/internal/survey"
	"regulars/internal/trait"
	"regulars/internal/value"
)

// forgets are all nouns that hold something of a person, in the order in which
// they look for it: what is found by an order's address before the orders.
var forgets = []customer.Forget{review.Forget, restock.Forget, lookout.Forget, campaign.Forget, segment.Forget, forgetAudit, cart.Forget, outreach.Forget, credit.Forget, pricing.Forget, person.Forget, payment.Forget, order.Forget, ask.Forget, survey.Forget, trait.Forget, value.Forget, owner.Forget, occasion.Forget, shoplist.Forget, forget}

// merges are the same nouns, and those that count a person's places. Mails come
// first: they ask for the address that goes. Refunds name the credit that may
// be laid into another.
var merges = []customer.Merge{outreach.Merge, cart.Unite, payment.Merge, credit.Merge, order.Merge, pricing.Merge, ask.Merge, survey.Merge, review.Merge, restock.Merge, lookout.Merge, campaign.Merge, person.Merge, segment.Merge, trait.Merge, value.Merge, owner.Merge, occasion.Merge, shoplist.Merge, mergeLooks, merge}

// Erase takes a person out of the shop at their own wish.
func Erase(ctx context.Context, tx *db.Tx, id customer.ID, now time.Time) error {
	return customer.Erase(ctx, tx, id, now, forgets...)
}

// Why a file rests.
const (
	Unreachable = "unreachable" // no way to the person is left
	Inactive    = "inactive"    // never bought, and not seen for long
)

// Rest is a file that rests: it goes at DueAt unless staff keep it, the person
// is back, or something is still open with them.
type Rest struct {
	CustomerID customer.ID
	Cause      string
	Since      db.Time
	DueAt      db.Time
	KeptAt     db.Time
	KeptBy     string
	KeptReason string
}

// Kept reports whether staff keep the file although it rests.
func (r *Rest) Kept() bool { return !r.KeptAt.IsZero() }

// Tended is what a day's round did.
type Tended struct{ Resting, Back, Gone, Held int }

// Register takes the daily round.
func Register(r *jobs.Runner, d *db.DB, settings *setting.Live, now func() time.Time, log *slog.Logger) {
	r.Every("roster", 24*time.Hour, func(ctx context.Context) error {
		done, err := Tend(ctx, d, settings.Now(), now())
		if done.Gone > 0 {
			log.Info("files blanked", "gone", done.Gone, "resting", done.Resting, "held", done.Held)
		}
		return errors.Join(err, Count(ctx, d, settings.Now(), now()))
	})
	jobs.Work(r, func(ctx context.Context, _ Merged) error { return value.Rebuild(ctx, d, settings.Now(), now()) })
	r.Every("duplicates", 24*time.Hour, func(ctx context.Context) error { return Find(ctx, d, now()) })
}

// Merged is the job after two accounts became one: what people are worth is
// counted over everybody, and is counted again.
type Merged struct {
	Into int64 `json:"into"`
}

// Kind names the job.
func (Merged) Kind() string { return "roster.merged" }
