package storefront

import (
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/staff"
	"regulars/internal/web"
)

type (
	timeStep struct {
		Name, Text, Date, Stamp string
		Done, Now               bool
	}
	orderPage struct {
		web.Page
		Number, Heading, Lead string
		StateText, StateTag   string
		Survey                *surveyLink
		Notices               []noticeBox
		Refresh               bool
		Steps                 []timeStep
		Lines                 []orderLine
		Sums                  []sum
		Address               []string
		Email                 string
		Key                   string
		CanPay                bool
		Stopped               *stopped
		After                 string // what is left to do for the shopper
		AfterRows             []sum
		PayText               string
		CanChange             bool // the shopper may still cancel
		CanReaddress          bool
		Change                checkout.Address
		ChangeErrors          web.FormErrors
		CancelText            string
		Notice                string
		Parcels               []parcel
		Invoice               string // its page; "" if none was issued
		Credits               []link
		Backs                 []moneyBack
		Returns               []returnRow
		ReturnText            string // until when goods can be sent back; "" if they cannot
		WithdrawText          string // the same of withdrawing from the contract
		Cross                 *shelf // what goes with it, while the page is the confirmation
		OfferAccount          bool
		AccountErrors         web.FormErrors
		Service               service
	}
	parcel struct {
		Title, Date, Stamp, Carrier, Tracking, URL string
		Lines                                      []string
	}
	orderLine struct {
		URL, Name, Choices, Qty, Total string
		Picture                        picture
		Wait                           string   // it has yet to come
		Inside                         []string // of a bundle
		Review                         string   // where it can be reviewed; "" before it is there
	}
)

// orderFor is the order of the address, for whoever holds its key or owns it.
// Everybody else learns nothing, not even that it is there.
func (s *Shop) orderFor(c echo.Context, key string) (*order.Order, error) {
	ctx, number := c.Request().Context(), order.CleanNumber(c.Param("number"))
	if key != "" {
		return order.ByAccess(ctx, s.DB, number, key)
	}
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	if !p.SignedIn() {
		return nil, ended()
	}
	o, err := order.ByNumber(ctx, s.DB, number)
	if err != nil {
		return nil, err
	}
	if o.CustomerID == nil || *o.CustomerID != p.CustomerID() {
		return nil, ended()
	}
	return o, nil
}

func (s *Shop) order(c echo.Context) error {
	key := c.QueryParam("key")
	o, err := s.orderFor(c, key)
	if err != nil {
		return err
	}
	if c.QueryParam("back") != "" { // from a provider's page: it may know already
		if o, err = s.caught(c, o); err != nil {
			return err
		}
	}
	page, err := s.orderPage(c, o, key)
	if err != nil {
		return err
	}
	web.Private(c)
	s.leadToProviders(c)
	s.showed(c)
	return web.Render(c, http.StatusOK, "storefront/order", page)
}

func (s *Shop) caught(c echo.Context, o *order.Order) (*order.Order, error) {
	ctx := c.Request().Context()
	news, err := s.Desk.Pay.Catch(ctx, s.DB, o, s.Now())
	if err != nil || !news {
		return o, err
	}
	return order.ByID(ctx, s.DB, o.ID)
}

