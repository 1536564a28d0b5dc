package db

import (
	"context"
	"fmt"
	"strings"
	"unicode"
)

// Full text: the one table of search_terms, FTS5 on SQLite and tsvector on
// Postgres. What a term is (folding, Chinese, synonyms) is decided by package
// search; here a term is a run of letters and digits, nothing else.

// IndexTerms replaces the terms of a document.
func (t *Tx) IndexTerms(ctx context.Context, id int64, lang, terms string) error {
	if err := t.Flush(ctx); err != nil {
		return wrapIndex(id, err)
	}
	if t.postgres {
		_, err := t.sql.ExecContext(ctx, `INSERT INTO search_terms (rowid, terms, lang) VALUES ($1, $2, $3)
			ON CONFLICT (rowid) DO UPDATE SET terms = excluded.terms, lang = excluded.lang`, id, terms, lang)
		return wrapIndex(id, err)
	}
	if err := t.DropTerms(ctx, id); err != nil {
		return err
	}
	_, err := t.sql.ExecContext(ctx, "INSERT INTO search_terms (rowid, terms, lang) VALUES (?, ?, ?)", id, terms, lang)
	return wrapIndex(id, err)
}

// DropTerms takes a document out of the index.
func (t *Tx) DropTerms(ctx context.Context, id int64) error {
	if err := t.Flush(ctx); err != nil {
		return wrapIndex(id, err)
	}
	query := "DELETE FROM search_terms WHERE rowid = ?"
	if t.postgres {
		query = "DELETE FROM search_terms WHERE rowid = $1"
	}
	_, err := t.sql.ExecContext(ctx, query, id)
	return wrapIndex(id, err)
}

// DropAllTerms empties the index.
func (t *Tx) DropAllTerms(ctx context.Context) error {
	if err := t.Flush(ctx); err != nil {
		return fmt.Errorf("empty the search index: %w", err)
	}
	if _, err := t.sql.ExecContext(ctx, "DELETE FROM search_terms"); err != nil {
		return fmt.Errorf("empty the search index: %w", err)
	}
	return nil
}

func wrapIndex(id int64, err error) error {
	if err != nil {
		return fmt.Errorf("index document %d: %w", id, err)
	}
	return nil
}

// MatchTerms finds the documents of lang that hold every term, best first.
// A term ending in * matches as a prefix. Terms may hold letters and digits
// only; anything else is dropped, so no person's text reaches the engine's
// own query language.
func (d *DB) MatchTerms(ctx context.Context, lang string, terms []string, limit int) ([]int64, error) {
	var parts []string
	for _, term := range terms {
		prefix := strings.HasSuffix(term, "*")
		word := strings.Map(func(r rune) rune {
			if isWordRune(r) {
				return r
			}
			return -1
		}, term)
		switch {
		case word == "":
		case d.postgres && prefix:
			parts = append(parts, word+":*")
		case d.postgres:
			parts = append(parts, word)
		case prefix:
			parts = append(parts, `"`+word+`"*`)
		default:
			parts = append(parts, `"`+word+`"`)
		}
	}
	if len(parts) == 0 {
		return nil, nil
	}
	query, match := `SELECT rowid FROM search_terms WHERE search_terms MATCH ? AND lang = ? ORDER BY rank, rowid LIMIT ?`, strings.Join(parts, " AND ")
	if d.postgres {
		match = strings.Join(parts, " & ")
		query = `SELECT rowid FROM search_terms, to_tsquery('simple', ?) query WHERE words @@ query AND lang = ?
			ORDER BY ts_rank_cd(words, query) DESC, rowid LIMIT ?`
	}
	var ids []int64
	if err := d.Query(ctx).Raw(query, match, lang, limit).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("search for %d terms: %w", len(parts), err)
	}
	return ids, nil
}

func isWordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
