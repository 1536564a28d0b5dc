package staff

import (
	"crypto/rand"
	"encoding/base64"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// View is the filters of one list of the back office under a name: for the
// one who made it, or for everybody.
type View struct {
	ID        int64
	Token     string // names it outside
	List      string // which list, as the back office calls it
	Whose     ID     // 0: everybody's
	Name      string
	Query     string // as in the address, without the page
	MadeBy    ID
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	First     bool    `gorm:"->;-:migration"` // the list opens with it for the one who asks
}

// TableName is staff_views.
func (View) TableName() string { return "staff_views" }

// The longest name of a view in characters, the longest query in bytes.
const (
	viewRunes = 60
	viewQuery = 1000
)

func (v *View) check() error {
	var form fault.Form
	v.Name = norm.NFC.String(strings.Join(strings.Fields(v.Name), " "))
	if n := utf8.RuneCountInString(v.Name); n == 0 || n > viewRunes || strings.ContainsFunc(v.Name, unicode.IsControl) {
		form.Wrong("name", "view.name.wrong", "most", viewRunes)
	}
	if len(v.Query) > viewQuery {
		form.Wrong("name", "view.query.long")
	}
	return form.Err()
}

func viewToken() string {
	var b [12]byte
	rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
