package storefront

import (
	"context"
	"net/http"
	"slices"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/web"
)

type (
	tile struct {
		Value, Name, Effect string
		Chosen              bool
		Picture             picture
	}
	tileGroup struct {
		Kind, Legend string
		Tiles        []tile
	}
	interestsPage struct {
		accountPage
		Groups []tileGroup
		Off    bool     // pages may not be personal
		Home   string   // the title of the home page as it is now
		First  []string // and its sections, from the top
	}
)

// tileForms draw each tile with a thing of the shop; what is not here gets a
// plain box.
var tileForms = map[string]string{
	"student": "book", "engineer": "instrument", "teacher": "notebook", "parent": "bottle", "retired": "lamp", "maker": "case", "designer": "pad", "office": "laptop",
	"books": "book", "sport": "racket", "games": "box", "music": "keys", "tools": "pistol", "instruments": "instrument", "baby": "bottle", "computers": "tower",
	"cameras": "camera", "home-theatre": "speaker", "software": "card", "gifts": "gift", "home": "pot", "cooking": "pot", "plants": "plant",
	"self": "garment", "partner": "flower", "child": "toy", "parents": "tin", "friend": "gift", "colleague": "notebook",
	"reading": "book", "running": "shoe", "camping": "tent", "photography": "camera", "playing-music": "strings", "gaming": "pad", "coding": "laptop",
	"gardening": "plant", "baking": "pot", "woodwork": "case", "drawing": "pad", "films": "screen",
}

func tilePicture(c echo.Context, value string) picture {
	form := tileForms[value]
	if !slices.Contains(art.Forms(), form) {
		form = plain.Form
	}
	hue := 0
	for _, r := range value {
		hue = (hue*31 + int(r)) % 360
	}
	return drawn(c, art.Piece{Form: form, Hue: hue}, art.Whole, picture{Size: 240})
}

func (s *Shop) interests(c echo.Context) error {
	return s.interestsPage(c, http.StatusOK, nil)
}

func (s *Shop) interestsPage(c echo.Context, status int, failed error) error {
	base, p, err := s.accountPage(c, "interests")
	if err != nil {
		return err
	}
	base.Errors = web.Errors(c, failed)
	page := interestsPage{accountPage: base}
	said, err := customer.Interests(c.Request().Context(), s.DB, p.CustomerID())
	if err != nil {
		return err
	}
	page.Off = !p.Personalized()
	effects, err := s.effects(c)
	if err != nil {
		return err
	}
	for _, kind := range customer.Kinds {
		g := tileGroup{Kind: kind, Legend: t(c, "customer.kind."+kind)}
		for _, v := range customer.Tiles(kind) {
			is := slices.ContainsFunc(said, func(i customer.Interest) bool { return i.Kind == kind && i.Value == v && i.Source == "said" })
			effect, err := effects.of(c, kind, v)
			if err != nil {
				return err
			}
			g.Tiles = append(g.Tiles, tile{v, in(c, customer.TileName(kind, v)), effect, is, tilePicture(c, v)})
		}
		page.Groups = append(page.Groups, g)
	}
	if !page.Off && failed == nil {
		w, err := s.welcome(c)
		if err != nil {
			return err
		}
		page.Home = in(c, w.Title)
		for _, sec := range w.Sections {
			page.First = append(page.First, in(c, sec.Title))
		}
	}
	return web.Render(c, status, "storefront/interests", page)
}

func (s *Shop) saveInterests(c echo.Context) error {
	p, err := s.member(c)
	if err != nil {
		return err
	}
	var in struct {
		Life     []string `form:"life,max=60"`
		Interest []string `form:"interest,max=60"`
		For      []string `form:"for,max=60"`
		Hobby    []string `form:"hobby,max=60"`
	}
	failed := web.Form(c, &in)
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			for i, values := range [][]string{in.Life, in.Interest, in.For, in.Hobby} {
				if err := customer.SetInterests(ctx, tx, p.CustomerID(), customer.Kinds[i], values, s.Now()); err != nil {
					return err
				}
			}
			return s.decide(ctx, tx, p.CustomerID())
		})
	}
	if failed != nil {
		if fault.Kind(failed) != fault.Invalid {
			return failed
		}
		return s.interestsPage(c, http.StatusUnprocessableEntity, failed)
	}
	key := "shop.account.interests-saved"
	if !p.Personalized() {
		key = "shop.account.interests-saved.off"
	}
	web.Flash(c, "ok", key)
	return web.Redirect(c, "/account/interests")
}
