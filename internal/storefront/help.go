package storefront

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/fault"
	"regulars/internal/web"
)

type helpPage struct {
	web.Page
	Heading    string
	Lead       string
	Articles   []crumb
	Paragraphs []string
	About      []crumb // goods and shelves it is about
	All        string
	Vote       string // where readers say whether it helped; "" on the list
	Voted      bool
}

// help lists what is written for everybody to read.
func (s *Shop) help(c echo.Context) error {
	list, err := ask.Articles(c.Request().Context(), s.DB, false)
	if err != nil {
		return err
	}
	p := helpPage{Page: s.page(c, "shop.help.title"), Heading: t(c, "shop.help.title"), Lead: t(c, "shop.help.lead")}
	p.Description = p.Lead
	for _, a := range list {
		p.Articles = append(p.Articles, crumb{in(c, a.Title), web.URL(c, "/help/"+a.Slug)})
	}
	return web.Render(c, http.StatusOK, "storefront/help", p)
}

func (s *Shop) helpArticle(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := ask.ArticleBySlug(ctx, s.DB, c.Param("slug"), false)
	if err != nil {
		return err
	}
	p := helpPage{Page: s.titled(c, a.Title), Heading: in(c, a.Title), Paragraphs: ask.Paragraphs(in(c, a.Body)), All: web.URL(c, "/help"),
		Vote: web.URL(c, "/help/"+a.Slug), Voted: c.QueryParam("said") != ""}
	cards, err := s.shelves.Cards(ctx, s.DB, a.Products, s.currency(c))
	if err != nil {
		return err
	}
	for _, k := range cards {
		p.About = append(p.About, crumb{in(c, k.Name), web.URL(c, "/p/"+k.Slug)})
	}
	tree, err := s.tree(c)
	if err != nil {
		return err
	}
	for _, id := range a.Categories {
		if path := tree.Path(id); len(path) > 0 {
			k := path[len(path)-1]
			p.About = append(p.About, crumb{in(c, k.Name), web.URL(c, "/c/"+k.Slug)})
		}
	}
	s.note(c, event.Event{Kind: event.PolicySeen, Detail: "help " + a.Slug})
	return web.Render(c, http.StatusOK, "storefront/help", p)
}

// helpLinks are the articles about a product or a shelf it stands on; those
// about the whole shop are on the page of help.
func (s *Shop) helpLinks(c echo.Context, d *catalog.Detail) ([]crumb, error) {
	tree, err := s.tree(c)
	if err != nil {
		return nil, err
	}
	var shelves []catalog.CategoryID
	if d.CategoryID != nil {
		for _, k := range tree.Path(*d.CategoryID) {
			shelves = append(shelves, k.ID)
		}
	}
	list, err := ask.ArticlesOn(c.Request().Context(), s.DB, d.ID, shelves)
	var out []crumb
	for _, a := range list {
		if len(a.Products)+len(a.Categories) > 0 {
			out = append(out, crumb{in(c, a.Title), web.URL(c, "/help/"+a.Slug)})
		}
	}
	return out, err
}

// voteHelp keeps whether an article helped: one answer a reader and day, of
// whom nothing is kept but a hash that leads to nobody.
func (s *Shop) voteHelp(c echo.Context) error {
	var in struct {
		Helped string `form:"helped,max=5"`
	}
	if err := web.Form(c, &in); err != nil {
		return err
	}
	if in.Helped != "yes" && in.Helped != "no" {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	slug := c.Param("slug")
	mac := hmac.New(sha256.New, s.Desk.Secret)
	fmt.Fprintf(mac, "help\x00%s\x00%s\x00%s\x00%s", c.RealIP(), c.Request().UserAgent(), s.Now().UTC().Format(time.DateOnly), slug)
	key := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:18])
	err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
		return ask.Vote(ctx, tx, slug, key, in.Helped == "yes", web.Lang(c), s.Now())
	})
	if err != nil {
		return err
	}
	return web.Redirect(c, "/help/"+slug+"?said=1")
}
