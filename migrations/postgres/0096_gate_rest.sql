-- +goose Up
-- What a campaign's rows said before they lost their people (owner: campaign): sums as JSON, people how many rows there are;
-- done once all of them name nobody.
CREATE TABLE campaign_sums (
  campaign_id BIGINT PRIMARY KEY REFERENCES campaigns(id),
  people BIGINT NOT NULL,
  sums TEXT NOT NULL,
  done BOOLEAN NOT NULL DEFAULT FALSE,
  at BIGINT NOT NULL
);
