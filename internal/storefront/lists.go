package storefront

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/money"
	"regulars/internal/shoplist"
	"regulars/internal/web"
)

type (
	listsPage struct {
		accountPage
		Name  string // as it was typed
		Lists []keptRow
		Gone  []keptRow // deleted lately
		Most  int
	}
	// keptRow is a list among others.
	keptRow struct{ Token, URL, Name, Note string }
	// keptPage is one list.
	keptPage struct {
		accountPage
		Token, Name   string
		Lines         []keptLine
		Can           bool   // something of it can be had
		Out           string // in words, what cannot
		Weeks         []option
		Next          string // in words, when it is brought up
		Allow         *consentRow
		Form          keptForm
		Most, Longest int
	}
	keptLine struct {
		SKU, URL, Name, Choices, Unit, Total, Out, Note string
		Qty                                             int
		Picture                                         picture
		Typed                                           *keptForm // what was refused
	}
	keptForm struct {
		Name string `form:"name,max=300"`
		SKU  string `form:"sku,max=80"`
		Qty  int    `form:"qty"`
		Note string `form:"note,max=1000"`
		Drop bool   `form:"drop"`
	}
)

func (s *Shop) keptRoutes(slow echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/account/lists", s.lists)
	e.POST("/account/lists", s.makeList, slow)
	e.GET("/account/lists/save", s.askList)
	e.POST("/account/lists/save", s.saveToList, slow)
	e.GET("/account/lists/:token", s.keptList)
	e.POST("/account/lists/:token", s.renameList, slow)
	e.POST("/account/lists/:token/line", s.setListLine, slow)
	e.POST("/account/lists/:token/cart", s.takeList, slow)
	e.POST("/account/lists/:token/remind", s.remindList, slow)
	e.POST("/account/lists/:token/drop", s.dropList, slow)
	e.POST("/account/lists/:token/back", s.putListBack, slow)
	e.POST("/order-list/keep", s.keepPicks, slow)
}

func listPath(token string) string { return "/account/lists/" + token }

func (s *Shop) lists(c echo.Context) error { return s.listsWith(c, http.StatusOK, "", nil) }

func (s *Shop) listsWith(c echo.Context, status int, name string, failed error) error {
	base, p, err := s.accountPage(c, "lists")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := listsPage{accountPage: base, Name: name, Most: shoplist.MostLists}
	all, err := shoplist.Of(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	for _, l := range all {
		row := keptRow{l.Token, web.URL(c, listPath(l.Token)), l.Name, t(c, "lists.count", "count", l.Lines)}
		if !l.DroppedAt.IsZero() {
			row.Note = t(c, "lists.gone.until", "date", l.DroppedAt.Add(shoplist.PutBackFor).In(base.Zone))
			page.Gone = append(page.Gone, row)
			continue
		}
		if l.Weeks > 0 {
			row.Note += " · " + t(c, "lists.reminds", "count", l.Weeks)
		}
		page.Lists = append(page.Lists, row)
	}
	return web.Render(c, status, "storefront/lists", page)
}

func (s *Shop) makeList(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in keptForm
	var made *shoplist.List
	if err = web.Form(c, &in); err == nil {
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) (err error) {
			made, err = shoplist.Make(ctx, tx, p.CustomerID(), in.Name, s.Now())
			return err
		})
	}
	if fault.Kind(err) == fault.Invalid {
		return s.listsWith(c, http.StatusUnprocessableEntity, in.Name, err)
	}
	if err != nil {
		return err
	}
	return web.Redirect(c, listPath(made.Token))
}

func (s *Shop) keptList(c echo.Context) error { return s.listWith(c, http.StatusOK, nil, nil) }

