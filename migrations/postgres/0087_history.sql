-- +goose Up
-- What somebody bought before keep.history, as counts: single orders of that time are not listed to them and not used for them. Orders before through are counted; months are written 202405.
CREATE TABLE history_people (
  customer_id BIGINT PRIMARY KEY REFERENCES customers(id),
  through BIGINT NOT NULL,
  orders INTEGER NOT NULL CHECK (orders > 0),
  counted_at BIGINT NOT NULL
);

CREATE TABLE history_goods (
  customer_id BIGINT NOT NULL REFERENCES customers(id),
  product_id BIGINT NOT NULL REFERENCES products(id),
  times INTEGER NOT NULL CHECK (times > 0),
  units INTEGER NOT NULL CHECK (units >= times),
  first_month INTEGER NOT NULL,
  last_month INTEGER NOT NULL CHECK (last_month >= first_month),
  PRIMARY KEY (customer_id, product_id)
);
CREATE INDEX history_goods_product ON history_goods(product_id);
