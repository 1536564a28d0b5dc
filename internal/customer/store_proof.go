package customer

import (
	"context"
	"fmt"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Sheet proves what a person allowed: every entry of their ledger with the
// words that were shown, and the hash at its end.
type Sheet struct {
	Entries []Proved `json:"entries"`
	Head    string   `json:"hash"` // over all of it
}

// Proved is one entry as the sheet shows it.
type Proved struct {
	Seq      int       `json:"entry"`
	Purpose  Purpose   `json:"purpose"`
	Act      string    `json:"act"`
	Channel  string    `json:"channel"`
	Source   string    `json:"source"`
	Lang     i18n.Lang `json:"language"`
	Method   string    `json:"method"`
	Evidence string    `json:"evidence,omitempty"`
	Words    i18n.Text `json:"words"`
	At       db.Time   `json:"at"`
	Prev     string    `json:"previous_hash"`
	Hash     string    `json:"hash"`
}

// Tag is the kind of the mark a page puts beside an entry.
func (p *Proved) Tag() string {
	switch p.Act {
	case ActConfirmed:
		return "ok"
	case ActWithdrawn:
		return "warn"
	}
	return "info"
}

// Proof is the sheet of a person.
func Proof(ctx context.Context, q db.Q, id ID) (*Sheet, error) {
	chain, head, err := Ledger(ctx, q, id)
	if err != nil {
		return nil, err
	}
	names := make([]string, len(chain))
	for i := range chain {
		names[i] = chain[i].Wording
	}
	words, err := Words(ctx, q, names)
	if err != nil {
		return nil, err
	}
	sheet := &Sheet{Entries: []Proved{}, Head: head}
	for _, e := range chain {
		sheet.Entries = append(sheet.Entries, Proved{e.Seq, e.Purpose, e.Act, e.Channel, e.Source, e.Lang, e.Method, e.Evidence, words[e.Wording], e.At, e.Prev, e.Hash})
	}
	return sheet, nil
}

const chainPage = 500

// Unchained names the people whose ledger is not what was written: an entry
// changed, taken out or put elsewhere. Miscopied names those of whom the copy
// is not what the ledger says. Each is "number: what is wrong".
func Unchained(ctx context.Context, q db.Q) ([]string, error) { return ledgers(ctx, q, true) }

// Miscopied: see Unchained.
func Miscopied(ctx context.Context, q db.Q) ([]string, error) { return ledgers(ctx, q, false) }

func ledgers(ctx context.Context, q db.Q, chains bool) (wrong []string, err error) {
	packs, err := Packs(ctx, q)
	if err != nil {
		return nil, err
	}
	for after := ID(0); ; {
		var people []struct {
			ID      ID
			Country string
			Seq     int
			Hash    string
		}
		err := q.Query(ctx).Raw(`SELECT c.id, c.country, coalesce(h.seq, 0) AS seq, coalesce(h.hash, '') AS hash FROM customers c LEFT JOIN consent_heads h ON h.customer_id = c.id
			WHERE c.id > ? ORDER BY c.id LIMIT ?`, int64(after), chainPage).Scan(&people).Error
		if err != nil || len(people) == 0 {
			return wrong, err
		}
		ids := make([]ID, len(people))
		for i := range people {
			ids[i] = people[i].ID
		}
		after = ids[len(ids)-1]
		all, err := Ledgers(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		copies, err := copied(ctx, q, ids)
		if err != nil {
			return nil, err
		}
		for _, p := range people {
			if chains {
				if why := Broken(all[p.ID], p.Seq, p.Hash); why != "" {
					wrong = append(wrong, fmt.Sprintf("customer %d: %s", p.ID, why))
				}
				continue
			}
			for _, purpose := range Purposes {
				s, asked := Derive(all[p.ID])[purpose]
				c, kept := copies[p.ID][purpose]
				if asked != kept || asked && (c.state.Said != s.Said || c.state.Confirmed != s.Confirmed || c.state.Signed != s.Signed || c.given != s.Counts(purpose, packs.For(p.Country))) {
					wrong = append(wrong, fmt.Sprintf("customer %d: %s", p.ID, purpose))
				}
			}
		}
	}
}

type copyOf struct {
	state State
	given bool
}

func copied(ctx context.Context, q db.Q, ids []ID) (map[ID]map[Purpose]copyOf, error) {
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	var rows []struct {
		CustomerID                     ID
		Purpose                        Purpose
		Given, Said, Signed, Confirmed bool
	}
	if err := q.Query(ctx).Raw("SELECT customer_id, purpose, given, said, signed, confirmed FROM consents WHERE customer_id IN ?", numbers).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	all := map[ID]map[Purpose]copyOf{}
	for _, r := range rows {
		if all[r.CustomerID] == nil {
			all[r.CustomerID] = map[Purpose]copyOf{}
		}
		all[r.CustomerID][r.Purpose] = copyOf{State{Said: r.Said, Signed: r.Signed, Confirmed: r.Confirmed}, r.Given}
	}
	return all, nil
}
