package ask

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

const (
	titleRunes = 120
	helpRunes  = 6000
)

var slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// PutArticle writes an article under its slug; a later one of the same slug
// replaces it. Both languages are needed for what is published.
func PutArticle(ctx context.Context, tx *db.Tx, a Article, now time.Time) error {
	var form fault.Form
	if a.Slug = strings.ToLower(strings.TrimSpace(a.Slug)); !slugForm.MatchString(a.Slug) || len(a.Slug) > 80 {
		form.Wrong("slug", "help.slug")
	}
	for _, f := range []struct {
		name string
		text *string
		most int
	}{{"title_en", &a.Title.En, titleRunes}, {"title_zh", &a.Title.Zh, titleRunes}, {"body_en", &a.Body.En, helpRunes}, {"body_zh", &a.Body.Zh, helpRunes}} {
		if *f.text = strings.TrimSpace(*f.text); *f.text == "" && !a.Published && strings.HasSuffix(f.name, "_zh") {
			continue
		}
		letter(&form, f.name, f.text, f.most, "help.empty")
	}
	if err := form.Err(); err != nil {
		return err
	}
	a.ID, a.CreatedAt, a.UpdatedAt = 0, db.At(now), db.At(now)
	var id int64
	err := tx.Query(ctx).Raw(`INSERT INTO help_articles (slug, title, body, published, position, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (slug) DO UPDATE SET title = excluded.title, body = excluded.body, published = excluded.published, position = excluded.position,
		updated_at = excluded.updated_at RETURNING id`, a.Slug, a.Title, a.Body, a.Published, a.Position, a.CreatedAt, a.UpdatedAt).Scan(&id).Error
	if err != nil {
		return fmt.Errorf("write help %s: %w", a.Slug, err)
	}
	if err := tx.Query(ctx).Exec("DELETE FROM help_links WHERE article_id = ?", id).Error; err != nil {
		return fmt.Errorf("link help %s: %w", a.Slug, err)
	}
	var rows [][]any
	for _, p := range a.Products {
		rows = append(rows, []any{id, "product", int64(p)})
	}
	for _, k := range a.Categories {
		rows = append(rows, []any{id, "category", int64(k)})
	}
	if _, err := tx.Insert(ctx, "help_links", []string{"article_id", "kind", "target_id"}, rows, true); err != nil {
		return fmt.Errorf("link help %s: %w", a.Slug, err)
	}
	return nil
}

// DropArticle takes an article away. Unknown slug: NotFound.
func DropArticle(ctx context.Context, tx *db.Tx, slug string) error {
	var id int64
	if err := tx.Query(ctx).Raw("SELECT id FROM help_articles WHERE slug = ?", slug).Scan(&id).Error; err != nil || id == 0 {
		if err == nil {
			err = fault.New(fault.NotFound, "help.unknown")
		}
		return err
	}
	for _, sql := range []string{"DELETE FROM help_links WHERE article_id = ?", "DELETE FROM help_articles WHERE id = ?"} {
		if err := tx.Query(ctx).Exec(sql, id).Error; err != nil {
			return fmt.Errorf("take help %s away: %w", slug, err)
		}
	}
	return nil
}

// ArticleBySlug returns one article; for shoppers only published ones count.
func ArticleBySlug(ctx context.Context, q db.Q, slug string, all bool) (*Article, error) {
	list, err := articles(ctx, q, "slug = ? AND (published = TRUE OR ?)", slug, all)
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "help.unknown")
	}
	if err != nil {
		return nil, err
	}
	return &list[0], nil
}

// Articles lists what there is, in the shop's order; all also what is not
// published.
func Articles(ctx context.Context, q db.Q, all bool) ([]Article, error) {
	return articles(ctx, q, "published = TRUE OR ?", all)
}

// ArticlesOn lists the published articles about a product or a shelf above it,
// then those about the whole shop.
func ArticlesOn(ctx context.Context, q db.Q, product catalog.ProductID, shelves []catalog.CategoryID) ([]Article, error) {
	if len(shelves) == 0 {
		shelves = []catalog.CategoryID{0}
	}
	linked, err := articles(ctx, q, `published = TRUE AND id IN (SELECT article_id FROM help_links WHERE kind = 'product' AND target_id = ? OR kind = 'category' AND target_id IN ?)`,
		int64(product), shelves)
	if err != nil {
		return nil, err
	}
	general, err := articles(ctx, q, "published = TRUE AND NOT EXISTS (SELECT 1 FROM help_links l WHERE l.article_id = help_articles.id)")
	return append(linked, general...), err
}

func articles(ctx context.Context, q db.Q, where string, args ...any) ([]Article, error) {
	var list []Article
	if err := q.Query(ctx).Where(where, args...).Order("position, slug").Find(&list).Error; err != nil {
		return nil, fmt.Errorf("read help: %w", err)
	}
	if len(list) == 0 {
		return nil, nil
	}
	ids, place := make([]int64, len(list)), map[int64]int{}
	for i, a := range list {
		ids[i], place[a.ID] = a.ID, i
	}
	var links []struct {
		ArticleID int64
		Kind      string
		TargetID  int64
	}
	if err := q.Query(ctx).Raw("SELECT article_id, kind, target_id FROM help_links WHERE article_id IN ? ORDER BY kind, target_id", ids).Scan(&links).Error; err != nil {
		return nil, fmt.Errorf("read what help is about: %w", err)
	}
	for _, l := range links {
		a := &list[place[l.ArticleID]]
		if l.Kind == "product" {
			a.Products = append(a.Products, catalog.ProductID(l.TargetID))
		} else {
			a.Categories = append(a.Categories, catalog.CategoryID(l.TargetID))
		}
	}
	return list, nil
}

// Paragraphs are the parts of a body between empty lines.
func Paragraphs(text string) (all []string) {
	for p := range strings.SplitSeq(text, "\n\n") {
		if p = strings.TrimSpace(p); p != "" {
			all = append(all, p)
		}
	}
	return all
}

// Sources are an article's paragraphs, each one that may answer.
func (a *Article) Sources(s Source, l i18n.Lang) (all []Source) {
	other := i18n.Chinese
	if l == i18n.Chinese {
		other = i18n.English
	}
	here, there := Paragraphs(a.Body.In(l)), Paragraphs(a.Body.In(other))
	for i, text := range here {
		one := s
		one.Kind, one.Text, one.Says = Told, text, []string{a.Title.En, a.Title.Zh, text}
		if len(here) == len(there) {
			one.Says = append(one.Says, there[i])
		}
		one.Matters = told(strings.Join(one.Says[2:], " "))
		all = append(all, one)
	}
	return all
}
