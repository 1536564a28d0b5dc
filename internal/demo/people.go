package demo

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/money"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/person"
	"regulars/internal/setting"
)

// purchase is one order of a story.
type purchase struct {
	at   time.Time
	skus []string
}

// alsoBought are purchases that a story needs beside what people.json says
// somebody owns: days before the first start, and SKUs.
var alsoBought = map[string][]struct {
	days int
	skus []string
}{
	// Six orders and more in a year is what makes somebody very loyal.
	"loyal@demo.example": {{320, []string{"HC08", "HC09"}}, {270, []string{"BK09"}}, {225, []string{"GF08", "HC02"}}, {180, []string{"HC08", "GF05"}},
		{130, []string{"HC06-MOSS", "GF03"}}, {85, []string{"HC08", "BK11"}}},
	"premium@demo.example":  {{120, []string{"PH11"}}},
	"nightowl@demo.example": {{34, []string{"GF09", "GF13"}}},
	// Three packs a fortnight apart are her own pace: the next runs out this week.
	"parent@demo.example": {{43, []string{"BB05"}}, {29, []string{"BB05"}}, {15, []string{"BB05", "BB14"}}},
	"easy@demo.example":   {{60, []string{"HC08"}}},
}

// people makes the shoppers of the tour. They are not marked as simulated,
// since whoever tries the shop acts as them; the purchases made up for them
// are.
func (b *builder) people(ctx context.Context) error {
	for i := range b.People.Shoppers {
		p := &b.People.Shoppers[i]
		err := b.db.InTx(ctx, func(tx *db.Tx) error { return b.person(ctx, tx, p) })
		if err != nil {
			return fmt.Errorf("%s: %w", p.Email, err)
		}
		b.made.People++
	}
	return nil
}

func (b *builder) person(ctx context.Context, tx *db.Tx, p *Person) error {
	history := b.purchases(p)
	joined := b.now.AddDate(0, -6, 0)
	for _, h := range history {
		if h.at.Before(joined) {
			joined = h.at
		}
	}
	joined = joined.AddDate(0, 0, -3)
	c, form, err := b.account(ctx, tx, p, joined)
	if err != nil {
		return err
	}
	made := *c
	made.Simulated = true
	given, err := customer.Consents(ctx, tx, c.ID)
	if err != nil {
		return err
	}
	for _, h := range history {
		if err := b.buy(ctx, tx, customer.NewPerson(nil, &made, given, nil), p, form, h); err != nil {
			return err
		}
	}
	if p.Abandoned != nil {
		if err := b.abandon(ctx, tx, customer.NewPerson(nil, c, given, nil), p); err != nil {
			return err
		}
	}
	if p.Bounces {
		return customer.SetContact(ctx, tx, c.ID, "dead", b.now.AddDate(0, -5, 0))
	}
	return nil
}

// purchases is what somebody bought, the oldest first within each kind.
func (b *builder) purchases(p *Person) []purchase {
	var all []purchase
	hour := time.Duration(11) * time.Hour
	if p.NightBuyer {
		hour = 25*time.Hour + 20*time.Minute // half past one at night
	}
	day := func(t time.Time) time.Time { return t.Truncate(24 * time.Hour).Add(hour) }
	byMonth := map[int]int{}
	for _, o := range p.Owns {
		sku := o.SKU
		if sku == "" {
			sku = o.Product
		}
		if i, ok := byMonth[o.MonthsAgo]; ok {
			all[i].skus = append(all[i].skus, sku)
			continue
		}
		byMonth[o.MonthsAgo] = len(all)
		all = append(all, purchase{day(b.now.AddDate(0, -o.MonthsAgo, -4)), []string{sku}})
	}
	for year, n := b.now.Year(), 0; n < p.MayYears; year-- {
		// Bought in time for the second Sunday of May.
		at := time.Date(year, time.May, 4+2*n, 9, 30, 0, 0, time.UTC)
		if at.After(b.now.AddDate(0, 0, -7)) {
			continue
		}
		n++
		var skus []string
		for _, code := range p.BoughtEachMay {
			skus = append(skus, b.byCode[code].variants[0].SKU)
		}
		all = append(all, purchase{at, skus})
	}
	for _, also := range alsoBought[p.Email] {
		all = append(all, purchase{day(b.now.AddDate(0, 0, -also.days)), also.skus})
	}
	return all
}

