package storefront

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/cart"
	"regulars/internal/catalog"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/review"
	"regulars/internal/search"
	"regulars/internal/web"
)

func (s *Shop) apiRoutes() {
	get := func(path string, h echo.HandlerFunc) { s.Web.Echo.GET("/api/v1"+path, h, s.chooseCurrency) }
	get("/products", s.apiProducts)
	get("/products/:slug", s.apiProduct)
	get("/products/:slug/suggestions", s.apiSuggestions)
	get("/home", s.apiHome)
	get("/cart", s.apiCart)
}

// The shapes of contract.md. What names a thing is a slug, a SKU or a token.
type (
	apiCard struct {
		Slug       string       `json:"slug"`
		Name       string       `json:"name"`
		URL        string       `json:"url"`
		Image      string       `json:"image"`
		Price      money.Price  `json:"price"`
		Was        *money.Price `json:"was"`
		InStock    bool         `json:"in_stock"`
		Department string       `json:"department"`
	}
	apiOption struct {
		Code    string      `json:"code"`
		Name    string      `json:"name"`
		Choices []apiChoice `json:"choices"`
	}
	apiChoice struct {
		Code string `json:"code"`
		Name string `json:"name"`
	}
	apiVariant struct {
		SKU       string            `json:"sku"`
		Options   map[string]string `json:"options"`
		Price     money.Price       `json:"price"`
		Was       *money.Price      `json:"was"`
		Available *int              `json:"available"` // null: not counted, can be had

		Availability string `json:"availability"` // in_stock, out_of_stock, backorder, preorder
		AvailableOn  string `json:"available_on,omitempty"`
	}
	apiAttribute struct {
		Key   string `json:"key"`
		Name  string `json:"name"`
		Code  string `json:"code"`
		Value string `json:"value"`
	}
	apiImage struct {
		URL string `json:"url"`
		Alt string `json:"alt"`
	}
	apiDetail struct {
		apiCard
		Description string         `json:"description"`
		Options     []apiOption    `json:"options"`
		Variants    []apiVariant   `json:"variants"`
		Attributes  []apiAttribute `json:"attributes"`
		Images      []apiImage     `json:"images"`
		Rating      *apiRating     `json:"rating,omitempty"` // of the reviews that are shown
	}
	apiRating struct {
		Mean  float64 `json:"mean"`
		Count int     `json:"count"`
	}
	apiSuggestion struct {
		apiCard
		Kind    string  `json:"kind"`
		Score   float64 `json:"score"`
		Reason  string  `json:"reason"`
		Premise string  `json:"premise,omitempty"`
	}
	apiSection struct {
		Title    string    `json:"title"`
		Reason   string    `json:"reason"`
		Products []apiCard `json:"products"`
	}
	apiPromotion struct {
		Name   string      `json:"name"`
		Amount money.Price `json:"amount"`
	}
	apiItem struct {
		ID        string      `json:"id"`
		SKU       string      `json:"sku"`
		Slug      string      `json:"slug"`
		Name      string      `json:"name"`
		Qty       int         `json:"qty"`
		UnitPrice money.Price `json:"unit_price"`
		LineTotal money.Price `json:"line_total"`
	}
)

func former(was money.Amount, now money.Price) *money.Price {
	if was <= now.Amount {
		return nil
	}
	return &money.Price{Amount: was, Currency: now.Currency}
}

func (s *Shop) imageURL(img catalog.Image) string {
	if file, ok := strings.CutPrefix(img.Src, "media:"); ok {
		return s.Web.AbsoluteURL(i18n.English, "/media/"+file)
	}
	return s.Web.AbsoluteURL(i18n.English, "/art/"+art.File(piece(img.Src).Path(art.Whole, false)))
}

func (s *Shop) apiCard(c echo.Context, tree *catalog.Tree, k catalog.Card) apiCard {
	return apiCard{Slug: k.Slug, Name: in(c, k.Name), URL: s.Web.AbsoluteURL(web.Lang(c), "/p/"+k.Slug), Image: s.imageURL(k.Image),
		Price: k.Price, Was: former(k.Was, k.Price), InStock: k.InStock && !k.Waits, Department: tree.Department(k.CategoryID).Slug}
}

