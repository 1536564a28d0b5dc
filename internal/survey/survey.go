// Package survey is what the shop asks people in a few clicks. People quit long
// questionnaires, so a survey has few questions, each answered by a click
// unless its author insists, one a step with how far it goes, and for each
// question it is known how many stopped there.
package survey

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Kinds of question. Text is the one that has to be typed.
const (
	One   = "one"
	Many  = "many"
	Scale = "scale"
	Text  = "text"
)

// Kinds lists them, those answered by a click first.
var Kinds = []string{One, Many, Scale, Text}

// AfterOrder is the place on the page of an order that was just placed; without
// a place a survey is asked by its link alone.
const AfterOrder = "order"

// Survey is one survey with its questions in order.
type Survey struct {
	ID          int64
	Slug        string
	Title       i18n.Text
	Intro       i18n.Text
	Place       string
	PublishedAt db.Time
	ClosesAt    db.Time
	CreatedAt   db.Time    `gorm:"autoCreateTime:false"`
	UpdatedAt   db.Time    `gorm:"autoUpdateTime:false"`
	Questions   []Question `gorm:"-"`
}

// TableName is the table of the row.
func (Survey) TableName() string { return "surveys" }

// Open reports whether it may be answered at a moment.
func (s *Survey) Open(now time.Time) bool {
	return !s.PublishedAt.IsZero() && !now.Before(s.PublishedAt.Time) && (s.ClosesAt.IsZero() || now.Before(s.ClosesAt.Time))
}

// Question is one of them. Options of a scale are the words at its ends.
type Question struct {
	ID       int64
	SurveyID int64
	Position int
	Kind     string
	Words    i18n.Text
	Options  Options
}

// TableName is the table of the row.
func (Question) TableName() string { return "survey_questions" }

// Option is something to choose. Tile ("interest:cooking") is what it says of a
// person, for whoever wants it kept in their profile.
type Option struct {
	i18n.Text
	Tile string `json:"tile,omitempty"`
}

// Options are kept as JSON.
type Options []Option

// Value is for the database.
func (o Options) Value() (driver.Value, error) {
	rows := make([]map[string]string, len(o))
	for i, one := range o {
		rows[i] = map[string]string{"en": one.En, "zh": one.Zh, "tile": one.Tile}
	}
	b, err := json.Marshal(rows)
	return string(b), err
}

// Scan reads what Value stored.
func (o *Options) Scan(src any) error {
	var b []byte
	switch v := src.(type) {
	case string:
		b = []byte(v)
	case []byte:
		b = v
	default:
		return fmt.Errorf("options of a survey: %T", src)
	}
	var rows []map[string]string
	if err := json.Unmarshal(b, &rows); err != nil {
		return err
	}
	*o = nil
	for _, r := range rows {
		*o = append(*o, Option{i18n.Text{En: r["en"], Zh: r["zh"]}, r["tile"]})
	}
	return nil
}

// Bounds of a survey.
const (
	ScaleTo     = 5
	optionsMost = 12
	titleRunes  = 120
	wordsRunes  = 200
	optionRunes = 80
	answerRunes = 1000
)

// check names what is wrong with a survey, by the inputs of its form; most is
// how many questions the shop lets one have.
func (s *Survey) check(most int) error {
	var form fault.Form
	if s.Slug = strings.ToLower(strings.TrimSpace(s.Slug)); !plain(s.Slug) {
		form.Wrong("slug", "survey.slug")
	}
	both(&form, "title", &s.Title, titleRunes, true)
	both(&form, "intro", &s.Intro, 3*wordsRunes, false)
	if s.Place != "" && s.Place != AfterOrder {
		form.Wrong("place", "survey.place")
	}
	if len(s.Questions) == 0 {
		form.Wrong("q1_words_en", "survey.none")
	}
	if len(s.Questions) > most {
		form.Wrong("q"+strconv.Itoa(most+1)+"_words_en", "survey.many", "most", most)
	}
	for i := range s.Questions {
		q := &s.Questions[i]
		name := "q" + strconv.Itoa(i+1) + "_"
		q.Position = i + 1
		both(&form, name+"words", &q.Words, wordsRunes, true)
		if !slices.Contains(Kinds, q.Kind) {
			form.Wrong(name+"kind", "survey.kind")
		}
		q.checkOptions(&form, name+"options")
	}
	return form.Err()
}