func (b *builder) account(ctx context.Context, tx *db.Tx, p *Person, joined time.Time) (*customer.Customer, checkout.Form, error) {
	lang, home := i18n.ParseLang(p.Lang), places[0]
	name, currency := p.Name, "USD"
	if lang == i18n.Chinese {
		name, currency, home = p.NameZh, "CNY", zhPlaces[0]
	}
	c, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: p.Email, Name: name, PasswordHash: b.hash, Lang: lang, Currency: currency,
		Country: home.country, Zone: home.zone, BirthDate: b.born(p), Occupation: p.Occupation, Verified: true}, joined)
	if err != nil {
		return nil, checkout.Form{}, err
	}
	for _, purpose := range customer.Purposes {
		given := p.Mail
		if purpose == customer.Personalize || purpose == customer.History {
			given = p.Personalize
		}
		if err := customer.Say(ctx, tx, c.ID, customer.Saying{Purpose: purpose, Given: given, Source: "sign-up", Method: customer.MethodDemo, Evidence: "demo: named person"}, joined); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	tiles := map[string][]string{"life": p.Life, "interest": p.Interests, "hobby": p.Hobbies, "for": p.ForWhom}
	for _, kind := range customer.Kinds {
		if err := customer.SetInterests(ctx, tx, c.ID, kind, tiles[kind], joined); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	for _, o := range p.Occasions {
		d := customer.Date{Kind: o.Kind, Label: o.Name.text().In(lang), Month: o.Month, Day: o.Day, Remind: p.Mail && p.MayYears == 0} // whose orders tell it is not to be reminded by the date alone
		if _, err := customer.PutDate(ctx, tx, c.ID, d, joined); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	if p.BabyMonths > 0 {
		birth := b.now.AddDate(0, -p.BabyMonths, -6)
		d := customer.Date{Kind: "child", Month: int(birth.Month()), Day: birth.Day(), Year: birth.Year()}
		if _, err := customer.PutDate(ctx, tx, c.ID, d, birth.AddDate(0, 0, 9)); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	if p.ChildSize != "" {
		if _, err := customer.PutDate(ctx, tx, c.ID, customer.Date{Kind: "child", Size: p.ChildSize}, joined); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	if p.Channel != "" {
		said := customer.Profile{Name: name, BirthDate: c.BirthDate, Occupation: c.Occupation, Phone: p.Phone}
		if err := customer.SetProfile(ctx, tx, c.ID, said, joined); err != nil {
			return nil, checkout.Form{}, err
		}
		if err := customer.SetReach(ctx, tx, c.ID, lang, c.Country, p.Channel, joined); err != nil {
			return nil, checkout.Form{}, err
		}
	}
	form := home.form(p.Email, name, 12)
	_, err = customer.PutAddress(ctx, tx, c.ID, customer.Address{Name: name, Country: form.Country, Line1: form.Line1, City: form.City,
		Region: form.Region, Postcode: form.Postcode, First: true}, joined)
	return c, form, err
}

// born is the birth date that makes the age right on the first start.
func (b *builder) born(p *Person) string {
	month, day := time.Month(p.BirthMonth), p.BirthDay
	if p.BirthdayIn > 0 {
		next := b.now.AddDate(0, 0, p.BirthdayIn)
		month, day = next.Month(), next.Day()
	} else if p.BirthMonth == 0 {
		return ""
	}
	birth := time.Date(b.now.Year()-p.Age, month, day, 0, 0, 0, 0, time.UTC)
	if birth.AddDate(p.Age, 0, 0).After(b.now) {
		birth = birth.AddDate(-1, 0, 0)
	}
	return birth.Format(time.DateOnly)
}

// buy goes the whole way a shopper goes, at the time it happened.
func (b *builder) buy(ctx context.Context, tx *db.Tx, who *customer.Person, p *Person, form checkout.Form, h purchase) error {
	currency := money.Currency(who.Customer.Currency)
	c, err := cart.Ensure(ctx, tx, who, currency, who.Customer.Lang, p.Device, h.at)
	if err != nil {
		return err
	}
	carried := false
	for i, sku := range h.skus {
		id, ok := b.variants[sku]
		if !ok {
			return fmt.Errorf("there is no %s", sku)
		}
		for _, piece := range b.pieces(id) {
			if l := b.shelf[piece]; l != nil {
				carried = true
				l.left--
			}
		}
		if err := cart.Add(ctx, tx, c.ID, id, 1, h.at.Add(time.Duration(i)*time.Minute)); err != nil {
			return fmt.Errorf("add %s: %w", sku, err)
		}
	}
	form.Key = fmt.Sprintf("demo-story-%d-%d", who.Customer.ID, h.at.Unix())
	if carried {
		form.Delivery = "standard"
	}
	placed, err := b.desk.PlaceIn(ctx, tx, who, who.Customer.Lang, c.ID, form, checkout.NotShown, h.at.Add(6*time.Minute))
	if err != nil {
		return err
	}
	attempt, err := payment.Latest(ctx, tx, placed.Order.ID)
	if err != nil {
		return err
	}
	_, err = payment.SettleIn(ctx, tx, payment.TestCode, payment.EventID(attempt.Token, payment.OutcomePaid), attempt.Token, payment.OutcomePaid, h.at.Add(8*time.Minute))
	if err != nil {
		return err
	}
	b.made.Carts++
	b.made.Orders++
	b.made.Lines += len(h.skus)
	return b.bring(ctx, tx, placed.Order.ID, h.at)
}

// bring ships and delivers an order as far as time has gone.
func (b *builder) bring(ctx context.Context, tx *db.Tx, id order.ID, bought time.Time) error {
	by := b.by()
	shipped, arrived := bought.Add(26*time.Hour), bought.Add(75*time.Hour)
	if shipped.After(b.now) {
		return nil
	}
	if err := b.desk.ShipIn(ctx, tx, id, by, shipped); err != nil || arrived.After(b.now) {
		return err
	}
	return b.desk.DeliverIn(ctx, tx, id, by, arrived)
}

func (b *builder) by() string { return fmt.Sprintf("staff:%d", b.clerk) }

// abandon leaves a cart behind after a question that nobody answered. Neither
// is marked as simulated: the shop is to treat them like anybody's.
func (b *builder) abandon(ctx context.Context, tx *db.Tx, who *customer.Person, p *Person) error {
	at := b.now.Add(-26 * time.Hour)
	variant, err := catalog.VariantBySKU(ctx, tx, p.Abandoned.SKU)
	if err != nil {
		return err
	}
	c, err := cart.Ensure(ctx, tx, who, money.Currency(who.Customer.Currency), who.Customer.Lang, p.Device, at)
	if err != nil {
		return err
	}
	if err := cart.Add(ctx, tx, c.ID, variant.ID, 1, at); err != nil {
		return err
	}
	_, err = ask.Ask(ctx, tx, variant.ProductID, ask.Message{Person: who, Lang: who.Customer.Lang, Shop: setting.Of(map[string]string{"answer.within": "2"}),
		Body: p.Abandoned.Question.text().In(who.Customer.Lang)}, at.Add(4*time.Minute))
	if err != nil {
		return err
	}
	called := person.Promise{Key: fmt.Sprintf("demo-promise-of-question-%d", b.made.Questions), Kind: person.Promised, What: "Call back about the question before the cart runs cold",
		Until: db.At(b.now.Add(36 * time.Hour)), MadeBy: int64(b.clerk)}
	if _, err := (person.Who{Customer: who.Customer.ID}).Promise(ctx, tx, &called, at.Add(5*time.Minute)); err != nil {
		return err
	}
	if err := cart.Begin(ctx, tx, c.ID, at.Add(9*time.Minute)); err != nil {
		return err
	}
	if err := cart.NoteContact(ctx, tx, c.ID, p.Email, p.Mail, at.Add(10*time.Minute)); err != nil {
		return err
	}
	var log []event.Event
	for i, kind := range []event.Kind{event.ItemSeen, event.CartAdd, event.Asked, event.Checkout, event.Contact} {
		log = append(log, event.Event{At: db.At(at.Add(time.Duration(i-1) * 3 * time.Minute)), Kind: kind, CustomerID: int64(who.Customer.ID),
			CartID: int64(c.ID), ProductID: int64(variant.ProductID), Lang: string(who.Customer.Lang), Device: p.Device})
	}
	b.made.Carts++
	b.made.Questions++
	b.made.Events += len(log)
	return event.Write(ctx, tx, log)
}

// level is what lies on the shelf of a variant that is counted: how many when
// full, how many now.
type level struct{ full, left int }

// refill brings what is running low back up, at the given time.
func (b *builder) refill(ctx context.Context, tx *db.Tx, wanted map[catalog.VariantID]int, at time.Time) error {
	var came []inventory.Line
	for id, n := range wanted {
		l := b.shelf[id]
		if l == nil {
			continue
		}
		if left := l.left - n; left*2 < l.full {
			came = append(came, inventory.Line{Variant: id, Qty: l.full - left})
			l.left += l.full - left
		}
		l.left -= n
	}
	return inventory.ReceiveMany(ctx, tx, came, "demo:"+at.Format(time.RFC3339), at)
}
