package storefront

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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

// author is who writes: the account signed in, or the holder of a guest's
// order with that product in it. Nobody: an empty author.
func (s *Shop) author(c echo.Context, product catalog.ProductID, number, key string) (review.Author, error) {
	p, err := s.person(c)
	if err != nil {
		return review.Author{}, err
	}
	if p.SignedIn() {
		return review.Author{Customer: p.Customer}, nil
	}
	if number == "" || key == "" {
		return review.Author{}, nil
	}
	ctx := c.Request().Context()
	o, err := order.ByAccess(ctx, s.DB, order.CleanNumber(number), key)
	if err != nil || o.CustomerID != nil || o.Email == "" {
		if fault.Kind(err) == fault.NotFound {
			err = nil
		}
		return review.Author{}, err // of an account: its owner signs in
	}
	lines, err := order.Lines(ctx, s.DB, o.ID)
	if err != nil || !slices.ContainsFunc(lines, func(l order.Line) bool { return l.ProductID == product }) {
		return review.Author{}, err
	}
	return review.Author{Order: o}, nil
}

func (s *Shop) reviewForm(c echo.Context) error {
	product, now, err := s.found(c)
	if err != nil {
		return err
	}
	if now != "" {
		return moved(c, withQuery("/p/"+now+"/review", c.QueryParams()))
	}
	in := reviewForm{Order: c.QueryParam("order"), Key: c.QueryParam("key")}
	by, err := s.author(c, product.ID, in.Order, in.Key)
	if err != nil {
		return err
	}
	own, err := review.Own(c.Request().Context(), s.DB, product.ID, by)
	if err != nil {
		return err
	}
	switch {
	case own != nil:
		in.Stars, in.Title, in.Body, in.Name, in.Good, in.Less = own.Stars, own.Title, own.Body, own.Name, own.Good.List(), own.Less.List()
	case by.Customer != nil:
		in.Name, _, _ = strings.Cut(by.Customer.Name, " ")
	case by.Order != nil:
		in.Name, _, _ = strings.Cut(by.Order.Name, " ")
	}
	return s.showReview(c, http.StatusOK, product, by, own, in, nil)
}

func (s *Shop) showReview(c echo.Context, status int, product *catalog.Product, by review.Author, own *review.Review, in_ reviewForm, failed error) error {
	web.Private(c)
	p := &reviewPage{Page: s.page(c, "review.write.title", "name", product.Name), Name: in(c, product.Name), Action: web.URL(c, "/p/"+product.Slug+"/review"), Form: in_, Errors: web.Errors(c, failed),
		Stranger: by.Customer == nil && by.Order == nil, SignIn: web.URL(c, "/signin"), Orders: web.URL(c, "/orders")}
	p.NoIndex = true
	p.Crumbs = s.trailTo(c, product, t(c, "review.write"))
	for n := 5; n >= 1; n-- {
		p.Stars = append(p.Stars, starChoice{n, t(c, fmt.Sprint("review.word.", n)), s.stars(c, float64(n)), in_.Stars == n})
	}
	for _, tile := range review.Tiles {
		p.Tiles = append(p.Tiles, tileChoice{tile, t(c, "review.tile."+tile), slices.Contains(in_.Good, tile), slices.Contains(in_.Less, tile)})
	}
	if own != nil {
		p.State, p.Tag = t(c, "review.state."+string(own.State)), map[review.State]string{review.Waiting: "tag-warn", review.Published: "tag-ok", review.Refused: "tag-error"}[own.State]
		if own.Reason != "" {
			p.Reason = t(c, "review.reason."+own.Reason)
		}
	}
	if !p.Stranger {
		bought, err := review.Bought(c.Request().Context(), s.DB, product.ID, by, s.Now())
		if err != nil {
			return err
		}
		if p.Mark = t(c, "review.mark.no"); bought != 0 {
			p.Mark = t(c, "review.mark.yes")
		}
	}
	return web.Render(c, status, "storefront/review", p)
}

