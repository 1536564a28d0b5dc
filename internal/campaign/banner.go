package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/slot"
)

// Places are where banners stand.
var Places = []slot.Key{slot.BannerHome, slot.BannerShelf, slot.BannerCart}

// Banner is a strip on a page of the shop that leads to a shelf, and its row.
// It may be shown to anybody: whoever is on the untargeted side of the test
// sees one at random.
type Banner struct {
	ID        int64
	Token     string
	Place     slot.Key `gorm:"column:spot"`
	Before    slot.Key `gorm:"column:place"` // what releases before the cart's place read; nothing else does
	Title     i18n.Text
	Words     i18n.Text
	Label     i18n.Text // of its link
	Shelf     string    // the category it leads to, by its address
	Audience  string    // key of a segment; "" = anybody
	StartsOn  string    // days of the shop's zone, "" = open
	EndsOn    string
	CostFixed money.Amount // in the shop's currency
	CostMille money.Amount // of a thousand views
	Active    bool
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is banners.
func (Banner) TableName() string { return "banners" }

// Live reports whether it is shown on a day.
func (b *Banner) Live(today string) bool {
	return b.Active && (b.StartsOn == "" || b.StartsOn <= today) && (b.EndsOn == "" || today <= b.EndsOn)
}

// Standing are the banners of a place that are shown on a day.
func Standing(all []Banner, place slot.Key, today string) (live []Banner) {
	for _, b := range all {
		if b.Place == place && b.Live(today) {
			live = append(live, b)
		}
	}
	return live
}

// Tests reports whether there is anything to choose between: two banners or
// more, one of them for an audience.
func Tests(live []Banner) bool {
	return len(live) > 1 && slices.ContainsFunc(live, func(b Banner) bool { return b.Audience != "" })
}

// Choose picks one of the banners of a place, always the same for somebody on a
// day. Targeted, those whose audience holds them come first; else, and where
// none does, it is one of all at random. in nil: nothing is known of them.
func Choose(live []Banner, unit, today string, in func(segment string) bool) *Banner {
	if in != nil {
		if own := slices.DeleteFunc(slices.Clone(live), func(b Banner) bool { return b.Audience == "" || !in(b.Audience) }); len(own) > 0 {
			live = own
		}
	}
	if len(live) == 0 {
		return nil
	}
	sum := sha256.Sum256([]byte(unit + "/" + today))
	return &live[binary.BigEndian.Uint64(sum[:8])%uint64(len(live))]
}

// before fills the column whose CHECK knows two places.
func (b *Banner) before() {
	if b.Before = b.Place; b.Place == slot.BannerCart {
		b.Before = slot.BannerHome
	}
}

func (b *Banner) check() error {
	var form fault.Form
	for _, f := range []struct {
		name, text string
		most       int
	}{{"title_en", b.Title.En, mostName}, {"title_zh", b.Title.Zh, mostName}, {"words_en", b.Words.En, 300}, {"words_zh", b.Words.Zh, 300}, {"label_en", b.Label.En, 60}, {"label_zh", b.Label.Zh, 60}} {
		if strings.TrimSpace(f.text) == "" {
			form.Wrong(f.name, "campaign.form.empty")
		} else if len([]rune(f.text)) > f.most {
			form.Wrong(f.name, "campaign.form.long", "most", f.most)
		}
	}
	for _, d := range []struct{ name, day string }{{"starts_on", b.StartsOn}, {"ends_on", b.EndsOn}} {
		if _, err := time.Parse(time.DateOnly, d.day); d.day != "" && err != nil {
			form.Wrong(d.name, "campaign.form.day")
		}
	}
	if b.EndsOn != "" && b.StartsOn > b.EndsOn {
		form.Wrong("ends_on", "campaign.form.past")
	}
	for _, a := range []struct {
		name string
		n    money.Amount
	}{{"cost_fixed", b.CostFixed}, {"cost_mille", b.CostMille}} {
		if a.n < 0 || a.n > mostCost {
			form.Wrong(a.name, "campaign.form.cost")
		}
	}
	if !slices.Contains(Places, b.Place) {
		form.Wrong("place", "campaign.form.empty")
	}
	return form.Err()
}

// Side of the test of banners: Targeted by segment, or one at random.
type BannerSide struct {
	Views, Clicks int
	People        int
	Sales         money.Amount // what people of this side bought since they first saw one
	Cost          money.Amount
}

// PerMille is sales for a thousand views; false without views.
func (s BannerSide) PerMille() (money.Amount, bool) {
	if s.Views == 0 {
		return 0, false
	}
	return s.Sales.Part(1000, int64(s.Views)), true
}

// Return is sales for each unit of cost; false where nothing was spent.
func (s BannerSide) Return() (float64, bool) {
	if s.Cost <= 0 {
		return 0, false
	}
	return float64(s.Sales) / float64(s.Cost), true
}

// BannerReport is a place's two sides beside each other.
type BannerReport struct {
	Place            slot.Key
	Targeted, Random BannerSide
	Outside          int // views of people who are in no test
	Banners          []BannerViews
	Ratio            experiment.Interval // sales of a person, targeted to random
	Says             bool                // Ratio may be said
	Result           experiment.Result
	Margin           bool // it is margin that is counted, since most costs are known
	From, To         string
}

// BannerViews is one banner of it.
type BannerViews struct {
	Banner
	Views, Clicks int
}

// Name says what a banner is about, for staff.
func (b *Banner) Name(l i18n.Lang) string {
	return fmt.Sprintf("%s → %s", b.Title.In(l), b.Shelf)
}

// sumOf is what the people of a side brought, the largest hundredth cut off at
// the next one.
func sumOf(s experiment.Sample) money.Amount { return money.Amount(math.Round(s.Sum)) }