// listWith is a list's page, with a form that was refused.
func (s *Shop) listWith(c echo.Context, status int, in *keptForm, failed error) error {
	base, p, err := s.accountPage(c, "lists")
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	l, err := shoplist.ByToken(ctx, s.DB, p.CustomerID(), c.Param("token"))
	if err != nil {
		return err
	}
	base.Errors, base.Heading, base.Title = web.Errors(c, failed), l.Name, l.Name
	page := keptPage{accountPage: base, Token: l.Token, Name: l.Name, Most: cart.MostOf, Longest: shoplist.MostWeeks}
	if in != nil && in.SKU == "" {
		page.Name = in.Name
	}
	items, err := shoplist.Items(ctx, s.DB, l.ID)
	if err != nil {
		return err
	}
	if err := s.keptLines(c, &page, items, in); err != nil {
		return err
	}
	if err := s.keptReminder(c, &page, p, l); err != nil {
		return err
	}
	return web.Render(c, status, "storefront/list", page)
}

func (s *Shop) keptLines(c echo.Context, page *keptPage, items []shoplist.Item, typed *keptForm) error {
	ids := make([]catalog.VariantID, len(items))
	for i := range items {
		ids[i] = items[i].VariantID
	}
	there, err := catalog.Buyables(c.Request().Context(), s.DB, ids, s.currency(c))
	if err != nil {
		return err
	}
	out := 0
	for _, i := range items {
		b, ok := there[i.VariantID]
		if !ok {
			continue
		}
		row := s.pickRow(c, b, i.Qty)
		l := keptLine{SKU: b.SKU, URL: row.URL, Name: in(c, b.Name), Choices: in(c, b.Choices), Out: row.Out, Note: i.Note, Qty: i.Qty, Picture: s.picture(c, b.Image, art.Whole)}
		if row.Out == "" {
			page.Can = true
			l.Unit, l.Total = t(c, "shop.cart.each", "price", b.Price), s.money(c, b.Price.Amount*money.Amount(i.Qty), b.Price.Currency)
		} else {
			out++
		}
		if typed != nil && typed.SKU == b.SKU {
			l.Typed = typed
		}
		page.Lines = append(page.Lines, l)
	}
	if out > 0 {
		page.Out = t(c, "lists.out", "count", out)
	}
	return nil
}

// renameList gives the list another name.
func (s *Shop) renameList(c echo.Context) error {
	return s.changeList(c, "lists.renamed", func(ctx context.Context, tx *db.Tx, owner customer.ID, in *keptForm) error {
		return shoplist.Rename(ctx, tx, owner, c.Param("token"), in.Name, s.Now())
	})
}

// setListLine sets how many of something the list has, with a note, or takes it off.
func (s *Shop) setListLine(c echo.Context) error {
	return s.changeList(c, "lists.saved", func(ctx context.Context, tx *db.Tx, owner customer.ID, in *keptForm) error {
		v, err := catalog.VariantBySKU(ctx, tx, in.SKU)
		if err != nil {
			return err
		}
		switch {
		case in.Drop:
			in.Qty = 0
		case in.Qty < 1: // taken off by its own button alone
			in.Qty = -1
		}
		return shoplist.Set(ctx, tx, owner, c.Param("token"), v.ID, in.Qty, in.Note, s.Now())
	})
}

// changeList reads a form of the list's page, changes it and leads back to it;
// what was refused is shown as it was typed.
func (s *Shop) changeList(c echo.Context, done string, change func(context.Context, *db.Tx, customer.ID, *keptForm) error) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in keptForm
	if err = web.Form(c, &in); err == nil {
		err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			again := in
			return change(ctx, tx, p.CustomerID(), &again)
		})
	}
	if fault.Kind(err) == fault.Invalid {
		return s.listWith(c, http.StatusUnprocessableEntity, &in, err)
	}
	if err != nil {
		return err
	}
	web.Flash(c, "ok", done)
	return web.Redirect(c, listPath(c.Param("token")))
}

