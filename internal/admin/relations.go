package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/web"
)

var relationNames = []string{"do", "kind", "to", "reason_en", "reason_zh", "premise_en", "premise_zh"}

type relationsPage struct {
	web.Page
	Code, Shop string
	In         inputs
	Errors     web.FormErrors
	Kinds      []choice
	Rows       []relationLine
	Write      bool
}

type relationLine struct {
	Kind, Words, Source string
	To, Name, URL       string
	Edit                string // the address at which the form holds this one
	Reason, Premise     i18n.Text
	Shown               bool // a shopper can meet it: published and not sensitive
}

func (o *Office) relationRoutes(g *echo.Group) {
	g.GET("/products/:code/relations", o.relations)
	g.POST("/products/:code/relations", o.saveRelation)
}

func (o *Office) relations(c echo.Context) error { return o.showRelations(c, http.StatusOK, nil, nil) }

// showRelations lists what leads away from a product; in is what was typed, or
// nil: then the address says which one the form holds.
func (o *Office) showRelations(c echo.Context, status int, in inputs, why error) error {
	ctx := c.Request().Context()
	k, err := catalog.ByCode(ctx, o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	list, err := catalog.RelationsFrom(ctx, o.DB, []catalog.ProductID{k.ID})
	if err != nil {
		return err
	}
	ids := make([]catalog.ProductID, len(list))
	for i, r := range list {
		ids[i] = r.ToID
	}
	named, err := o.named(ctx, ids)
	if err != nil {
		return err
	}
	p := relationsPage{Page: page(c, "relations.title", "name", k.Name.In(lang(c))), Code: k.Code, In: in, Errors: wrong(c, why), Write: o.may(c, "products.write")}
	if p.In == nil {
		p.In = inputs{"kind": "fits"}
	}
	if k.Published {
		p.Shop = web.In(lang(c), "/p/"+k.Slug) + "#chain"
	}
	for _, r := range list {
		to := named[r.ToID]
		row := relationLine{Kind: r.Kind, Words: t(c, "admin.relation."+r.Kind), Source: t(c, "admin.source."+r.Source), To: to.Code, Name: to.Name.In(lang(c)), URL: productPath(to.Code),
			Reason: r.Reason, Premise: r.Premise, Shown: to.Published && !to.Sensitive, Edit: productPath(k.Code) + "/relations?kind=" + r.Kind + "&to=" + to.Code + "#relation"}
		if in == nil && c.QueryParam("kind") == r.Kind && c.QueryParam("to") == to.Code {
			p.In = inputs{"kind": r.Kind, "to": to.Code, "reason_en": r.Reason.En, "reason_zh": r.Reason.Zh, "premise_en": r.Premise.En, "premise_zh": r.Premise.Zh}
		}
		p.Rows = append(p.Rows, row)
	}
	p.Kinds = choices(p.In["kind"], catalog.RelationKinds, func(v string) string { return t(c, "relations.kind."+v) })
	return web.Render(c, status, "admin/product-relations", p)
}

// saveRelation writes a relation or takes one back: what the button says.
func (o *Office) saveRelation(c echo.Context) error {
	in, err := read(c, relationNames)
	code := param(c, "code")
	if err == nil {
		err = o.change(c, "product.relation", code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return writeRelation(ctx, tx, code, in)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showRelations(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, productPath(code)+"/relations", "options.saved")
}

func writeRelation(ctx context.Context, tx *db.Tx, code string, in inputs) (string, error) {
	from, err := catalog.ByCode(ctx, tx, code)
	if err != nil {
		return "", err
	}
	var form fault.Form
	to, err := productCalled(ctx, tx, in["to"])
	if errors.Is(err, fault.NotFound) {
		form.Wrong("to", "relations.to.unknown", "to", in["to"])
		return "", form.Err()
	}
	if err != nil {
		return "", err
	}
	if in["do"] == "drop" {
		if was, err := catalog.DropRelation(ctx, tx, from.ID, to, in["kind"]); err != nil || !was {
			return "", err
		}
		return "drop " + in["kind"] + " " + in["to"], nil
	}
	if in["kind"] != "never" && in["reason_en"] == "" && in["reason_zh"] == "" {
		form.Wrong("reason_en", "relations.reason.missing")
		return "", form.Err()
	}
	r := catalog.Relation{FromID: from.ID, ToID: to, Kind: in["kind"], Source: "author", Weight: 1,
		Reason: i18n.Text{En: in["reason_en"], Zh: in["reason_zh"]}, Premise: i18n.Text{En: in["premise_en"], Zh: in["premise_zh"]}}
	list, err := catalog.RelationsFrom(ctx, tx, []catalog.ProductID{from.ID})
	if err != nil {
		return "", err
	}
	if at := slices.IndexFunc(list, func(h catalog.Relation) bool { return h.ToID == to && h.Kind == r.Kind }); at >= 0 {
		r.Weight = list[at].Weight
	}
	if err := catalog.PutRelation(ctx, tx, r); err != nil {
		return "", relationFields(err)
	}
	return r.Kind + " " + in["to"] + ": " + brief(r.Reason.En), nil
}

func relationFields(err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	moved := *f
	moved.Fields = slices.Clone(f.Fields)
	for i, field := range moved.Fields {
		if field.Name == "reason" || field.Name == "premise" {
			moved.Fields[i].Name += "_en"
		}
	}
	return &moved
}

// productCalled finds a product by its code, or by an SKU of it.
func productCalled(ctx context.Context, q db.Q, name string) (catalog.ProductID, error) {
	if k, err := catalog.ByCode(ctx, q, name); err == nil {
		return k.ID, nil
	} else if !errors.Is(err, fault.NotFound) {
		return 0, err
	}
	v, err := catalog.VariantBySKU(ctx, q, name)
	if err != nil {
		return 0, err
	}
	return v.ProductID, nil
}
