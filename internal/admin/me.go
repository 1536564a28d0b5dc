package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"rsc.io/qr"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/web"
)

const mePath = "/admin/me"

type mePage struct {
	web.Page
	Sessions []sessionRow
	Open     bool // some other session is
	Offered  bool // the shop uses second factors
	Must     bool // nothing else opens before there is one
	Factor   bool
	Left     int // recovery codes
	Secret   string
	URI      string
	QR       drawnCode
	Codes    []string
	Proof    bool
	Errors   web.FormErrors
}

// drawnCode is a QR code as one path over a square of Size.
type drawnCode struct {
	Size int
	Path string
}

// factorFirst leads whoever must have a second factor, and has none, to where
// it is set up.
func (o *Office) factorFirst(c echo.Context, who *staff.Staff) (bool, error) {
	if o.Settings.Now().SecondFactor() != setting.FactorRequired || web.Path(c) == mePath || web.Path(c) == proofPath {
		return false, nil
	}
	has, err := staff.HasFactor(c.Request().Context(), o.DB, who.ID)
	if err != nil || has {
		return false, err
	}
	return true, c.Redirect(http.StatusSeeOther, mePath)
}

// me shows somebody their own sign-ins and their second factor.
func (o *Office) me(c echo.Context) error { return o.showMe(c, http.StatusOK, nil, nil) }

func (o *Office) showMe(c echo.Context, status int, codes []string, failure error) error {
	ctx := c.Request().Context()
	who, err := o.who(c)
	if err != nil {
		return err
	}
	all, err := staff.Sessions(ctx, o.DB, who.ID, sessionsShown)
	if err != nil {
		return err
	}
	use := o.Settings.Now().SecondFactor()
	p := mePage{Page: page(c, "me.title"), Offered: use != setting.FactorOff, Codes: codes, Proof: !web.Session(c).StaffProved(), Errors: wrong(c, failure)}
	p.Sessions, p.Open = sessionRows(c, all, o.Now())
	f, err := staff.FactorOf(ctx, o.DB, who.ID)
	if err != nil {
		return err
	}
	p.Factor = f != nil && !f.ConfirmedAt.IsZero()
	p.Must = use == setting.FactorRequired && !p.Factor
	if p.Factor {
		if p.Left, err = staff.RecoveriesLeft(ctx, o.DB, who.ID); err != nil {
			return err
		}
	} else if f != nil && !p.Proof { // the secret is shown to whoever typed the password a moment ago
		if err := o.drawFactor(f, who, &p); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/me", p)
}

func (o *Office) drawFactor(f *staff.Factor, who *staff.Staff, p *mePage) error {
	secret, err := f.Secret(o.Desk.Secret)
	if errors.Is(err, staff.ErrUnsealed) {
		return nil // begun under another secret: it is begun anew
	}
	if err != nil {
		return err
	}
	p.URI = staff.URI(o.Settings.Now().Get("shop.name"), who.Email, secret)
	for i := 0; i < len(secret); i += 4 { // as people read it off
		p.Secret += secret[i:min(i+4, len(secret))] + " "
	}
	p.Secret = strings.TrimSpace(p.Secret)
	p.QR, err = drawQR(p.URI)
	return err
}

// quiet is the white margin that a reader of QR codes needs, in modules.
const quiet = 4

func drawQR(text string) (drawnCode, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return drawnCode{}, fmt.Errorf("draw a code: %w", err)
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			from := x
			for x < code.Size && code.Black(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from+quiet, y+quiet, x-from, x-from)
			}
		}
	}
	return drawnCode{code.Size + 2*quiet, path.String()}, nil
}

// changeMe sets the second factor up, takes it off, makes recovery codes anew
// or ends the other sign-ins, as the button says.
func (o *Office) changeMe(c echo.Context) error {
	in, err := read(c, []string{"do", "code", "password,raw"})
	if err == nil {
		err = o.prove(c, in["password,raw"])
	}
	var codes []string
	if err == nil {
		codes, err = o.actOnMe(c, in)
	}
	if fault.Kind(err) == fault.Conflict {
		err = under("code", asInvalid(err))
	}
	if errors.Is(err, fault.Invalid) {
		return o.showMe(c, http.StatusUnprocessableEntity, nil, err)
	}
	if err != nil {
		return err
	}
	if codes != nil { // shown this once, so there is no page to be led to
		return o.showMe(c, http.StatusOK, codes, nil)
	}
	return done(c, mePath, "me.done."+in["do"])
}

func (o *Office) actOnMe(c echo.Context, in inputs) (codes []string, err error) {
	who, err := o.who(c)
	if err != nil {
		return nil, err
	}
	shop := o.Desk.Secret
	deed := map[string]func(ctx context.Context, tx *db.Tx, now time.Time) (string, error){
		"begin": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "second factor: begun", staff.BeginFactor(ctx, tx, shop, who.ID, now)
		},
		"confirm": func(ctx context.Context, tx *db.Tx, now time.Time) (detail string, err error) {
			codes, err = staff.ConfirmFactor(ctx, tx, shop, who.ID, in["code"], now)
			return "second factor: off → on", err
		},
		"renew": func(ctx context.Context, tx *db.Tx, now time.Time) (detail string, err error) {
			if has, err := staff.HasFactor(ctx, tx, who.ID); err != nil || !has {
				return "", errors.Join(err, fault.New(fault.Conflict, "factor.none"))
			}
			codes, err = staff.NewRecoveries(ctx, tx, shop, who.ID, now)
			return "recovery codes: made anew", err
		},
		"factor": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "second factor: on → off", staff.DropFactor(ctx, tx, who.ID)
		},
		"end": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			n, err := staff.EndOthers(ctx, tx, who.ID, web.Session(c).StaffKey(), now)
			return fmt.Sprintf("sign-ins ended: %d", n), err
		},
	}[in["do"]]
	if deed == nil {
		return nil, fault.New(fault.Invalid, "error.invalid")
	}
	err = o.change(c, "me."+in["do"], who.Email, deed)
	return codes, err
}
