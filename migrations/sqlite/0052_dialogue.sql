-- +goose Up
-- A question has a clock and somebody who looks after it; what is said back is a question of the same thread.
ALTER TABLE questions ADD COLUMN number TEXT NOT NULL DEFAULT '';
ALTER TABLE questions ADD COLUMN thread_id INTEGER NOT NULL DEFAULT 0;
-- By when an answer is owed (0: no clock yet), and since when it is known to be late.
ALTER TABLE questions ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN escalated_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE questions ADD COLUMN owner_id INTEGER NOT NULL DEFAULT 0;
-- When the page of whoever asked showed the answer.
ALTER TABLE questions ADD COLUMN seen_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX questions_thread ON questions(thread_id) WHERE thread_id > 0;
CREATE INDEX questions_number ON questions(number) WHERE number <> '';
CREATE INDEX questions_due ON questions(due_at) WHERE answered_at = 0;

-- One row a reader and day: did an article help. The key is a hash that leads to nobody.
CREATE TABLE help_votes (
  key TEXT PRIMARY KEY,
  article_id INTEGER NOT NULL REFERENCES help_articles(id) ON DELETE CASCADE,
  helped INTEGER NOT NULL,
  lang TEXT NOT NULL DEFAULT 'en',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX help_votes_article ON help_votes(article_id, at);
