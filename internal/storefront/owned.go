package storefront

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/owner"
	"regulars/internal/web"
)

type (
	ownedPage struct {
		accountPage
		Notices []noticeBox
		Rows    []ownedRow
		Things  []choiceOption
	}
	// noticeBox is something safety or service asks whoever owns a thing to read.
	noticeBox struct {
		Title, Goods, Range, Body, Steps string
		Remedies                         []string
		Recall                           bool
		Action, Key, Write               string
	}
	ownedRow struct {
		Name, URL, Note string
		Tag, TagClass   string
		Order           link
		Manuals         []link
		New             *link
		Ask, Return     string
		Away            *awayBox
		Drop            string // of what is from elsewhere
	}
	awayBox struct {
		Slug, Number string
		Away         bool
	}
	choiceOption struct{ Value, Text string }
	ownedLine    struct {
		Text  string
		Links []link
	}
)

func (s *Shop) ownedRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/account/owned", s.owned)
	e.POST("/account/owned", s.tellOwned, slow)
	e.POST("/account/owned/away", s.giveAway, slow)
	e.POST("/account/owned/drop", s.dropOwned, slow)
	e.POST("/account/owned/notices/:notice", s.readNotice, slow)
	e.POST("/orders/:number/notices/:notice", s.readOrderNotice, slow)
}

// owned is what the account owns, with its warranty, manuals and what follows.
func (s *Shop) owned(c echo.Context) error {
	base, p, err := s.accountPage(c, "owned")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	page := ownedPage{accountPage: base}
	things, err := owner.Of(ctx, s.DB, p.CustomerID(), s.Settings.Now().WarrantyMonths())
	if err != nil {
		return err
	}
	unread, err := owner.Unread(ctx, s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	if page.Notices, err = s.noticeBoxes(c, unread, "/account/owned/notices/", ""); err != nil {
		return err
	}
	next, err := s.nextOf(c, p.CustomerID(), things)
	if err != nil {
		return err
	}
	manuals := map[catalog.ProductID][]link{}
	for i := range things {
		o := &things[i]
		if _, read := manuals[o.ProductID]; !read {
			if manuals[o.ProductID], err = s.manuals(c, o.ProductID); err != nil {
				return err
			}
		}
		page.Rows = append(page.Rows, s.ownedRow(c, o, manuals[o.ProductID], next[thing{o.ProductID, o.Version}]))
	}
	if page.Things, err = s.things(c, things); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "storefront/owned", page)
}

func (s *Shop) ownedRow(c echo.Context, o *owner.Owned, manuals []link, next *link) ownedRow {
	row := ownedRow{Name: in(c, o.Name), Manuals: manuals, New: next, Ask: web.URL(c, "/contact")}
	if o.Published {
		row.URL = web.URL(c, "/p/"+o.Slug)
	}
	if words := in(c, o.Choices); words != "" {
		row.Name = t(c, "owner.choices", "name", row.Name, "choices", words)
	}
	zone := s.Settings.Now().Zone()
	if o.Elsewhere() {
		if o.Version != "" {
			row.Name = t(c, "owner.version", "name", row.Name, "version", o.Version)
		}
		row.Note, row.Drop, row.Tag, row.TagClass = t(c, "owner.elsewhere"), o.Token, t(c, "owner.unproved"), "tag-warn"
		if o.Proved {
			row.Tag, row.TagClass = t(c, "owner.proved"), "tag-ok"
		}
		return row
	}
	row.Note = t(c, "owner.bought", "count", o.Units, "date", i18n.Date(web.Lang(c), o.Since.In(zone)))
	switch until := o.Until(); {
	case until.IsZero():
		row.Note += t(c, "owner.stop") + t(c, "owner.warranty.law")
	case until.After(s.Now()):
		row.Note += t(c, "owner.stop") + t(c, "owner.warranty.until", "date", i18n.Date(web.Lang(c), until.In(zone)))
	default:
		row.Note += t(c, "owner.stop") + t(c, "owner.warranty.over", "date", i18n.Date(web.Lang(c), until.In(zone)))
	}
	row.Order = link{URL: web.URL(c, "/orders/"+o.Number), Text: o.Number}
	row.Ask += "?order=" + url.QueryEscape(o.Number)
	row.Return = web.URL(c, "/orders/"+o.Number)
	row.Away = &awayBox{Slug: o.Slug, Number: o.Number, Away: o.Away}
	switch {
	case o.Away:
		row.Tag, row.TagClass, row.New = t(c, "owner.away"), "tag-info", nil
	case o.Coming >= o.Units:
		row.Tag, row.TagClass, row.New = t(c, "owner.coming"), "tag-info", nil
	}
	return row
}

