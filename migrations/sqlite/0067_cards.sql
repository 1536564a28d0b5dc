-- +goose Up
-- Whose birthday a day is, and who marked it: a sender of cards looks each quarter of an hour.
CREATE INDEX customers_birthday ON customers(substr(birth_date, 6, 5)) WHERE birth_date <> '';
CREATE INDEX important_dates_day ON important_dates(month, day, kind);
-- Who asked for what only those get who asked for it.
CREATE INDEX mail_preferences_asked ON mail_preferences(email_key) WHERE on_topics <> '';
-- Which decisions about the specials of a week were made.
CREATE INDEX sends_template ON sends(template, created_at);
-- The specials of a week, as far as they were sent: after_key is the last address that was decided on, '' before the first and
-- once all were (owner: outreach).
CREATE TABLE special_weeks (
  week TEXT PRIMARY KEY,
  after_key TEXT NOT NULL DEFAULT '',
  began_at INTEGER NOT NULL,
  done_at INTEGER NOT NULL DEFAULT 0
) STRICT;
-- What somebody of the shop put into the specials of a week by hand (owner: outreach).
CREATE TABLE special_picks (
  week TEXT NOT NULL,
  position INTEGER NOT NULL,
  product_id INTEGER NOT NULL REFERENCES products(id) ON DELETE CASCADE,
  PRIMARY KEY (week, position),
  UNIQUE (week, product_id)
) STRICT;
-- How long a pack of a consumable lasts, learned from what people bought again: days in tenths, from so many gaps (owner: outreach).
CREATE TABLE refill_rates (
  product_id INTEGER PRIMARY KEY REFERENCES products(id) ON DELETE CASCADE,
  tenths INTEGER NOT NULL,
  gaps INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
