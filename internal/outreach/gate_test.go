package outreach_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
)

// everything is an account that allows every kind of mail.
func (s *shop) everything(email string, change func(*customer.SignUpForm)) *customer.Person {
	s.Helper()
	p := s.account(email, func(f *customer.SignUpForm) {
		f.MailOffers, f.Personalize, f.History = true, true, true
		if change != nil {
			change(f)
		}
	})
	s.tx(func(tx *db.Tx) error {
		for _, purpose := range []customer.Purpose{customer.MailOccasions, customer.MailUpgrades} {
			if err := customer.Say(ctx, tx, p.Customer.ID, customer.Saying{Purpose: purpose, Given: true, Source: "preferences", Signed: true}, monday); err != nil {
				return err
			}
		}
		return customer.ConfirmWaiting(ctx, tx, p.Customer.ID, "link", monday)
	})
	return p
}

func (s *shop) wishes(email string, p outreach.Preference) {
	s.Helper()
	s.tx(func(tx *db.Tx) error { return outreach.Prefer(ctx, tx, email, p, monday) })
}

// offers is a message of consent to somebody, about nothing in particular.
func offers(p *customer.Person, topic outreach.Topic) outreach.Candidate {
	return outreach.Candidate{Class: outreach.Marketing, Purpose: customer.MailOffers, Topic: topic, Email: p.Customer.Email, Customer: p.Customer}
}

func (s *shop) asks(c outreach.Candidate, now time.Time) (d outreach.Decision) {
	s.Helper()
	s.tx(func(tx *db.Tx) (err error) {
		d, err = s.desk.Decide(ctx, tx, c, now)
		return err
	})
	if words := (&outreach.Send{Reason: d.Reason}); d.Reason != "" && (strings.HasPrefix(words.Words(i18n.English), "outreach.") || strings.HasPrefix(words.Words(i18n.Chinese), "outreach.")) {
		s.Errorf("%s has no words", d.Reason)
	}
	return d
}

// Each wish is obeyed by the next decision, says its own reason, and what a
// person asked not to get beats what only passes.
func TestWhatSomebodyWishedIsObeyed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		for _, topic := range outreach.Topics {
			s.set("contact."+string(topic), "very-loyal, loyal, occasional")
		}
		p := s.everything("ann@mail.test", nil)
		later := monday.Add(40 * 24 * hour)
		any := outreach.AnyHour
		for _, story := range []struct {
			name   string
			wish   outreach.Preference
			change func(*outreach.Candidate)
			want   outreach.Decision
		}{
			{"nothing is wished", outreach.Preference{Hour: any}, nil, outreach.Decision{Verdict: outreach.Allow}},
			{"the topic is off", outreach.Preference{Hour: any, Off: []outreach.Topic{outreach.Occasions}}, nil, outreach.Decision{Verdict: outreach.Withhold, Reason: "topic-off"}},
			{"another topic is off", outreach.Preference{Hour: any, Off: []outreach.Topic{outreach.Cards}}, nil, outreach.Decision{Verdict: outreach.Allow}},
			{"specials nobody asked for", outreach.Preference{Hour: any}, func(c *outreach.Candidate) { c.Topic = outreach.Specials }, outreach.Decision{Verdict: outreach.Withhold, Reason: "not-asked"}},
			{"specials, asked for", outreach.Preference{Hour: any, On: []outreach.Topic{outreach.Specials}}, func(c *outreach.Candidate) { c.Topic = outreach.Specials }, outreach.Decision{Verdict: outreach.Allow}},
			{"an occasion to be silent about", outreach.Preference{Hour: any, Avoid: []string{"mothers-day"}}, func(c *outreach.Candidate) { c.Occasion = "mothers-day" }, outreach.Decision{Verdict: outreach.Withhold, Reason: "occasion-avoided"}},
			{"another occasion", outreach.Preference{Hour: any, Avoid: []string{"mothers-day"}}, func(c *outreach.Candidate) { c.Occasion = "christmas" }, outreach.Decision{Verdict: outreach.Allow}},
			{"too late", outreach.Preference{Hour: any}, func(c *outreach.Candidate) { c.Expires = monday }, outreach.Decision{Verdict: outreach.Withhold, Reason: "expired"}},
			{"a pause", outreach.Preference{Hour: any, Paused: later}, nil, outreach.Decision{Verdict: outreach.Defer, Reason: "paused", Until: later}},
			{"a pause that is over", outreach.Preference{Hour: any, Paused: monday}, nil, outreach.Decision{Verdict: outreach.Allow}},
			{"off beats a pause", outreach.Preference{Hour: any, Paused: later, Off: []outreach.Topic{outreach.Occasions}}, nil, outreach.Decision{Verdict: outreach.Withhold, Reason: "topic-off"}},
			{"an hour that is now", outreach.Preference{Hour: 10}, nil, outreach.Decision{Verdict: outreach.Allow}},
			{"an hour that comes", outreach.Preference{Hour: 18}, nil, outreach.Decision{Verdict: outreach.Defer, Reason: "their-hour", Until: monday.Add(8 * hour)}},
			{"an hour that is over today", outreach.Preference{Hour: 9}, nil, outreach.Decision{Verdict: outreach.Defer, Reason: "their-hour", Until: monday.Add(23 * hour)}},
		} {
			s.wishes("Ann@mail.test", story.wish)
			c := offers(p, outreach.Occasions)
			if story.change != nil {
				story.change(&c)
			}
			if got := s.asks(c, monday); got.Verdict != story.want.Verdict || got.Reason != story.want.Reason || !got.Until.Equal(story.want.Until) {
				t.Errorf("%s: %+v, want %+v", story.name, got, story.want)
			}
		}
	})
}

