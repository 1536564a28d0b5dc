package admin

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/picture"
	"regulars/internal/web"
)

const (
	mostAlt     = 300     // of letters
	mostPicture = 6 << 20 // of a form with a picture in it
)

type (
	picturesPage struct {
		web.Page
		Code, Path string
		Version    int
		In         inputs
		Errors     web.FormErrors
		Rows       []pictureRow
		Write      bool
	}
	pictureRow struct {
		Place       int
		Src         string
		Picture     thumb
		Alt         i18n.Text
		First, Last bool
	}
)

func (o *Office) pictureRoutes(g *echo.Group) {
	g.GET("/products/:code/pictures", o.pictures)
	g.POST("/products/:code/pictures", o.changePictures)
	o.Web.AllowLarge(mostPicture, "/admin/products/:code/pictures")
}

// pictures shows what a product is shown by, in the order of its page.
func (o *Office) pictures(c echo.Context) error {
	return o.showPictures(c, http.StatusOK, inputs{}, nil)
}

func (o *Office) showPictures(c echo.Context, status int, in inputs, failed error) error {
	e, err := o.editing(c, o.DB)
	if err != nil {
		return err
	}
	p := picturesPage{Page: page(c, "picture.title", "name", e.Name), Code: e.Code, Path: "/admin/products/" + e.Code + "/pictures", Version: e.Version,
		In: in, Errors: wrong(c, failed), Write: o.may(c, "products.write")}
	for i, img := range e.Images {
		p.Rows = append(p.Rows, pictureRow{i + 1, img.Src, ownThumb(c, img.Src), img.Alt, i == 0, i == len(e.Images)-1})
	}
	return web.Render(c, status, "admin/product-pictures", &p)
}

// changePictures does one thing to the pictures of a product, over the version
// the page was drawn from. What was uploaded is made before the transaction.
func (o *Office) changePictures(c echo.Context) error {
	in, err := read(c, []string{"act", "src", "version", "alt_en", "alt_zh"})
	var made *picture.Made
	if err == nil && in["act"] == "add" {
		made, err = takenPicture(c)
	}
	if err == nil {
		err = o.change(c, "product.pictures", param(c, "code"), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return o.writePictures(ctx, tx, c, in, made, now)
		})
	}
	switch k := fault.Kind(err); {
	case err == nil:
		return done(c, c.Request().URL.Path, "picture.saved")
	case k == fault.Conflict:
		var form fault.Form
		form.Wrong("file", "picture.changed")
		return o.showPictures(c, http.StatusConflict, in, form.Err())
	case k == fault.Invalid || k == fault.TooLarge:
		if len(fault.Fields(err)) == 0 {
			var form fault.Form
			form.Wrong("file", "picture.bytes", "most", picture.MostBytes>>20)
			err = form.Err()
		}
		return o.showPictures(c, http.StatusUnprocessableEntity, in, err)
	}
	return err
}

func takenPicture(c echo.Context) (*picture.Made, error) {
	_, content, err := web.File(c, "file")
	if err != nil {
		return nil, err
	}
	defer content.Close()
	file, err := io.ReadAll(io.LimitReader(content, picture.MostBytes+1))
	if err != nil {
		return nil, err
	}
	return picture.Make(file)
}

func (o *Office) writePictures(ctx context.Context, tx *db.Tx, c echo.Context, in inputs, made *picture.Made, now time.Time) (string, error) {
	version, err := lockProduct(ctx, tx, param(c, "code"))
	if err != nil {
		return "", err
	}
	e, err := o.editing(c, tx)
	if err != nil {
		return "", err
	}
	if in["version"] != strconv.Itoa(version) {
		return "", fault.New(fault.Conflict, "catalog.product.changed", "code", e.Code)
	}
	if made != nil {
		in["src"] = made.Name.Src()
		if err := picture.Keep(ctx, tx, made, now); err != nil {
			return "", err
		}
		if err := picture.Use(ctx, tx, []picture.Name{made.Name}); err != nil {
			return "", err
		}
	}
	d := catalog.Draft{Product: e.Product, Options: e.Options, Facts: e.Facts}
	if d.Images, err = reordered(e.Images, in); err != nil {
		return "", err
	}
	for _, v := range e.Variants {
		d.Variants = append(d.Variants, catalog.DraftVariant{Variant: v.Variant})
	}
	if _, _, _, err := catalog.Put(ctx, tx, d, now); err != nil {
		return "", err
	}
	return in["act"] + " " + in["src"], nil
}

// reordered is what one button makes of a product's pictures.
func reordered(images []catalog.Image, in inputs) ([]catalog.Image, error) {
	all := slices.Clone(images)
	at := slices.IndexFunc(all, func(i catalog.Image) bool { return i.Src == in["src"] })
	alt := i18n.Text{En: strings.TrimSpace(in["alt_en"]), Zh: strings.TrimSpace(in["alt_zh"])}
	var form fault.Form
	for name, text := range map[string]string{"alt_en": alt.En, "alt_zh": alt.Zh} {
		if utf8.RuneCountInString(text) > mostAlt {
			form.Wrong(name, "picture.alt.long", "most", mostAlt)
		}
	}
	switch act := in["act"]; {
	case act == "add" && at >= 0:
		form.Wrong("file", "picture.twice")
	case act == "add":
		all = append(all, catalog.Image{Src: in["src"], Alt: alt})
	case at < 0:
		form.Wrong("file", "picture.changed")
	case act == "alt":
		all[at].Alt = alt
	case act == "up" && at > 0:
		all[at-1], all[at] = all[at], all[at-1]
	case act == "down" && at < len(all)-1:
		all[at+1], all[at] = all[at], all[at+1]
	case act == "remove":
		all = slices.Delete(all, at, at+1)
	}
	return all, form.Err()
}
