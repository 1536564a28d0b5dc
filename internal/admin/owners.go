package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/owner"
	"regulars/internal/web"
)

type (
	ownersPage struct {
		web.Page
		Code, Name, Path string
		Write            bool
		Errors           web.FormErrors
		In               inputs
		All              int
		Steps            []ownerStep
		Months, Shop     string
		Rules            []ownerRule
		Claims           []ownerClaim
		Notices          []noticeRow
	}
	ownerStep struct {
		Text  string
		Count int
		Total bool
	}
	ownerRule struct{ SKU, From, Version, Says string }
	// ownerClaim is who says they have it from elsewhere.
	ownerClaim struct {
		Token, Email, URL, Version, Date string
		Proved                           bool
	}
	noticeRow struct {
		URL, Title, Kind, State, Date string
	}
)

func (o *Office) ownerRoutes(g *echo.Group) {
	g.GET("/products/:code/owners", o.owners)
	g.POST("/products/:code/owners", o.saveOwners)
	g.GET("/products/:code/owners/new", o.newNotice)
	g.POST("/products/:code/owners/new", o.saveNotice)
	g.GET("/products/:code/owners/:notice", o.notice)
	g.POST("/products/:code/owners/:notice", o.saveNotice)
	g.POST("/products/:code/owners/:notice/start", o.startNotice)
	g.POST("/products/:code/owners/:notice/switch", o.switchNotice)
	g.POST("/products/:code/owners/:notice/called", o.calledOwner)
	g.GET("/products/:code/owners/:notice/call.csv", o.callFile)
}

func ownersPath(p *catalog.Product) string { return "/admin/products/" + p.Code + "/owners" }

// owners is who has a product: how many may be told of the next one, its
// warranty, which variants are for them, and what they were told.
func (o *Office) owners(c echo.Context) error {
	return o.showOwners(c, http.StatusOK, inputs{}, nil)
}

