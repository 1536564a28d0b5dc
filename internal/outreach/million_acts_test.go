package outreach_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
)

// happen is what people do between two sweeps.
func (w *crowd) happen(acts []act) {
	var carts []cart.Cart
	var lines [][]cart.Line
	var fresh []*left
	var owners []*soul
	for _, a := range acts {
		switch s := a.s; a.what {
		case "leave":
			if s.account != nil && len(s.left) > 0 && s.last().state != "ordered" {
				w.back(s) // an account has one open cart: they come back to it
				continue
			}
			l := &left{visitor: s.visitor, epochs: []time.Time{w.at}, qty: 1 + 4*w.r.IntN(2), state: "open", steps: map[int]bool{}}
			k := cart.Cart{CustomerID: s.account, State: cart.StateOpen, Currency: "USD", Lang: "en", CreatedAt: db.At(w.at), StartedAt: db.At(w.at), ActiveAt: db.At(w.at), Kind: "shopper"}
			if s.account == nil {
				l.visitor, k.Email, k.MailOK = w.visitor(0), s.email, true
			}
			k.VisitorID = &l.visitor
			carts, lines, fresh, owners = append(carts, k), append(lines, w.line(l)), append(fresh, l), append(owners, s)
			s.left = append(s.left, l)
		case "stop":
			s.out = true
			w.writes.row("suppressions", []string{"email_key", "purpose", "reason", "at"}, s.email, "mail.cart", "unsubscribed", db.At(w.at))
		case "take back":
			s.out = true
			w.writes.add("", "UPDATE consents SET given = FALSE, said = FALSE WHERE purpose = 'mail.cart' AND customer_id IN ?", int64(*s.account))
		case "complain":
			s.complains, s.annoyed = true, true
			w.writes.row("questions", []string{"token", "kind", "email", "body", "created_at", "answered_at", "complaint_at"},
				fmt.Sprint("q", s.n), "contact", strings.ToUpper(s.email), "It broke", db.At(w.at), db.At(w.at), db.At(w.at))
		case "be answered":
			s.complains = false
			w.writes.add("", "UPDATE questions SET closed_at = 1 WHERE token IN ?", fmt.Sprint("q", s.n))
		}
	}
	w.flush()
	w.tx(func(tx *db.Tx) error { return cart.CreateMany(ctx, tx, carts, lines, make([][]cart.Trace, len(carts))) })
	for i, l := range fresh {
		l.id = carts[i].ID
		w.name(owners[i], l)
	}
	for _, a := range acts {
		if len(a.s.left) == 0 {
			continue
		}
		l := a.s.last()
		switch {
		case a.what == "order" && l.state == "open":
			l.state, a.s.ordered = "ordered", w.at
			w.writes.add("", "UPDATE carts SET state = 'converted' WHERE id IN ?", int64(l.id))
			w.order(a.s, l.id, a.s.email)
		case a.what == "order elsewhere":
			w.elsewhere(a.s)
		case a.what == "empty" && l.state == "open":
			l.state = "emptied"
			w.writes.add("", "DELETE FROM cart_lines WHERE cart_id IN ?", int64(l.id))
		case a.what == "return" && l.state == "open":
			w.back(a.s)
		}
	}
	w.flush()
}

// back is somebody who looks at their cart again, and fills it if it is empty.
func (w *crowd) back(s *soul) {
	l := s.last()
	if l.epoch() == w.at || l.id == 0 {
		return
	}
	if l.state == "emptied" {
		line := w.line(l)[0]
		w.writes.row("cart_lines", []string{"cart_id", "token", "variant_id", "qty", "seen_price", "added_at"},
			int64(l.id), fmt.Sprint("again", l.id, w.at.Unix()), int64(line.VariantID), line.Qty, int64(line.SeenPrice), db.At(w.at))
		l.state = "open"
	}
	l.epochs, l.steps = append(l.epochs, w.at), map[int]bool{}
	w.writes.add("", fmt.Sprintf("UPDATE carts SET active_at = %d WHERE id IN ?", w.at.UnixMilli()), int64(l.id))
	w.name(s, l)
}

// elsewhere is an order that has nothing to do with the cart: a member's under
// another address, a guest's in the same browser by a cart of another one.
func (w *crowd) elsewhere(s *soul) {
	s.ordered = w.at
	if s.account != nil {
		w.order(s, 0, "other-"+s.email)
		return
	}
	w.order(s, 0, strings.ToUpper(s.email))
}