// thing is a product, or an older version of it.
type thing struct {
	product catalog.ProductID
	version string
}

// nextOf says of things which newer version is sold, and what it costs who owns
// them: the price for owners while they have a right to it left.
func (s *Shop) nextOf(c echo.Context, id customer.ID, things []owner.Owned) (map[thing]*link, error) {
	ctx := c.Request().Context()
	rules, err := s.owners.Rules(ctx, s.DB)
	if err != nil {
		return nil, err
	}
	ids := make([]catalog.ProductID, len(things))
	for i := range things {
		ids[i] = things[i].ProductID
	}
	follows, err := owner.Successors(ctx, s.DB, ids)
	if err != nil {
		return nil, err
	}
	var special []catalog.VariantID
	for v := range rules {
		special = append(special, v)
	}
	slices.Sort(special)
	offers, err := catalog.Buyables(ctx, s.DB, special, s.currency(c))
	if err != nil {
		return nil, err
	}
	rights, err := owner.Rights(ctx, s.DB, id, special)
	if err != nil {
		return nil, err
	}
	out := map[thing]*link{}
	for i := range things {
		at := thing{things[i].ProductID, things[i].Version}
		for _, v := range special {
			b, ok := offers[v]
			fits := slices.ContainsFunc(rules[v], func(r owner.Rule) bool { return r.FromID == at.product && r.Version == at.version })
			if out[at] == nil && ok && fits && b.Published && b.Active && b.Priced && b.Available != 0 && rights[v].Left() > 0 {
				out[at] = &link{URL: web.URL(c, "/p/"+b.Slug+"?"+url.Values{"v": {b.SKU}}.Encode()), Text: t(c, "owner.upgrade", "name", b.Name, "price", b.Price)}
			}
		}
		if to, ok := follows[at.product]; ok && out[at] == nil && at.version == "" {
			p, err := catalog.ByID(ctx, s.DB, to)
			if err != nil {
				return nil, err
			}
			out[at] = &link{URL: web.URL(c, "/p/"+p.Slug), Text: t(c, "owner.newer", "name", p.Name)}
		}
	}
	return out, nil
}

// manuals are the articles about a product itself.
func (s *Shop) manuals(c echo.Context, id catalog.ProductID) ([]link, error) {
	list, err := ask.ArticlesOn(c.Request().Context(), s.DB, id, nil)
	var out []link
	for _, a := range list {
		if len(a.Products) > 0 {
			out = append(out, link{URL: web.URL(c, "/help/"+a.Slug), Text: in(c, a.Title)})
		}
	}
	return out, err
}

// things are what somebody may say they have from elsewhere: what others may be
// upgraded from.
func (s *Shop) things(c echo.Context, has []owner.Owned) ([]choiceOption, error) {
	rules, err := s.owners.Rules(c.Request().Context(), s.DB)
	var out []choiceOption
	for _, some := range rules {
		for _, r := range some {
			o := choiceOption{r.Slug + "|" + r.Version, r.Name(web.Lang(c))}
			known := slices.ContainsFunc(has, func(h owner.Owned) bool { return h.Elsewhere() && h.ProductID == r.FromID && h.Version == r.Version })
			if !known && !slices.Contains(out, o) {
				out = append(out, o)
			}
		}
	}
	slices.SortFunc(out, func(a, b choiceOption) int { return strings.Compare(a.Text, b.Text) })
	return out, err
}