func (q *Question) checkOptions(form *fault.Form, input string) {
	switch {
	case (q.Kind == One || q.Kind == Many) && (len(q.Options) < 2 || len(q.Options) > optionsMost):
		form.Wrong(input, "survey.options", "most", optionsMost)
	case q.Kind == Scale && len(q.Options) != 0 && len(q.Options) != 2:
		form.Wrong(input, "survey.ends")
	case q.Kind == Text && len(q.Options) != 0:
		form.Wrong(input, "survey.no-options")
	}
	for _, o := range q.Options {
		if o.En == "" || o.Zh == "" || len([]rune(o.En)) > optionRunes || len([]rune(o.Zh)) > optionRunes {
			form.Wrong(input, "survey.option")
			return
		}
		if kind, value, _ := strings.Cut(o.Tile, ":"); o.Tile != "" && !slices.Contains(customer.Tiles(kind), value) {
			form.Wrong(input, "survey.tile", "tile", o.Tile)
			return
		}
	}
}

func both(form *fault.Form, name string, t *i18n.Text, most int, must bool) {
	t.En, t.Zh = strings.TrimSpace(t.En), strings.TrimSpace(t.Zh)
	for _, side := range []struct{ lang, text string }{{"_en", t.En}, {"_zh", t.Zh}} {
		if side.text == "" && (must || t.En != "" || t.Zh != "") {
			form.Wrong(name+side.lang, "survey.empty")
		} else if len([]rune(side.text)) > most {
			form.Wrong(name+side.lang, "ask.text.long", "most", most)
		}
	}
}

func plain(s string) bool {
	for i, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && (r != '-' || i == 0) {
			return false
		}
	}
	return s != "" && len(s) <= 60
}

// ParseOptions reads options as their form takes them: one a line, English and
// Chinese parted by a bar, then perhaps the tile they speak for.
func ParseOptions(text string) (all Options) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		part := strings.SplitN(strings.ReplaceAll(line, "｜", "|"), "|", 3)
		o := Option{Text: i18n.Text{En: strings.TrimSpace(part[0])}}
		if len(part) > 1 {
			o.Zh = strings.TrimSpace(part[1])
		}
		if len(part) > 2 {
			o.Tile = strings.TrimSpace(part[2])
		}
		all = append(all, o)
	}
	return all
}

// String writes options as ParseOptions reads them.
func (o Options) String() string {
	var b strings.Builder
	for _, one := range o {
		b.WriteString(one.En + " | " + one.Zh)
		if one.Tile != "" {
			b.WriteString(" | " + one.Tile)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Given is what somebody answered one question with.
type Given struct {
	ResponseID int64
	QuestionID int64
	Chosen     string
	Words      string
}

// TableName is the table of the row.
func (Given) TableName() string { return "survey_answers" }

// Response is somebody who began, with or without an account.
type Response struct {
	ID         int64
	Token      string
	SurveyID   int64
	CustomerID *customer.ID
	Lang       i18n.Lang
	Reached    int
	BeganAt    db.Time
	DoneAt     db.Time
	Simulated  bool
}

// TableName is the table of the row.
func (Response) TableName() string { return "survey_responses" }

// give judges an answer to a question: options by their places from 1.
func (q *Question) give(chosen []string, words string) (Given, error) {
	g := Given{QuestionID: q.ID}
	var form fault.Form
	if q.Kind == Text {
		if g.Words = strings.TrimSpace(words); len([]rune(g.Words)) > answerRunes {
			form.Wrong("words", "ask.text.long", "most", answerRunes)
		} else if g.Words == "" {
			form.Wrong("words", "survey.choose")
		}
		return g, form.Err()
	}
	most := len(q.Options)
	if q.Kind == Scale {
		most = ScaleTo
	}
	var places []int
	for _, c := range chosen {
		n, err := strconv.Atoi(c)
		if err != nil || n < 1 || n > most {
			return g, fault.New(fault.Invalid, "error.unreadable")
		}
		places = append(places, n)
	}
	slices.Sort(places)
	places = slices.Compact(places)
	if len(places) == 0 || q.Kind != Many && len(places) > 1 {
		form.Wrong("chosen", "survey.choose")
	}
	for i, n := range places {
		if i > 0 {
			g.Chosen += ","
		}
		g.Chosen += strconv.Itoa(n)
	}
	return g, form.Err()
}

// Tiles are what the chosen options say of a person.
func (q *Question) Tiles(g Given) (all []string) {
	if q.Kind != One && q.Kind != Many {
		return nil
	}
	for c := range strings.SplitSeq(g.Chosen, ",") {
		if n, err := strconv.Atoi(c); err == nil && n >= 1 && n <= len(q.Options) && q.Options[n-1].Tile != "" {
			all = append(all, q.Options[n-1].Tile)
		}
	}
	return all
}
