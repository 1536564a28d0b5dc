// Package campaign is a message to an audience with what it costs, who goes
// without it so that its effect can be told, and what came back: every order
// belongs to one campaign at most. It decides and counts; package outreach
// writes and sends, through the one gate of all mails.
package campaign

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/slot"
)

// ID names a campaign inside the shop.
type ID int64

// State is where a campaign stands.
type State string

const (
	Draft     State = "draft"
	Scheduled State = "scheduled" // begins by itself
	Running   State = "running"
	Paused    State = "paused"
	Stopped   State = "stopped" // by staff; nothing goes out any more
	Done      State = "done"    // everybody was asked, or its time was over
)

// Over reports whether nothing of it goes out any more.
func (s State) Over() bool { return s == Stopped || s == Done }

// AnyHour starts a campaign at once instead of at an hour of each person's day.
const AnyHour = -1

// How the goods of the mail are picked.
const (
	ByHand = "hand" // the same for everybody
	ToFit  = "fit"  // of them, those of shelves somebody bought from first, never what they bought
)

// Bounds of the form.
const (
	MostHeld   = 5000 // hundredths of a percent of people
	MostGoods  = 12   // named by hand
	Shown      = 3    // of them in one mail
	mostName   = 100
	mostHead   = 150
	mostWords  = 5000
	mostCost   = 1_000_000_000_00
	mostDays   = 60
	mostCredit = 90
)

