package outreach

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/owner"
)

// The mails to owners, one a kind of notice.
const (
	OwnerRelease = "owner-release"
	OwnerFix     = "owner-fix"
	OwnerRecall  = "owner-recall"
)

// releaseIsNews is how long a new version is worth a mail that had to wait.
const releaseIsNews = 30 * 24 * time.Hour

// ownerWords are what a mail to owners says.
type ownerWords struct {
	Goods    string   // what is owned; of things others should not read of only that it is something bought here
	Title    string   // the subject
	Body     string   // as staff wrote it
	Steps    string   // how to upgrade, or what to do now
	New      string   // the newer version
	Changes  []string // what the catalog says of both that is not the same
	Price    string   // of the upgrade, for owners; "" where there is none
	Full     string   // of the dearest edition that everybody may buy
	Remedies []string
	Range    string // which orders a recall is about
	Brand    string
	SKU      string
}

// TellOwners sends what staff started: each person once, in the order of their
// rows, as long as the caller has time; what is left waits for the next sweep.
func (d *Desk) TellOwners(ctx context.Context, now time.Time) error {
	var failures error
	notices := map[int64]*owner.Notice{}
	for after := int64(0); ; {
		batch, err := owner.Due(ctx, d.DB, now, after, mostOfSweep)
		if err != nil || len(batch) == 0 {
			if err == nil && after > 0 {
				err = d.DB.InTx(ctx, func(tx *db.Tx) error { return owner.Finish(ctx, tx, now) })
			}
			return errors.Join(failures, err)
		}
		for i := range batch {
			if err := ctx.Err(); err != nil {
				return errors.Join(failures, err)
			}
			p := &batch[i]
			after = p.ID
			n := notices[p.NoticeID]
			if n == nil {
				if n, err = owner.ByID(ctx, d.DB, p.NoticeID); err != nil {
					return errors.Join(failures, err)
				}
				notices[n.ID] = n
			}
			if err := d.tellOwner(ctx, n, p, now); err != nil {
				failures = errors.Join(failures, fmt.Errorf("tell owner %d of notice %s: %w", p.ID, n.Token, err))
			}
		}
	}
}

// ownerKey names the message: of a release the version and the person, so that
// two notices of one version are one mail.
func ownerKey(n *owner.Notice, p *owner.Person) string {
	if n.Kind == owner.Release && p.CustomerID != nil {
		return fmt.Sprintf("%s:%d:%s:%d", OwnerRelease, n.ToID, n.Version, *p.CustomerID)
	}
	return fmt.Sprintf("owner-%s:%d:%d", n.Kind, n.ID, p.ID)
}

func (d *Desk) tellOwner(ctx context.Context, n *owner.Notice, p *owner.Person, now time.Time) error {
	s := &Send{Key: ownerKey(n, p), Class: Required, Template: "owner-" + string(n.Kind), Lang: i18n.English}
	c, to := Candidate{Class: Required}, Address{}
	gone, err := d.keeperOf(ctx, p, s, &c, &to)
	if err != nil || gone {
		return d.settled(ctx, p, owner.Gone, "erased", now, now, err)
	}
	if to.Email == "" {
		return d.settled(ctx, p, owner.Withheld, "no-address", now, now, nil)
	}
	w, err := d.ownerLetter(ctx, n, s.Lang, c.Customer)
	if err != nil {
		return err
	}
	w.Name, c.Email = to.Name, to.Email
	still := func(ctx context.Context, tx *db.Tx) (string, error) { return owner.Still(ctx, tx, n, p) }
	why := ""
	if n.Kind == owner.Release {
		s.Class, c.Class, c.Purpose, c.Topic = Marketing, Marketing, customer.MailUpgrades, Owners
		c.Content, c.Expires = fmt.Sprintf("owner-release:%d:%s", n.ToID, n.Version), n.StartedAt.Add(releaseIsNews)
		if c.Worth, err = d.upgradeWorth(ctx, n); err != nil {
			return err
		}
		if !now.Before(c.Expires) {
			return d.settled(ctx, p, owner.Withheld, "expired", now, now, nil)
		}
		_, why, err = d.offerWhile(ctx, s, c, to, w, still, now)
	} else {
		err = d.DB.InTx(ctx, func(tx *db.Tx) error {
			if err := oneAtATime(ctx, tx, to.Email); err != nil {
				return err
			}
			why, err = still(ctx, tx)
			return err
		})
		if err == nil && why == "" {
			err = d.owe(ctx, s, c, to, w, now)
		}
	}
	if why == "stopped" {
		return err // it may go on
	}
	if why != "" {
		return d.settled(ctx, p, owner.Gone, why, now, now, err)
	}
	return d.heardOfOwner(ctx, p, s.Key, err, now)
}