// The hour is that of the person's own clock, also on the days on which it
// moves; what was learned counts where they allow it and chose nothing.
func TestTheHourIsThePersonsOwn(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	p := s.everything("ann@mail.test", func(f *customer.SignUpForm) { f.Zone = "Europe/Berlin" })
	c := offers(p, outreach.TierNews)
	until := func(wish int, at, want time.Time) {
		t.Helper()
		s.wishes("ann@mail.test", outreach.Preference{Hour: wish})
		got := s.asks(c, at)
		if want.IsZero() && got.Verdict != outreach.Allow || !want.IsZero() && (got.Reason != "their-hour" || !got.Until.Equal(want)) {
			t.Errorf("hour %d at %v: %+v, want %v", wish, at, got, want)
		}
	}
	day := func(month time.Month, d, h, m int) time.Time { return time.Date(2026, month, d, h, m, 0, 0, time.UTC) }
	until(18, day(3, 28, 9, 0), day(3, 28, 17, 0))  // winter: 18:00 is 17:00 UTC
	until(18, day(3, 28, 17, 59), time.Time{})      // within the hour
	until(18, day(3, 28, 18, 0), day(3, 29, 16, 0)) // tomorrow the clock has leapt
	until(18, day(10, 24, 17, 0), day(10, 25, 17, 0))
	s.set("quiet.hours", "off")
	until(2, day(3, 29, 0, 30), day(3, 29, 1, 0)) // there is no 02:00 on that day: 03:00 it is
	until(2, day(3, 29, 1, 30), time.Time{})
	s.set("quiet.hours", "21-09")
	until(22, day(4, 1, 9, 0), time.Time{}) // never asks for what the night forbids

	// They are mostly here at seven in the evening.
	s.tx(func(tx *db.Tx) error {
		for i := range 5 {
			if err := tx.Query(ctx).Exec("INSERT INTO events (at, kind, customer_id) VALUES (?, 'product.seen', ?)", db.At(day(4, 1+i, 17, 10)), int64(p.Customer.ID)).Error; err != nil {
				return err
			}
		}
		return nil
	})
	until(outreach.AnyHour, day(4, 7, 9, 0), day(4, 7, 17, 0))
	until(11, day(4, 7, 8, 0), day(4, 7, 9, 0)) // what they say counts more
	s.wishes("ann@mail.test", outreach.Preference{Hour: outreach.AnyHour})
	c.Expires = day(4, 7, 15, 0) // what was learned makes nothing come too late
	if got := s.asks(c, day(4, 7, 9, 0)); got.Verdict != outreach.Allow {
		t.Errorf("%+v", got)
	}
	c.Expires = time.Time{}
	s.tx(func(tx *db.Tx) error {
		return customer.SetConsent(ctx, tx, p.Customer.ID, customer.Personalize, false, "preferences", day(4, 7, 8, 0))
	})
	until(outreach.AnyHour, day(4, 7, 9, 0), time.Time{})
}

