package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
	"regulars/internal/web"
)

const proofPath = "/admin/me/proof"

type againPage struct {
	web.Page
	Next   string
	Proof  bool
	Errors web.FormErrors
}

// longestNext is how long an address is carried through the form, in bytes.
const longestNext = 600

// toProof leads somebody who asks for a file of people to where they type their
// password, and from there back to the file.
func (o *Office) toProof(c echo.Context) error {
	to := proofPath
	if next := c.Request().URL.RequestURI(); len(next) <= longestNext {
		to += "?" + url.Values{"next": {next}}.Encode()
	}
	return c.Redirect(http.StatusSeeOther, to)
}

func (o *Office) proofForm(c echo.Context) error {
	return o.showProof(c, http.StatusOK, c.QueryParam("next"), nil)
}

func (o *Office) showProof(c echo.Context, status int, next string, failure error) error {
	return web.Render(c, status, "admin/proof", againPage{page(c, "me.proof.title"), next, !web.Session(c).StaffProved(), wrong(c, failure)})
}

func (o *Office) proof(c echo.Context) error {
	var in struct {
		Next     string `form:"next,max=2000"`
		Password string `form:"password,raw,max=1000"`
	}
	err := web.Form(c, &in)
	if err == nil {
		err = o.prove(c, in.Password)
	}
	if errors.Is(err, fault.Invalid) {
		return o.showProof(c, http.StatusUnprocessableEntity, in.Next, err)
	}
	if err != nil {
		return err
	}
	to := web.LocalPath(in.Next)
	if !strings.HasPrefix(to, "/admin/") {
		to = "/admin"
	}
	return c.Redirect(http.StatusSeeOther, to)
}