// takeList puts all of a list into the cart, as a pasted order comes there.
func (s *Shop) takeList(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	l, err := shoplist.ByToken(ctx, s.DB, p.CustomerID(), c.Param("token"))
	if err != nil {
		return err
	}
	items, err := shoplist.Items(ctx, s.DB, l.ID)
	if err != nil {
		return err
	}
	if len(items) == 0 {
		web.Flash(c, "warn", "lists.empty.cart")
		return web.Redirect(c, listPath(l.Token))
	}
	wishes := make([]cart.Wish, len(items))
	for i, it := range items {
		wishes[i] = cart.Wish{Variant: it.VariantID, Qty: it.Qty}
	}
	return s.takeWishes(c, wishes, nil)
}

func (s *Shop) dropList(c echo.Context) error {
	return s.drop(c, "/account/lists#deleted", func(ctx context.Context, tx *db.Tx, owner customer.ID, token string) error {
		return shoplist.Drop(ctx, tx, owner, token, s.Now())
	})
}

func (s *Shop) putListBack(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	token := c.Param("token")
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return shoplist.PutBack(ctx, tx, p.CustomerID(), token, s.Now())
	})
	if fault.Kind(err) == fault.Invalid { // as many as one may keep stand already
		return s.listsWith(c, http.StatusUnprocessableEntity, "", err)
	}
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "lists.back.done")
	return web.Redirect(c, listPath(token))
}

// keepBox is the form that saves to a list: of a variant, or of what a pasted
// order was read as.
type keepBox struct {
	SKU    string
	Lists  []option
	On     []keptRow // that have it already
	New    string    // a name as it was typed
	Qty    int
	Most   int
	Errors web.FormErrors
}

// savePage asks which list something goes on.
type savePage struct {
	accountPage
	Name, Back string
	Box        *keepBox
}

// saveURL leads there: a link on the product's page, the same for everybody.
func saveURL(sku string) string { return "/account/lists/save?" + url.Values{"sku": {sku}}.Encode() }

// keepBox is what whoever asks may save a variant to.
func (s *Shop) keepBox(c echo.Context, p *customer.Person, v *catalog.Variant, in *saveForm, failed error) (*keepBox, error) {
	box := &keepBox{SKU: v.SKU, Qty: 1, Most: cart.MostOf, Errors: web.Errors(c, failed)}
	chosen := ""
	if in != nil {
		box.New, box.Qty, chosen = in.Name, in.Qty, in.List
	}
	all, err := shoplist.With(c.Request().Context(), s.DB, p.CustomerID(), v.ID)
	if err != nil {
		return nil, err
	}
	for i, l := range all {
		if l.Lines > 0 {
			box.On = append(box.On, keptRow{URL: web.URL(c, listPath(l.Token)), Name: t(c, "lists.on", "name", l.Name, "count", l.Lines)})
		}
		box.Lists = append(box.Lists, option{l.Token, l.Name, l.Token == chosen || in == nil && i == 0})
	}
	if len(box.Lists) > 0 {
		box.Lists = append(box.Lists, option{"", t(c, "lists.new"), in != nil && chosen == ""})
	}
	return box, nil
}

// saveForm chooses a list, or names a new one.
type saveForm struct {
	SKU  string   `form:"sku,max=80"`
	List string   `form:"list,max=80"`
	Name string   `form:"name,max=300"`
	Qty  int      `form:"qty"`
	Pick []string `form:"pick,max=120"`
}

// askList shows the lists that what a SKU names may go on.
func (s *Shop) askList(c echo.Context) error {
	if _, err := s.member(c); err != nil {
		return err
	}
	v, err := catalog.VariantBySKU(c.Request().Context(), s.DB, c.QueryParam("sku"))
	if err != nil {
		return err
	}
	return s.listsFor(c, http.StatusOK, v, nil, nil)
}