// tellOwned notes what somebody has from elsewhere; staff confirm it before it
// gives a price.
func (s *Shop) tellOwned(c echo.Context) error {
	var in struct {
		Thing string `form:"thing,max=200"`
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	rules, err := s.owners.Rules(c.Request().Context(), s.DB)
	if err != nil {
		return err
	}
	for _, some := range rules {
		for _, r := range some {
			if r.Slug+"|"+r.Version != in.Thing {
				continue
			}
			err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
				return owner.Tell(ctx, tx, p.CustomerID(), r.FromID, r.Version, "", time.Time{}, s.Now())
			})
			if err != nil {
				return err
			}
			web.Flash(c, "ok", "owner.told", "name", r.Name(web.Lang(c)))
			return web.Redirect(c, "/account/owned")
		}
	}
	return fault.New(fault.NotFound, "owner.unknown")
}

func (s *Shop) dropOwned(c echo.Context) error {
	var in struct {
		Token string `form:"token,max=40"`
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return owner.Untell(ctx, tx, p.CustomerID(), in.Token) })
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "owner.dropped")
	return web.Redirect(c, "/account/owned")
}

func (s *Shop) giveAway(c echo.Context) error {
	var in struct {
		Number string `form:"number,max=20"`
		Slug   string `form:"slug,max=200"`
		Back   string `form:"back,max=5"`
	}
	p, err := s.member(c)
	if err != nil {
		return err
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return owner.GiveAway(ctx, tx, p.CustomerID(), in.Number, in.Slug, in.Back == "", s.Now())
	})
	if err != nil {
		return err
	}
	if in.Back != "" {
		web.Flash(c, "ok", "owner.away.back")
	} else {
		web.Flash(c, "ok", "owner.away.noted")
	}
	return web.Redirect(c, "/account/owned")
}

// noticeBoxes words notices; each is there until it was read.
func (s *Shop) noticeBoxes(c echo.Context, all []owner.Notice, action, key string) ([]noticeBox, error) {
	var out []noticeBox
	zone := s.Settings.Now().Zone()
	for i := range all {
		n := &all[i]
		p, err := catalog.ByID(c.Request().Context(), s.DB, n.ProductID)
		if err != nil {
			return nil, err
		}
		box := noticeBox{Title: in(c, n.Title), Goods: in(c, p.Name), Body: in(c, n.Body), Steps: in(c, n.Steps), Recall: n.Kind == owner.Recall,
			Action: web.URL(c, action+n.Token), Key: key, Write: web.URL(c, "/contact")}
		day := func(at db.Time) string { return i18n.Date(web.Lang(c), at.In(zone)) }
		switch {
		case !n.BoughtFrom.IsZero() && !n.BoughtUntil.IsZero():
			box.Range = t(c, "owner.range.both", "from", day(n.BoughtFrom), "until", day(db.At(n.BoughtUntil.Add(-1))))
		case !n.BoughtFrom.IsZero():
			box.Range = t(c, "owner.range.from", "from", day(n.BoughtFrom))
		case !n.BoughtUntil.IsZero():
			box.Range = t(c, "owner.range.until", "until", day(db.At(n.BoughtUntil.Add(-1))))
		}
		for _, r := range n.Offers() {
			box.Remedies = append(box.Remedies, t(c, "owner.remedy."+r))
		}
		out = append(out, box)
	}
	return out, nil
}

func (s *Shop) readNotice(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return owner.Read(ctx, tx, c.Param("notice"), p.CustomerID(), 0, s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "owner.read")
	return web.Redirect(c, "/account/owned")
}

