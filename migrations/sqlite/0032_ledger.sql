-- +goose Up
-- The consent log becomes a ledger: one chain a person, each row hashed over itself and the row before.
-- Rows of before have no hash until the program seals them (customer.Seal).
ALTER TABLE consent_log ADD COLUMN seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE consent_log ADD COLUMN act TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN channel TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN lang TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN method TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN evidence TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN wording TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN prev TEXT NOT NULL DEFAULT '';
ALTER TABLE consent_log ADD COLUMN hash TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX consent_log_seq ON consent_log(customer_id, seq) WHERE seq > 0;
CREATE INDEX consent_log_unsealed ON consent_log(customer_id) WHERE hash = '';

-- +goose StatementBegin
CREATE TRIGGER consent_log_unchanged BEFORE UPDATE ON consent_log WHEN OLD.hash <> ''
BEGIN SELECT RAISE(ABORT, 'the consent ledger is only added to'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER consent_log_kept BEFORE DELETE ON consent_log WHEN OLD.hash <> '' AND EXISTS (SELECT 1 FROM customers WHERE id = OLD.customer_id AND erased_at = 0)
BEGIN SELECT RAISE(ABORT, 'the consent ledger goes with its person only'); END;
-- +goose StatementEnd

-- What is in force: said is the person's last word, given whether it counts.
ALTER TABLE consents ADD COLUMN said INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE consents ADD COLUMN signed INTEGER NOT NULL DEFAULT FALSE;
ALTER TABLE consents ADD COLUMN confirmed INTEGER NOT NULL DEFAULT FALSE;

-- The end of each chain: without it a row taken off the end would not be missed.
CREATE TABLE consent_heads (
  customer_id INTEGER PRIMARY KEY REFERENCES customers(id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

-- The words that were shown, in both languages, each version once, by what they say.
CREATE TABLE consent_words (
  hash TEXT PRIMARY KEY,
  en TEXT NOT NULL,
  zh TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- Links that confirm a yes to mails; without an account for guests. Only hashes are kept.
CREATE TABLE consent_asks (
  hash TEXT PRIMARY KEY,
  customer_id INTEGER REFERENCES customers(id) ON DELETE CASCADE,
  email_key TEXT NOT NULL,
  purposes TEXT NOT NULL,
  source TEXT NOT NULL,
  lang TEXT NOT NULL,
  wording TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX consent_asks_email ON consent_asks(email_key, created_at);
CREATE INDEX consent_asks_customer ON consent_asks(customer_id);

-- Which policy pack is for which country ('' = all others), with who decided it and why.
CREATE TABLE policy_decisions (
  id INTEGER PRIMARY KEY,
  country TEXT NOT NULL,
  pack TEXT NOT NULL CHECK (pack IN ('strict','account','single')),
  reason TEXT NOT NULL,
  staff_id INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX policy_decisions_country ON policy_decisions(country, id);

-- Each look of staff at a person's card, export or proof sheet; looks of ten minutes are one row.
CREATE TABLE looks (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  customer_id INTEGER NOT NULL,
  what TEXT NOT NULL,
  slot INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 1,
  at INTEGER NOT NULL,
  UNIQUE (staff_id, customer_id, what, slot)
) STRICT;
CREATE INDEX looks_customer ON looks(customer_id, at);
CREATE INDEX looks_at ON looks(at);

-- What retention took away: the last run of each term, and how much in all.
CREATE TABLE retention_runs (
  term TEXT PRIMARY KEY,
  at INTEGER NOT NULL,
  last INTEGER NOT NULL,
  total INTEGER NOT NULL,
  through INTEGER NOT NULL DEFAULT 0
) STRICT;

-- What single looks add up to once they are gone: by day of the shop's zone.
CREATE TABLE event_days (
  day TEXT NOT NULL,
  kind TEXT NOT NULL,
  product_id INTEGER NOT NULL,
  lang TEXT NOT NULL,
  device TEXT NOT NULL,
  bot INTEGER NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (day, kind, product_id, lang, device, bot)
) STRICT;
