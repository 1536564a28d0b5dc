package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Newcomer is a whole account for CreateMany: who it is, what they allow and
// what they clicked about themselves, all at Customer.CreatedAt.
type Newcomer struct {
	Customer  Customer
	Given     []Purpose
	Refused   []Purpose // what they said no to
	Source    string    // where the consents were given
	Interests []Interest
}

// CreateMany makes accounts with few statements and fills in their ids. The
// addresses are checked and must be new: fault.Conflict spoils the transaction.
func CreateMany(ctx context.Context, tx *db.Tx, all []Newcomer) error {
	ids, err := tx.NextIDs(ctx, "customers", len(all))
	if err != nil {
		return fmt.Errorf("write customers: %w", err)
	}
	var people, consents, log, heads, interests [][]any
	packs, err := Packs(ctx, tx)
	if err != nil {
		return err
	}
	words := map[i18n.Text]string{}
	for i := range all {
		c := &all[i].Customer
		if err := CheckEmail(c.Email); err != nil {
			return fmt.Errorf("write customer %s: %w", c.Email, err)
		}
		c.ID, c.Number, c.EmailKey, c.Epoch, c.UpdatedAt = ID(ids[i]), NewNumber(), EmailKey(c.Email), 1, c.CreatedAt
		at := c.CreatedAt.Milli()
		people = append(people, []any{ids[i], c.Number, c.Email, c.EmailKey, c.EmailVerifiedAt.Milli(), c.Contact, c.PasswordHash, c.Epoch, clean(c.Name), c.Phone,
			string(c.Lang), c.Currency, c.Country, c.Zone, c.BirthDate, c.Occupation, c.Imported, c.Simulated, at, at})
		said, err := all[i].ledger(ctx, tx, words)
		if err != nil {
			return err
		}
		for k := range said {
			e := &said[k]
			log = append(log, []any{ids[i], string(e.Purpose), e.Given, e.Source, at, e.Seq, e.Act, e.Channel, string(e.Lang), e.Method, e.Evidence, e.Wording, e.Prev, e.Hash})
		}
		for p, s := range Derive(said) {
			consents = append(consents, []any{ids[i], string(p), s.Counts(p, packs.For(c.Country)), s.Said, s.Signed, s.Confirmed, s.Source, at})
		}
		if n := len(said); n > 0 {
			heads = append(heads, []any{ids[i], said[n-1].Seq, said[n-1].Hash})
		}
		for _, n := range all[i].Interests {
			interests = append(interests, []any{ids[i], n.Kind, n.Value, n.Source, at})
		}
	}
	for _, part := range []struct {
		table   string
		columns []string
		rows    [][]any
	}{
		{"customers", []string{"id", "number", "email", "email_key", "email_verified_at", "contact", "password_hash", "epoch", "name", "phone", "lang", "currency",
			"country", "zone", "birth_date", "occupation", "imported", "simulated", "created_at", "updated_at"}, people},
		{"consents", []string{"customer_id", "purpose", "given", "said", "signed", "confirmed", "source", "at"}, consents},
		{"consent_log", []string{"customer_id", "purpose", "given", "source", "at", "seq", "act", "channel", "lang", "method", "evidence", "wording", "prev", "hash"}, log},
		{"consent_heads", []string{"customer_id", "seq", "hash"}, heads},
		{"interests", []string{"customer_id", "kind", "value", "source", "at"}, interests},
	} {
		n, err := tx.Insert(ctx, part.table, part.columns, part.rows, part.table == "customers")
		if err != nil {
			return fmt.Errorf("write customers: %w", err)
		}
		if int(n) != len(part.rows) {
			return fault.New(fault.Conflict, "customer.email.taken")
		}
	}
	return nil
}

// ledger is the chain a newcomer starts with.
func (n *Newcomer) ledger(ctx context.Context, tx *db.Tx, words map[i18n.Text]string) ([]Entry, error) {
	var all []Entry
	head := ""
	add := func(p Purpose, act string, given bool) error {
		e := Entry{CustomerID: n.Customer.ID, Purpose: p, Act: act, Given: given, Channel: p.Channel(), Source: n.Source, Lang: n.Customer.Lang, Method: MethodTick, At: n.Customer.CreatedAt}
		if n.Customer.Simulated {
			e.Method, e.Evidence = MethodDemo, "simulated person"
		}
		w := Wording(n.Source, p)
		if words[w] == "" {
			key, err := keepWords(ctx, tx, w, n.Customer.CreatedAt.Time)
			if err != nil {
				return err
			}
			words[w] = key
		}
		e.Wording = words[w]
		e.chain(len(all), head)
		head, all = e.Hash, append(all, e)
		return nil
	}
	for _, p := range n.Given {
		if err := add(p, ActGiven, true); err != nil {
			return nil, err
		}
	}
	for _, p := range n.Refused {
		if err := add(p, ActWithdrawn, false); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// SeeMany notes browsers with few statements and fills in their ids. One
// without TokenHash gets one that nobody holds the token of.
func SeeMany(ctx context.Context, tx *db.Tx, all []Visitor) error {
	ids, err := tx.NextIDs(ctx, "visitors", len(all))
	if err != nil {
		return fmt.Errorf("note visitors: %w", err)
	}
	rows := make([][]any, len(all))
	for i := range all {
		v := &all[i]
		v.ID = VisitorID(ids[i])
		if v.TokenHash == "" {
			v.TokenHash = tokenHash(newToken())
		}
		var owner any
		if v.CustomerID != nil {
			owner = int64(*v.CustomerID)
		}
		rows[i] = []any{ids[i], v.TokenHash, owner, v.Personalize, string(v.Lang), v.Bot, v.Simulated, v.CreatedAt.Milli(), v.SeenAt.Milli()}
	}
	columns := []string{"id", "token_hash", "customer_id", "personalize", "lang", "bot", "simulated", "created_at", "seen_at"}
	if _, err := tx.Insert(ctx, "visitors", columns, rows, false); err != nil {
		return fmt.Errorf("note visitors: %w", err)
	}
	return nil
}
