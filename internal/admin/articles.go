package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/web"
)

type (
	articlesPage struct {
		web.Page
		Rows  []articleRow
		Write bool
	}
	articleRow struct {
		URL, Title, Slug, About string
		Published               bool
	}
	articlePage struct {
		web.Page
		Path   string // "" for a new one
		In     inputs
		Errors web.FormErrors
		Write  bool
		Shown  string
	}
)

const articlesPath = "/admin/questions/articles"

var articleInputs = []string{"slug", "title_en", "title_zh", "body_en", "body_zh", "about", "position", "published", "drop"}

func (o *Office) articles(c echo.Context) error {
	ctx := c.Request().Context()
	list, err := ask.Articles(ctx, o.DB, true)
	if err != nil {
		return err
	}
	p := articlesPage{Page: page(c, "admin.help"), Write: o.may(c, "questions.write")}
	for i := range list {
		a := &list[i]
		about, err := o.aboutOf(ctx, a)
		if err != nil {
			return err
		}
		p.Rows = append(p.Rows, articleRow{articlesPath + "/" + url.PathEscape(a.Slug), a.Title.In(p.Lang), a.Slug, about, a.Published})
	}
	return web.Render(c, http.StatusOK, "admin/articles", p)
}

// aboutOf writes what an article is about as its form takes it: codes of goods
// and slugs of shelves.
func (o *Office) aboutOf(ctx context.Context, a *ask.Article) (string, error) {
	var words []string
	for _, id := range a.Products {
		p, err := catalog.ByID(ctx, o.DB, id)
		if err != nil {
			return "", err
		}
		words = append(words, p.Code)
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return "", err
	}
	for _, id := range a.Categories {
		if k, ok := tree.ByID(id); ok {
			words = append(words, k.Slug)
		}
	}
	return strings.Join(words, " "), nil
}

func (o *Office) newArticle(c echo.Context) error {
	in := inputs{"published": "1", "title_en": c.QueryParam("title"), "about": c.QueryParam("about")}
	return o.showArticle(c, http.StatusOK, "", in, nil)
}

func (o *Office) article(c echo.Context) error {
	ctx := c.Request().Context()
	a, err := ask.ArticleBySlug(ctx, o.DB, param(c, "slug"), true)
	if err != nil {
		return err
	}
	about, err := o.aboutOf(ctx, a)
	if err != nil {
		return err
	}
	in := inputs{"slug": a.Slug, "title_en": a.Title.En, "title_zh": a.Title.Zh, "body_en": a.Body.En, "body_zh": a.Body.Zh, "about": about, "position": number(a.Position)}
	if a.Published {
		in["published"] = "1"
	}
	return o.showArticle(c, http.StatusOK, a.Slug, in, nil)
}

func (o *Office) showArticle(c echo.Context, status int, slug string, in inputs, failed error) error {
	p := articlePage{Page: page(c, "admin.help.one"), In: in, Errors: wrong(c, failed), Write: o.may(c, "questions.write")}
	if slug != "" {
		p.Path, p.Shown = articlesPath+"/"+url.PathEscape(slug), web.In(p.Lang, "/help/"+slug)
	}
	return web.Render(c, status, "admin/article", p)
}

// saveArticle writes an article; a new one takes no slug that is taken.
func (o *Office) saveArticle(c echo.Context) error {
	in, err := read(c, articleInputs)
	if err != nil {
		return err
	}
	slug := param(c, "slug")
	if slug != "" && in["drop"] != "" {
		return o.dropArticle(c, slug)
	}
	var a ask.Article
	a.Slug, a.Published = in["slug"], in["published"] != ""
	if slug != "" {
		a.Slug = slug
	}
	a.Title.En, a.Title.Zh, a.Body.En, a.Body.Zh = in["title_en"], in["title_zh"], in["body_en"], in["body_zh"]
	err = o.change(c, "help.save", a.Slug, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		var form fault.Form
		a.Position = whole(&form, in, "position")
		if err := aboutWhat(ctx, tx, &form, &a, in["about"]); err != nil {
			return "", err
		}
		if _, err := ask.ArticleBySlug(ctx, tx, a.Slug, true); err == nil && slug == "" {
			form.Wrong("slug", "admin.help.taken")
		}
		if err := form.Err(); err != nil {
			return "", err
		}
		return a.Title.En, ask.PutArticle(ctx, tx, a, now)
	})
	switch {
	case errors.Is(err, fault.Invalid):
		return o.showArticle(c, http.StatusUnprocessableEntity, slug, in, err)
	case err != nil:
		return err
	}
	return done(c, articlesPath, "admin.help.saved")
}

// aboutWhat reads codes of goods and slugs of goods and shelves.
func aboutWhat(ctx context.Context, tx *db.Tx, form *fault.Form, a *ask.Article, text string) error {
	tree, err := catalog.LoadTree(ctx, tx)
	if err != nil {
		return err
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '，' || r == '、' || r == '\n' }) {
		if k, ok := tree.BySlug(strings.ToLower(word)); ok {
			a.Categories = append(a.Categories, k.ID)
			continue
		}
		p, err := catalog.ByCode(ctx, tx, strings.ToUpper(word))
		if errors.Is(err, fault.NotFound) {
			p, err = catalog.BySlug(ctx, tx, strings.ToLower(word))
		}
		switch {
		case errors.Is(err, fault.NotFound):
			form.Wrong("about", "admin.help.nothing", "word", word)
		case err != nil:
			return err
		default:
			a.Products = append(a.Products, p.ID)
		}
	}
	return nil
}

// dropArticle takes an article away; whoever is second finds it gone.
func (o *Office) dropArticle(c echo.Context, slug string) error {
	err := o.change(c, "help.drop", slug, func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		return slug, ask.DropArticle(ctx, tx, slug)
	})
	if err != nil && !errors.Is(err, fault.NotFound) {
		return err
	}
	return done(c, articlesPath, "admin.help.dropped")
}