func (s *Shop) orderPage(c echo.Context, o *order.Order, key string) (*orderPage, error) {
	ctx := c.Request().Context()
	lines, err := order.Lines(ctx, s.DB, o.ID)
	if err != nil {
		return nil, err
	}
	past, err := order.Past(ctx, s.DB, o.ID)
	if err != nil {
		return nil, err
	}
	p := &orderPage{Page: s.page(c, "shop.order.title", "number", o.Number), Number: o.Number, Email: o.Email, Key: key}
	p.NoIndex = true
	if p.Service, err = s.serviceFor(c, o.Number, true); err != nil {
		return nil, err
	}
	p.Refresh = o.PaymentState == order.Processing && o.State == order.StatePlaced
	p.Other = web.In(other(p.Lang), "/orders/"+o.Number+query(key))
	p.StateText, p.StateTag = t(c, "order.payment."+string(o.PaymentState)), stateTag(o)
	p.Heading, p.Lead = s.orderWords(c, o)
	if err := s.parcels(c, p, o, lines); err != nil {
		return nil, err
	}
	if err := s.orderNotices(c, p, o, key); err != nil {
		return nil, err
	}
	if err := s.moneyBacks(c, p, o, key); err != nil {
		return nil, err
	}
	if err := s.returns(c, p, o, lines); err != nil {
		return nil, err
	}
	if err := s.orderLines(c, p, o, lines); err != nil {
		return nil, err
	}
	if err := s.paidBy(c, p, o); err != nil {
		return nil, err
	}
	waits, err := s.goods(c, p, o, lines)
	if err != nil {
		return nil, err
	}
	if p.Steps = s.timeline(c, o, past); waits {
		s.waitWords(c, p, o)
	}
	for _, text := range []string{o.Name, o.Line1, o.Line2, strings.TrimSpace(o.Postcode + " " + o.City), o.Region, countryName(c, o.Country), o.Phone} {
		if text != "" {
			p.Address = append(p.Address, text)
		}
	}
	p.CanChange, p.CancelText = o.Changeable(), t(c, "shop.order.cancel.unpaid")
	p.CanReaddress, p.Change = p.CanChange && o.Line1 != "", checkout.AddressOf(o)
	if !o.PaidAt.IsZero() && o.Total > 0 {
		p.CancelText = t(c, "shop.order.cancel.paid", "total", o.Price())
	}
	person, err := s.person(c)
	if err != nil {
		return nil, err
	}
	p.OfferAccount = key != "" && !person.SignedIn() && o.CustomerID == nil && o.State != order.Cancelled
	return p, s.withOrder(c, p, o, lines)
}

// parcels shows each parcel of the order, and says so when more will follow.
func (s *Shop) parcels(c echo.Context, p *orderPage, o *order.Order, lines []order.Line) error {
	all, err := order.Parcels(c.Request().Context(), s.DB, o.ID)
	if err != nil {
		return err
	}
	zone := s.Settings.Now().Zone()
	for _, k := range all {
		v := parcel{Title: t(c, "shop.parcel", "count", k.Position), Date: s.stamp(c, k.At), Stamp: k.At.In(zone).Format("2006-01-02T15:04:05Z07:00"),
			Carrier: k.Carrier, Tracking: k.Tracking, URL: k.URL}
		for _, units := range k.Lines {
			for _, l := range lines {
				if l.ID == units.LineID {
					v.Lines = append(v.Lines, t(c, "shop.parcel.line", "qty", units.Qty, "name", strings.TrimSpace(in(c, l.Name)+" "+in(c, l.Choices))))
				}
			}
		}
		p.Parcels = append(p.Parcels, v)
	}
	if len(all) > 0 && o.State == order.StatePlaced && o.DeliveryState == order.Unshipped {
		p.Heading, p.Lead = t(c, "shop.order.partly.title"), t(c, "shop.order.partly.lead")
	}
	return nil
}

func query(key string) string {
	if key == "" {
		return ""
	}
	return "?key=" + key
}

func countryName(c echo.Context, code string) string {
	k, ok := checkout.CountryOf(code)
	if !ok {
		return code
	}
	return in(c, k.Name)
}

func stateTag(o *order.Order) string {
	switch {
	case o.State == order.Cancelled || o.PaymentState == order.Failed:
		return "tag-error"
	case o.PaymentState == order.Paid:
		return "tag-ok"
	case o.PaymentState == order.Refunded || o.PaymentState == order.PartlyRefunded:
		return "tag-info"
	}
	return "tag-warn"
}