func (w *crowd) order(s *soul, of cart.ID, email string) {
	w.count["orders"]++
	var owner, from any
	if s.account != nil {
		owner = int64(*s.account)
	}
	if of != 0 {
		from = int64(of)
	}
	n := fmt.Sprintf("R-%d-%d", s.n, w.count["orders"])
	w.writes.row("orders", []string{"number", "place_key", "access_hash", "cart_id", "customer_id", "email", "currency", "subtotal", "total", "placed_at"},
		n, n, n, from, owner, email, "USD", 1250, 1250, db.At(w.at))
}

// name computes under which Message-ID each step of a rest would go.
func (w *crowd) name(s *soul, l *left) {
	for step := 1; step <= 3; step++ {
		sum := sha256.Sum256([]byte(key(l, l.epoch(), step)))
		w.ids[hex.EncodeToString(sum[:16])+"@shop.example"] = about{s, l, l.epoch(), step}
	}
}

func key(l *left, epoch time.Time, step int) string {
	return fmt.Sprintf("followup:%d:%d:%d", l.id, epoch.UnixMilli(), step)
}

// account looks at the end at every rest of every cart: what nothing spoke
// against was sent, or is named as lost; what was withheld was so for a reason
// that is true.
func (w *crowd) account() {
	var rows []struct{ Key, State, Reason, MessageID string }
	w.must(w.db.Query(ctx).Raw("SELECT key, state, reason, message_id FROM sends").Scan(&rows).Error)
	type row struct{ state, reason, id string }
	by := map[string]row{}
	for _, r := range rows {
		by[r.Key] = row{r.State, r.Reason, r.MessageID}
		if r.State == "sent" && w.taken[r.MessageID] != 1 {
			w.fault("%s is said to be sent and was not", r.Key)
		}
		if r.State == "queued" || r.State == "claimed" {
			w.fault("%s is %s at the end", r.Key, r.State)
		}
		switch r.State {
		case "withheld":
			w.count[r.Reason]++
		case "failed":
			if strings.HasPrefix(r.Reason, "unknown") {
				w.count["unknown"]++
				w.count["unknown, arrived"] += w.taken[r.MessageID]
			}
		default:
			w.count[r.State]++
		}
	}
	for _, s := range w.souls {
		for i, l := range s.left {
			w.count["carts"]++
			for k, epoch := range l.epochs {
				free := s.never == "" && !s.out && !s.annoyed && l.state == "open" && i == len(s.left)-1 && k == len(l.epochs)-1 && s.ordered.Before(epoch)
				one := by[key(l, epoch, 1)]
				w.judge(s, l, epoch, 1, free, one.state, one.reason)
				two := by[key(l, epoch, 2)]
				if one.state == "sent" {
					w.judge(s, l, epoch, 2, free && l.qty*1250 >= 5000, two.state, two.reason)
				} else if two.state != "" {
					w.fault("step 2 of %s was decided without the first", s.email)
				}
			}
		}
	}
}

func (w *crowd) judge(s *soul, l *left, epoch time.Time, step int, free bool, state, reason string) {
	switch {
	case state == "withheld" && !w.holds(s, l, epoch, step, reason):
		w.fault("step %d of %s, left %s: withheld as %s, which is not so", step, s.email, epoch.Format("02T15:04"), reason)
	case !free || state == "sent" || state == "failed":
	case state == "withheld" && reason == "holdout":
	default:
		w.fault("step %d of %s, left %s, cart %d: nothing spoke against it, and it is %q %s", step, s.email, epoch.Format("02T15:04"), l.id, state, reason)
	}
	if free {
		w.count[fmt.Sprint("due ", step)]++
	}
	if reason == "holdout" {
		s.held = true
	}
	if s.held && len(s.mails) > 0 {
		w.fault("%s goes without, and got a mail", s.email)
	}
}

// holds is whether a reason for silence is true of what the person did.
func (w *crowd) holds(s *soul, l *left, epoch time.Time, step int, reason string) bool {
	switch reason {
	case "ordered":
		return !s.ordered.Before(epoch)
	case "newer-cart":
		return l != s.last()
	case "reopened":
		return epoch != l.epoch()
	case "empty":
		return true // emptied since, perhaps filled again
	case "no-consent":
		return s.out || s.never == "no-consent"
	case "suppressed":
		return s.out
	case "complaint":
		return s.annoyed
	case "under-floor":
		return step == 2 && l.qty*1250 < 5000
	case "holdout":
		return step == 1
	}
	return reason == s.never
}
