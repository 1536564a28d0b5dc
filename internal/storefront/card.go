package storefront

import (
	"cmp"
	"hash/fnv"
	"html/template"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/money"
	photo "regulars/internal/picture"
	"regulars/internal/pricing"
	"regulars/internal/web"
)

// The data of the parts in templates/layout/parts.html.
type (
	picture struct {
		Src, Dark, Alt string
		Small          string // the file for a place of a line's height; "" = Src
		Set, Sizes     string // a photograph's other files, and how wide its place is
		Size, High     int    // pixels; High 0 = square
		Eager          bool
	}
	price struct{ Now, Was, NowLabel, WasLabel, Note string }
	card  struct {
		HTML                                template.HTML // the finished card, instead of all below
		head                                int           // in HTML, where the address of its link ends
		URL, Name, Fact, Reason, Note, Mark string
		Rated                               string // the mean of its reviews
		Out                                 bool
		Picture                             picture
		Price                               price
	}
	crumb  struct{ Name, URL string }
	crumbs struct {
		Label string
		Items []crumb
	}
	shelf struct {
		ID, Title, Why, More, MoreText string
		Cards                          []card
		Words                          []crumb // to search for, instead of cards
	}
)

// Height is for the template: a picture says both, so that nothing moves when
// it comes.
func (p picture) Height() int { return cmp.Or(p.High, p.Size) }

// Smallest is the file for the small pictures of lists.
func (p picture) Smallest() string { return cmp.Or(p.Small, p.Src) }

// lowStock is from how many units left the shop says so: earlier it would be
// pressure, not news.
const lowStock = 5

// plain is the drawing of what has no picture of its own.
var plain = art.Piece{Form: "box", Hue: 70}

// withoutPicture is the plain parcel of a product that has no picture: its hue
// and mark come from its code, so that a list of them can be told apart.
func withoutPicture(code string) catalog.Image {
	seed := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, code)
	h := fnv.New32a()
	h.Write([]byte(code))
	p := art.Piece{Form: "pack", Hue: int(h.Sum32() % 360), Seed: seed[:min(len(seed), 16)]}
	return catalog.Image{Src: "art:" + strings.TrimSuffix(p.Path(art.Whole, false), "-"+string(art.Whole))}
}

// piece reads "art:FORM-HUE-ACCENT-SEED"; what cannot be read is the plain box.
func piece(src string) art.Piece {
	p, ok := art.Source(src)
	if !ok {
		return plain
	}
	return p
}

// picture is an image in a scene.
func (s *Shop) picture(c echo.Context, img catalog.Image, scene art.Scene) picture {
	p := picture{Alt: in(c, img.Alt), Size: 600}
	if n, ok := photo.Named(img.Src); ok {
		return photograph(n, p)
	}
	if file, ok := strings.CutPrefix(img.Src, "media:"); ok {
		p.Src = "/media/" + file
		return p
	}
	return drawn(c, piece(img.Src), scene, p)
}

func drawn(c echo.Context, a art.Piece, scene art.Scene, p picture) picture {
	inScheme(c, &p, art.File(a.Path(scene, false)), art.File(a.Path(scene, true)))
	if p.Size == 0 {
		p.Size = 600
	}
	return p
}

// price words a price and the earlier one beside it; said tells that the
// earlier one rests on the merchant's word.
func (s *Shop) price(c echo.Context, now money.Price, was money.Amount, said, from bool) price {
	p := price{Now: i18n.Money(web.Lang(c), now), NowLabel: t(c, "shop.price.now"), WasLabel: t(c, "shop.price.was")}
	if from {
		p.Now = t(c, "shop.price.from", "price", now)
	}
	if was > now.Amount {
		p.Was = i18n.Money(web.Lang(c), money.Price{Amount: was, Currency: now.Currency})
		p.Note = t(c, "shop.price.lowest")
		if said {
			p.Note = t(c, "shop.price.said")
		}
	}
	return p
}

// worded is what a card says in the language of the request.
func (s *Shop) worded(c echo.Context, k catalog.Card) card {
	if k.Image.Src == "" {
		k.Image = withoutPicture(k.Code)
	}
	out := card{URL: web.URL(c, "/p/"+k.Slug), Name: in(c, k.Name), Fact: in(c, k.Line),
		Out: !k.InStock, Picture: s.picture(c, k.Image, art.Whole), Price: s.price(c, k.Price, k.Was, k.Said, k.From)}
	out.Picture.Alt = "" // the name beside it says the same
	out.Rated = ratingText(c, k.Rating, s.Demo)
	switch {
	case !k.InStock:
		out.Note = t(c, "shop.sold-out")
	case k.Preorder:
		out.Note = t(c, "shop.preorder")
	case k.Waits:
		out.Note = t(c, "shop.later")
	case k.Left > 0 && k.Left <= lowStock:
		out.Note = t(c, "shop.left", "count", k.Left)
	case k.Colours > 1:
		out.Note = t(c, "shop.colours", "count", k.Colours)
	}
	return out
}

// trail leads from the home page through a category's path to name; an empty
// name ends with the category itself.
func (s *Shop) trail(c echo.Context, path []catalog.Category, name string) crumbs {
	out := crumbs{Label: t(c, "shop.crumbs"), Items: []crumb{{t(c, "shop.home"), web.URL(c, "/")}}}
	for _, k := range path {
		out.Items = append(out.Items, crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)})
	}
	if name != "" {
		out.Items = append(out.Items, crumb{Name: name})
	}
	out.Items[len(out.Items)-1].URL = ""
	return out
}

// arrival writes when a delivery of that method arrives if ordered now.
func (s *Shop) arrival(c echo.Context, m *pricing.Method, w wait) string {
	if w.late && !w.known {
		return t(c, "shop.when.later")
	}
	l, today := web.Lang(c), s.Now().In(s.Settings.Now().Zone())
	least, most := m.Days(today)
	if w.late { // they leave when they have come, whatever the hour of the order
		today, least, most = w.from.In(today.Location()), m.DaysMin, m.DaysMax
	}
	from, to := day(l, today, least), day(l, today, most)
	if from == to {
		return to
	}
	return t(c, "shop.between", "from", from, "to", to)
}

func day(l i18n.Lang, today time.Time, days int) string {
	return i18n.ShortDate(l, today.AddDate(0, 0, days))
}

func (s *Shop) money(c echo.Context, a money.Amount, currency money.Currency) string {
	return i18n.Money(web.Lang(c), money.Price{Amount: a, Currency: currency})
}
