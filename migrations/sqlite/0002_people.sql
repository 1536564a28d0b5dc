-- +goose Up
-- Visitors, customers, what they told us and what they allowed; staff and what they did.
CREATE TABLE customers (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  email_verified_at INTEGER NOT NULL DEFAULT 0,
  contact TEXT NOT NULL DEFAULT 'unverified' CHECK (contact IN ('unverified','verified','bouncing','dead')),
  password_hash TEXT NOT NULL DEFAULT '',
  epoch INTEGER NOT NULL DEFAULT 1,
  name TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  lang TEXT NOT NULL DEFAULT 'en',
  currency TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  zone TEXT NOT NULL DEFAULT '',
  birth_date TEXT NOT NULL DEFAULT '',
  occupation TEXT NOT NULL DEFAULT '',
  external_id TEXT,
  imported INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  erased_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX customers_external ON customers(external_id) WHERE external_id IS NOT NULL;
CREATE INDEX customers_created ON customers(created_at);

-- The browser's own first-party id: the cookie holds the token, we hold its hash.
CREATE TABLE visitors (
  id INTEGER PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  customer_id INTEGER REFERENCES customers(id),
  personalize TEXT NOT NULL DEFAULT '' CHECK (personalize IN ('','on','off')),
  lang TEXT NOT NULL DEFAULT 'en',
  bot INTEGER NOT NULL DEFAULT FALSE,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL
) STRICT;
CREATE INDEX visitors_customer ON visitors(customer_id);

-- What a customer clicked about themselves: life, interest, for (for whom), hobby.
CREATE TABLE interests (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('life','interest','for','hobby')),
  value TEXT NOT NULL,
  source TEXT NOT NULL DEFAULT 'said' CHECK (source IN ('said','inferred')),
  at INTEGER NOT NULL,
  PRIMARY KEY (customer_id, kind, value)
) STRICT;
CREATE TABLE important_dates (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  kind TEXT NOT NULL CHECK (kind IN ('birthday','anniversary','child','gift','other')),
  label TEXT NOT NULL DEFAULT '',
  month INTEGER NOT NULL CHECK (month BETWEEN 1 AND 12),
  day INTEGER NOT NULL DEFAULT 0 CHECK (day BETWEEN 0 AND 31),
  year INTEGER NOT NULL DEFAULT 0,
  remind INTEGER NOT NULL DEFAULT FALSE,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX important_dates_customer ON important_dates(customer_id);
CREATE TABLE addresses (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  country TEXT NOT NULL,
  line1 TEXT NOT NULL,
  line2 TEXT NOT NULL DEFAULT '',
  city TEXT NOT NULL,
  region TEXT NOT NULL DEFAULT '',
  postcode TEXT NOT NULL DEFAULT '',
  phone TEXT NOT NULL DEFAULT '',
  first INTEGER NOT NULL DEFAULT FALSE,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX addresses_customer ON addresses(customer_id);

-- Consent in force, and its append-only history.
CREATE TABLE consents (
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  purpose TEXT NOT NULL CHECK (purpose IN ('personalize','history','mail.cart','mail.offers','mail.occasions','mail.upgrades')),
  given INTEGER NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (customer_id, purpose)
) STRICT;
CREATE TABLE consent_log (
  id INTEGER PRIMARY KEY,
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  purpose TEXT NOT NULL,
  given INTEGER NOT NULL,
  source TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX consent_log_customer ON consent_log(customer_id, purpose, at);

-- Single-use links for people: verify, reset, change of address. Only hashes are kept.
CREATE TABLE person_tokens (
  hash TEXT PRIMARY KEY,
  purpose TEXT NOT NULL CHECK (purpose IN ('verify','reset','change-email')),
  customer_id INTEGER NOT NULL REFERENCES customers(id) ON DELETE CASCADE,
  value TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE sessions (
  token TEXT PRIMARY KEY,
  data BLOB NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_due ON sessions(expires_at);
-- Counts of tries per key and time slot, shared by all replicas.
CREATE TABLE attempts (
  key TEXT NOT NULL,
  slot INTEGER NOT NULL,
  count INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (key, slot)
) STRICT;

CREATE TABLE staff (
  id INTEGER PRIMARY KEY,
  email TEXT NOT NULL,
  email_key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL CHECK (role IN ('owner','merchant','marketer','support','analyst')),
  password_hash TEXT NOT NULL,
  epoch INTEGER NOT NULL DEFAULT 1,
  active INTEGER NOT NULL DEFAULT TRUE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE audit (
  id INTEGER PRIMARY KEY,
  staff_id INTEGER NOT NULL REFERENCES staff(id),
  action TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX audit_at ON audit(at);
