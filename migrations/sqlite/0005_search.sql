-- +goose Up
-- The embedded search index: derived from products, rebuilt at will. Terms are prepared in Go.
CREATE VIRTUAL TABLE search_terms USING fts5(terms, lang UNINDEXED, tokenize = 'unicode61 remove_diacritics 0');
