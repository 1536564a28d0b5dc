package ask

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Vote keeps whether an article helped. The key is a hash of who read it and
// the day: the same again changes the answer and counts once.
func Vote(ctx context.Context, tx *db.Tx, slug, key string, helped bool, lang i18n.Lang, now time.Time) error {
	done := tx.Query(ctx).Exec(`INSERT INTO help_votes (key, article_id, helped, lang, at) SELECT ?, id, ?, ?, ? FROM help_articles WHERE slug = ? AND published = TRUE
		ON CONFLICT (key) DO UPDATE SET helped = excluded.helped, at = excluded.at`, key, helped, string(lang), db.At(now).Milli(), slug)
	if done.Error != nil {
		return fmt.Errorf("keep whether help %s helped: %w", slug, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.NotFound, "help.unknown")
	}
	return nil
}

// Helped is what readers said of an article.
type Helped struct {
	Slug       string
	Title      i18n.Text
	Yes, No    int
	EnNo, ZhNo int // of the No, by the language it was read in
}

// Votes lists the articles that anybody voted on, those first that failed most
// readers.
func Votes(ctx context.Context, q db.Q, since time.Time) (all []Helped, err error) {
	err = q.Query(ctx).Raw(`SELECT a.slug, a.title, sum(CASE WHEN v.helped THEN 1 ELSE 0 END) AS yes, sum(CASE WHEN v.helped THEN 0 ELSE 1 END) AS no,
			sum(CASE WHEN NOT v.helped AND v.lang = 'en' THEN 1 ELSE 0 END) AS en_no, sum(CASE WHEN NOT v.helped AND v.lang = 'zh' THEN 1 ELSE 0 END) AS zh_no
		FROM help_votes v JOIN help_articles a ON a.id = v.article_id WHERE v.at >= ? GROUP BY a.id, a.slug, a.title ORDER BY no DESC, a.slug`, db.At(since)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("count votes on help: %w", err)
	}
	return all, nil
}

// matchedMost is how many articles a receipt names.
const matchedMost = 3

// Matching are the published articles that may help with a question: by words
// of weight that they hold, in title or text, and by being about the product.
// One that shares too little is not named: no article is better than a wrong
// one.
func Matching(ctx context.Context, q db.Q, question string, product catalog.ProductID) ([]Article, error) {
	list, err := Articles(ctx, q, false)
	if err != nil {
		return nil, err
	}
	ws := wordsOf(question)
	light := make([]bool, len(ws))
	mark(ws, fillers, light)
	a := asking{words: ws, light: light, base: light}
	score := func(one Article) int {
		met := func(texts ...string) int {
			from := make([]bool, len(ws))
			knows(texts...).mark(ws, from)
			n, _ := a.evidence(from)
			return n
		}
		n := 2*met(one.Title.En, one.Title.Zh) + met(one.Body.En, one.Body.Zh)
		if n > 0 && product != 0 && slices.Contains(one.Products, product) {
			n += 2
		}
		return n
	}
	type rated struct {
		Article
		n int
	}
	var fit []rated
	for _, one := range list {
		if n := score(one); n >= 3 {
			fit = append(fit, rated{one, n})
		}
	}
	slices.SortStableFunc(fit, func(x, y rated) int { return cmp.Compare(y.n, x.n) })
	var out []Article
	for _, f := range fit[:min(len(fit), matchedMost)] {
		out = append(out, f.Article)
	}
	return out, nil
}
