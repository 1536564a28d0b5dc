package storefront

import (
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

// arranged picks up to most drawn things of the cards for one picture: as many
// kinds as there are, in the cards' order, no thing twice.
func arranged(cards []catalog.Card, most int) []art.Piece {
	var first, more []art.Piece
	kinds, seen := map[string]bool{}, map[string]bool{}
	for _, k := range cards {
		if !strings.HasPrefix(k.Image.Src, "art:") {
			continue
		}
		p := piece(k.Image.Src)
		if p == plain || seen[p.Seed+p.Form] {
			continue
		}
		seen[p.Seed+p.Form] = true
		if kinds[p.Form] {
			more = append(more, p)
		} else {
			kinds[p.Form], first = true, append(first, p)
		}
	}
	all := append(first, more...)
	return all[:min(len(all), most)]
}

// fromEachShelf takes turns among the shelves, so that the head of a department
// is not filled by its first one.
func fromEachShelf(cards []catalog.Card) []catalog.Card {
	var order []catalog.CategoryID
	by := map[catalog.CategoryID][]catalog.Card{}
	for _, k := range cards {
		if by[k.CategoryID] == nil {
			order = append(order, k.CategoryID)
		}
		by[k.CategoryID] = append(by[k.CategoryID], k)
	}
	out := make([]catalog.Card, 0, len(cards))
	for i := 0; len(out) < len(cards); i++ {
		for _, id := range order {
			if i < len(by[id]) {
				out = append(out, by[id][i])
			}
		}
	}
	return out
}

// still is a picture of several things, nil where there are too few of them.
func still(c echo.Context, shape art.Shape, hue int, pieces []art.Piece) *picture {
	life := art.Still{Shape: shape, Hue: hue, Pieces: pieces}
	light, dark := art.File(life.Path(false)), art.File(life.Path(true))
	if light == "" {
		return nil
	}
	p := picture{Eager: true}
	p.Size, p.High = shape.Size()
	inScheme(c, &p, light, dark)
	return &p
}

// inScheme lets a drawing follow the shopper's choice of light or dark, and
// the device where they chose nothing.
func inScheme(c echo.Context, p *picture, light, dark string) {
	light, dark = "/art/"+light, "/art/"+dark
	switch web.Scheme(c) {
	case "dark":
		p.Src = dark
	case "light":
		p.Src = light
	default:
		p.Src, p.Dark = light, dark
	}
}

// firsts are the things that the shelves of a home page begin with.
func firsts(sections []welcomeSection) []art.Piece {
	var cards []catalog.Card
	for i := range shelfCards {
		for _, sec := range sections {
			if i < len(sec.Cards) {
				cards = append(cards, sec.Cards[i])
			}
		}
	}
	return arranged(cards, 4)
}

// heroStill is the picture beside the heading of a home page, in the colours
// of the shelf that comes first.
func heroStill(c echo.Context, pieces []art.Piece) *picture {
	if len(pieces) == 0 {
		return nil
	}
	return still(c, art.Hero, pieces[0].Hue, pieces)
}

// preview is the picture that goes with a link to a page: what messengers and
// other sites show. They take no SVG, and only absolute addresses.
func (s *Shop) preview(p *web.Page, hue int, pieces []art.Piece) {
	if p.Canonical == "" || len(pieces) == 0 {
		return
	}
	life := art.Still{Shape: art.Link, Hue: hue, Pieces: pieces}
	if file := art.Picture(life.Path(false), 1200); file != "" {
		p.Preview = s.Web.AbsoluteURL(i18n.English, "/art/"+file)
	}
}

// quietly is the picture of a page that has nothing to show yet: one thing,
// faded, on the page itself.
func quietly(c echo.Context, kind string) web.Picture {
	a, ok := art.Empties[kind]
	if !ok {
		return web.Picture{}
	}
	var p picture
	inScheme(c, &p, art.File(a.Path(art.Quiet, false)), art.File(a.Path(art.Quiet, true)))
	return web.Picture{Src: p.Src, Dark: p.Dark}
}