// Over a cap a message waits; when there is room the worthiest of those that
// wait goes first, of equals the oldest, and what nobody needs any more ends.
func TestTheWorthiestGoesFirst(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		s.set("mail.caps", "1/24h 5/7d 12/30d")
		p := s.everything("ann@mail.test", nil)
		row := func(key string, worth int64, at, due, expires time.Time) int64 {
			var id int64
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Raw(`INSERT INTO sends (key, class, template, topic, purpose, customer_id, email, lang, message_id, state, reason, worth, expires_at, due_at, created_at, updated_at)
					VALUES (?, 'marketing', 'tier-risen', 'tiers', 'mail.offers', ?, 'ann@mail.test', 'en', ?, 'deferred', 'cap-day', ?, ?, ?, ?, ?) RETURNING id`,
					key, int64(p.Customer.ID), key, worth, db.At(expires), db.At(due), db.At(at), db.At(at)).Scan(&id).Error
			})
			return id
		}
		tomorrow := monday.Add(24 * hour)
		poor, rich := row("poor", 100, monday, tomorrow, time.Time{}), row("rich", 900, monday.Add(hour), tomorrow, tomorrow.Add(48*hour))
		equal := row("equal", 900, monday.Add(2*hour), tomorrow, time.Time{})
		row("too late", 5000, monday, tomorrow, tomorrow)
		row("not yet", 5000, monday, tomorrow.Add(5*hour), time.Time{})
		row("forgotten", 5000, monday, tomorrow.Add(-7*hour), time.Time{})
		ask := func(id, worth int64) outreach.Decision {
			c := offers(p, outreach.TierNews)
			c.Except, c.Worth = id, worth
			return s.asks(c, tomorrow)
		}
		for _, one := range []struct {
			name      string
			id, worth int64
			goes      bool
		}{{"the poor one", poor, 100, false}, {"the second of equals", equal, 900, false}, {"a new one of less", 0, 400, false}, {"a new one of as much", 0, 900, false},
			{"the rich one", rich, 900, true}, {"a new one of more", 0, 901, true}} {
			got := ask(one.id, one.worth)
			if one.goes != (got.Verdict == outreach.Allow) || !one.goes && (got.Reason != "outranked" || !got.Until.Equal(tomorrow.Add(10*time.Minute))) {
				t.Errorf("%s: %+v", one.name, got)
			}
		}
		s.must(s.desk.EndOverdue(ctx, tomorrow))
		for _, row := range s.decisions() {
			if over := row.Key == "too late"; over != (row.State == outreach.Withheld) || over && (row.Reason != "expired: cap-day" || strings.Contains(row.Words(i18n.Chinese), "outreach.")) {
				t.Errorf("%s: %s %q %s", row.Key, row.State, row.Reason, row.Words(i18n.Chinese))
			}
		}
	})
}

// The same words reach a person once a year, whatever sends them and under
// whichever of their addresses; the caps are the shop's, or lower ones of theirs.
func TestTheSameIsToldOnceAYear(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.set("quiet.hours", "off")
		p := s.everything("ann@mail.test", nil)
		sent := func(key, email, content string, owner any, at time.Time) {
			s.tx(func(tx *db.Tx) error {
				return tx.Query(ctx).Exec(`INSERT INTO sends (key, class, template, topic, purpose, customer_id, email, lang, message_id, state, content, due_at, sent_at, created_at, updated_at)
					VALUES (?, 'marketing', 'campaign', 'recommendations', 'mail.offers', ?, ?, 'en', ?, 'sent', ?, 1, ?, ?, ?)`, key, owner, email, key, content, db.At(at), db.At(at), db.At(at)).Error
			})
		}
		sent("a", "ann@mail.test", "lamp", nil, monday)                   // as a guest
		sent("b", "old@mail.test", "chair", int64(p.Customer.ID), monday) // under an address they had
		sent("c", "bob@mail.test", "table", nil, monday)
		sent("d", "ann@mail.test", "", nil, monday)
		c := offers(p, outreach.TierNews)
		for _, at := range []time.Duration{2 * time.Minute, 100 * 24 * hour, 364 * 24 * hour, 366 * 24 * hour} {
			for content, known := range map[string]bool{"lamp": true, "chair": true, "table": false, "": false} {
				c.Content = content
				got := s.asks(c, monday.Add(at))
				if want := known && at < 365*24*hour; want != (got.Reason == "same-content") {
					t.Errorf("%q after %v: %+v", content, at, got)
				}
			}
		}
		c.Content = ""
		s.wishes("ann@mail.test", outreach.Preference{Hour: outreach.AnyHour, PerMonth: 1})
		newest := monday.Add(10 * 24 * hour)
		sent("e", "ann@mail.test", "", nil, newest)
		if got := s.asks(c, newest.Add(9*24*hour)); got.Reason != "cap-own" || !got.Until.Equal(newest.Add(30*24*hour)) {
			t.Errorf("at most one a month: %+v", got)
		}
		s.wishes("ann@mail.test", outreach.Preference{Hour: outreach.AnyHour, PerMonth: 30}) // narrows only
		s.set("mail.caps", "1/24h 1/7d 1/30d")
		if got := s.asks(c, newest.Add(9*24*hour)); got.Reason != "cap-month" {
			t.Errorf("a shop of one a month: %+v", got)
		}
		for _, bad := range []string{"3/24h 5/7d 12/30d", "1/24h 2/7d 13/30d", "2/24h 1/7d 6/30d", "1/24h", "0/24h 2/7d 6/30d", "none"} {
			if err := setCaps(s, bad); err == nil {
				t.Errorf("mail.caps %q was taken", bad)
			}
		}
	})
}

