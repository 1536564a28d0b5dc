-- +goose Up
-- A message to an audience, what it costs and when it goes out (owner: campaign). '' of audience is everybody who allows offers;
-- amounts are minor units of the shop's currency; held is a share of people in hundredths of a percent.
CREATE TABLE campaigns (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('draft','scheduled','running','paused','stopped','done')),
  audience TEXT NOT NULL DEFAULT '',
  subject TEXT NOT NULL,
  words TEXT NOT NULL,
  products TEXT NOT NULL DEFAULT '',
  pick TEXT NOT NULL DEFAULT 'hand' CHECK (pick IN ('hand','fit')),
  code TEXT NOT NULL DEFAULT '',
  cost_fixed INTEGER NOT NULL DEFAULT 0 CHECK (cost_fixed >= 0),
  cost_each INTEGER NOT NULL DEFAULT 0 CHECK (cost_each >= 0),
  held INTEGER NOT NULL DEFAULT 0 CHECK (held BETWEEN 0 AND 5000),
  salt TEXT NOT NULL,
  starts_on TEXT NOT NULL DEFAULT '',
  hour INTEGER NOT NULL DEFAULT -1 CHECK (hour BETWEEN -1 AND 23),
  days INTEGER NOT NULL DEFAULT 7 CHECK (days BETWEEN 1 AND 60),
  credit_days INTEGER NOT NULL DEFAULT 14 CHECK (credit_days BETWEEN 1 AND 90),
  version INTEGER NOT NULL DEFAULT 1,
  listed_to INTEGER NOT NULL DEFAULT 0,
  listed INTEGER NOT NULL DEFAULT FALSE,
  starts_at INTEGER NOT NULL DEFAULT 0,
  expires_at INTEGER NOT NULL DEFAULT 0,
  started_at INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER NOT NULL DEFAULT 0,
  simulated INTEGER NOT NULL DEFAULT FALSE,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX campaigns_live ON campaigns(state, starts_at);
-- Everybody a campaign is for, once: when they are asked about next (0 = never again) and the side they are on, drawn when nothing
-- else keeps the mail from them ('' = something did, or not asked yet). No customer = erased, or counted with the account they were
-- merged into. send_key names the row of the book of mails. mixed = two accounts on different sides became one.
CREATE TABLE campaign_people (
  id INTEGER PRIMARY KEY,
  campaign_id INTEGER NOT NULL REFERENCES campaigns(id),
  customer_id INTEGER REFERENCES customers(id),
  send_key TEXT NOT NULL UNIQUE,
  arm TEXT NOT NULL DEFAULT '' CHECK (arm IN ('','sent','held')),
  mixed INTEGER NOT NULL DEFAULT FALSE,
  assigned_at INTEGER NOT NULL DEFAULT 0,
  due_at INTEGER NOT NULL,
  UNIQUE (campaign_id, customer_id)
) STRICT;
CREATE INDEX campaign_people_due ON campaign_people(campaign_id, due_at, id) WHERE due_at > 0;
CREATE INDEX campaign_people_customer ON campaign_people(customer_id);
-- The one campaign an order belongs to, by its last touch. Derived: campaign.Credit writes it anew.
CREATE TABLE campaign_orders (
  order_id INTEGER PRIMARY KEY REFERENCES orders(id),
  campaign_id INTEGER NOT NULL REFERENCES campaigns(id),
  touch TEXT NOT NULL CHECK (touch IN ('mail','link','code')),
  touched_at INTEGER NOT NULL
) STRICT;
CREATE INDEX campaign_orders_campaign ON campaign_orders(campaign_id);
-- What led somebody here, found by its name.
CREATE INDEX events_clicked ON events(detail, at) WHERE kind = 'slot.click';
CREATE INDEX order_lines_origin ON order_lines(origin) WHERE origin <> '';
CREATE INDEX cart_arrivals_campaign ON cart_arrivals(campaign) WHERE campaign <> '';
