package survey

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// stoppedAfter is how long somebody may sit before a question without having
// stopped there.
const stoppedAfter = time.Hour

// Counted is one question in the report.
type Counted struct {
	Question
	Reached  int   // people it was shown to
	Answered int   // of these, with an answer
	Skipped  int   // of these, who went on without one
	Stopped  int   // of these, who left the survey there
	Here     int   // of these, who may still be at it
	Chosen   []int // people by option, of a scale by number
	Typed    []string
}

// Report is a survey with how far people came: began = done + stopped + here.
type Report struct {
	Began, Done int
	Questions   []Counted
}

// Count counts every response of a survey; those of simulated people apart.
func Count(ctx context.Context, q db.Q, s *Survey, simulated bool, now time.Time) (*Report, error) {
	r := &Report{Questions: make([]Counted, len(s.Questions))}
	place := map[int64]int{}
	for i, one := range s.Questions {
		place[one.ID] = i
		r.Questions[i].Question = one
		n := len(one.Options)
		if one.Kind == Scale {
			n = ScaleTo
		}
		if one.Kind != Text {
			r.Questions[i].Chosen = make([]int, n)
		}
	}
	var people []Response
	if err := q.Query(ctx).Where("survey_id = ? AND simulated = ?", s.ID, simulated).Find(&people).Error; err != nil {
		return nil, fmt.Errorf("count survey %s: %w", s.Slug, err)
	}
	for _, p := range people {
		r.Began++
		for i := range min(p.Reached, len(r.Questions)) {
			r.Questions[i].Reached++
		}
		switch last := &r.Questions[min(p.Reached, len(r.Questions))-1]; {
		case !p.DoneAt.IsZero():
			r.Done++
		case now.Sub(p.BeganAt.Time) > stoppedAfter:
			last.Stopped++
		default:
			last.Here++
		}
	}
	var given []Given
	err := q.Query(ctx).Raw(`SELECT a.* FROM survey_answers a JOIN survey_responses r ON r.id = a.response_id WHERE r.survey_id = ? AND r.simulated = ? ORDER BY a.response_id, a.question_id`,
		s.ID, simulated).Scan(&given).Error
	if err != nil {
		return nil, fmt.Errorf("count survey %s: %w", s.Slug, err)
	}
	for _, g := range given {
		i, ok := place[g.QuestionID]
		if !ok {
			continue
		}
		c := &r.Questions[i]
		switch {
		case g.Words != "":
			c.Answered++
			c.Typed = append(c.Typed, g.Words)
		case g.Chosen != "":
			c.Answered++
			for part := range strings.SplitSeq(g.Chosen, ",") {
				if n, err := strconv.Atoi(part); err == nil && n >= 1 && n <= len(c.Chosen) {
					c.Chosen[n-1]++
				}
			}
		default:
			c.Skipped++
		}
	}
	return r, nil
}

// Quits says over all surveys of the shop how many people stopped at questions
// that are typed, and how many at those that are clicked: of how many who
// reached them. It is the ground of the warning to authors.
type Quits struct{ Typed, TypedOf, Clicked, ClickedOf int }

// CountQuits counts them, of real people.
func CountQuits(ctx context.Context, q db.Q, now time.Time) (k Quits, err error) {
	var rows []struct {
		Typed           bool
		People, Stopped int
	}
	err = q.Query(ctx).Raw(`SELECT x.kind = 'text' AS typed, count(*) AS people, sum(CASE WHEN r.reached = x.position AND r.done_at = 0 AND r.began_at < ? THEN 1 ELSE 0 END) AS stopped
		FROM survey_responses r JOIN survey_questions x ON x.survey_id = r.survey_id AND x.position <= r.reached WHERE r.simulated = FALSE GROUP BY x.kind = 'text'`, db.At(now.Add(-stoppedAfter))).Scan(&rows).Error
	if err != nil {
		return k, fmt.Errorf("count who quits surveys: %w", err)
	}
	for _, r := range rows {
		if r.Typed {
			k.Typed, k.TypedOf = r.Stopped, r.People
		} else {
			k.Clicked, k.ClickedOf = r.Stopped, r.People
		}
	}
	return k, nil
}

// Row is a response as a file holds it: the day alone, since a moment would
// lead from an anonymous answer to an order.
type Row struct {
	Day, Customer string
	Lang          i18n.Lang
	Done          bool
	Answers       []string // by question, options in words
}

// Rows lists the responses, in no order that tells who came when on a day; the
// customer's number only of those who linked their account.
func Rows(ctx context.Context, q db.Q, s *Survey, l i18n.Lang, zone *time.Location) ([]Row, error) {
	var people []struct {
		Response
		Number string
	}
	err := q.Query(ctx).Raw(`SELECT r.*, coalesce(c.number, '') AS number FROM survey_responses r LEFT JOIN customers c ON c.id = r.customer_id
		WHERE r.survey_id = ? AND r.simulated = FALSE ORDER BY r.token`, s.ID).Scan(&people).Error
	if err != nil {
		return nil, fmt.Errorf("list the answers to survey %s: %w", s.Slug, err)
	}
	var given []Given
	if err := q.Query(ctx).Raw("SELECT a.* FROM survey_answers a JOIN survey_responses r ON r.id = a.response_id WHERE r.survey_id = ?", s.ID).Scan(&given).Error; err != nil {
		return nil, fmt.Errorf("list the answers to survey %s: %w", s.Slug, err)
	}
	by := map[[2]int64]Given{}
	for _, g := range given {
		by[[2]int64{g.ResponseID, g.QuestionID}] = g
	}
	var rows []Row
	for _, p := range people {
		row := Row{Day: p.BeganAt.In(zone).Format(time.DateOnly), Customer: p.Number, Lang: p.Lang, Done: !p.DoneAt.IsZero()}
		for i := range s.Questions {
			one := &s.Questions[i]
			row.Answers = append(row.Answers, one.Say(by[[2]int64{p.ID, one.ID}], l))
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// Say is an answer in words.
func (q *Question) Say(g Given, l i18n.Lang) string {
	if q.Kind == Text || q.Kind == Scale {
		return g.Words + g.Chosen
	}
	var all []string
	for part := range strings.SplitSeq(g.Chosen, ",") {
		if n, err := strconv.Atoi(part); err == nil && n >= 1 && n <= len(q.Options) {
			all = append(all, q.Options[n-1].In(l))
		}
	}
	return strings.Join(all, "; ")
}
