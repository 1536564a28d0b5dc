package survey

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Put writes a survey under its slug; most is how many questions it may have.
// Once somebody began to answer, its questions stand: what people answered is
// never another question's. fresh refuses a slug that is taken.
func Put(ctx context.Context, tx *db.Tx, s *Survey, fresh bool, most int, now time.Time) error {
	if err := s.check(most); err != nil {
		return err
	}
	s.CreatedAt, s.UpdatedAt = db.At(now), db.At(now)
	old, err := bySlug(ctx, tx, s.Slug)
	if err != nil {
		return err
	}
	switch {
	case old != nil && fresh:
		var form fault.Form
		form.Wrong("slug", "survey.taken")
		return form.Err()
	case old == nil && !fresh:
		return fault.New(fault.NotFound, "survey.unknown")
	case old == nil:
		made := db.IgnoreConflict(tx.Query(ctx)).Create(s)
		if made.Error != nil {
			return fmt.Errorf("write survey %s: %w", s.Slug, made.Error)
		}
		if made.RowsAffected == 0 {
			return fault.New(fault.Conflict, "survey.taken")
		}
		return putQuestions(ctx, tx, s)
	}
	s.ID, s.CreatedAt = old.ID, old.CreatedAt
	if !s.PublishedAt.IsZero() && !old.PublishedAt.IsZero() {
		s.PublishedAt = old.PublishedAt
	}
	// The row is touched first: whoever begins to answer waits for it, or is seen below.
	err = tx.Query(ctx).Exec("UPDATE surveys SET title = ?, intro = ?, place = ?, published_at = ?, closes_at = ?, updated_at = ? WHERE id = ?",
		s.Title, s.Intro, s.Place, s.PublishedAt, s.ClosesAt, s.UpdatedAt, s.ID).Error
	if err != nil {
		return fmt.Errorf("write survey %s: %w", s.Slug, err)
	}
	had, err := questions(ctx, tx, s.ID)
	if err != nil || same(had, s.Questions) {
		s.Questions = had
		return err
	}
	var begun bool
	if err := tx.Query(ctx).Raw("SELECT EXISTS (SELECT 1 FROM survey_responses WHERE survey_id = ?)", s.ID).Scan(&begun).Error; err != nil {
		return fmt.Errorf("write survey %s: %w", s.Slug, err)
	}
	if begun {
		var form fault.Form
		form.Wrong("q1_words_en", "survey.begun")
		return form.Err()
	}
	if err := tx.Query(ctx).Exec("DELETE FROM survey_questions WHERE survey_id = ?", s.ID).Error; err != nil {
		return fmt.Errorf("write survey %s: %w", s.Slug, err)
	}
	return putQuestions(ctx, tx, s)
}

func same(a, b []Question) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Kind != b[i].Kind || a[i].Words != b[i].Words || a[i].Options.String() != b[i].Options.String() {
			return false
		}
	}
	return true
}

func putQuestions(ctx context.Context, tx *db.Tx, s *Survey) error {
	for i := range s.Questions {
		q := &s.Questions[i]
		q.ID, q.SurveyID = 0, s.ID
		if err := tx.Query(ctx).Create(q).Error; err != nil {
			return fmt.Errorf("write question %d of survey %s: %w", i+1, s.Slug, err)
		}
	}
	return nil
}

func questions(ctx context.Context, q db.Q, id int64) (all []Question, err error) {
	if err := q.Query(ctx).Where("survey_id = ?", id).Order("position").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read the questions of survey %d: %w", id, err)
	}
	return all, nil
}

func bySlug(ctx context.Context, q db.Q, slug string) (*Survey, error) {
	var s Survey
	if err := q.Query(ctx).Where("slug = ?", slug).Take(&s).Error; err != nil {
		if db.NotFound(err) {
			return nil, nil
		}
		return nil, fmt.Errorf("read survey %s: %w", slug, err)
	}
	return &s, nil
}

// BySlug returns a survey with its questions.
func BySlug(ctx context.Context, q db.Q, slug string) (*Survey, error) {
	s, err := bySlug(ctx, q, slug)
	if err == nil && s == nil {
		err = fault.New(fault.NotFound, "survey.unknown")
	}
	if err != nil {
		return nil, err
	}
	s.Questions, err = questions(ctx, q, s.ID)
	return s, err
}

// At returns the survey that is asked at a place now, nil without one; the
// newest of several.
func At(ctx context.Context, q db.Q, place string, now time.Time) (*Survey, error) {
	var s Survey
	err := q.Query(ctx).Where("place = ? AND published_at > 0 AND published_at <= ? AND (closes_at = 0 OR closes_at > ?)", place, db.At(now), db.At(now)).Order("published_at DESC, id DESC").Take(&s).Error
	if db.NotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look for a survey at %s: %w", place, err)
	}
	s.Questions, err = questions(ctx, q, s.ID)
	return &s, err
}

// Listed is a survey in the list for staff.
type Listed struct {
	Survey
	Began, Done, Asked int // people, of these to the end, questions
}