// Campaign is one message to an audience, and its row.
type Campaign struct {
	ID         ID
	Token      string // names it outside the shop, also in its links
	Name       string // for staff
	State      State
	Audience   string    // key of a segment; "" = everybody who allows offers
	Subject    i18n.Text // {name} and {shop} stand for what they say
	Words      i18n.Text
	Products   string // codes, separated by blanks
	Pick       string
	Code       string // a promotion's code that the mail names; "" = none
	Batch      string // of a promotion's codes, of which each person gets one of their own; "" = none
	BatchOf    pricing.PromotionID
	Worth      int64        // the margin one mail is expected to bring, in minor units of the shop's currency: see Weigh
	WeighedAt  db.Time      // when that was said
	CostFixed  money.Amount // in the shop's currency
	CostEach   money.Amount // of one mail
	Held       int          // hundredths of a percent of people who go without
	Salt       string
	StartsOn   string // a day, YYYY-MM-DD; "" = at once
	Hour       int    // of that day where the person is; AnyHour = the day's first moment in the shop's zone
	Days       int    // after its start it may go out so long
	CreditDays int    // so long after a touch an order is the campaign's
	Version    int
	ListedTo   int64 // the last account that was looked at
	Listed     bool  // all were
	StartsAt   db.Time
	ExpiresAt  db.Time
	StartedAt  db.Time
	EndedAt    db.Time
	Simulated  bool    // made up for the demo: of simulated people alone
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`

	found *[]customer.ID // of the audience, behind ListedTo: a rule is asked once a sweep
}

// TableName is campaigns.
func (Campaign) TableName() string { return "campaigns" }

// Side is the part of the test somebody is in.
type Side string

const (
	NoSide Side = "" // something else keeps the mail from them, or they were not asked about yet
	Sent   Side = "sent"
	Held   Side = "held"
)

// Person is somebody a campaign is for, and their row.
type Person struct {
	ID         int64
	CampaignID ID
	CustomerID *customer.ID // nil: erased, or counted with another account
	SendKey    string
	Arm        Side
	Mixed      bool
	AssignedAt db.Time
	DueAt      db.Time
}

// TableName is campaign_people.
func (Person) TableName() string { return "campaign_people" }

// Key names the mail of a campaign to somebody in the book of mails.
func Key(id ID, who customer.ID) string { return fmt.Sprintf("campaign:%d:%d", id, who) }

// Draws says on which side somebody is, always the same.
func (c *Campaign) Draws(who customer.ID) Side {
	if experiment.Held(c.Salt, fmt.Sprint("c", int64(who)), c.Held) {
		return Held
	}
	return Sent
}

// Share is the part of people who go without.
func (c *Campaign) Share() float64 { return float64(c.Held) / experiment.Whole }

// Window is how long after a touch an order is the campaign's.
func (c *Campaign) Window() time.Duration { return time.Duration(c.CreditDays) * 24 * time.Hour }

// Tag is what its links say: the campaign, never the person.
func (c *Campaign) Tag() string { return slot.Mark{Slot: slot.Campaign, Page: c.Token}.Tag() }

// Content is a fingerprint of what its mail says: nobody gets the same twice.
func (c *Campaign) Content() string {
	says := []string{c.Subject.En, c.Subject.Zh, c.Words.En, c.Words.Zh, c.Products, c.Code}
	if c.Batch != "" {
		says = append(says, c.Batch)
	}
	sum := sha256.Sum256([]byte(strings.Join(says, "\n")))
	return "campaign:" + hex.EncodeToString(sum[:12])
}

// Codes are the products that were named by hand.
func (c *Campaign) Codes() []string { return strings.Fields(c.Products) }

// The placeholders of a mail, each with braces around it.
var placeholders = []string{"name", "shop"}

var braced = regexp.MustCompile(`\{[^{}]*\}|[{}]`)

// Fill puts what the placeholders stand for into a text. What it puts in is
// never read for placeholders again.
func Fill(text, name, shop string) string {
	return strings.NewReplacer("{name}", name, "{shop}", shop).Replace(text)
}

// check reads a campaign as somebody wrote it.
func (c *Campaign) check() error {
	var form fault.Form
	text := func(field, s string, most int) {
		switch {
		case strings.TrimSpace(s) == "":
			form.Wrong(field, "campaign.form.empty")
		case len([]rune(s)) > most:
			form.Wrong(field, "campaign.form.long", "most", most)
		default:
			for _, b := range braced.FindAllString(s, -1) {
				if !slices.Contains(placeholders, strings.Trim(b, "{}")) || len(b) < 3 {
					form.Wrong(field, "campaign.form.placeholder", "what", b, "name", "{name}", "shop", "{shop}")
					return
				}
			}
		}
	}
	if name := strings.TrimSpace(c.Name); name == "" {
		form.Wrong("name", "campaign.form.empty")
	} else if len([]rune(name)) > mostName {
		form.Wrong("name", "campaign.form.long", "most", mostName)
	}
	text("subject_en", c.Subject.En, mostHead)
	text("subject_zh", c.Subject.Zh, mostHead)
	text("words_en", c.Words.En, mostWords)
	text("words_zh", c.Words.Zh, mostWords)
	if len(c.Codes()) > MostGoods {
		form.Wrong("products", "campaign.form.goods", "most", MostGoods)
	}
	for _, b := range []struct {
		field, words   string
		n, least, most int64
	}{
		{"held", "campaign.form.held", int64(c.Held), 0, MostHeld}, {"days", "campaign.form.days", int64(c.Days), 1, mostDays}, {"credit_days", "campaign.form.days", int64(c.CreditDays), 1, mostCredit},
		{"cost_fixed", "campaign.form.cost", int64(c.CostFixed), 0, mostCost}, {"cost_each", "campaign.form.cost", int64(c.CostEach), 0, mostCost}, {"hour", "campaign.form.hour", int64(c.Hour), AnyHour, 23},
	} {
		if b.n < b.least || b.n > b.most {
			form.Wrong(b.field, b.words, "least", b.least, "most", b.most)
		}
	}
	if c.Batch != "" && c.Code != "" {
		form.Wrong("batch", "campaign.form.two-codes")
	}
	if c.StartsOn != "" {
		if _, err := time.Parse(time.DateOnly, c.StartsOn); err != nil {
			form.Wrong("starts_on", "campaign.form.day")
		}
	}
	if c.Pick != ByHand && c.Pick != ToFit {
		form.Wrong("pick", "campaign.form.empty")
	}
	return form.Err()
}

// farthest is how much earlier a day begins in the first zone of the world
// than in UTC.
const farthest = 14 * time.Hour

// begins is the first moment at which anybody may be due, never before now.
func (c *Campaign) begins(zone *time.Location, now time.Time) time.Time {
	day, err := time.Parse(time.DateOnly, c.StartsOn)
	switch {
	case err != nil:
		return now
	case c.Hour == AnyHour:
		day = time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone)
	default:
		day = day.Add(time.Duration(c.Hour)*time.Hour - farthest)
	}
	if day.Before(now) {
		return now
	}
	return day
}

// due is when somebody in a zone is asked about first.
func (c *Campaign) due(zone *time.Location, now time.Time) time.Time {
	day, err := time.Parse(time.DateOnly, c.StartsOn)
	if err != nil || c.Hour == AnyHour {
		return now
	}
	if at := time.Date(day.Year(), day.Month(), day.Day(), c.Hour, 0, 0, 0, zone); at.After(now) {
		return at
	}
	return now
}

// Ends reports whether its time is over.
func (c *Campaign) Ends(now time.Time) bool {
	return c.ExpiresAt.Milli() > 0 && !c.ExpiresAt.After(now)
}
