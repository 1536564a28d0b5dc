package demo

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// kind is one sort of shopper: its share of the crowd in percent, what its
// people say of themselves, and how much more than others they buy of each
// department.
type kind struct {
	segment    string
	share      int
	age        [2]int
	occupation string
	interests  []customer.Interest
	taste      map[string]float64
}

func said(kind, value string) customer.Interest {
	return customer.Interest{Kind: kind, Value: value, Source: "said"}
}

var kinds = []kind{
	{"student", 18, [2]int{18, 25}, "student", []customer.Interest{said("life", "student"), said("interest", "books"), said("interest", "sport"), said("interest", "games")},
		map[string]float64{"BK": 6, "SP": 3, "EN": 3, "CO": .8, "SW": 1, "PH": .4, "GF": .6, "HC": .5, "IN": .2}},
	{"engineer", 12, [2]int{25, 58}, "engineer", []customer.Interest{said("life", "engineer"), said("interest", "tools"), said("interest", "instruments")},
		map[string]float64{"TL": 4, "IN": 4, "CO": 2, "SW": 2, "BK": 1, "HT": .5, "EN": .5, "HC": .4, "GF": .3, "SP": .6}},
	{"teacher", 8, [2]int{26, 61}, "teacher", []customer.Interest{said("life", "teacher"), said("interest", "books")},
		map[string]float64{"BK": 5, "GF": 2, "SW": 1.2, "EN": 1.5, "HC": 1.5, "CO": .5, "SP": .7, "PH": .3}},
	{"new-parent", 13, [2]int{24, 40}, "office", []customer.Interest{said("life", "parent"), said("interest", "baby"), said("for", "child")},
		map[string]float64{"BB": 9, "HC": 1.2, "PH": .8, "GF": .8, "BK": .5, "SW": .3}},
	{"maker", 9, [2]int{22, 66}, "trade", []customer.Interest{said("life", "maker"), said("interest", "tools"), said("hobby", "woodwork")},
		map[string]float64{"TL": 5, "EN": 1.5, "IN": 1.5, "GF": 1, "HC": .7, "BK": .7, "SP": .4}},
	{"gamer", 10, [2]int{18, 38}, "", []customer.Interest{said("hobby", "gaming"), said("interest", "games"), said("interest", "computers")},
		map[string]float64{"EN": 5, "CO": 3, "HT": 1, "SW": .6, "SP": .5, "BK": .4}},
	{"audio-photo", 8, [2]int{24, 60}, "designer", []customer.Interest{said("hobby", "photography"), said("interest", "cameras"), said("interest", "home-theatre")},
		map[string]float64{"PH": 5, "HT": 3.5, "CO": 1.5, "SW": 1, "EN": 1, "HC": .3, "BK": .3}},
	{"gift-giver", 11, [2]int{26, 64}, "", []customer.Interest{said("interest", "gifts"), said("for", "friend"), said("for", "parents")},
		map[string]float64{"GF": 6, "HC": 2, "BK": 1, "EN": 1, "BB": .3, "PH": .4}},
	{"home-care", 11, [2]int{32, 74}, "at-home", []customer.Interest{said("interest", "cooking"), said("interest", "home"), said("hobby", "baking")},
		map[string]float64{"HC": 6, "GF": 1.5, "BK": 1.2, "EN": .5, "IN": .2}},
}

// everybody buys a little of everything.
const everybody = .04

// shopper is one of the crowd.
type shopper struct {
	kind     int
	lang     i18n.Lang
	currency money.Currency
	device   string
	form     checkout.Form // name and address
	remember bool          // lets pages be personal
	premium  bool          // buys what costs 400 and more
	yearly   int           // orders in the last year
	joined   time.Time
	baby     time.Time // birth of the baby, if any
	size     int       // of clothes and shoes, 0 to 99
	owned    map[int]bool
	placed   []bill // its paid orders so far

	id      customer.ID
	visitor customer.VisitorID
}

