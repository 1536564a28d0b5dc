package storefront

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/i18n"
	photo "regulars/internal/picture"
	"regulars/internal/web"
)

// How wide the places of photographs are, for the browser to choose a file by.
const (
	cardWide  = "(min-width: 64em) 20rem, (min-width: 40em) 33vw, 50vw"
	stageWide = "(min-width: 64em) 40rem, 100vw"
	lineWide  = "8rem"
)

// photograph is a picture in the sizes that the shop keeps of it.
func photograph(n photo.Name, p picture) picture {
	var set []string
	for _, f := range n.Sizes() {
		set = append(set, "/media/"+f.File+" "+strconv.Itoa(f.Width)+"w")
	}
	usual := n.At(600)
	p.Src, p.Small, p.Size, p.High = "/media/"+usual.File, "/media/"+n.At(0).File, usual.Width, usual.Height
	if len(set) > 1 {
		p.Set, p.Sizes = strings.Join(set, ", "), cardWide
	}
	return p
}

// as says how wide the place of a photograph is.
func (p picture) as(wide string) picture {
	if p.Set != "" {
		p.Sizes = wide
	}
	return p
}

// photo is a picture of the database: its name is the sum of what it shows, so
// browsers keep it for ever.
func (s *Shop) photo(c echo.Context, n photo.Name, side int) error {
	key := c.Param("file")
	data := s.photos.find(key)
	if data == nil {
		var err error
		if data, err = photo.Read(c.Request().Context(), s.DB, n, side); err != nil {
			return err
		}
		s.photos.keep(key, data)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", forEver)
	h.Set("Content-Security-Policy", artPolicy)
	return c.Blob(http.StatusOK, "image/jpeg", data)
}

// previewOf is what whoever shares a product's page shows of it.
func (s *Shop) previewOf(p *web.Page, images []catalog.Image) {
	if len(images) == 0 || p.Canonical == "" {
		return
	}
	if n, ok := photo.Named(images[0].Src); ok {
		p.Preview, p.PreviewSize = s.Web.AbsoluteURL(i18n.English, "/media/"+n.File()), [2]int{n.Width, n.Height}
	} else if strings.HasPrefix(images[0].Src, "art:") {
		a := piece(images[0].Src)
		s.preview(p, a.Hue, []art.Piece{a})
	}
}