// orderWords says in one heading and one sentence where the order stands and
// what happens next.
func (s *Shop) orderWords(c echo.Context, o *order.Order) (heading, lead string) {
	state := string(o.PaymentState)
	switch {
	case o.State == order.Cancelled:
		state = "cancelled"
	case o.DeliveryState == order.Shipped || o.DeliveryState == order.Delivered || o.DeliveryState == order.Returned:
		state = string(o.DeliveryState)
	case o.PaymentState == order.Paid:
		if o.DeliveryCode == "" {
			state = "paid.digital"
		}
	}
	if state == "shipped" && o.DeliveryBy.IsZero() {
		state = "shipped.undated"
	}
	zone := s.Settings.Now().Zone()
	hold := s.money(c, o.Total, o.Currency)
	return t(c, "shop.order."+state+".title"), t(c, "shop.order."+state+".lead", "email", o.Email, "total", hold, "date", o.DeliveryBy.In(zone))
}

// timeline is what happened and what comes next, in plain words.
func (s *Shop) timeline(c echo.Context, o *order.Order, past []order.History) []timeStep {
	at := func(axis order.Axis, state string) db.Time {
		var last db.Time
		for _, h := range past {
			if h.Axis == axis && h.ToState == state {
				last = h.At
			}
		}
		return last
	}
	zone := s.Settings.Now().Zone()
	step := func(key string, when db.Time, done, now bool) timeStep {
		v := timeStep{Name: t(c, "shop.step."+key), Done: done, Now: now}
		if done && !when.IsZero() {
			v.Date, v.Stamp = s.stamp(c, when), when.In(zone).Format("2006-01-02T15:04:05Z07:00")
		}
		if now {
			v.Text = t(c, "shop.step."+key+".now")
		}
		return v
	}
	steps := []timeStep{step("placed", o.PlacedAt, true, false)}
	if o.State == order.Cancelled {
		if !o.PaidAt.IsZero() {
			steps = append(steps, step("paid", o.PaidAt, true, false))
		}
		steps = append(steps, step("cancelled", o.ClosedAt, true, false))
		if o.PaymentState == order.Refunded {
			steps = append(steps, step("refunded", at(order.PaymentAxis, "refunded"), true, false))
		}
		return steps
	}
	paid := !o.PaidAt.IsZero()
	waiting := map[order.Payment]string{order.Processing: "confirming", order.Failed: "declined"}[o.PaymentState]
	if waiting == "" {
		waiting = "paid"
	}
	if !o.AtDoor {
		steps = append(steps, step(waiting, o.PaidAt, paid, !paid))
	}
	shipped := o.DeliveryState == order.Shipped || o.DeliveryState == order.Delivered || o.DeliveryState == order.Returned
	steps = append(steps, step("packing", db.Time{}, shipped, (paid || o.AtDoor) && !shipped),
		step("shipped", at(order.DeliveryAxis, "shipped"), shipped, o.DeliveryState == order.Shipped),
		step("delivered", at(order.DeliveryAxis, "delivered"), o.DeliveryState == order.Delivered || o.DeliveryState == order.Returned, false))
	if o.AtDoor { // the money comes last
		steps = append(steps, step(waiting, o.PaidAt, paid, !paid && o.DeliveryState == order.Delivered))
	}
	return steps
}

func (s *Shop) stamp(c echo.Context, at db.Time) string {
	text, err := web.NewPage(c, "").DateTime(at)
	if err != nil {
		return ""
	}
	return text
}