// bill is one of them.
type bill struct {
	at    time.Time
	total money.Amount
}

// place is an invented street in a real country.
type place struct{ country, region, city, postcode, street, zone string }

var places = []place{
	{"US", "OR", "Portland", "97201", "%d Willow Street", "America/Los_Angeles"}, {"US", "OH", "Columbus", "43004", "%d Alder Road", "America/New_York"},
	{"US", "ME", "Bangor", "04401", "%d Harbor Lane", "America/New_York"}, {"US", "TX", "Austin", "73301", "%d Mill Lane", "America/Chicago"},
	{"GB", "", "Leeds", "LS1 1AA", "%d Weir Row", "Europe/London"}, {"DE", "", "Kiel", "24103", "Uferweg %d", "Europe/Berlin"},
	{"GB", "", "Bristol", "BS1 1AA", "%d Quay Terrace", "Europe/London"}, {"IE", "", "Cork", "T12 A0A0", "%d Bridge Street", "Europe/Dublin"},
}

var zhPlaces = []place{
	{"CN", "上海市", "上海", "200000", "柳岸路 %d 号", "Asia/Shanghai"}, {"CN", "浙江省", "杭州", "310000", "渡口街 %d 号", "Asia/Shanghai"},
	{"CN", "广东省", "广州", "510000", "榕下路 %d 号", "Asia/Shanghai"}, {"CN", "四川省", "成都", "610000", "水井巷 %d 号", "Asia/Shanghai"},
	{"CN", "江苏省", "南京", "210000", "石桥路 %d 号", "Asia/Shanghai"},
}

func (p place) form(email, name string, number int) checkout.Form {
	return checkout.Form{Email: email, Name: name, Country: p.country, Region: p.region, City: p.city, Postcode: p.postcode,
		Line1: fmt.Sprintf(p.street, number), Payment: "test"}
}

// dealt gives n places their share of parts exactly, in random order: quotas
// are filled, not drawn.
func dealt(rng *rand.Rand, n int, parts []int) []int {
	sum := 0
	for _, p := range parts {
		sum += p
	}
	all := make([]int, n)
	for i := range all {
		at := (2*i + 1) * sum / (2 * n)
		for k, p := range parts {
			if at < p {
				all[i] = k
				break
			}
			at -= p
		}
	}
	rng.Shuffle(n, func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

// crowd makes the simulated shoppers: accounts without a password, so that
// nobody can sign in as one of them.
func (b *builder) crowd(ctx context.Context) error {
	b.invent()
	b.visits = b.plan()
	seen := make([]time.Time, len(b.shoppers))
	for _, v := range b.visits {
		seen[v.who] = v.at
	}
	newcomers := make([]customer.Newcomer, len(b.shoppers))
	visitors := make([]customer.Visitor, len(b.shoppers))
	for i := range b.shoppers {
		newcomers[i] = b.newcomer(i)
	}
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		if err := customer.CreateMany(ctx, tx, newcomers); err != nil {
			return err
		}
		for i := range b.shoppers {
			s, c := &b.shoppers[i], &newcomers[i].Customer
			s.id = c.ID
			visitors[i] = customer.Visitor{CustomerID: &c.ID, Lang: s.lang, Simulated: true, CreatedAt: c.CreatedAt, SeenAt: db.At(latest(s.joined, seen[i]))}
			if s.remember {
				visitors[i].Personalize = "on"
			}
		}
		if err := customer.SeeMany(ctx, tx, visitors); err != nil {
			return err
		}
		for i := range visitors {
			b.shoppers[i].visitor = visitors[i].ID
		}
		b.made.Shoppers, b.made.Visitors = len(visitors), len(visitors)
		return nil
	})
}