// keeperOf finds who reads it and where; gone: nobody any more.
func (d *Desk) keeperOf(ctx context.Context, p *owner.Person, s *Send, c *Candidate, to *Address) (gone bool, err error) {
	if p.CustomerID != nil {
		k, err := customer.ByID(ctx, d.DB, *p.CustomerID)
		if errors.Is(err, fault.NotFound) {
			return true, nil
		}
		if err != nil {
			return false, err
		}
		s.CustomerID, s.Email, s.Lang, s.Simulated = &k.ID, customer.EmailKey(k.Email), k.Lang, k.Simulated
		c.Customer, *to = k, Address{k.Name, k.Email}
		return false, nil
	}
	o, err := order.ByID(ctx, d.DB, p.OrderID)
	if errors.Is(err, fault.NotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	s.Email, s.Lang, s.Simulated = customer.EmailKey(o.Email), o.Lang, o.Simulated
	if !o.Simulated { // the row says whose it is; there is nobody behind a simulated one
		*to = Address{o.Name, o.Email}
	}
	return false, nil
}

// heardOfOwner notes at the person what the book of mails says of the message.
func (d *Desk) heardOfOwner(ctx context.Context, p *owner.Person, key string, failed error, now time.Time) error {
	have, err := byKey(ctx, d.DB, key)
	if err != nil || have == nil {
		return errors.Join(failed, err)
	}
	var wait deferred
	switch {
	case have.State == Sent, have.State == Claimed, have.State == Failed && strings.HasPrefix(have.Reason, unknownOutcome) && !errors.Is(failed, ErrLater) && have.Class == Marketing:
		return d.settled(ctx, p, owner.Sent, "", now, now, nil)
	case have.State == Withheld:
		return d.settled(ctx, p, owner.Withheld, have.Reason, now, now, nil)
	case have.State == Deferred, errors.As(failed, &wait):
		return d.settled(ctx, p, owner.Waiting, have.Reason, have.DueAt.Time, now, nil)
	case have.State == Failed && failed == nil:
		code, _, _ := strings.Cut(have.Reason, ": ")
		return d.settled(ctx, p, owner.Withheld, code, now, now, nil)
	}
	// What is owed is tried until it worked.
	return d.settled(ctx, p, owner.Waiting, "mail-away", now.Add(tryAgainAfter), now, failed)
}

func (d *Desk) settled(ctx context.Context, p *owner.Person, state owner.Told, reason string, due, now time.Time, failed error) error {
	err := d.DB.InTx(ctx, func(tx *db.Tx) error { return owner.Settle(ctx, tx, p.ID, state, reason, due, now) })
	return errors.Join(failed, err)
}

// offerWhile is offer for what may have stopped being so: while is asked in the
// transaction that claims the message, and says why it need not go.
func (d *Desk) offerWhile(ctx context.Context, s *Send, c Candidate, to Address, w letter, while func(context.Context, *db.Tx) (string, error), now time.Time) (went bool, why string, err error) {
	var mail Mail
	claimed := false
	err = d.DB.InTx(ctx, func(tx *db.Tx) error {
		claimed, why = false, ""
		if err := oneAtATime(ctx, tx, to.Email); err != nil {
			return err
		}
		var err error
		if why, err = while(ctx, tx); err != nil || why != "" {
			return err
		}
		next := *s
		goes, err := d.claim(ctx, tx, &next, c, now)
		if err != nil || !goes {
			return err
		}
		stop, err := newLink(ctx, tx, linkUnsubscribe, &next, unsubscribeFor, now)
		if err != nil {
			return err
		}
		letter := w
		letter.footer = footer{why: "mail.foot.why." + next.Template, unsubscribe: d.url(next.Lang, "/u/"+stop)}
		mail, err = d.compose(ctx, tx, next.Template, &next, to, letter, now)
		d.stoppable(&mail, stop)
		*s, claimed = next, true
		return err
	})
	if err != nil || !claimed {
		return false, why, err
	}
	went, err = d.deliver(ctx, s, mail, now)
	return went, "", err
}

// ownerLetter words a notice for one reader.
func (d *Desk) ownerLetter(ctx context.Context, n *owner.Notice, l i18n.Lang, k *customer.Customer) (letter, error) {
	old, err := catalog.ByID(ctx, d.DB, n.ProductID)
	if err != nil {
		return letter{}, err
	}
	sensitive, err := catalog.Sensitive(ctx, d.DB)
	if err != nil {
		return letter{}, err
	}
	words := &ownerWords{Goods: headerLine(old.Name.In(l)), Title: headerLine(n.Title.In(l)), Body: lines(n.Body.In(l)), Steps: lines(n.Steps.In(l)), Brand: headerLine(old.Brand)}
	if n.Version != "" {
		words.Goods = headerLine(i18n.T(l, "owner.version", "name", old.Name.In(l), "version", n.Version))
	}
	w := letter{Owner: words, Link: d.url(l, "/account/owned"), footer: footer{why: "mail.foot.why.owner-" + string(n.Kind)}}
	if k == nil {
		w.Link = d.url(l, "/contact")
	}
	if slices.Contains(sensitive, n.ProductID) { // somebody else at the table should not read of it
		words.Goods, words.Brand = i18n.T(l, "mail.owner.quiet"), ""
		words.Title = i18n.T(l, "mail.owner.quiet.title."+string(n.Kind))
	}
	for _, r := range n.Offers() {
		words.Remedies = append(words.Remedies, i18n.T(l, "owner.remedy."+r))
	}
	words.Range = d.rangeOf(n, l)
	if n.Kind != owner.Release {
		if n.Kind == owner.Recall { // so that it is recognised
			err = d.depictOne(ctx, &w, n.ProductID, n.VariantID)
		}
		return w, err
	}
	return w, d.releaseWords(ctx, n, l, k, old, &w)
}

// releaseWords are the new version, what changed, and what it costs owners.
func (d *Desk) releaseWords(ctx context.Context, n *owner.Notice, l i18n.Lang, k *customer.Customer, old *catalog.Product, w *letter) error {
	currency := d.Settings.Now().Currency()
	if k != nil && slices.Contains(d.Settings.Now().Currencies(), money.Currency(k.Currency)) {
		currency = money.Currency(k.Currency)
	}
	before, err := catalog.Detailed(ctx, d.DB, old.ID, currency)
	if err != nil {
		return err
	}
	after, err := catalog.Detailed(ctx, d.DB, n.ToID, currency)
	if err != nil {
		return err
	}
	w.Owner.New, w.Link = headerLine(after.Name.In(l)), d.url(l, "/p/"+after.Slug)
	for _, f := range owner.Differences(before.Facts, after.Facts) {
		if !slices.Contains(n.FactKeys(), f.Key) {
			continue
		}
		key := "mail.owner.change"
		if f.Was == (i18n.Text{}) {
			key = "mail.owner.fact"
		}
		w.Owner.Changes = append(w.Owner.Changes, headerLine(i18n.T(l, key, "name", f.Name.In(l), "was", f.Was.In(l), "now", f.Now.In(l))))
	}
	if err := d.depictOne(ctx, w, n.ToID, 0); err != nil {
		return err
	}
	v, full, err := d.upgradeOf(ctx, n, after)
	if err != nil || v == nil {
		return err
	}
	w.Owner.Price, w.Link = i18n.Money(l, v.Price), d.url(l, "/p/"+after.Slug+"?v="+v.SKU)
	if full.Amount > v.Price.Amount {
		w.Owner.Full = i18n.Money(l, full)
	}
	return nil
}

// depictOne shows a product, in the colour of the variant if it is one's.
func (d *Desk) depictOne(ctx context.Context, w *letter, id catalog.ProductID, v catalog.VariantID) error {
	k, err := catalog.Detailed(ctx, d.DB, id, d.Settings.Now().Currency())
	if err != nil {
		return err
	}
	if v == 0 && len(k.Variants) > 0 {
		v = k.Variants[0].ID
	}
	found, err := catalog.Buyables(ctx, d.DB, []catalog.VariantID{v}, d.Settings.Now().Currency())
	w.depict(found[v])
	return err
}

// upgradeOf is the variant of the new version that its owners of before may
// buy, and what the dearest one for everybody costs.
func (d *Desk) upgradeOf(ctx context.Context, n *owner.Notice, after *catalog.Detail) (*catalog.VariantInfo, money.Price, error) {
	var found *catalog.VariantInfo
	var full money.Price
	rules, err := owner.Rules(ctx, d.DB)
	if err != nil {
		return nil, full, err
	}
	for i := range after.Variants {
		v := &after.Variants[i]
		if !v.Active || !v.Priced {
			continue
		}
		if len(rules[v.ID]) == 0 && v.Price.Amount > full.Amount {
			full = v.Price
		}
		for _, r := range rules[v.ID] {
			if r.FromID == n.ProductID && r.Version == n.Version {
				found = v
			}
		}
	}
	return found, full, nil
}

// oneInTwenty is how many of those who are told of a new version are taken to
// buy it, until the shop has counted its own.
const oneInTwenty = 20

// upgradeWorth is the margin a notice is expected to bring, in the shop's
// currency.
func (d *Desk) upgradeWorth(ctx context.Context, n *owner.Notice) (int64, error) {
	after, err := catalog.Detailed(ctx, d.DB, n.ToID, d.Settings.Now().Currency())
	if err != nil {
		return 0, err
	}
	v, full, err := d.upgradeOf(ctx, n, after)
	if err != nil {
		return 0, err
	}
	if v == nil {
		return int64(full.Amount) / oneInTwenty, nil
	}
	costs, err := catalog.Costs(ctx, d.DB, []catalog.VariantID{v.ID})
	return int64(v.Price.Amount-costs[v.ID]) / oneInTwenty, err
}

// rangeOf says which orders a notice is about, "" for all.
func (d *Desk) rangeOf(n *owner.Notice, l i18n.Lang) string {
	zone := d.Settings.Now().Zone()
	day := func(at db.Time) string { return i18n.Date(l, at.In(zone)) }
	switch {
	case n.BoughtFrom.IsZero() && n.BoughtUntil.IsZero():
		return ""
	case n.BoughtUntil.IsZero():
		return i18n.T(l, "owner.range.from", "from", day(n.BoughtFrom))
	case n.BoughtFrom.IsZero():
		return i18n.T(l, "owner.range.until", "until", day(db.At(n.BoughtUntil.Add(-1))))
	}
	return i18n.T(l, "owner.range.both", "from", day(n.BoughtFrom), "until", day(db.At(n.BoughtUntil.Add(-1))))
}

// lines keeps the lines of what staff wrote and nothing that would be none.
func lines(s string) string {
	var out []string
	for line := range strings.SplitSeq(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		out = append(out, headerLine(line))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}
