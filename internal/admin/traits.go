package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/trait"
	"regulars/internal/web"
)

type (
	traitRow struct {
		URL, Name, Says, Links string
		People                 int
		On                     bool
	}
	linkRow struct {
		Shelf, Slug, Source, Support, Expected, Lift, Interval, Why, Reason string
		On, Shown, Mine                                                     bool
	}
	conditionRow struct {
		At                                string
		N                                 int
		What, Tiers                       []choice
		Price, Least, Days                string
		PriceName, LeastName, DaysName    string
		PriceError, LeastError, DaysError web.FieldError
	}
	traitPage struct {
		web.Page
		In                         inputs
		Errors                     web.FormErrors
		Path, Says, Counted, Tried string
		TriedURL                   string
		People                     int
		On, Write                  bool
		Conditions                 []conditionRow
		Links                      []linkRow
		Shelves                    []choice
		Currency                   string
	}
)

// spareRows are the empty conditions that a form offers beside those in use.
const (
	spareRows = 2
	mostRows  = 8
)

func traitPath(key string) string { return "/admin/chains/traits/" + key }

// traitRows list every inference for the page of chains.
func (o *Office) traitRows(c echo.Context) ([]traitRow, error) {
	ctx := c.Request().Context()
	rules, err := trait.Read(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	people, err := trait.Counts(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var rows []traitRow
	for i := range rules.Traits {
		one := &rules.Traits[i]
		shown := 0
		for _, l := range one.Links {
			if rules.Why(l) == trait.Shown {
				shown++
			}
		}
		rows = append(rows, traitRow{traitPath(one.Key), one.Name.In(lang(c)), o.traitSays(c, rules, one), t(c, "admin.trait.links.shown", "count", shown), people[one.Key], one.Active})
	}
	return rows, nil
}

// traitSays is a trait's rule as a sentence.
func (o *Office) traitSays(c echo.Context, rules *trait.Rules, one *trait.Trait) string {
	var any []string
	for _, k := range one.Rule.Any {
		if k.Fact != trait.Bought {
			any = append(any, t(c, "admin.rule."+k.Fact, "what", saidName(k.Fact, k.Is)))
			continue
		}
		shelf, _ := rules.Tree.BySlug(k.Is)
		parts := []string{t(c, "admin.trait.says.bought", "what", shelf.Name)}
		if k.Tier != "" {
			parts = append(parts, t(c, "admin.trait.says.tier", "tier", t(c, "admin.trait.tier."+k.Tier)))
		}
		if k.Price > 0 {
			parts = append(parts, t(c, "admin.trait.says.price", "price", cash(c, k.Price, o.Settings.Now().Currency())))
		}
		if k.AtLeast > 1 {
			parts = append(parts, t(c, "admin.trait.says.orders", "count", k.AtLeast))
		}
		if k.Days > 0 {
			parts = append(parts, t(c, "admin.trait.says.days", "count", k.Days))
		}
		any = append(any, strings.Join(parts, t(c, "shop.comma")))
	}
	says := strings.Join(any, t(c, "admin.rule.or"))
	if one.ExpiresDays > 0 {
		says += " · " + t(c, "admin.trait.says.expires", "count", one.ExpiresDays)
	}
	return says
}

func saidName(fact, value string) i18n.Text {
	if fact == "occupation" {
		return customer.OccupationName(value)
	}
	return customer.TileName(fact, value)
}

func (o *Office) newTrait(c echo.Context) error {
	return o.showTrait(c, http.StatusOK, nil, inputs{"expires_days": "365"}, nil)
}

// oneTrait finds the trait of the address, with everything that decides.
func (o *Office) oneTrait(c echo.Context) (*trait.Rules, *trait.Trait, error) {
	rules, err := trait.Read(c.Request().Context(), o.DB)
	if err != nil {
		return nil, nil, err
	}
	one := rules.Find(param(c, "trait"))
	if one == nil {
		return nil, nil, nowhere()
	}
	return rules, one, nil
}

// trait shows one inference: its rule as a form, and what follows from it.
func (o *Office) trait(c echo.Context) error {
	_, one, err := o.oneTrait(c)
	if err != nil {
		return err
	}
	return o.showTrait(c, http.StatusOK, one, o.traitInputs(one), nil)
}

func (o *Office) traitInputs(one *trait.Trait) inputs {
	in := inputs{"version": strconv.FormatInt(one.UpdatedAt.Milli(), 10), "name_en": one.Name.En, "name_zh": one.Name.Zh, "goods_en": one.Goods.En, "goods_zh": one.Goods.Zh,
		"who_en": one.Who.En, "who_zh": one.Who.Zh, "expires_days": strconv.Itoa(one.ExpiresDays)}
	for i, k := range one.Rule.Any {
		at := strconv.Itoa(i)
		in["what_"+at], in["tier_"+at] = k.Fact+":"+k.Is, k.Tier
		if k.Price > 0 {
			in["price_"+at] = k.Price.Decimal(o.Settings.Now().Currency())
		}
		for name, n := range map[string]int{"least_": k.AtLeast, "days_": k.Days} {
			if n > 0 {
				in[name+at] = strconv.Itoa(n)
			}
		}
	}
	return in
}

// traitNames are the inputs of the form: the words, and a row a condition.
func traitNames() []string {
	names := []string{"version", "name_en", "name_zh", "goods_en", "goods_zh", "who_en", "who_zh", "expires_days"}
	for i := range mostRows {
		for _, n := range []string{"what_", "tier_", "price_", "least_", "days_"} {
			names = append(names, n+strconv.Itoa(i))
		}
	}
	return names
}

func (o *Office) showTrait(c echo.Context, status int, one *trait.Trait, in inputs, failure error) error {
	ctx := c.Request().Context()
	rules, err := trait.Read(ctx, o.DB)
	if err != nil {
		return err
	}
	v := traitPage{Page: page(c, "admin.trait.new"), In: in, Errors: wrong(c, failure), On: true, Write: o.may(c, "chains.write"), Currency: string(o.Settings.Now().Currency()),
		Shelves: categoryChoices(c, rules.Tree, in["category"])}
	used := 0
	for i := range mostRows {
		if in["what_"+strconv.Itoa(i)] != "" {
			used = i + 1
		}
	}
	for i := range min(mostRows, used+spareRows) {
		row := conditionRowOf(c, rules, in, v.Errors, strconv.Itoa(i))
		row.N = i + 1
		v.Conditions = append(v.Conditions, row)
	}
	if one == nil {
		return web.Render(c, status, "admin/trait", v)
	}
	people, err := trait.Counts(ctx, o.DB)
	if err != nil {
		return err
	}
	v.Page, v.Path, v.Says, v.On, v.People = web.NewPage(c, one.Name.In(lang(c))), traitPath(one.Key), o.traitSays(c, rules, one), one.Active, people[one.Key]
	v.Counted = t(c, "admin.trait.uncounted")
	if !one.CountedAt.IsZero() {
		v.Counted = t(c, "admin.trait.counted", "date", i18n.DateTime(lang(c), one.CountedAt.In(o.Settings.Now().Zone())))
	}
	for _, l := range one.Links {
		v.Links = append(v.Links, linkRowOf(c, rules, l))
	}
	if err := o.tryTrait(c, rules, one, &v); err != nil {
		return err
	}
	return web.Render(c, status, "admin/trait", v)
}

func linkRowOf(c echo.Context, rules *trait.Rules, l trait.Link) linkRow {
	shelf, _ := rules.Tree.ByID(l.CategoryID)
	why := rules.Why(l)
	row := linkRow{Shelf: shelf.Name.In(lang(c)), Slug: shelf.Slug, Source: t(c, "admin.link.source."+l.Source), Why: t(c, "admin.link."+string(why)), Reason: l.Reason.In(lang(c)),
		On: l.Active, Shown: why == trait.Shown, Mine: l.Source == "author"}
	if l.People > 0 {
		row.Support = t(c, "admin.link.of", "n", l.Bought, "m", l.People)
		row.Expected, row.Lift = fmt.Sprintf("%.1f", l.Expected), fmt.Sprintf("%.2f", l.Lift)
		row.Interval = fmt.Sprintf("%.2f–%.2f", l.Low, l.High)
	}
	return row
}

func conditionRowOf(c echo.Context, rules *trait.Rules, in inputs, errs web.FormErrors, at string) conditionRow {
	row := conditionRow{At: at, Price: in["price_"+at], Least: in["least_"+at], Days: in["days_"+at],
		PriceName: "price_" + at, LeastName: "least_" + at, DaysName: "days_" + at,
		PriceError: errs.At("price_" + at), LeastError: errs.At("least_" + at), DaysError: errs.At("days_" + at)}
	chosen := in["what_"+at]
	row.What = []choice{{"", t(c, "admin.trait.fact.none"), chosen == ""}}
	add := func(fact, value string, name any) {
		v := fact + ":" + value
		row.What = append(row.What, choice{v, t(c, "admin.trait.fact."+fact, "what", name), v == chosen})
	}
	for _, k := range categoryChoices(c, rules.Tree, "")[1:] {
		if shelf, ok := rules.Tree.BySlug(k.Value); ok && !rules.Sensitive(shelf.ID) {
			add(trait.Bought, k.Value, k.Text)
		}
	}
	for _, v := range customer.Occupations {
		add("occupation", v, customer.OccupationName(v))
	}
	for _, kind := range []string{"life", "interest", "hobby"} {
		for _, v := range customer.Tiles(kind) {
			if !trait.Family(kind, v) {
				add(kind, v, customer.TileName(kind, v))
			}
		}
	}
	row.Tiers = choices(in["tier_"+at], []string{"", "plain", "good", "fine"}, func(v string) string {
		if v == "" {
			v = "any"
		}
		return t(c, "admin.trait.tier."+v)
	})
	return row
}

// tryTrait says what a trait does beside one product.
func (o *Office) tryTrait(c echo.Context, rules *trait.Rules, one *trait.Trait, v *traitPage) error {
	code := c.QueryParam("product")
	if code == "" {
		return nil
	}
	v.In["product"] = code
	ctx := c.Request().Context()
	p, err := catalog.ByCode(ctx, o.DB, strings.ToUpper(code))
	if errors.Is(err, fault.NotFound) {
		v.Tried = t(c, "admin.trait.try.unknown")
		return nil
	}
	if err != nil {
		return err
	}
	cards, err := catalog.Cards(ctx, o.DB, []catalog.ProductID{p.ID}, o.Settings.Now().Currency())
	if err != nil || len(cards) == 0 {
		return err
	}
	k := cards[0]
	says := "far"
	switch answer := rules.Speaks(one, k); {
	case !one.Active:
		says = "off"
	case k.Sensitive:
	case answer == trait.Yes:
		says = "yes"
	case answer == trait.No:
		says = "no"
	case rules.Near(one, rules.Tree.Department(k.CategoryID).ID):
		says = "near"
	}
	premise := t(c, "shop.suggest.presumed", "goods", one.Goods, "who", one.Who)
	v.Tried, v.TriedURL = t(c, "admin.trait.try."+says, "name", p.Name, "premise", premise), web.In(lang(c), "/p/"+p.Slug)
	return nil
}

// saveTrait stores a new inference, or the change of one.
func (o *Office) saveTrait(c echo.Context) error {
	var before *trait.Trait
	if param(c, "trait") != "" {
		var err error
		if _, before, err = o.oneTrait(c); err != nil {
			return err
		}
	}
	in, err := read(c, traitNames())
	var key string
	if err == nil {
		err = o.change(c, "trait.save", in["name_en"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			one := &trait.Trait{Active: true, Position: 1000}
			if before != nil {
				*one = *before
			} else {
				one.Key = catalog.Slug(in["name_en"])
			}
			key = one.Key
			return o.writeTrait(ctx, tx, c, one, before == nil, in, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showTrait(c, http.StatusUnprocessableEntity, before, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, traitPath(key), "admin.trait.saved")
}

func (o *Office) writeTrait(ctx context.Context, tx *db.Tx, c echo.Context, one *trait.Trait, fresh bool, in inputs, now time.Time) (string, error) {
	var form fault.Form
	fillTrait(&form, one, in, o.Settings.Now().Currency())
	if err := form.Err(); err != nil {
		return "", err
	}
	if fresh {
		if err := trait.Add(ctx, tx, one, now); err != nil {
			return "", err
		}
	} else {
		ms, err := strconv.ParseInt(in["version"], 10, 64)
		if err != nil {
			return "", fault.New(fault.Conflict, "trait.edited")
		}
		if err := trait.Edit(ctx, tx, one, db.At(time.UnixMilli(ms)), now); err != nil {
			return "", err
		}
	}
	rules := &trait.Rules{}
	var err error
	if rules.Tree, err = catalog.LoadTree(ctx, tx); err != nil {
		return "", err
	}
	return o.traitSays(c, rules, one), trait.Recount(ctx, tx, one.Key)
}

// fillTrait reads the form into a trait.
func fillTrait(form *fault.Form, one *trait.Trait, in inputs, currency money.Currency) {
	one.Name, one.Goods, one.Who = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, i18n.Text{En: in["goods_en"], Zh: in["goods_zh"]}, i18n.Text{En: in["who_en"], Zh: in["who_zh"]}
	one.ExpiresDays = whole(form, in, "expires_days")
	one.Rule = trait.Rule{}
	for i := range mostRows {
		at := strconv.Itoa(i)
		fact, is, ok := strings.Cut(in["what_"+at], ":")
		if !ok {
			continue
		}
		k := trait.Condition{Fact: fact, Is: is}
		if fact == trait.Bought { // the rest of a row counts for purchases only
			k.Tier, k.Price = in["tier_"+at], amount(form, in, "price_"+at, currency, false)
			k.AtLeast, k.Days = whole(form, in, "least_"+at), whole(form, in, "days_"+at)
		}
		one.Rule.Any = append(one.Rule.Any, k)
	}
}

// switchTrait turns an inference on or off.
func (o *Office) switchTrait(c echo.Context) error {
	_, one, err := o.oneTrait(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"on"})
	if err != nil {
		return err
	}
	state := "off"
	if in.On("on") {
		state = "on"
	}
	err = o.change(c, "trait.switch", one.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return state, trait.Switch(ctx, tx, one.Key, in.On("on"), now)
	})
	if err != nil {
		return err
	}
	return done(c, traitPath(one.Key), "admin.trait.switched."+state)
}

// linkTrait switches a link on or off, removes a written one, or writes one.
func (o *Office) linkTrait(c echo.Context) error {
	rules, one, err := o.oneTrait(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"do", "category", "reason_en", "reason_zh"})
	if err != nil {
		return err
	}
	shelf, ok := rules.Tree.BySlug(in["category"])
	says := map[string]string{"on": "admin.trait.switched.on", "off": "admin.trait.switched.off", "drop": "admin.link.dropped", "add": "admin.link.added"}[in["do"]]
	if says == "" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	err = o.change(c, "trait.link", one.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		detail := in["do"] + " " + in["category"]
		switch {
		case !ok:
			var form fault.Form
			form.Wrong("category", "trait.rule.shelf")
			return "", form.Err()
		case in["do"] == "add":
			return detail, trait.PutLink(ctx, tx, trait.Link{Trait: one.Key, CategoryID: shelf.ID, Reason: i18n.Text{En: in["reason_en"], Zh: in["reason_zh"]}}, now)
		case in["do"] == "drop":
			return detail, trait.DropLink(ctx, tx, one.Key, shelf.ID)
		}
		return detail, trait.SwitchLink(ctx, tx, one.Key, shelf.ID, in["do"] == "on")
	})
	if errors.Is(err, fault.Invalid) {
		have := o.traitInputs(one)
		for _, name := range []string{"category", "reason_en", "reason_zh"} {
			have[name] = in[name]
		}
		return o.showTrait(c, http.StatusUnprocessableEntity, one, have, err)
	}
	if err != nil {
		return err
	}
	return done(c, traitPath(one.Key), says)
}
