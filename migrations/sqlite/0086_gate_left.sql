-- +goose Up
-- Personal codes (owner: campaign): batch names the codes of one promotion that a campaign gives away, one a person, in the
-- transaction that decides to send. worth is the margin one mail is expected to bring, in minor units of the shop's currency.
ALTER TABLE campaigns ADD COLUMN batch TEXT NOT NULL DEFAULT '';
ALTER TABLE campaigns ADD COLUMN batch_of INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN worth INTEGER NOT NULL DEFAULT 0;
ALTER TABLE campaigns ADD COLUMN weighed_at INTEGER NOT NULL DEFAULT 0;
CREATE TABLE campaign_codes (
  code_id INTEGER PRIMARY KEY REFERENCES promotion_codes(id),
  campaign_id INTEGER NOT NULL REFERENCES campaigns(id),
  person_id INTEGER NOT NULL UNIQUE REFERENCES campaign_people(id),
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX campaign_codes_campaign ON campaign_codes(campaign_id, code_id);
-- Who gets no mail of consent at all, so that it can be told what all of it causes (owner: outreach). A run is the time of one share,
-- in hundredths of a percent; runs share a salt, so whoever is drawn for a smaller share is drawn for a larger one. person is a hash
-- of account or address; mixed = two accounts on different sides became one.
CREATE TABLE mail_holdout_runs (
  id INTEGER PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  held INTEGER NOT NULL CHECK (held BETWEEN 0 AND 2000),
  salt TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;
CREATE TABLE mail_holdout (
  id INTEGER PRIMARY KEY,
  run_id INTEGER NOT NULL REFERENCES mail_holdout_runs(id),
  person TEXT NOT NULL,
  customer_id INTEGER REFERENCES customers(id),
  arm TEXT NOT NULL CHECK (arm IN ('treat','held')),
  mixed INTEGER NOT NULL DEFAULT FALSE,
  assigned_at INTEGER NOT NULL,
  UNIQUE (run_id, person)
) STRICT;
CREATE INDEX mail_holdout_customer ON mail_holdout(customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX mail_holdout_assigned ON mail_holdout(assigned_at);