func (s *Shop) writeReview(c echo.Context) error {
	product, now, err := s.found(c)
	if err != nil {
		return err
	}
	if now != "" {
		return ended()
	}
	var f reviewForm
	failed := web.Form(c, &f)
	by, err := s.author(c, product.ID, f.Order, f.Key)
	if err != nil {
		return err
	}
	if by.Customer == nil && by.Order == nil {
		return s.showReview(c, http.StatusForbidden, product, by, nil, f, nil)
	}
	own, err := review.Own(c.Request().Context(), s.DB, product.ID, by)
	if err != nil {
		return err
	}
	key := "review.kept"
	if failed == nil {
		failed = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			if f.Do == "drop" {
				key = "review.dropped"
				return review.Drop(ctx, tx, product.ID, by)
			}
			_, err := review.Write(ctx, tx, product.ID, by, review.Words{Stars: f.Stars, Title: f.Title, Body: f.Body, Good: f.Good, Less: f.Less, Name: f.Name, Lang: web.Lang(c)}, s.Now())
			return err
		})
	}
	if fault.Kind(failed) == fault.Invalid && len(fault.Fields(failed)) > 0 {
		return s.showReview(c, http.StatusUnprocessableEntity, product, by, own, f, failed)
	}
	if failed != nil {
		return failed
	}
	web.Flash(c, "ok", key)
	return web.Redirect(c, "/p/"+product.Slug+"#reviews")
}

// So many reports an hour come from one address of the net.
const (
	reportTries  = 20
	reportWindow = time.Hour
)

// reportReview notes, by one click, that a reader finds that a review breaks
// the rules; staff look at it again, and it stays until they did.
func (s *Shop) reportReview(c echo.Context) error {
	ok, after, err := customer.Try(c.Request().Context(), s.DB, "review report from "+c.RealIP(), reportTries, reportWindow, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.TooMany, "shop.ask.many", "count", max(1, int((after+time.Minute-1)/time.Minute)))
	}
	var form struct {
		Back string `form:"back,max=500"`
	}
	if err := web.Form(c, &form); err != nil {
		return err
	}
	p, err := s.someone(c)
	if err != nil {
		return err
	}
	token := c.Param("token")
	who := hmac.New(sha256.New, s.Desk.Secret)
	fmt.Fprintf(who, "report\n%s\n%d\n%d", token, p.VisitorID(), p.CustomerID())
	err = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		_, err := review.Report(ctx, tx, token, hex.EncodeToString(who.Sum(nil)[:12]), s.Now())
		return err
	})
	if err != nil {
		return err
	}
	web.Flash(c, "ok", "review.reported")
	return web.Redirect(c, web.LocalPath(form.Back))
}

// reviewRow is a product of an order or an account, to be reviewed.
type reviewRow struct{ URL, Name, State, Tag, Note string }

func (s *Shop) ownReviews(c echo.Context, id customer.ID) (said, unsaid []reviewRow, err error) {
	ctx, zone := c.Request().Context(), s.Settings.Now().Zone()
	mine, err := review.OfCustomer(ctx, s.DB, id)
	if err != nil {
		return nil, nil, err
	}
	for i := range mine {
		m := &mine[i]
		row := reviewRow{URL: web.URL(c, "/p/"+m.Slug+"/review"), Name: in(c, m.ProductName), State: t(c, "review.state."+string(m.State)), Tag: map[review.State]string{review.Waiting: "tag-warn", review.Published: "tag-ok", review.Refused: "tag-error"}[m.State],
			Note: t(c, "review.said", "stars", m.Stars, "date", m.WrittenAt.In(zone))}
		said = append(said, row)
	}
	open, err := review.Unsaid(ctx, s.DB, id, 10, s.Now())
	for i := range open {
		unsaid = append(unsaid, reviewRow{URL: web.URL(c, "/p/"+open[i].Slug+"/review"), Name: in(c, open[i].ProductName)})
	}
	return said, unsaid, err
}

// reviewURL leads to where the goods of an order are reviewed, once they were
// sent and paid; the holder of a guest's link takes it along.
func reviewURL(c echo.Context, slug string, o *order.Order, key string) string {
	if o.DeliveryState != order.Shipped && o.DeliveryState != order.Delivered || o.PaymentState != order.Paid && o.PaymentState != order.PartlyRefunded {
		return ""
	}
	q := url.Values{}
	if key != "" && o.CustomerID == nil {
		q.Set("order", o.Number)
		q.Set("key", key)
	}
	return withQuery(web.URL(c, "/p/"+slug+"/review"), q)
}