// List returns every survey, the newest first.
func List(ctx context.Context, q db.Q) (all []Listed, err error) {
	err = q.Query(ctx).Raw(`SELECT s.*, (SELECT count(*) FROM survey_responses r WHERE r.survey_id = s.id AND r.simulated = FALSE) AS began,
		(SELECT count(*) FROM survey_responses r WHERE r.survey_id = s.id AND r.done_at > 0 AND r.simulated = FALSE) AS done,
		(SELECT count(*) FROM survey_questions x WHERE x.survey_id = s.id) AS asked FROM surveys s ORDER BY s.created_at DESC, s.id DESC`).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("list surveys: %w", err)
	}
	return all, nil
}

// Begin writes down that somebody begins, and with linked that it is this
// account; nil is nobody. Only an open survey can be begun.
func Begin(ctx context.Context, tx *db.Tx, s *Survey, linked *customer.Customer, lang i18n.Lang, now time.Time) (*Response, error) {
	done := tx.Query(ctx).Exec("UPDATE surveys SET updated_at = updated_at WHERE id = ? AND published_at > 0 AND published_at <= ? AND (closes_at = 0 OR closes_at > ?)", s.ID, db.At(now), db.At(now))
	if done.Error != nil {
		return nil, fmt.Errorf("begin survey %s: %w", s.Slug, done.Error)
	}
	if done.RowsAffected == 0 {
		return nil, fault.New(fault.NotFound, "survey.unknown")
	}
	var b [16]byte
	rand.Read(b[:])
	r := Response{Token: base64.RawURLEncoding.EncodeToString(b[:]), SurveyID: s.ID, Lang: i18n.ParseLang(string(lang)), Reached: 1, BeganAt: db.At(now)}
	if linked != nil {
		r.CustomerID, r.Simulated = &linked.ID, linked.Simulated
	}
	if err := tx.Query(ctx).Create(&r).Error; err != nil {
		return nil, fmt.Errorf("begin survey %s: %w", s.Slug, err)
	}
	return &r, nil
}

// ByToken returns a response of a survey with what was given so far, by
// question.
func ByToken(ctx context.Context, q db.Q, s *Survey, token string) (*Response, map[int64]Given, error) {
	var r Response
	if err := q.Query(ctx).Where("token = ? AND survey_id = ?", token, s.ID).Take(&r).Error; err != nil {
		if db.NotFound(err) {
			return nil, nil, fault.New(fault.NotFound, "survey.unknown")
		}
		return nil, nil, fmt.Errorf("read an answer to survey %s: %w", s.Slug, err)
	}
	var rows []Given
	if err := q.Query(ctx).Where("response_id = ?", r.ID).Find(&rows).Error; err != nil {
		return nil, nil, fmt.Errorf("read an answer to survey %s: %w", s.Slug, err)
	}
	given := make(map[int64]Given, len(rows))
	for _, g := range rows {
		given[g.QuestionID] = g
	}
	return &r, given, nil
}

// Give keeps the answer to one question, from 1, and leads to the next; skip
// keeps that there is none. The same again changes it. After the last question
// the response is done. What has ended takes no more.
func Give(ctx context.Context, tx *db.Tx, s *Survey, r *Response, position int, chosen []string, words string, skip bool, now time.Time) error {
	if !s.Open(now) {
		return fault.New(fault.NotFound, "survey.unknown")
	}
	if position < 1 || position > len(s.Questions) || position > r.Reached {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	g := Given{QuestionID: s.Questions[position-1].ID}
	if !skip {
		var err error
		if g, err = s.Questions[position-1].give(chosen, words); err != nil {
			return err
		}
	}
	err := tx.Query(ctx).Exec(`INSERT INTO survey_answers (response_id, question_id, chosen, words) VALUES (?, ?, ?, ?)
		ON CONFLICT (response_id, question_id) DO UPDATE SET chosen = excluded.chosen, words = excluded.words`, r.ID, g.QuestionID, g.Chosen, g.Words).Error
	if err == nil && position == len(s.Questions) {
		err = tx.Query(ctx).Exec("UPDATE survey_responses SET done_at = ? WHERE id = ? AND done_at = 0", db.At(now), r.ID).Error
	} else if err == nil {
		err = tx.Query(ctx).Exec("UPDATE survey_responses SET reached = ? WHERE id = ? AND reached < ?", position+1, r.ID, position+1).Error
	}
	if err != nil {
		return fmt.Errorf("keep an answer to survey %s: %w", s.Slug, err)
	}
	return nil
}

// Forget takes a person out of what they answered when their account is erased
// (a customer.Forget): clicks stay as nobody's, what they typed goes.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, _ string, _ time.Time) error {
	for _, sql := range []string{
		"UPDATE survey_answers SET words = '' WHERE words <> '' AND response_id IN (SELECT id FROM survey_responses WHERE customer_id = ?)",
		"UPDATE survey_responses SET customer_id = NULL WHERE customer_id = ?",
	} {
		if err := tx.Query(ctx).Exec(sql, int64(id)).Error; err != nil {
			return fmt.Errorf("forget the survey answers of customer %d: %w", id, err)
		}
	}
	return nil
}

// Merge puts the answers of one customer under another who is the same person
// (a customer.Merge).
func Merge(ctx context.Context, tx *db.Tx, from, into customer.ID, _ time.Time) error {
	if err := tx.Query(ctx).Exec("UPDATE survey_responses SET customer_id = ? WHERE customer_id = ?", int64(into), int64(from)).Error; err != nil {
		return fmt.Errorf("put the survey answers of customer %d under %d: %w", from, into, err)
	}
	return nil
}