func (s *Shop) orderLines(c echo.Context, p *orderPage, o *order.Order, lines []order.Line) error {
	var ids []catalog.ProductID
	for _, l := range lines {
		ids = append(ids, l.ProductID)
	}
	cards, err := catalog.Cards(c.Request().Context(), s.DB, unique(ids), o.Currency)
	if err != nil {
		return err
	}
	known := map[catalog.ProductID]catalog.Card{}
	for _, k := range cards {
		known[k.ID] = k
	}
	for _, l := range lines {
		view := orderLine{Name: in(c, l.Name), Choices: in(c, l.Choices), Qty: t(c, "shop.checkout.qty", "count", l.Qty), Total: s.money(c, l.Total, o.Currency),
			Picture: s.picture(c, known[l.ProductID].Image, art.Whole)}
		if slug := known[l.ProductID].Slug; slug != "" {
			view.URL = web.URL(c, "/p/"+slug)
			view.Review = reviewURL(c, slug, o, p.Key)
		}
		if l.CancelledQty > 0 {
			view.Qty += t(c, "shop.order.line-cancelled", "count", l.CancelledQty)
		}
		p.Lines = append(p.Lines, view)
	}
	p.Sums, err = s.orderSums(c, o)
	return err
}

// orderSums are the amounts of an order as they were frozen.
func (s *Shop) orderSums(c echo.Context, o *order.Order) ([]sum, error) {
	all, err := order.Sums(c.Request().Context(), s.DB, o)
	var sums []sum
	for _, a := range all {
		row := sum{Name: in(c, a.Name), Value: s.money(c, a.Amount, o.Currency)}
		switch {
		case a.Kind == "tax" && o.TaxIncluded:
			row.Name = t(c, "shop.sum.tax")
		case a.Kind == "tax":
			row.Name = t(c, "shop.sum.tax.added")
		case a.Kind == "less" && row.Name == "":
			row.Name = t(c, "shop.sum.discount")
		case a.Kind == "goods":
			row.Name = t(c, "shop.sum.subtotal")
		case a.Kind == "total":
			row.Name, row.Class = t(c, "shop.sum.total"), "sums-total"
		}
		if a.Kind == "less" {
			row.Class = "sums-less"
		}
		sums = append(sums, row)
	}
	return sums, err
}

// payAgain leads back to paying after a decline, or after the shopper left.
func (s *Shop) payAgain(c echo.Context) error {
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
	if o.PaymentState == order.Failed {
		if err := s.Desk.AdmitPayment(c.Request().Context(), c.RealIP()); err != nil {
			if fault.Kind(err) == fault.TooMany {
				s.Alarms.Sound(staff.AlarmCards, staff.Network(c.RealIP()), s.Now())
			}
			return s.notChanged(c, o.ID, in.Key, nil, err)
		}
	}
	placed, err := s.Desk.Retry(c.Request().Context(), o.ID)
	if checkout.TriedOut(err) {
		s.Alarms.Sound(staff.AlarmOrder, o.Number, s.Now())
	}
	if err != nil {
		return err
	}
	return s.toPayment(c, placed)
}

// accountFromOrder makes an account of an order's address and a password. The
// answer is the same whether the address had one; its mail says which.
func (s *Shop) accountFromOrder(c echo.Context) error {
	var in struct {
		Key      string `form:"key,max=100"`
		Password string `form:"password,raw,max=200"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	o, err := s.orderFor(c, in.Key)
	if err != nil {
		return err
	}
	if in.Key == "" {
		return ended()
	}
	if err := customer.CheckPassword(in.Password, o.Email); err != nil {
		page, pageErr := s.orderPage(c, o, in.Key)
		if pageErr != nil {
			return pageErr
		}
		page.AccountErrors = web.Errors(c, err)
		web.Private(c)
		return web.Render(c, http.StatusUnprocessableEntity, "storefront/order", page)
	}
	e := entered{Name: o.Name, Phone: o.Phone, Country: o.Country, Line1: o.Line1, Line2: o.Line2, City: o.City, Region: o.Region, Postcode: o.Postcode}
	if err := s.register(c, customer.SignUpForm{Email: o.Email, Name: o.Name, Country: o.Country, Source: "order"}, e.typed(), in.Password); err != nil {
		return err
	}
	web.Flash(c, "ok", "shop.signup.done", "email", o.Email)
	return web.Redirect(c, "/orders/"+o.Number+"?key="+in.Key)
}
