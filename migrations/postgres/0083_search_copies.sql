-- +goose Up
-- A copy of the search's documents at a server (owner: search); how far it has come is in search_numbers under the same name. Only who
-- holds it writes to the server; made is when the server says the index was made, problem what went wrong last ('' = nothing).
CREATE TABLE search_copies (
  name TEXT PRIMARY KEY,
  holder TEXT NOT NULL,
  held_until BIGINT NOT NULL,
  made TEXT NOT NULL,
  problem TEXT NOT NULL,
  problem_at BIGINT NOT NULL
);