func (s *Shop) apiCards(c echo.Context, tree *catalog.Tree, list []catalog.Card) []apiCard {
	out := make([]apiCard, len(list))
	for i, k := range list {
		out[i] = s.apiCard(c, tree, k)
	}
	return out
}

func (s *Shop) apiProducts(c echo.Context) error {
	in := struct {
		Category string `form:"category,max=200"`
		Q        string `form:"q,max=200"`
		Sort     string `form:"sort,max=20"`
		Page     int    `form:"page"`
		PerPage  int    `form:"per_page"`
	}{Page: 1, PerPage: perPage}
	if err := web.Query(c, &in); err != nil {
		return err
	}
	var form fault.Form
	if in.Page < 1 {
		form.Wrong("page", "shop.api.page")
	}
	if in.PerPage < 1 || in.PerPage > 100 {
		form.Wrong("per_page", "shop.api.per-page")
	}
	if in.Sort != "featured" && !slices.Contains(search.Sorts, in.Sort) {
		form.Wrong("sort", "shop.api.sort")
	}
	if err := form.Err(); err != nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	n := s.narrowing(c)
	n.query.Page, n.query.PerPage, n.query.Sort = in.Page, in.PerPage, strings.TrimPrefix(in.Sort, "featured")
	if in.Category != "" {
		k, ok := tree.BySlug(in.Category)
		if !ok {
			return ended()
		}
		n.query.Shelves = tree.Under(k.ID)
	}
	var l *catalog.Listing
	if in.Q != "" {
		l, _, _, err = s.find(c, n, in.Q, false)
	} else {
		l, err = s.narrowed(c, n)
	}
	if err != nil {
		return err
	}
	if l.Page != in.Page { // beyond the end there is nothing, which is an answer
		l.Cards = nil
	}
	return web.JSON(c, http.StatusOK, map[string]any{"products": s.apiCards(c, tree, l.Cards), "total": l.Total, "page": in.Page, "per_page": in.PerPage})
}

// apiFound is the product of the address; a slug of former times leads on.
func (s *Shop) apiFound(c echo.Context, rest string) (*catalog.Product, error) {
	p, now, err := s.found(c)
	if err == nil && now != "" {
		return nil, moved(c, "/api/v1/products/"+now+rest)
	}
	return p, err
}

func (s *Shop) apiProduct(c echo.Context) error {
	p, err := s.apiFound(c, "")
	if err != nil || p == nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	d, err := catalog.Detailed(c.Request().Context(), s.DB, p.ID, s.currency(c))
	if err != nil {
		return err
	}
	if d.Card.Slug == "" { // nothing of it has a price in this currency
		return ended()
	}
	out := apiDetail{apiCard: s.apiCard(c, tree, d.Card), Description: in(c, d.About), Options: []apiOption{}, Variants: []apiVariant{}, Attributes: []apiAttribute{}, Images: []apiImage{}}
	if r := d.Rating(); r.Count > 0 {
		out.Rating = &apiRating{review.Mean(r), r.Count}
	}
	for _, o := range d.Options {
		view := apiOption{o.Code, in(c, o.Name), []apiChoice{}}
		for _, ch := range o.Choices {
			view.Choices = append(view.Choices, apiChoice{ch.Code, in(c, ch.Name)})
		}
		out.Options = append(out.Options, view)
	}
	for _, v := range d.Variants {
		if !v.Active || !v.Priced {
			continue
		}
		view := apiVariant{SKU: v.SKU, Options: v.Choices, Price: v.Price, Was: former(v.Was, v.Price)}
		if view.Options == nil {
			view.Options = map[string]string{}
		}
		if v.Available >= 0 {
			view.Available = &v.Available
		}
		view.Availability = v.Supply.State(1)
		if due, known := v.Supply.DueAfter(s.Now()); known && v.Supply.Waits(1) {
			view.AvailableOn = due.In(s.Settings.Now().Zone()).Format(time.DateOnly)
		}
		out.Variants = append(out.Variants, view)
	}
	for _, f := range d.Facts {
		out.Attributes = append(out.Attributes, apiAttribute{f.Key, in(c, f.Name), f.ValueCode, in(c, f.Value)})
	}
	for _, img := range d.Images {
		out.Images = append(out.Images, apiImage{s.imageURL(img), in(c, img.Alt)})
	}
	return web.JSON(c, http.StatusOK, out)
}

