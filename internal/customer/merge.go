package customer

import (
	"context"
	"time"

	"regulars/internal/db"
)

// Merge puts what another noun holds of one account under another: nothing
// names from afterwards, and nothing is lost.
type Merge func(ctx context.Context, tx *db.Tx, from, into ID, now time.Time) error

// Field is one field of two accounts that are found to be one person: what each
// says, and which of the two stays.
type Field struct {
	Name       string // the message admin.merge.field.<name>
	From, Into string
	FromWins   bool
}

// Fields says of each field what a merge keeps: what only one account says, and
// of two answers the newer account's, by the day it was last changed. Address,
// password and what was proved stay the survivor's: whoever could open only the
// other account must not open this one.
func Fields(from, into *Customer) []Field {
	newer := from.UpdatedAt.After(into.UpdatedAt.Time)
	var all []Field
	for _, f := range []struct{ name, from, into string }{
		{"name", from.Name, into.Name}, {"phone", from.Phone, into.Phone}, {"birth_date", from.BirthDate, into.BirthDate},
		{"occupation", from.Occupation, into.Occupation}, {"country", from.Country, into.Country}, {"zone", from.Zone, into.Zone},
		{"currency", from.Currency, into.Currency}, {"lang", string(from.Lang), string(into.Lang)},
	} {
		all = append(all, Field{f.name, f.from, f.into, f.from != "" && f.from != f.into && (f.into == "" || newer)})
	}
	return all
}

// Stricter is what two people who are one allow: only what both said yes to.
func Stricter(a, b map[Purpose]bool) map[Purpose]bool {
	both := map[Purpose]bool{}
	for _, p := range Purposes {
		_, asked := a[p]
		_, also := b[p]
		if asked || also {
			both[p] = a[p] && b[p]
		}
	}
	return both
}
