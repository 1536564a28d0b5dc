package storefront

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/review"
	"regulars/internal/web"
)

type (
	starsView struct{ Full, Rest, Text string } // drawn, and said
	// ratedView is what is published about a product, counted.
	ratedView struct {
		Stars      starsView
		CountText  string
		Simulated  string
		Spread     []spreadRow
		Good, Less []string
	}
	spreadRow struct {
		URL, Name   string
		Count, Most int
		Current     bool
	}
	reviewView struct {
		Token, Title, By, Lang, Answer, Answered string
		Stars                                    starsView
		Body                                     []string
		Good, Less                               []string
		Verified, Simulated                      bool
	}
	// reviewsBox is the part of a product's page about its reviews.
	reviewsBox struct {
		Rated           *ratedView
		List            []reviewView
		All, AllText    string
		Write, Checked  string
		ReportURL, Back string
	}
	reviewsPage struct {
		web.Page
		Crumbs  crumbs
		Name    string
		Product string
		Box     reviewsBox
		Chips   []chipView
		Sorts   []chipView
		Pager   pager
		None    string
		Terms   []string
	}
	chipView struct {
		URL, Text, Count string
		Current          bool
	}
	tileChoice struct {
		Value, Text string
		Good, Less  bool
	}
	starChoice struct {
		Value   int
		Text    string
		Stars   starsView
		Current bool
	}
	reviewForm struct {
		Stars int      `form:"stars"`
		Title string   `form:"title,max=400"`
		Body  string   `form:"body,max=10000"`
		Name  string   `form:"name,max=200"`
		Good  []string `form:"good,max=20"`
		Less  []string `form:"less,max=20"`
		Order string   `form:"order,max=40"`
		Key   string   `form:"key,max=200"`
		Do    string   `form:"do,max=10"`
	}
	reviewPage struct {
		web.Page
		Crumbs         crumbs
		Name, Action   string
		Form           reviewForm
		Errors         web.FormErrors
		Stars          []starChoice
		Tiles          []tileChoice
		Stranger       bool
		State, Tag     string // of what was said before; "" = nothing yet
		Reason         string
		Mark           string // if they will carry the mark of a buyer, and why not
		SignIn, Orders string
	}
)

func (s *Shop) reviewRoutes(slow, door echo.MiddlewareFunc) {
	e := s.Web.Echo
	e.GET("/p/:slug/reviews", s.reviews)
	e.GET("/p/:slug/review", s.reviewForm)
	e.POST("/p/:slug/review", s.writeReview, slow)
	e.POST("/reviews/:token/report", s.reportReview, door)
}

func (s *Shop) stars(c echo.Context, mean float64) starsView {
	full := min(5, int(mean+0.5))
	return starsView{strings.Repeat("★", full), strings.Repeat("★", 5-full), t(c, "review.stars.said", "stars", tenths(mean))}
}

// tenths writes a mean without a needless nought.
func tenths(mean float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(mean, 'f', 1, 64), ".0")
}

// ratingText is what a card says of a rating; "" where there are too few.
func ratingText(c echo.Context, r catalog.Rating, demo bool) string {
	if r.Count < review.FewestShown {
		return ""
	}
	key := "review.card"
	if demo {
		key = "review.card.demo"
	}
	return t(c, key, "mean", tenths(review.Mean(r)), "count", r.Count)
}

func (s *Shop) rated(c echo.Context, slug string, spread *review.Spread, filter review.Filter) *ratedView {
	if spread.Count == 0 {
		return nil
	}
	v := &ratedView{Stars: s.stars(c, spread.Mean()), CountText: t(c, "review.mean", "mean", tenths(spread.Mean()), "count", spread.Count, "verified", spread.Verified)}
	if spread.Simulated > 0 {
		v.Simulated = t(c, "review.simulated.count", "count", spread.Simulated)
	}
	for stars := 5; stars >= 1; stars-- {
		q := url.Values{"stars": {strconv.Itoa(stars)}}
		v.Spread = append(v.Spread, spreadRow{URL: withQuery(web.URL(c, "/p/"+slug+"/reviews"), q), Name: t(c, "review.stars", "count", stars),
			Count: spread.Stars[stars], Most: spread.Count, Current: filter.Stars == stars})
	}
	v.Good, v.Less = tilesSaid(c, spread.Good), tilesSaid(c, spread.Less)
	return v
}