func (s *Shop) apiSuggestions(c echo.Context) error {
	in_ := struct {
		Limit int `form:"limit"`
	}{suggestUsual}
	if err := web.Query(c, &in_); err != nil {
		return err
	}
	if in_.Limit < 1 || in_.Limit > suggestMost {
		var form fault.Form
		form.Wrong("limit", "shop.api.limit", "most", suggestMost)
		return form.Err()
	}
	p, err := s.apiFound(c, "/suggestions")
	if err != nil || p == nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	found, err := s.suggest(c, []catalog.ProductID{p.ID}, in_.Limit)
	if err != nil {
		return err
	}
	if len(found) < in_.Limit || found[0].nature {
		goes, looked, err := s.withLookedAt(c, p.ID, found, nil, in_.Limit)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(goes, func(f suggestion) bool { return f.nature })
		if at < 0 {
			at = len(goes)
		}
		found = slices.Insert(goes, at, looked...)
		found = found[:min(len(found), in_.Limit)]
	}
	out := []apiSuggestion{}
	for _, f := range found {
		out = append(out, apiSuggestion{s.apiCard(c, tree, f.Card), f.Kind, f.Score, in(c, f.alone()), in(c, f.Premise)})
	}
	return web.JSON(c, http.StatusOK, map[string]any{"suggestions": out})
}

func (s *Shop) apiHome(c echo.Context) error {
	w, err := s.welcome(c)
	if err != nil {
		return err
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	sections := []apiSection{}
	for _, sec := range w.Sections {
		if len(sec.Cards) == 0 { // a banner is of the page alone
			continue
		}
		sections = append(sections, apiSection{in(c, sec.Title), in(c, sec.Reason), s.apiCards(c, tree, sec.Cards)})
	}
	return web.JSON(c, http.StatusOK, struct {
		Segment  string       `json:"segment"`
		Reason   string       `json:"reason"`
		Sections []apiSection `json:"sections"`
	}{w.Segment, in(c, w.Reason), sections})
}

func (s *Shop) apiCart(c echo.Context) error {
	open, _, err := s.openCart(c)
	if err != nil {
		return err
	}
	view, err := cart.Items(c.Request().Context(), s.DB, open)
	if err != nil {
		return err
	}
	cur := s.currency(c)
	if open != nil {
		cur = open.Currency
	}
	price := func(a money.Amount) money.Price { return money.Price{Amount: a, Currency: cur} }
	items := []apiItem{}
	for _, item := range view.Items {
		b := item.Buyable
		items = append(items, apiItem{item.Line.Token, b.SKU, b.Slug, in(c, b.Name), item.Line.Qty, price(b.Price.Amount), price(item.Total())})
	}
	out := map[string]any{"items": items, "promotions": []apiPromotion{}, "subtotal": price(0), "discount": price(0), "delivery": price(0), "tax": price(0), "total": price(0), "deliverable": true}
	if len(items) > 0 {
		offer, err := s.offered(c, view)
		if err != nil {
			return err
		}
		q := offer.With("")
		out["deliverable"] = !offer.Nowhere()
		promotions := []apiPromotion{}
		for _, m := range q.Members {
			promotions = append(promotions, apiPromotion{in(c, m.Name), price(m.Amount)})
		}
		for _, a := range q.Applied {
			promotions = append(promotions, apiPromotion{in(c, a.Name), price(a.Amount)})
		}
		out["promotions"] = promotions
		out["subtotal"], out["discount"], out["delivery"], out["tax"], out["total"] = price(q.Subtotal), price(q.Discount), price(q.Delivery), price(q.Tax), price(q.Total)
	}
	return web.JSON(c, http.StatusOK, out)
}