// What is owed and no server took within five minutes rings once; what cannot
// be decided on rings, too.
func TestLateAndUngatedMailsRing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		s.tx(func(tx *db.Tx) error {
			for i, state := range []string{"queued", "failed", "sent", "withheld"} {
				err := tx.Query(ctx).Exec(`INSERT INTO sends (key, class, template, email, lang, message_id, state, due_at, created_at, updated_at) VALUES (?, 'required', 'order-paid', 'a@mail.test', 'en', ?, ?, 1, ?, 1)`,
					fmt.Sprint(i), fmt.Sprint(i), state, db.At(monday)).Error
				if err != nil {
					return err
				}
			}
			return nil
		})
		for _, after := range []time.Duration{4 * time.Minute, 5 * time.Minute, 6 * time.Minute, hour} {
			s.must(s.desk.TellLate(ctx, monday.Add(after)))
			if want := 2; after >= 5*time.Minute && len(s.alarms) != want || after < 5*time.Minute && len(s.alarms) != 0 {
				t.Errorf("after %v: %q", after, s.alarms)
			}
		}
		if s.alarms[0] != "mail-late order-paid" {
			t.Errorf("%q", s.alarms)
		}
		s.alarms = nil
		if err := d.InTx(ctx, func(tx *db.Tx) error {
			_, err := s.desk.Decide(ctx, tx, outreach.Candidate{Class: "advice", Email: "ann@mail.test"}, monday)
			return err
		}); err == nil || len(s.alarms) != 1 || s.alarms[0] != "mail-ungated class" {
			t.Errorf("%v %q", err, s.alarms)
		}
	})
}

// What is owed carries nothing that sells: no goods, codes or offers, whichever
// way a template asks for them. The shop does not start with one that does.
func TestWhatIsOwedSellsNothing(t *testing.T) {
	for source, sells := range map[string]bool{
		"Subject: Paid\n\n{{.Order.Number}} {{range .Goods}}- {{.}}{{end}} {{with .Order.Track}}{{.}}{{end}}": false,
		"Subject: Paid\n\n{{with .Coupon}}{{.Code}}{{end}}":                                                   true,
		"Subject: Paid\n\n{{range .Order.Sums}}{{.}} {{$.Coupon.Code}}{{end}}":                                true,
		"Subject: Paid\n\n{{if .Order.Paid}}{{if .Shelf}}x{{end}}{{end}}":                                     true,
		"Subject: Paid\n\n{{if .Order.Paid}}a{{else}}{{.Saved}}{{end}}":                                       true,
		"Subject: Paid\n\nTake 10 % off your next order.":                                                     true,
		"Subject: 已付款\n\n为您推荐：":                                                                               true,
	} {
		if err := outreach.LintOwed(outreach.OrderPaid, source); sells != (err != nil) {
			t.Errorf("%s: %v", source, err)
		}
		if err := outreach.LintOwed(outreach.FollowUpMail, source); err != nil {
			t.Errorf("a reminder may: %v", err)
		}
	}
	s := open(t, dbtest.SQLite(t))
	s.desk.Templates = fstest.MapFS{}
	if s.desk.Check() == nil {
		t.Error("no templates, and no word of it")
	}
}