// tilesSaid lists what was clicked most, with how often.
func tilesSaid(c echo.Context, counts map[string]int) []string {
	var tiles []string
	for _, tile := range review.Tiles {
		if counts[tile] > 0 {
			tiles = append(tiles, tile)
		}
	}
	slices.SortStableFunc(tiles, func(a, b string) int { return cmp.Compare(counts[b], counts[a]) })
	var out []string
	for _, tile := range tiles[:min(len(tiles), 4)] {
		out = append(out, t(c, "review.tile.count", "tile", t(c, "review.tile."+tile), "count", counts[tile]))
	}
	return out
}

func (s *Shop) reviewView(c echo.Context, r *review.Review) reviewView {
	zone := s.Settings.Now().Zone()
	v := reviewView{Token: r.Token, Title: r.Title, Lang: r.Lang.Tag(), Stars: s.stars(c, float64(r.Stars)), Body: paragraphs(r.Body), Verified: r.Verified, Simulated: r.Simulated}
	v.By = t(c, "review.by", "name", cmp.Or(r.Name, t(c, "review.nobody")), "date", r.WrittenAt.In(zone))
	for _, tile := range r.Good.List() {
		v.Good = append(v.Good, t(c, "review.tile."+tile))
	}
	for _, tile := range r.Less.List() {
		v.Less = append(v.Less, t(c, "review.tile."+tile))
	}
	if r.Answer != "" {
		v.Answer, v.Answered = r.Answer, t(c, "review.answered", "date", r.AnsweredAt.In(zone))
	}
	return v
}