func (b *builder) invent() {
	n, rng := b.opt.Shoppers, b.rng
	var parts []int
	for _, k := range kinds {
		parts = append(parts, k.share)
	}
	sorts := dealt(rng, n, parts)
	chinese := dealt(rng, n, []int{55, 45})
	devices := dealt(rng, n, []int{62, 30, 8})
	off := dealt(rng, n, []int{93, 7})
	loyal := dealt(rng, n, []int{61, 31, 8})
	b.shoppers = make([]shopper, n)
	for i := range b.shoppers {
		s := &b.shoppers[i]
		*s = shopper{kind: sorts[i], lang: i18n.English, currency: "USD", device: []string{"phone", "desktop", "tablet"}[devices[i]],
			remember: off[i] == 0, size: rng.IntN(100), owned: map[int]bool{}}
		home := places[rng.IntN(len(places))]
		if chinese[i] == 1 {
			s.lang, s.currency, home = i18n.Chinese, "CNY", zhPlaces[rng.IntN(len(zhPlaces))]
		}
		given, family := b.Names.Given[rng.IntN(len(b.Names.Given))], b.Names.Family[rng.IntN(len(b.Names.Family))]
		name := given.En + " " + family.En
		if s.lang == i18n.Chinese {
			name = family.Zh + given.Zh
		}
		email := fmt.Sprintf("%s.%s.%d@sim.example", catalog.Slug(given.En), catalog.Slug(family.En), i+1)
		s.form = home.form(email, name, 1+rng.IntN(180))
		switch loyal[i] {
		case 2:
			s.yearly = 8 + rng.IntN(12)
			s.premium = true
		case 1:
			s.yearly = 2 + i%4
		default:
			s.yearly = min(1, i%9/3) // two thirds of the occasional ones bought once
		}
		if loyal[i] < 2 && i%90 == 0 {
			s.premium = true
		}
		// Three quarters came in the first half; the last joined three months ago.
		days := float64(b.opt.Days)
		if i%4 == 0 {
			s.joined = b.now.Add(-time.Duration((days*.1 + rng.Float64()*days*.45) * 24 * float64(time.Hour)))
		} else {
			s.joined = b.start.Add(time.Duration(rng.Float64() * days * .45 * 24 * float64(time.Hour)))
		}
		s.joined = s.joined.Truncate(time.Second)
		if kinds[s.kind].segment == "new-parent" {
			s.baby = s.joined.AddDate(0, 0, 30-rng.IntN(300)).Truncate(24 * time.Hour)
		}
	}
}

// offers says who allows mail with offers: a third of all, and everybody who
// comes back.
func (b *builder) offers(i int) bool {
	s := &b.shoppers[i]
	return s.remember && (i%3 == 0 || s.yearly >= 2)
}

func (b *builder) newcomer(i int) customer.Newcomer {
	s := &b.shoppers[i]
	k := &kinds[s.kind]
	c := customer.Customer{Email: s.form.Email, Name: s.form.Name, Contact: "verified", EmailVerifiedAt: db.At(s.joined), Lang: s.lang,
		Currency: string(s.currency), Country: s.form.Country, Occupation: k.occupation, Simulated: true, CreatedAt: db.At(s.joined)}
	age := k.age[0] + b.rng.IntN(k.age[1]-k.age[0]+1)
	c.BirthDate = b.now.AddDate(-age, 0, -b.rng.IntN(364)-1).Format(time.DateOnly)
	n := customer.Newcomer{Customer: c, Source: "sign-up"}
	if !s.remember {
		n.Customer.Occupation, n.Refused = "", []customer.Purpose{customer.Personalize, customer.History}
		return n // everything switched off, nothing told
	}
	n.Given = []customer.Purpose{customer.Personalize, customer.History}
	if i%5 < 3 {
		n.Given = append(n.Given, customer.MailCart)
	}
	if b.offers(i) {
		n.Given = append(n.Given, customer.MailOffers)
	}
	if i%3 == 0 {
		n.Given = append(n.Given, customer.MailUpgrades)
	}
	if i%4 < 2 {
		n.Given = append(n.Given, customer.MailOccasions)
	}
	n.Interests = slices.Clone(k.interests)
	return n
}
