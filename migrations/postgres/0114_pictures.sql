-- +goose Up
-- Photographs of goods (owner: picture): name is the sum of the uploaded file and the size of the largest, free_since since when no
-- product names it (0 = one does). picture_files has a picture in each size kept: side is the longer one, 0 the largest there is.
CREATE TABLE pictures (
  name TEXT PRIMARY KEY,
  width BIGINT NOT NULL CHECK (width > 0),
  height BIGINT NOT NULL CHECK (height > 0),
  created_at BIGINT NOT NULL,
  free_since BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE picture_files (
  name TEXT NOT NULL REFERENCES pictures(name) ON DELETE CASCADE,
  side BIGINT NOT NULL,
  data BYTEA NOT NULL,
  PRIMARY KEY (name, side)
);

CREATE INDEX pictures_by_free ON pictures (free_since);
CREATE INDEX product_images_by_src ON product_images (src);
