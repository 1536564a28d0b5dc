-- +goose Up
-- What a campaign's rows said before they lost their people (owner: campaign): sums as JSON, people how many rows there are;
-- done once all of them name nobody.
CREATE TABLE campaign_sums (
  campaign_id INTEGER PRIMARY KEY REFERENCES campaigns(id),
  people INTEGER NOT NULL,
  sums TEXT NOT NULL,
  done INTEGER NOT NULL DEFAULT FALSE,
  at INTEGER NOT NULL
) STRICT;
