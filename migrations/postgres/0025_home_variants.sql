-- +goose Up
-- Home pages. Whoever asks sees the first live variant whose audience (a segment's key, '' = everybody) they are in. slot is
-- what holds a shop to sixteen. audience is no foreign key: where its segment is gone, the variant is passed over and
-- the default shown. page is what the public sees, draft what staff are writing (draft_at 0: nothing).
CREATE TABLE home_variants (
  key TEXT PRIMARY KEY,
  slot BIGINT NOT NULL UNIQUE CHECK (slot BETWEEN 1 AND 16),
  position BIGINT NOT NULL,
  name TEXT NOT NULL,
  audience TEXT NOT NULL DEFAULT '',
  active BOOLEAN NOT NULL DEFAULT FALSE,
  starts_on TEXT NOT NULL DEFAULT '',
  ends_on TEXT NOT NULL DEFAULT '',
  page TEXT NOT NULL DEFAULT '{}',
  version BIGINT NOT NULL DEFAULT 0,
  draft TEXT NOT NULL DEFAULT '{}',
  draft_at BIGINT NOT NULL DEFAULT 0,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  CHECK (key <> 'default' OR (active = TRUE AND audience = '' AND starts_on = '' AND ends_on = '')),
  CHECK (key = 'default' OR active = FALSE OR version > 0)
);
-- Every page that was ever public, to be gone back to. staff_id 0: the shop itself.
CREATE TABLE home_versions (
  variant TEXT NOT NULL REFERENCES home_variants(key) ON DELETE CASCADE,
  number BIGINT NOT NULL,
  page TEXT NOT NULL,
  staff_id BIGINT NOT NULL DEFAULT 0,
  published_at BIGINT NOT NULL,
  PRIMARY KEY (variant, number)
);
INSERT INTO home_variants (key, slot, position, name, audience, active, page, version, created_at, updated_at)
SELECT key, n, n, name, key, TRUE, page, 1, 0, 0 FROM (
  SELECT s.key, s.name, ROW_NUMBER() OVER (ORDER BY s.position, s.key) AS n,
    json_build_object('title', s.title::json, 'lead', s.why::json, 'sections', (
      SELECT json_agg(json_build_object('kind', h.kind, 'category', coalesce(h.category_id, 0), 'title', h.title::json, 'reason', h.reason::json) ORDER BY h.position)
      FROM home_sections h WHERE h.segment = s.key))::text AS page
  FROM segments s WHERE s.key <> 'default' AND EXISTS (SELECT 1 FROM home_sections h WHERE h.segment = s.key)) written
WHERE n <= 15;
INSERT INTO home_variants (key, slot, position, name, active, page, version, created_at, updated_at)
SELECT 'default', 16, 16, s.name, TRUE,
  json_build_object('title', s.title::json, 'lead', s.why::json, 'sections', (
    SELECT json_agg(json_build_object('kind', h.kind, 'category', coalesce(h.category_id, 0), 'title', h.title::json, 'reason', h.reason::json) ORDER BY h.position)
    FROM home_sections h WHERE h.segment = 'default'))::text, 1, 0, 0
FROM segments s WHERE s.key = 'default' AND EXISTS (SELECT 1 FROM home_sections h WHERE h.segment = 'default');
INSERT INTO home_variants (key, slot, position, name, active, created_at, updated_at)
SELECT 'default', 16, 16, '{"en":"Everybody","zh":"所有人"}', TRUE, 0, 0
WHERE NOT EXISTS (SELECT 1 FROM home_variants WHERE key = 'default');
INSERT INTO home_versions (variant, number, page, published_at)
SELECT key, 1, page, 0 FROM home_variants WHERE version = 1;
DROP TABLE home_sections;
