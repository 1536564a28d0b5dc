package storefront

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// strip is a banner as its template draws it.
type strip struct {
	Title, Words, Label, URL string
	Picture                  *picture
}

// banner is what stands in a place of banners for whoever asks; nil for
// nothing. Only people who signed in and let pages be personal are in the test
// of it, and only while there is something to choose between: half of them see
// one by the segments they are in, the others, like everybody else, one of all.
// For strangers nothing is read but what is kept. here is the shelf of the page,
// to which no banner on it leads.
func (s *Shop) banner(c echo.Context, place slot.Key, here string) (*strip, error) {
	all, err := s.banners.List(c.Request().Context(), s.DB)
	if err != nil || len(all) == 0 || s.visit(c).look != nil {
		return nil, err
	}
	now := s.at(c)
	today := now.In(s.Settings.Now().Zone()).Format(time.DateOnly)
	live := slices.DeleteFunc(campaign.Standing(all, place, today), func(b campaign.Banner) bool { return b.Shelf == here })
	if len(live) == 0 {
		return nil, nil
	}
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	m, unit := slot.Mark{Slot: place}, string(place)
	var in func(string) bool
	if campaign.Tests(live) && p.SignedIn() && p.Personalized() {
		unit += "/c" + strconv.FormatInt(int64(p.CustomerID()), 10)
		if m.Arm = s.side(c, place); m.Arm == slot.Shown {
			if in, err = s.inSegments(c, live, now); err != nil {
				return nil, err
			}
		}
	}
	b := campaign.Choose(live, unit, today, in)
	m.Page = b.Token
	return s.strip(c, b, m)
}

// inSegments answers which of the banners' audiences somebody is in now.
func (s *Shop) inSegments(c echo.Context, live []campaign.Banner, now time.Time) (func(string) bool, error) {
	var asked []string
	for _, b := range live {
		if b.Audience != "" {
			asked = append(asked, b.Audience)
		}
	}
	reasons, err := s.audiences(c, asked, now)
	return func(key string) bool { _, ok := reasons[key]; return ok }, err
}

func (s *Shop) strip(c echo.Context, b *campaign.Banner, m slot.Mark) (*strip, error) {
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	k, ok := tree.BySlug(b.Shelf)
	if !ok {
		return nil, nil // the shelf it leads to is gone
	}
	s.stands(c, m, nil)
	picture := s.bannerPicture(c, tree, k)
	return &strip{in(c, b.Title), in(c, b.Words), in(c, b.Label), web.URL(c, "/c/"+k.Slug) + "?" + url.Values{viaName: {m.Tag()}}.Encode(), picture}, nil
}

// bannerPicture draws the things of a department's shelves, or the shelf's own,
// or what stands for the department it is in.
func (s *Shop) bannerPicture(c echo.Context, tree *catalog.Tree, k catalog.Category) *picture {
	var pieces []art.Piece
	for _, shelf := range append([]catalog.Category{k}, tree.Children(k.ID)...) {
		if a := (art.Piece{Form: shelf.Form, Hue: shelf.Hue}); shelf.Form != "" && len(pieces) < 5 {
			pieces = append(pieces, a)
		}
	}
	hue := k.Hue
	if d := tree.Department(k.ID); len(pieces) == 0 && d.Form != "" { // a shelf that draws nothing of its own stands for its department
		pieces, hue = append(pieces, art.Piece{Form: d.Form, Hue: d.Hue}), d.Hue
	}
	if len(pieces) == 0 {
		return nil
	}
	p := still(c, art.Wide, hue, pieces)
	if p != nil {
		p.Eager = false // what is above it comes first
	}
	return p
}
