package customer

import (
	"context"
	"fmt"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Remembered is what a guest asked the forms of one browser to be filled with.
type Remembered struct {
	VisitorID VisitorID `gorm:"primaryKey"`
	Email     string
	EmailKey  string
	Name      string
	Phone     string
	Country   string
	Line1     string
	Line2     string
	City      string
	Region    string
	Postcode  string
	At        db.Time
}

func (Remembered) TableName() string { return "remembered" }

// Remember keeps what a guest typed, by their wish. What a form did not ask
// for keeps what another form was told; where e-mail or address changes, so
// does all of it that was typed.
func Remember(ctx context.Context, tx *db.Tx, r Remembered, now time.Time) error {
	was, err := RememberedBy(ctx, tx, r.VisitorID)
	if err != nil {
		return err
	}
	if was != nil {
		for _, f := range []struct{ is, was *string }{{&r.Email, &was.Email}, {&r.Name, &was.Name}, {&r.Phone, &was.Phone}, {&r.Country, &was.Country}} {
			if *f.is == "" {
				*f.is = *f.was
			}
		}
		if r.Line1 == "" && r.Country == was.Country {
			r.Line1, r.Line2, r.City, r.Region, r.Postcode = was.Line1, was.Line2, was.City, was.Region, was.Postcode
		}
	}
	r.Email, r.EmailKey, r.At = clean(r.Email), EmailKey(r.Email), db.At(now)
	err = tx.Query(ctx).Exec(`INSERT INTO remembered (visitor_id, email, email_key, name, phone, country, line1, line2, city, region, postcode, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (visitor_id) DO UPDATE SET email = excluded.email, email_key = excluded.email_key, name = excluded.name, phone = excluded.phone, country = excluded.country,
		line1 = excluded.line1, line2 = excluded.line2, city = excluded.city, region = excluded.region, postcode = excluded.postcode, at = excluded.at`,
		int64(r.VisitorID), r.Email, r.EmailKey, r.Name, r.Phone, r.Country, r.Line1, r.Line2, r.City, r.Region, r.Postcode, r.At).Error
	if err != nil {
		return fmt.Errorf("remember what a guest typed: %w", err)
	}
	return nil
}

// RememberedBy is what a browser's forms are filled with, nil if nothing.
func RememberedBy(ctx context.Context, q db.Q, id VisitorID) (*Remembered, error) {
	if id == 0 {
		return nil, nil
	}
	var rows []Remembered
	if err := q.Query(ctx).Where("visitor_id = ?", int64(id)).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read what a guest typed: %w", err)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	return &rows[0], nil
}

// ForgetRemembered empties a browser's forms.
func ForgetRemembered(ctx context.Context, tx *db.Tx, id VisitorID) error {
	if err := tx.Query(ctx).Exec("DELETE FROM remembered WHERE visitor_id = ?", int64(id)).Error; err != nil {
		return fmt.Errorf("forget what a guest typed: %w", err)
	}
	return nil
}

// Typed is what somebody signed in typed into a form that is not their profile.
type Typed struct {
	Name, Phone, Country string
	Address              Address // Line1 "": none was asked for
}

// Fill keeps what a form elsewhere was told where the account knows nothing
// yet, and an address it does not have; what the account knows is never
// overwritten, since a parcel may go to somebody else. Wrong or too many things
// are passed over: the form they came with was accepted already. changed says
// that a field of the account is filled now, which rules may ask for.
func Fill(ctx context.Context, tx *db.Tx, id ID, place Place, t Typed, now time.Time) (changed bool, err error) {
	if err := Lock(ctx, tx, id); err != nil {
		return false, err
	}
	for _, f := range []struct{ column, value string }{{"name", clean(t.Name)}, {"phone", clean(t.Phone)}, {"country", strings.ToUpper(clean(t.Country))}} {
		if f.value == "" {
			continue
		}
		filled := tx.Query(ctx).Exec("UPDATE customers SET "+f.column+" = ? WHERE id = ? AND "+f.column+" = '' AND erased_at = 0", f.value, int64(id))
		if filled.Error != nil {
			return false, fmt.Errorf("fill %s of customer %d: %w", f.column, id, filled.Error)
		}
		if filled.RowsAffected > 0 {
			changed = true
			if err := note(ctx, tx, id, place, now, f.column); err != nil {
				return false, err
			}
		}
	}
	if t.Address.Line1 == "" {
		return changed, nil
	}
	return changed, fillAddress(ctx, tx, id, place, t.Address, now)
}

func fillAddress(ctx context.Context, tx *db.Tx, id ID, place Place, a Address, now time.Time) error {
	has, err := Addresses(ctx, tx, id)
	if err != nil || len(has) >= mostAddresses {
		return err
	}
	for i := range has {
		if has[i].same(&a) {
			return nil
		}
	}
	c, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if clean(a.Phone) == c.Phone {
		a.Phone = "" // the account's number, which may change, is not the address's own
	}
	a.Token, a.First = "", len(has) == 0
	token, err := PutAddress(ctx, tx, id, a, now)
	if fault.Kind(err) == fault.Invalid {
		return nil
	} else if err != nil {
		return err
	}
	return note(ctx, tx, id, place, now, "address:"+token)
}

// same reports whether two addresses lead to the same door and person.
func (a *Address) same(b *Address) bool {
	for _, f := range [][2]string{{a.Name, b.Name}, {a.Country, b.Country}, {a.Line1, b.Line1}, {a.Line2, b.Line2}, {a.City, b.City}, {a.Region, b.Region}, {a.Postcode, b.Postcode}} {
		if !strings.EqualFold(strings.Join(strings.Fields(clean(f[0])), " "), strings.Join(strings.Fields(clean(f[1])), " ")) {
			return false
		}
	}
	return true
}
