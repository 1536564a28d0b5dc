package shoplist

import (
	"strings"
	"time"
	"unicode"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
)

const (
	// MostLists is how many lists one account may keep.
	MostLists = 20
	// MostWeeks is the longest time between two reminders of a list.
	MostWeeks = 26
	// PutBackFor is how long a deleted list can be put back.
	PutBackFor = 7 * 24 * time.Hour
	// worthFor is how long after its day a reminder is still one.
	worthFor = 7 * 24 * time.Hour

	mostName = 60
	mostNote = 200
)

// List is what an account wants to buy again and again, by a name of its own,
// and its row.
type List struct {
	ID         int64
	Token      string // names it outside of the shop
	CustomerID customer.ID
	Name       string
	Weeks      int     // between two reminders; 0: none
	DueAt      db.Time // the day the next reminder is about
	LookAt     db.Time // when the sweep looks at it
	DroppedAt  db.Time // deleted; 0: it stands
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is shop_lists.
func (List) TableName() string { return "shop_lists" }

// Item is one of its goods, and its row; of a variant there is one a list.
type Item struct {
	ID        int64
	ListID    int64
	VariantID catalog.VariantID
	Qty       int
	Note      string
	AddedAt   db.Time
}

// TableName is shop_list_lines.
func (Item) TableName() string { return "shop_list_lines" }

// Counted is a list with how many goods it has.
type Counted struct {
	List
	Lines int
}

// Until is when a reminder of the list's day is worth nothing any more.
func (l *List) Until() time.Time { return l.DueAt.Add(min(worthFor, l.every())) }

func (l *List) every() time.Duration { return time.Duration(l.Weeks) * 7 * 24 * time.Hour }

// next is the first of the list's days after now, counted from the last one so
// that a late mail does not move it.
func (l *List) next(now time.Time) time.Time {
	at := l.DueAt.Time
	if passed := now.Sub(at); passed >= 0 {
		at = at.Add((passed/l.every() + 1) * l.every())
	}
	return at
}

// clean is what somebody typed, in one line without what cannot be seen.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// named is a name that a list can have; the field of its form is name.
func named(s string) (string, error) {
	var form fault.Form
	s = clean(s)
	switch {
	case s == "":
		form.Wrong("name", "lists.name.empty")
	case len([]rune(s)) > mostName:
		form.Wrong("name", "lists.name.long", "most", mostName)
	}
	return s, form.Err()
}

func noted(s string) (string, error) {
	s = clean(s)
	if len([]rune(s)) > mostNote {
		var form fault.Form
		form.Wrong("note", "lists.note.long", "most", mostNote)
		return "", form.Err()
	}
	return s, nil
}

func unknown() error { return fault.New(fault.NotFound, "lists.unknown") }
