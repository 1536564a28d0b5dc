package demo

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/outreach"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

// Password is that of all people who can be signed in as.
const Password = "demo-regulars"

// The size of the crowd that the figures of the tour are made for.
const (
	usualShoppers = 1200
	usualDays     = 913 // 30 months
	usualSeed     = 20020501
)

// Options say how large a crowd to simulate. Zero fields take the usual size:
// 1,200 shoppers, 913 days, seed 20020501.
type Options struct {
	Shoppers int // negative: nobody but the people of the tour
	Days     int
	Seed     uint64
	Now      time.Time // the first start: everything happened before it
	Secret   []byte    // the shop's own, for orders' secret links
	Hasher   *customer.Hasher
	Log      func(string) // told what is being made; may be nil
}

// Made counts what was made and says how long each phase took.
type Made struct {
	Products, Variants, Relations  int
	People, Shoppers, Visitors     int
	Sessions, Carts, Orders, Lines int
	Questions, Events, Cancelled   int
	Reviews                        int
	Phases                         []Phase
}

// Phase is one part of the work.
type Phase struct {
	Name string
	Took time.Duration
}

// Create fills an empty, migrated database with the demo shop: the authored
// catalogue, the people of the tour with their stories, and the simulated
// crowd. The same options make the same shop, but for random tokens. A shop
// that has something in it is fault.Conflict.
func Create(ctx context.Context, d *db.DB, opt Options) (*Made, error) {
	if opt.Shoppers == 0 {
		opt.Shoppers = usualShoppers
	}
	if opt.Days == 0 {
		opt.Days = usualDays
	}
	if opt.Seed == 0 {
		opt.Seed = usualSeed
	}
	opt.Shoppers = max(opt.Shoppers, 0)
	if opt.Days < 1 || opt.Now.IsZero() || opt.Hasher == nil {
		return nil, fmt.Errorf("create the demo shop: %d shoppers, %d days and now %v make no shop", opt.Shoppers, opt.Days, opt.Now)
	}
	if opt.Log == nil {
		opt.Log = func(string) {}
	}
	w, err := Load()
	if err != nil {
		return nil, err
	}
	tree, err := catalog.LoadTree(ctx, d)
	if err != nil {
		return nil, err
	}
	if len(tree.Roots()) > 0 {
		return nil, fmt.Errorf("create the demo shop: there is a shop already: %w", fault.Conflict)
	}
	b := &builder{World: w, opt: opt, db: d, now: opt.Now.UTC().Truncate(time.Second), made: &Made{},
		rng: rand.New(rand.NewPCG(opt.Seed, 0x5EED)), live: &setting.Live{}}
	b.desk = &checkout.Desk{DB: d, Now: func() time.Time { return b.now }, Settings: b.live, Secret: opt.Secret, Number: b.number}
	// Stories of the tour go back 30 months in a small world too.
	b.opening = b.now.AddDate(0, 0, -max(opt.Days, usualDays)-2).Truncate(24 * time.Hour)
	b.start = b.now.AddDate(0, 0, -opt.Days)
	for _, phase := range []struct {
		name, words string
		do          func(context.Context) error
	}{
		{"shop", fmt.Sprintf("%d products with prices, stock and relations", len(w.Products())), b.shop},
		{"people", fmt.Sprintf("%d people of the tour with their stories", len(w.People.Shoppers)), b.people},
		{"crowd", fmt.Sprintf("%d simulated shoppers", opt.Shoppers), b.crowd},
		{"history", fmt.Sprintf("%d days of visits, carts and orders", opt.Days), b.history},
		{"returns", "some goods sent back", b.returns},
		{"abuse", "a coupon that went round", b.abuse},
		{"stock", "goods on their way", b.onTheWay},
		{"reviews", "what buyers say", b.reviews},
		{"finish", "home pages for everybody", b.finish},
	} {
		opt.Log(phase.words)
		began := time.Now() // a duration, no moment of the shop's
		if err := phase.do(ctx); err != nil {
			return nil, fmt.Errorf("create the demo shop: %s: %w", phase.name, err)
		}
		b.made.Phases = append(b.made.Phases, Phase{phase.name, time.Since(began)})
	}
	return b.made, nil
}

// builder carries what one phase leaves for the next.
type builder struct {
	*World
	opt                 Options
	db                  *db.DB
	desk                *checkout.Desk
	live                *setting.Live
	rng                 *rand.Rand
	made                *Made
	opening, start, now time.Time

	goods    []good // in the order of the shelves
	byCode   map[string]*good
	variants map[string]catalog.VariantID
	clerk    staff.ID // who answers and ships
	shoppers []shopper
	visits   []visit
	hash     string // of the one password
	pulls    pulls
	shares   map[string]*share
	slugs    map[string]string // of shelves, by code
	shelf    map[catalog.VariantID]*level
	inside   map[catalog.VariantID][]catalog.VariantID // of bundles
	pair     []campaign.Banner
}

// number draws order numbers from the seed, so that the same shop is made
// again; the secret link still needs the shop's secret.
func (b *builder) number() string {
	const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
	bits := b.rng.Uint64()
	var n [8]byte
	for i := range n {
		n[i] = alphabet[bits>>(5*i)&31]
	}
	return string(n[:])
}

// specialsFor are people of the tour who asked for the week's specials.
var specialsFor = []string{"loyal@demo.example", "gifter@demo.example", "student@demo.example"}

// finish takes the old program off the shelves and puts everybody into their
// segment.
func (b *builder) finish(ctx context.Context) error {
	return b.db.InTx(ctx, func(tx *db.Tx) error {
		for i := range b.goods {
			if g := &b.goods[i]; g.NotSold {
				if err := catalog.Publish(ctx, tx, g.id, false, b.now); err != nil {
					return err
				}
			}
		}
		if err := b.todaysSales(ctx, tx); err != nil {
			return err
		}
		if err := b.cards(ctx, tx); err != nil {
			return err
		}
		if err := b.notes(ctx, tx); err != nil {
			return err
		}
		if err := b.owners(ctx, tx); err != nil {
			return err
		}
		for _, p := range specialsFor {
			if err := outreach.Subscribe(ctx, tx, p, outreach.Specials, true, b.now.AddDate(0, -3, 0)); err != nil {
				return err
			}
		}
		return segment.Rebuild(ctx, tx, b.now)
	})
}

// IsDemo reports whether the shop in this database is one that Create made.
func IsDemo(ctx context.Context, q db.Q) (bool, error) {
	w, err := Load()
	if err != nil {
		return false, err
	}
	_, err = staff.ByEmail(ctx, q, w.People.Staff[0].Email)
	if errors.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}

// SignIns lists who can be signed in as, in the order of the page: the
// shoppers of the tour, then the staff (Role set).
func SignIns() []Person {
	w, err := Load()
	if err != nil {
		return nil
	}
	return append(append([]Person(nil), w.People.Shoppers...), w.People.Staff...)
}