func paragraphs(text string) (out []string) {
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

// reviewsShown is how many reviews a product's own page shows.
const reviewsShown = 3

// withReviews fills in what people say of a product; strangers and known
// people see the same.
func (s *Shop) withReviews(c echo.Context, p *productPage, d *catalog.Detail) error {
	p.Reviews = reviewsBox{Write: web.URL(c, "/p/"+d.Slug+"/review"), All: web.URL(c, "/p/"+d.Slug+"/reviews"), Back: "/p/" + d.Slug}
	if d.RatingCount == 0 {
		return nil
	}
	ctx := c.Request().Context()
	spread, err := review.SpreadOf(ctx, s.DB, d.ID)
	if err != nil {
		return err
	}
	list, _, err := review.OfProduct(ctx, s.DB, d.ID, review.Filter{PerPage: reviewsShown})
	if err != nil {
		return err
	}
	p.Reviews.Rated = s.rated(c, d.Slug, spread, review.Filter{})
	for i := range list {
		p.Reviews.List = append(p.Reviews.List, s.reviewView(c, &list[i]))
	}
	p.Reviews.AllText = t(c, "review.all", "count", spread.Count)
	p.Reviews.Checked = p.Reviews.All + "#checked"
	if mean, n := spread.Real(); n > 0 { // made-up people are nobody's customers
		p.rating = map[string]any{"@type": "AggregateRating", "ratingValue": mean, "reviewCount": n, "bestRating": 5, "worstRating": 1}
	}
	return nil
}

// reviews is every published review of a product, with its filters, and how
// the shop checks them.
func (s *Shop) reviews(c echo.Context) error {
	product, now, err := s.found(c)
	if err != nil {
		return err
	}
	if now != "" {
		return moved(c, "/p/"+now+"/reviews")
	}
	f := review.Filter{Verified: c.QueryParam("verified") == "1", Page: 1}
	if n, err := strconv.Atoi(c.QueryParam("stars")); err == nil && n >= 1 && n <= 5 {
		f.Stars = n
	}
	if sort := c.QueryParam("sort"); slices.Contains(review.Sorts, sort) {
		f.Sort = sort
	}
	if n, err := strconv.Atoi(c.QueryParam("page")); err == nil && n > 1 && n < 10_000 {
		f.Page = n
	}
	ctx := c.Request().Context()
	spread, err := review.SpreadOf(ctx, s.DB, product.ID)
	if err != nil {
		return err
	}
	list, total, err := review.OfProduct(ctx, s.DB, product.ID, f)
	if err != nil {
		return err
	}
	p := &reviewsPage{Page: s.page(c, "review.title", "name", product.Name), Name: in(c, product.Name), Product: web.URL(c, "/p/"+product.Slug)}
	p.Crumbs = s.trailTo(c, product, t(c, "review.reviews"))
	p.NoIndex = f != review.Filter{Page: 1}
	p.Box = reviewsBox{Rated: s.rated(c, product.Slug, spread, f), Write: web.URL(c, "/p/"+product.Slug+"/review"), Back: "/p/" + product.Slug + "/reviews"}
	for i := range list {
		p.Box.List = append(p.Box.List, s.reviewView(c, &list[i]))
	}
	s.reviewFilters(c, p, product.Slug, f, spread)
	p.Pager = leafed(c, f.Page, (total+9)/10, func(n int) string {
		if n == 1 {
			return filterURL(c, product.Slug, f, "page", "")
		}
		return filterURL(c, product.Slug, f, "page", strconv.Itoa(n))
	})
	if p.None = t(c, "review.none"); spread.Count > 0 {
		p.None = t(c, "review.none.filter")
	}
	for _, key := range []string{"who", "buyer", "look", "refused", "mean"} {
		p.Terms = append(p.Terms, t(c, "review.checked."+key))
	}
	return web.Render(c, http.StatusOK, "storefront/reviews", p)
}

// filterURL is the address of the reviews with one thing of the filter set.
func filterURL(c echo.Context, slug string, f review.Filter, name, value string) string {
	q := url.Values{}
	if f.Stars > 0 {
		q.Set("stars", strconv.Itoa(f.Stars))
	}
	if f.Verified {
		q.Set("verified", "1")
	}
	if f.Sort != "" {
		q.Set("sort", f.Sort)
	}
	if q.Set(name, value); value == "" {
		q.Del(name)
	}
	return withQuery(web.URL(c, "/p/"+slug+"/reviews"), q)
}

func (s *Shop) reviewFilters(c echo.Context, p *reviewsPage, slug string, f review.Filter, spread *review.Spread) {
	if spread.Count == 0 {
		return
	}
	p.Chips = []chipView{{filterURL(c, slug, f, "stars", ""), t(c, "review.any"), strconv.Itoa(spread.Count), f.Stars == 0}}
	for stars := 5; stars >= 1; stars-- {
		p.Chips = append(p.Chips, chipView{filterURL(c, slug, f, "stars", strconv.Itoa(stars)), t(c, "review.stars", "count", stars), strconv.Itoa(spread.Stars[stars]), f.Stars == stars})
	}
	only := chipView{filterURL(c, slug, f, "verified", "1"), t(c, "review.verified.only"), strconv.Itoa(spread.Verified), f.Verified}
	if f.Verified {
		only.URL = filterURL(c, slug, f, "verified", "")
	}
	p.Chips = append(p.Chips, only)
	for _, sort := range review.Sorts {
		p.Sorts = append(p.Sorts, chipView{URL: filterURL(c, slug, f, "sort", sort), Text: t(c, "review.sort."+cmp.Or(sort, "new")), Current: f.Sort == sort})
	}
}

// trailTo leads from the home page to a page below a product's.
func (s *Shop) trailTo(c echo.Context, p *catalog.Product, name string) crumbs {
	out := crumbs{Label: t(c, "shop.crumbs"), Items: []crumb{{t(c, "shop.home"), web.URL(c, "/")}, {in(c, p.Name), web.URL(c, "/p/"+p.Slug)}, {Name: name}}}
	return out
}
