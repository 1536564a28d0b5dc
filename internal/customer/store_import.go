package customer

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Imported is a customer of a former shop. At least one of ExternalID and
// Email is needed. An import brings no consent and no password: nobody is
// mailed or signed in because of it.
type Imported struct {
	ExternalID, Email, Name, Phone string
	Lang                           i18n.Lang
	Country, BirthDate, Occupation string
}

func (r *Imported) key() string {
	if clean(r.Email) != "" {
		return EmailKey(r.Email)
	}
	// .invalid is reserved: no mail can ever leave for it (RFC 2606).
	return "customer-" + strings.ToLower(clean(r.ExternalID)) + "@import.invalid"
}

// Check tidies a row and names what is wrong with it before it is imported, as
// an Invalid fault, or returns nil.
func (r *Imported) Check(now time.Time) error {
	var form fault.Form
	if clean(r.Email) != "" || clean(r.ExternalID) == "" {
		if words := wrongEmail(r.Email); words != "" {
			form.Wrong("email", words)
		}
	}
	checkLine(&form, "external_id", r.ExternalID, nameRunes)
	checkLine(&form, "name", r.Name, nameRunes)
	checkLine(&form, "occupation", r.Occupation, occupationRunes)
	if country := clean(r.Country); country != "" && len(country) != 2 {
		form.Wrong("country", "customer.address.country")
	}
	r.BirthDate = checkBirthDate(&form, r.BirthDate, now)
	r.Phone = checkPhone(&form, "phone", r.Phone)
	return form.Err()
}

// Import writes checked rows and returns their ids in the same order. A row is
// found again by ExternalID first, then by address; what it leaves empty stays
// as it was, so the same file twice changes nothing. Rows of one person in one
// call are one account, the last row's words standing.
func Import(ctx context.Context, tx *db.Tx, rows []Imported, now time.Time) (ids []ID, created, updated, unchanged int, err error) {
	byExternal, byKey := map[string]*Customer{}, map[string]*Customer{}
	remember := func(c *Customer) {
		byKey[c.EmailKey] = c
		if c.ExternalID != nil {
			byExternal[*c.ExternalID] = c
		}
	}
	for chunk := range slices.Chunk(rows, 500) {
		var keys, externals []string
		for _, r := range chunk {
			keys = append(keys, r.key())
			if r.ExternalID != "" {
				externals = append(externals, clean(r.ExternalID))
			}
		}
		query := tx.Query(ctx).Where("email_key IN ?", keys)
		if len(externals) > 0 {
			query = query.Or("external_id IN ?", externals)
		}
		var known []Customer
		if err := query.Find(&known).Error; err != nil {
			return nil, 0, 0, 0, fmt.Errorf("import customers: %w", err)
		}
		for i := range known {
			remember(&known[i])
		}
	}
	fresh := map[*Customer]bool{}
	changed := map[*Customer]bool{}
	var made, of []*Customer
	for _, r := range rows {
		external := clean(r.ExternalID)
		c := byExternal[external]
		if c == nil || external == "" {
			c = byKey[r.key()]
		}
		if c == nil {
			c = &Customer{Email: r.key(), EmailKey: r.key(), Contact: "unverified", Epoch: 1, Lang: i18n.English, Imported: true,
				CreatedAt: db.At(now), UpdatedAt: db.At(now)}
			if clean(r.Email) != "" {
				c.Email = clean(r.Email)
			} else {
				c.Contact = "dead"
			}
			if external != "" {
				c.ExternalID = &external
			}
			fresh[c] = true
			made = append(made, c)
		}
		if r.fill(c) && !fresh[c] {
			changed[c] = true
		}
		remember(c)
		of = append(of, c)
	}
	if err := insertImported(ctx, tx, made); err != nil {
		return nil, 0, 0, 0, err
	}
	seen := map[*Customer]bool{}
	for _, c := range of {
		ids = append(ids, c.ID)
		if seen[c] {
			continue
		}
		seen[c] = true
		switch {
		case fresh[c]:
			created++
		case changed[c]:
			updated++
			err := one(tx.Query(ctx).Exec("UPDATE customers SET name = ?, phone = ?, lang = ?, country = ?, birth_date = ?, occupation = ?, external_id = ?, updated_at = ? WHERE id = ?",
				c.Name, c.Phone, string(c.Lang), c.Country, c.BirthDate, c.Occupation, c.ExternalID, db.At(now), int64(c.ID)), "import a customer")
			if err != nil {
				return nil, 0, 0, 0, err
			}
		default:
			unchanged++
		}
	}
	return ids, created, updated, unchanged, nil
}

// fill takes over what the row says and reports whether that changed anything.
func (r *Imported) fill(c *Customer) bool {
	before := *c
	for _, f := range []struct {
		into *string
		from string
	}{{&c.Name, r.Name}, {&c.Phone, r.Phone}, {&c.Country, strings.ToUpper(r.Country)}, {&c.BirthDate, r.BirthDate}, {&c.Occupation, r.Occupation}} {
		if v := clean(f.from); v != "" {
			*f.into = v
		}
	}
	if r.Lang != "" {
		c.Lang = i18n.ParseLang(string(r.Lang))
	}
	if external := clean(r.ExternalID); external != "" && c.ExternalID == nil {
		c.ExternalID = &external
	}
	return before != *c
}

func insertImported(ctx context.Context, tx *db.Tx, made []*Customer) error {
	if len(made) == 0 {
		return nil
	}
	ids, err := tx.NextIDs(ctx, "customers", len(made))
	if err != nil {
		return err
	}
	rows := make([][]any, len(made))
	for i, c := range made {
		c.ID = ID(ids[i])
		rows[i] = []any{ids[i], c.Email, c.EmailKey, c.Contact, c.Name, c.Phone, string(c.Lang), c.Country, c.BirthDate, c.Occupation, c.ExternalID, true,
			c.CreatedAt.Milli(), c.UpdatedAt.Milli()}
	}
	_, err = tx.Insert(ctx, "customers", []string{"id", "email", "email_key", "contact", "name", "phone", "lang", "country", "birth_date", "occupation",
		"external_id", "imported", "created_at", "updated_at"}, rows, false)
	return err
}
