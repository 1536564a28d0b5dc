-- +goose Up
-- What the shop asks people in a few clicks. Texts are in two languages; published_at 0 is a draft, closes_at 0 has no end.
CREATE TABLE surveys (
  id INTEGER PRIMARY KEY,
  slug TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  intro TEXT NOT NULL,
  place TEXT NOT NULL DEFAULT '' CHECK (place IN ('','order')),
  published_at INTEGER NOT NULL DEFAULT 0,
  closes_at INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE TABLE survey_questions (
  id INTEGER PRIMARY KEY,
  survey_id INTEGER NOT NULL REFERENCES surveys(id) ON DELETE CASCADE,
  position INTEGER NOT NULL CHECK (position > 0),
  kind TEXT NOT NULL CHECK (kind IN ('one','many','scale','text')),
  words TEXT NOT NULL,
  options TEXT NOT NULL DEFAULT '[]',
  UNIQUE (survey_id, position)
) STRICT;
-- One row somebody who began. reached is the furthest question they were shown. Without customer_id it is nobody's: nothing
-- else here leads to a person.
CREATE TABLE survey_responses (
  id INTEGER PRIMARY KEY,
  token TEXT NOT NULL UNIQUE,
  survey_id INTEGER NOT NULL REFERENCES surveys(id),
  customer_id INTEGER REFERENCES customers(id),
  lang TEXT NOT NULL DEFAULT 'en',
  reached INTEGER NOT NULL DEFAULT 1,
  began_at INTEGER NOT NULL,
  done_at INTEGER NOT NULL DEFAULT 0,
  simulated INTEGER NOT NULL DEFAULT FALSE
) STRICT;
CREATE INDEX survey_responses_survey ON survey_responses(survey_id, began_at);
CREATE INDEX survey_responses_customer ON survey_responses(customer_id) WHERE customer_id IS NOT NULL;
-- chosen are the places of the chosen options from 1, '1,3'; of a scale the number. Both empty: skipped.
CREATE TABLE survey_answers (
  response_id INTEGER NOT NULL REFERENCES survey_responses(id) ON DELETE CASCADE,
  question_id INTEGER NOT NULL REFERENCES survey_questions(id) ON DELETE CASCADE,
  chosen TEXT NOT NULL DEFAULT '',
  words TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (response_id, question_id)
) STRICT;
CREATE INDEX survey_answers_question ON survey_answers(question_id);