func (s *Shop) listsFor(c echo.Context, status int, v *catalog.Variant, in *saveForm, failed error) error {
	base, p, err := s.accountPage(c, "lists")
	if err != nil {
		return err
	}
	d, err := catalog.Detailed(c.Request().Context(), s.DB, v.ProductID, s.currency(c))
	if err != nil {
		return err
	}
	if !d.Published { // a SKU that was guessed names nothing yet
		return fault.New(fault.NotFound, "error.not-found")
	}
	page := savePage{accountPage: base, Name: d.Name.In(web.Lang(c)), Back: web.URL(c, "/p/"+d.Slug+"?"+url.Values{"v": {v.SKU}}.Encode())}
	if words := catalog.ChoiceText(d.Options, v.Choices).In(web.Lang(c)); words != "" {
		page.Name += " · " + words
	}
	if page.Box, err = s.keepBox(c, p, v, in, failed); err != nil {
		return err
	}
	return web.Render(c, status, "storefront/list-save", page)
}

// saveToList keeps something on a list.
func (s *Shop) saveToList(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	in := saveForm{Qty: 1}
	failed := web.Form(c, &in)
	ctx := c.Request().Context()
	v, err := catalog.VariantBySKU(ctx, s.DB, in.SKU)
	if err != nil {
		return err
	}
	if failed == nil && (in.Qty < 1 || in.Qty > cart.MostOf) {
		var form fault.Form
		form.Wrong("qty", "lists.qty", "most", cart.MostOf)
		failed = form.Err()
	}
	product, err := catalog.ByID(ctx, s.DB, v.ProductID)
	if err != nil {
		return err
	}
	if !product.Published {
		return fault.New(fault.NotFound, "error.not-found")
	}
	if failed == nil {
		failed = s.keepOn(c, p, &in, []shoplist.Item{{VariantID: v.ID, Qty: in.Qty}})
	}
	if fault.Kind(failed) == fault.Invalid {
		return s.listsFor(c, http.StatusUnprocessableEntity, v, &in, failed)
	}
	if failed != nil {
		return failed
	}
	return web.Redirect(c, "/p/"+product.Slug+"?"+url.Values{"v": {v.SKU}}.Encode())
}

// keepOn puts goods on the list that a form chose, or on a new one, and says so.
func (s *Shop) keepOn(c echo.Context, p *customer.Person, in *saveForm, items []shoplist.Item) error {
	var name string
	left, chosen := 0, in.List
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		token := chosen // run again, what was made before is gone
		if token == "" {
			made, err := shoplist.Make(ctx, tx, p.CustomerID(), in.Name, s.Now())
			if err != nil {
				return err
			}
			token = made.Token
		}
		l, err := shoplist.ByToken(ctx, tx, p.CustomerID(), token)
		if err != nil {
			return err
		}
		in.List, name = token, l.Name
		left, err = shoplist.Put(ctx, tx, p.CustomerID(), token, items, s.Now())
		return err
	})
	switch {
	case err != nil:
		in.List = chosen
	case left > 0:
		web.Flash(c, "warn", "lists.full", "name", name, "count", left, "most", strconv.Itoa(shoplist.MostLines))
	default:
		web.Flash(c, "ok", "lists.kept", "name", name)
	}
	return err
}

// keepPicks keeps what was ticked of a pasted order as a list.
func (s *Shop) keepPicks(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in saveForm
	if err := web.Form(c, &in); err != nil {
		return err
	}
	wishes, _, err := s.wishesOf(c, in.Pick)
	if err != nil {
		return err
	}
	if len(wishes) == 0 {
		web.Flash(c, "warn", "lists.nothing")
		return web.Redirect(c, "/order-list")
	}
	items := make([]shoplist.Item, len(wishes))
	for i, w := range wishes {
		items[i] = shoplist.Item{VariantID: w.Variant, Qty: w.Qty}
	}
	in.List = ""
	if in.Name = strings.TrimSpace(in.Name); in.Name == "" {
		in.Name = t(c, "lists.pasted", "date", s.Now().In(s.Settings.Now().Zone()))
	}
	if err := s.keepOn(c, p, &in, items); err != nil {
		if fault.Kind(err) == fault.Invalid {
			return s.listsWith(c, http.StatusUnprocessableEntity, in.Name, err)
		}
		return err
	}
	return web.Redirect(c, listPath(in.List))
}
