package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/order"
	"regulars/internal/review"
	"regulars/internal/web"
)

type (
	reviewsPage struct {
		web.Page
		In     listing
		Chips  []chip
		Stars  []chip
		Rows   []reviewRow
		Pager  pager
		Shares []review.Share
	}
	reviewRow struct {
		review.Listed
		URL, Short, Reported string
		State                tag
	}
	reviewPage struct {
		web.Page
		Review              *review.Review
		Path, Product, Name string
		Good, Less, Lines   []string
		State               tag
		By, Card, Reason    string
		Reasons             []choice
		Answer              string
		Errors              web.FormErrors
		Notice              string
		Write, Trouble      bool
		Before              []reviewBefore
	}
	reviewBefore struct {
		Title, Text string
		Stars       int
		State       tag
	}
)

func reviewTag(c echo.Context, s review.State) tag {
	return tag{map[review.State]string{review.Waiting: "warn", review.Published: "ok", review.Refused: "error"}[s], t(c, "review.state."+string(s))}
}

func (o *Office) reviews(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	f := review.Query{Page: in.Page, Product: c.QueryParam("product")}
	f.Stars, _ = strconv.Atoi(c.QueryParam("stars"))
	switch in.State {
	case "reported":
		f.Reported = true
	case "waiting", "published", "refused":
		f.State = review.State(in.State)
	}
	ctx := c.Request().Context()
	found, total, err := review.List(ctx, o.DB, f)
	if err != nil {
		return err
	}
	p := reviewsPage{Page: page(c, "staff.area.reviews"), In: in, Pager: pages(c, in.Page, 50, total),
		Chips: chips(c, "state", in.State, "admin.reviews.", "", "waiting", "reported", "published", "refused"),
		Stars: chips(c, "stars", c.QueryParam("stars"), "admin.reviews.stars.", "", "1", "2", "3", "4", "5")}
	if p.Shares, err = review.Shares(ctx, o.DB); err != nil {
		return err
	}
	for _, r := range found {
		row := reviewRow{Listed: r, URL: "/admin/reviews/" + url.PathEscape(r.Token), Short: r.Title, State: reviewTag(c, r.Review.State)}
		if row.Short == "" {
			row.Short = r.Body
		}
		if runes := []rune(row.Short); len(runes) > 100 {
			row.Short = string(runes[:100]) + "…"
		}
		if row.Short == "" {
			row.Short = t(c, "review.stars", "count", r.Stars)
		}
		if r.Reports > 0 {
			row.Reported = t(c, "admin.reviews.reports", "count", r.Reports)
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/reviews", p)
}

func (o *Office) review(c echo.Context) error { return o.showReview(c, http.StatusOK, nil, nil) }

// showReview draws one review; answer is what was typed, failed why it was
// refused.
func (o *Office) showReview(c echo.Context, status int, answer *string, failed error) error {
	ctx := c.Request().Context()
	r, err := review.ByToken(ctx, o.DB, c.Param("review"))
	if err != nil {
		return err
	}
	product, err := catalog.ByID(ctx, o.DB, r.ProductID)
	if err != nil {
		return err
	}
	p := reviewPage{Page: page(c, "admin.col.review"), Review: r, Path: "/admin/reviews/" + r.Token, Product: web.In(lang(c), "/p/"+product.Slug), Name: product.Name.In(lang(c)),
		State: reviewTag(c, r.State), Lines: strings.Split(r.Body, "\n"), Answer: r.Answer, Errors: wrong(c, failed), Write: o.may(c, "reviews.write"), Trouble: r.Stars <= 2}
	if answer != nil {
		p.Answer = *answer
	}
	if failed != nil && len(p.Errors.Items) == 0 {
		p.Notice = words(c, failed)
	}
	for _, tile := range r.Good.List() {
		p.Good = append(p.Good, t(c, "review.tile."+tile))
	}
	for _, tile := range r.Less.List() {
		p.Less = append(p.Less, t(c, "review.tile."+tile))
	}
	if r.Reason != "" {
		p.Reason = t(c, "review.reason."+r.Reason)
	}
	p.Reasons = choices(r.Reason, review.Reasons, func(code string) string { return t(c, "review.reason."+code) })
	if err := o.reviewAuthor(c, &p, r); err != nil {
		return err
	}
	before, err := review.Versions(ctx, o.DB, r.ID)
	for _, v := range before {
		p.Before = append(p.Before, reviewBefore{t(c, "admin.review.version", "n", v.Version, "date", v.EndedAt.In(o.Settings.Now().Zone())), v.Title + " " + v.Body, v.Stars, reviewTag(c, v.State)})
	}
	if err != nil {
		return err
	}
	return web.Render(c, status, "admin/review", p)
}

// reviewAuthor says who wrote it, as far as the role may read it.
func (o *Office) reviewAuthor(c echo.Context, p *reviewPage, r *review.Review) error {
	ctx := c.Request().Context()
	p.By = t(c, "admin.review.gone")
	switch {
	case r.CustomerID != nil:
		k, err := customer.ByID(ctx, o.DB, *r.CustomerID)
		if err != nil {
			return err
		}
		if p.By = r.Name; p.By == "" {
			p.By = t(c, "review.nobody")
		}
		if o.may(c, "customers.read") {
			p.Card = customerPath(k.Number)
		}
	case r.OrderID != 0:
		k, err := order.ByID(ctx, o.DB, r.OrderID)
		if err != nil {
			return err
		}
		p.By = t(c, "admin.review.guest", "number", k.Number)
	case r.Email != "":
		p.By = t(c, "review.nobody")
	}
	return nil
}

// decideReview shows it or refuses it, as it was when staff read it.
func (o *Office) decideReview(c echo.Context) error {
	var in struct {
		Do      string `form:"do,max=10"`
		Reason  string `form:"reason,max=20"`
		Version int    `form:"version"`
		Answer  string `form:"answer,max=10000"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	token, said := c.Param("review"), "admin.review.kept"
	err = o.change(c, "review."+in.Do, token, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch in.Do {
		case "publish":
			_, err := review.Decide(ctx, tx, token, in.Version, int64(who.ID), "", now)
			return "", err
		case "refuse":
			if in.Reason == "" {
				var form fault.Form
				form.Wrong("reason", "review.reason.none")
				return "", form.Err()
			}
			r, err := review.Decide(ctx, tx, token, in.Version, int64(who.ID), in.Reason, now)
			if err != nil {
				return "", err
			}
			return strconv.Itoa(r.Stars) + " stars: " + in.Reason, nil
		case "answer":
			said = "admin.review.answered"
			return "", review.Answer(ctx, tx, token, int64(who.ID), in.Answer, now)
		}
		return "", fault.New(fault.Invalid, "error.unreadable")
	})
	if errors.Is(err, fault.Invalid) || errors.Is(err, fault.Conflict) {
		return o.showReview(c, map[bool]int{true: http.StatusUnprocessableEntity, false: http.StatusConflict}[errors.Is(err, fault.Invalid)], &in.Answer, err)
	}
	if err != nil {
		return err
	}
	return done(c, "/admin/reviews/"+token, said)
}
