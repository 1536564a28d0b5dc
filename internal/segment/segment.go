// Package segment decides what kind of customer somebody is, and says why. A rule
// looks only at what the person told us and, if they allow it, at what they
// bought; the reason is a sentence about exactly that. Membership is derived:
// one function decides, for one person now and for everybody in a rebuild.
package segment

import (
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/i18n"
)

// Default is the key of guests, of everybody with personal pages switched off,
// and of whom no rule matches.
const Default = "default"

// Segment is a kind of customer. Title and Why are what a home page made for
// it begins with.
type Segment struct {
	Key      string `gorm:"primaryKey"`
	Position int    // rules are asked in this order, the first match decides
	Name     i18n.Text
	Title    i18n.Text
	Why      i18n.Text
	Rule     Rule `gorm:"serializer:json"`
}

func (Segment) TableName() string { return "segments" }

// Rule matches if any of its conditions does. An empty rule matches nobody.
type Rule struct {
	Any []Condition `json:"any,omitempty"`
}

// Condition is one fact. Fact is occupation, life, interest, hobby, for (what
// the person said) or bought (days with a purchase in the department whose
// code is Is, at least AtLeast of them within the last Days; 0 means once and
// ever).
type Condition struct {
	Fact    string `json:"fact"`
	Is      string `json:"is"`
	AtLeast int    `json:"at_least,omitempty"`
	Days    int    `json:"days,omitempty"`
}

// Known is what a decision may look at.
type Known struct {
	Personalized bool // false: nothing below counts
	Occupation   string
	Interests    []customer.Interest
	Bought       []Bought // empty unless the person lets history be used
	Now          time.Time
}

// Bought is a department and the days on which something of it was paid for.
type Bought struct {
	Department string // code
	Name       i18n.Text
	Days       []time.Time // midnights UTC, ascending, each once
}

// Decide returns the first segment whose rule matches, with the sentence that
// says why, or Default and no reason. It is pure: the same facts always decide
// the same. segments are in order of position.
func Decide(segments []Segment, k Known) (key string, reason i18n.Text) {
	for _, s := range segments {
		if reason, ok := s.Holds(k); ok {
			return s.Key, reason
		}
	}
	return Default, i18n.Text{}
}

// Holds reports whether somebody is in the segment, whatever else they are in,
// with the sentence that says why. Nobody is in Default, and who does not let
// pages be personal is in none.
func (s Segment) Holds(k Known) (reason i18n.Text, ok bool) {
	if !k.Personalized || s.Key == Default {
		return i18n.Text{}, false
	}
	for _, c := range s.Rule.Any {
		if reason, ok := c.match(k); ok {
			return reason, true
		}
	}
	return i18n.Text{}, false
}

func (c Condition) match(k Known) (i18n.Text, bool) {
	switch c.Fact {
	case "occupation":
		if c.Is != "" && k.Occupation == c.Is {
			return told("segment.reason.occupation", "what", customer.OccupationName(c.Is)), true
		}
	case "life", "interest", "hobby", "for":
		// Inferred facts never put anybody into a segment: the sentence says
		// "you told us", and it must be so.
		if slices.ContainsFunc(k.Interests, func(i customer.Interest) bool { return i.Source == "said" && i.Kind == c.Fact && i.Value == c.Is }) {
			if specific := "segment.reason." + c.Fact + "." + c.Is; i18n.Has(i18n.English, specific) {
				return told(specific), true
			}
			return told("segment.reason."+c.Fact, "what", customer.TileName(c.Fact, c.Is)), true
		}
	case "bought":
		for _, b := range k.Bought {
			if b.Department == c.Is {
				return c.bought(b, k.Now)
			}
		}
	}
	return i18n.Text{}, false
}

// bought counts the days in the window and tells them truly: "on 3 days since
// August" only if no purchase of August lies before the window, else with the
// exact day.
func (c Condition) bought(b Bought, now time.Time) (i18n.Text, bool) {
	days := b.Days
	if c.Days > 0 {
		start := day(now).AddDate(0, 0, -c.Days)
		for len(days) > 0 && days[0].Before(start) {
			days = days[1:]
		}
	}
	if len(days) < max(1, c.AtLeast) {
		return i18n.Text{}, false
	}
	first := days[0]
	reason := i18n.Text{}
	for _, l := range i18n.Langs {
		since := i18n.Date(l, first)
		if before := len(b.Days) - len(days); before == 0 || b.Days[before-1].Before(time.Date(first.Year(), first.Month(), 1, 0, 0, 0, 0, time.UTC)) {
			since = month(l, first, now)
		}
		words := i18n.T(l, "segment.reason.bought", "what", b.Name.In(l), "count", len(days), "since", since)
		if len(days) == 1 {
			words = i18n.T(l, "segment.reason.bought.once", "what", b.Name.In(l), "day", i18n.Date(l, first))
		}
		put(&reason, l, words)
	}
	return reason, true
}

func told(key string, args ...any) i18n.Text {
	var t i18n.Text
	for _, l := range i18n.Langs {
		put(&t, l, i18n.T(l, key, args...))
	}
	return t
}

func put(t *i18n.Text, l i18n.Lang, words string) {
	if l == i18n.Chinese {
		t.Zh = words
	} else {
		t.En = words
	}
}

// month names the month of t, with its year where "since August" alone would
// mean another one.
func month(l i18n.Lang, t, now time.Time) string {
	thisYear := now.AddDate(0, -11, 0).Before(t) && t.Year() == now.Year()
	switch {
	case l == i18n.Chinese && thisYear:
		return fmt.Sprintf("%d月", t.Month())
	case l == i18n.Chinese:
		return fmt.Sprintf("%d年%d月", t.Year(), t.Month())
	case thisYear:
		return t.Format("January")
	}
	return t.Format("January 2006")
}

func day(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
}