// readOrderNotice is the same for whoever holds the order's key.
func (s *Shop) readOrderNotice(c echo.Context) error {
	var in struct {
		Key string `form:"key,max=100"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	o, err := s.orderFor(c, in.Key)
	if err != nil {
		return err
	}
	var id customer.ID
	if o.CustomerID != nil {
		id = *o.CustomerID
	}
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return owner.Read(ctx, tx, c.Param("notice"), id, o.ID, s.Now())
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "owner.read")
	return web.Redirect(c, "/orders/"+o.Number+query(in.Key))
}

// orderNotices are what safety and service ask whoever sees an order to read.
func (s *Shop) orderNotices(c echo.Context, p *orderPage, o *order.Order, key string) error {
	all, err := owner.OfOrder(c.Request().Context(), s.DB, o)
	if err == nil {
		p.Notices, err = s.noticeBoxes(c, all, "/orders/"+o.Number+"/notices/", key)
	}
	return err
}

// ownsLine is the one line by which a product's page says to its owner that
// they own it, or what it follows: only where personal pages are allowed.
func (s *Shop) ownsLine(c echo.Context, d *catalog.Detail) (*ownedLine, error) {
	p, err := s.person(c)
	if err != nil || !p.SignedIn() || !p.Personalized() {
		return nil, err
	}
	things, err := owner.OfProduct(c.Request().Context(), s.DB, p.CustomerID(), d.ID, s.Settings.Now().WarrantyMonths())
	if err != nil {
		return nil, err
	}
	things = slices.DeleteFunc(things, func(o owner.Owned) bool { return o.Away || o.Coming >= o.Units })
	if len(things) == 0 {
		return nil, nil
	}
	o := &things[0]
	line := &ownedLine{Text: t(c, "owner.line.elsewhere", "name", o.Name)}
	if o.Version != "" {
		line.Text = t(c, "owner.line.elsewhere", "name", t(c, "owner.version", "name", o.Name, "version", o.Version))
	}
	if !o.Elsewhere() {
		line.Text = t(c, "owner.line", "name", o.Name, "date", i18n.Date(web.Lang(c), o.Since.In(s.Settings.Now().Zone())))
	}
	if line.Links, err = s.manuals(c, o.ProductID); err != nil {
		return nil, err
	}
	next, err := s.nextOf(c, p.CustomerID(), things[:1])
	if err != nil {
		return nil, err
	}
	if to := next[thing{o.ProductID, o.Version}]; to != nil && (o.Version != "" || o.ProductID != d.ID || strings.Contains(to.URL, "?")) {
		line.Links = append(line.Links, *to)
	}
	line.Links = append(line.Links, link{URL: web.URL(c, "/account/owned"), Text: t(c, "shop.account.owned")})
	return line, nil
}

// forOwners says on a product's page, to everybody alike, that the chosen
// variant is for owners.
func (s *Shop) forOwners(c echo.Context, v catalog.VariantID) (string, error) {
	rules, err := s.owners.Rules(c.Request().Context(), s.DB)
	if err != nil || len(rules[v]) == 0 {
		return "", err
	}
	return t(c, "owner.only", "name", owner.RuleText(rules[v])), nil
}

// mayOwn refuses to put a variant for owners into the cart of who owns none.
func (s *Shop) mayOwn(c echo.Context, v catalog.VariantID, qty int) error {
	ctx := c.Request().Context()
	rules, err := s.owners.Rules(ctx, s.DB)
	if err != nil || len(rules[v]) == 0 {
		return err
	}
	p, err := s.person(c)
	if err != nil {
		return err
	}
	var id customer.ID
	if p.SignedIn() {
		id = p.CustomerID()
	}
	rights, err := owner.Rights(ctx, s.DB, id, []catalog.VariantID{v})
	if err != nil {
		return err
	}
	if no := rights[v].Refusal(qty, id != 0); no != nil {
		return no
	}
	return nil
}

// withoutRight marks the lines of a cart that its owner has no right to.
func (s *Shop) withoutRight(c echo.Context, p *cartPage, view *cart.View) error {
	rules, err := s.owners.Rules(c.Request().Context(), s.DB)
	if err != nil || !slices.ContainsFunc(view.Items, func(i cart.Item) bool { return len(rules[i.Line.VariantID]) > 0 }) {
		return err
	}
	no, err := checkout.Unentitled(c.Request().Context(), s.DB, view)
	for i, item := range view.Items {
		if f := no[item.Line.VariantID]; f != nil {
			p.Lines[i].Change, p.Blocked = t(c, f.Words, f.Args...), true
		}
	}
	return err
}