func (o *Office) showOwners(c echo.Context, status int, in inputs, failed error) error {
	ctx := c.Request().Context()
	k, err := catalog.ByCode(ctx, o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	p := ownersPage{Page: page(c, "owner.admin.title", "name", k.Name), Code: k.Code, Name: k.Name.In(lang(c)), Path: ownersPath(k), Write: o.may(c, "products.write"), In: in, Errors: wrong(c, failed),
		Shop: t(c, "owner.admin.warranty.shop", "count", o.Settings.Now().WarrantyMonths())}
	follows, err := owner.Successors(ctx, o.DB, []catalog.ProductID{k.ID})
	if err != nil {
		return err
	}
	if p.All, p.Steps, err = o.ownerSteps(c, &owner.Notice{Kind: owner.Release, ProductID: k.ID, ToID: follows[k.ID]}); err != nil {
		return err
	}
	months, own, err := owner.Warranty(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	if own {
		p.Months = strconv.Itoa(months)
	}
	if in.On("months") {
		p.Months = in["months"]
	}
	if p.Rules, err = o.ownerRules(c, k); err != nil {
		return err
	}
	claims, err := owner.Elsewhere(ctx, o.DB, k.ID, 50)
	if err != nil {
		return err
	}
	for _, e := range claims {
		row := ownerClaim{e.Token, masked(e.Email), customerPath(e.Number), e.Version, i18n.Date(lang(c), e.CreatedAt.In(o.Settings.Now().Zone())), !e.ProvedAt.IsZero()}
		if o.may(c, "personal.read") {
			row.Email = e.Email
		}
		p.Claims = append(p.Claims, row)
	}
	notices, err := owner.Notices(ctx, o.DB, k.ID)
	if err != nil {
		return err
	}
	for _, n := range notices {
		at := n.StartedAt
		if at.IsZero() {
			at = n.CreatedAt
		}
		p.Notices = append(p.Notices, noticeRow{p.Path + "/" + n.Token, n.Title.In(lang(c)), t(c, "owner.kind."+string(n.Kind)), t(c, "owner.state."+string(n.State)), i18n.Date(lang(c), at.In(o.Settings.Now().Zone()))})
	}
	return web.Render(c, status, "admin/owners", p)
}

// ownerSteps words whom a notice would reach as a subtraction.
func (o *Office) ownerSteps(c echo.Context, n *owner.Notice) (int, []ownerStep, error) {
	all, steps, err := owner.Steps(c.Request().Context(), o.DB, n)
	var out []ownerStep
	for _, s := range steps {
		if s.Reason != "" {
			out = append(out, ownerStep{Text: t(c, "owner.less."+s.Reason), Count: s.Count})
			continue
		}
		key := "owner.left.offer"
		if n.Kind.Owed() {
			key = "owner.left.owed"
		}
		out = append(out, ownerStep{t(c, key), s.Count, true})
	}
	return all, out, err
}

// ownerRules lists which variants of a product are for owners of something.
func (o *Office) ownerRules(c echo.Context, k *catalog.Product) ([]ownerRule, error) {
	ctx := c.Request().Context()
	d, err := catalog.Detailed(ctx, o.DB, k.ID, o.Settings.Now().Currency())
	if err != nil {
		return nil, err
	}
	rules, err := owner.Rules(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	var out []ownerRule
	for _, v := range d.Variants {
		for _, r := range rules[v.ID] {
			from, err := catalog.ByID(ctx, o.DB, r.FromID)
			if err != nil {
				return nil, err
			}
			out = append(out, ownerRule{v.SKU, from.Code, r.Version, t(c, "owner.admin.rule", "sku", v.SKU, "name", r.Name(lang(c)))})
		}
	}
	return out, nil
}

// saveOwners takes one of the page's small forms, named by act.
func (o *Office) saveOwners(c echo.Context) error {
	in, err := read(c, []string{"act", "months", "sku", "from", "version", "token"})
	if err != nil {
		return err
	}
	k, err := catalog.ByCode(c.Request().Context(), o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	said := "owner.admin.saved"
	err = o.change(c, "owners."+in["act"], k.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch in["act"] {
		case "warranty":
			return o.setWarranty(ctx, tx, k, in["months"], now)
		case "rule", "unrule":
			return setUpgrade(ctx, tx, k, in)
		case "prove":
			ok, err := owner.Prove(ctx, tx, in["token"], o.by(c), now)
			if err != nil || !ok {
				return "", err
			}
			return "confirmed", nil
		}
		return "", fault.New(fault.Invalid, "error.unreadable")
	})
	if fault.Kind(err) == fault.Invalid && len(fault.Fields(err)) > 0 {
		return o.showOwners(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, ownersPath(k), said)
}

func (o *Office) setWarranty(ctx context.Context, tx *db.Tx, k *catalog.Product, typed string, now time.Time) (string, error) {
	months := -1
	if typed = strings.TrimSpace(typed); typed != "" {
		n, err := strconv.Atoi(typed)
		if err != nil || n < 0 {
			var form fault.Form
			form.Wrong("months", "owner.wrong.months")
			return "", form.Err()
		}
		months = n
	}
	return "warranty " + strconv.Itoa(months), owner.SetWarranty(ctx, tx, k.ID, months, now)
}

// setUpgrade keeps a variant of the product for owners, or opens it again.
func setUpgrade(ctx context.Context, tx *db.Tx, k *catalog.Product, in inputs) (string, error) {
	var form fault.Form
	v, err := catalog.VariantBySKU(ctx, tx, strings.TrimSpace(in["sku"]))
	if fault.Kind(err) == fault.NotFound || err == nil && v.ProductID != k.ID {
		form.Wrong("sku", "owner.wrong.sku")
	} else if err != nil {
		return "", err
	}
	from, err := catalog.ByCode(ctx, tx, strings.TrimSpace(in["from"]))
	if fault.Kind(err) == fault.NotFound {
		form.Wrong("from", "owner.wrong.code")
	} else if err != nil {
		return "", err
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	err = owner.SetUpgrade(ctx, tx, v.ID, from.ID, in["version"], in["act"] == "rule")
	return v.SKU + " from " + from.Code + " " + in["version"], err
}
