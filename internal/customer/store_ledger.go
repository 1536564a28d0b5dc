package customer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// Saying is one thing a person said about a purpose.
type Saying struct {
	Purpose  Purpose
	Given    bool
	Source   string    // the page or file
	Method   string    // MethodTick if empty
	Evidence string    // what proves it, beside the row itself
	Lang     i18n.Lang // of the page; the account's if empty
	Signed   bool      // by somebody signed in
}

// speaker is what the ledger asks of an account.
type speaker struct {
	Lang            i18n.Lang
	Country         string
	EmailVerifiedAt db.Time
	Simulated       bool
}

// Say is the one way into the ledger: it appends what somebody said and keeps
// what is in force. Saying the same again changes nothing and adds nothing. A
// yes to mails counts as the pack of the person's country says: as the shop
// comes, after a link that was mailed was confirmed (AskToConfirm, Confirm).
func Say(ctx context.Context, tx *db.Tx, id ID, s Saying, now time.Time) error {
	if !slices.Contains(Purposes, s.Purpose) {
		return fault.New(fault.Invalid, "customer.consent.unknown", "purpose", string(s.Purpose))
	}
	who, err := speakerOf(ctx, tx, id)
	if err != nil {
		return err
	}
	seq, head, err := lockHead(ctx, tx, id)
	if err != nil {
		return err
	}
	e := Entry{Purpose: s.Purpose, Act: ActWithdrawn, Given: s.Given, Source: s.Source, Lang: s.Lang, Method: s.Method, Evidence: s.Evidence, At: db.At(now)}
	if e.Method == "" {
		e.Method = MethodTick
	}
	if who.Simulated {
		e.Method, e.Evidence = MethodDemo, "simulated person"
	}
	if e.Lang == "" {
		e.Lang = who.Lang
	}
	if s.Given {
		e.Act = ActGiven
		if e.Evidence == "" && s.Signed && !who.EmailVerifiedAt.IsZero() {
			e.Evidence = evidenceProof
		}
	}
	have, err := states(ctx, tx, id)
	if err != nil {
		return err
	}
	before, asked := have[s.Purpose]
	if asked && before.Said == s.Given {
		if !s.Given || before.Confirmed || !proves(e.Method) {
			return nil
		}
		e.Act = ActConfirmed // the same yes, now with its proof
	}
	if e.Wording, err = keepWords(ctx, tx, Wording(s.Source, s.Purpose), now); err != nil {
		return err
	}
	return write(ctx, tx, id, &e, before, who.Country, seq, head)
}

func proves(method string) bool { return method == MethodImport || method == MethodDemo }

// write appends an entry and brings the copy to what the ledger says now. The
// head is locked.
func write(ctx context.Context, tx *db.Tx, id ID, e *Entry, before State, country string, seq int, head string) error {
	e.CustomerID, e.Channel = id, e.Purpose.Channel()
	e.chain(seq, head)
	if err := tx.Query(ctx).Omit("ID").Create(e).Error; err != nil {
		return fmt.Errorf("append consent %s of customer %d: %w", e.Purpose, id, err)
	}
	if err := tx.Query(ctx).Exec("UPDATE consent_heads SET seq = ?, hash = ? WHERE customer_id = ?", e.Seq, e.Hash, int64(id)).Error; err != nil {
		return fmt.Errorf("move the ledger of customer %d: %w", id, err)
	}
	packs, err := Packs(ctx, tx)
	if err != nil {
		return err
	}
	return keepState(ctx, tx, id, e.Purpose, before.after(e), packs.For(country))
}

func keepState(ctx context.Context, tx *db.Tx, id ID, p Purpose, s State, pack Pack) error {
	err := tx.Query(ctx).Exec(`INSERT INTO consents (customer_id, purpose, given, said, signed, confirmed, source, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (customer_id, purpose) DO UPDATE SET given = excluded.given, said = excluded.said, signed = excluded.signed, confirmed = excluded.confirmed,
		source = excluded.source, at = excluded.at`, int64(id), string(p), s.Counts(p, pack), s.Said, s.Signed, s.Confirmed, s.Source, s.At).Error
	if err != nil {
		return fmt.Errorf("keep consent %s of customer %d: %w", p, id, err)
	}
	return nil
}

func speakerOf(ctx context.Context, q db.Q, id ID) (speaker, error) {
	var found []speaker
	err := q.Query(ctx).Raw("SELECT lang, country, email_verified_at, simulated FROM customers WHERE id = ? AND erased_at = 0", int64(id)).Scan(&found).Error
	if err != nil {
		return speaker{}, fmt.Errorf("read customer %d: %w", id, err)
	}
	if len(found) == 0 {
		return speaker{}, fault.New(fault.NotFound, "customer.unknown")
	}
	return found[0], nil
}

// lockHead makes what is appended to one person's ledger pass one after the
// other, and seals what stood there before there was a ledger.
func lockHead(ctx context.Context, tx *db.Tx, id ID) (seq int, hash string, err error) {
	var head struct {
		Seq  int
		Hash string
	}
	err = tx.Query(ctx).Raw(`INSERT INTO consent_heads (customer_id, seq, hash) VALUES (?, 0, '')
		ON CONFLICT (customer_id) DO UPDATE SET seq = consent_heads.seq RETURNING seq, hash`, int64(id)).Scan(&head).Error
	if err != nil {
		return 0, "", fmt.Errorf("lock the ledger of customer %d: %w", id, err)
	}
	if head.Seq > 0 {
		return head.Seq, head.Hash, nil
	}
	return sealOne(ctx, tx, id)
}

func states(ctx context.Context, q db.Q, id ID) (map[Purpose]State, error) {
	var rows []struct {
		Purpose                 Purpose
		Said, Signed, Confirmed bool
		Source                  string
		At                      db.Time
	}
	err := q.Query(ctx).Raw("SELECT purpose, said, signed, confirmed, source, at FROM consents WHERE customer_id = ?", int64(id)).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("read consents of customer %d: %w", id, err)
	}
	all := make(map[Purpose]State, len(rows))
	for _, r := range rows {
		all[r.Purpose] = State{r.Said, r.Signed, r.Confirmed, r.Source, r.At}
	}
	return all, nil
}

// Waiting lists the purposes that somebody said yes to and that do not count
// before the mailed link is confirmed.
func Waiting(ctx context.Context, q db.Q, id ID) ([]Purpose, error) {
	var all []Purpose
	err := q.Query(ctx).Raw("SELECT purpose FROM consents WHERE customer_id = ? AND said = TRUE AND given = FALSE AND confirmed = FALSE", int64(id)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read what customer %d has to confirm: %w", id, err)
	}
	slices.SortFunc(all, func(a, b Purpose) int { return slices.Index(Purposes, a) - slices.Index(Purposes, b) })
	return all, nil
}

// confirm makes the yes to these purposes count. What was taken back since is
// left alone.
func confirm(ctx context.Context, tx *db.Tx, id ID, purposes []Purpose, evidence string, now time.Time) error {
	who, err := speakerOf(ctx, tx, id)
	if err != nil {
		return err
	}
	seq, head, err := lockHead(ctx, tx, id)
	if err != nil {
		return err
	}
	have, err := states(ctx, tx, id)
	if err != nil {
		return err
	}
	for _, p := range purposes {
		s := have[p]
		if !p.Mails() || !s.Said || s.Confirmed {
			continue
		}
		e := Entry{Purpose: p, Act: ActConfirmed, Given: true, Source: s.Source, Lang: who.Lang, Method: MethodLink, Evidence: evidence, At: db.At(now)}
		if e.Wording, err = keepWords(ctx, tx, Wording(s.Source, p), now); err != nil {
			return err
		}
		if err := write(ctx, tx, id, &e, s, who.Country, seq, head); err != nil {
			return err
		}
		seq, head = e.Seq, e.Hash
	}
	return nil
}

// keepWords keeps the words that were shown, once, and returns their name.
func keepWords(ctx context.Context, tx *db.Tx, words i18n.Text, now time.Time) (string, error) {
	key := wordingKey(words)
	err := tx.Query(ctx).Exec("INSERT INTO consent_words (hash, en, zh, at) VALUES (?, ?, ?, ?) ON CONFLICT (hash) DO NOTHING", key, words.En, words.Zh, db.At(now)).Error
	if err != nil {
		return "", fmt.Errorf("keep the words of a consent: %w", err)
	}
	return key, nil
}

// Words returns the words of these versions.
func Words(ctx context.Context, q db.Q, hashes []string) (map[string]i18n.Text, error) {
	var rows []struct{ Hash, En, Zh string }
	if err := q.Query(ctx).Raw("SELECT hash, en, zh FROM consent_words WHERE hash IN ?", append(hashes, "")).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read the words of consents: %w", err)
	}
	all := make(map[string]i18n.Text, len(rows))
	for _, r := range rows {
		all[r.Hash] = i18n.Text{En: r.En, Zh: r.Zh}
	}
	return all, nil
}

// Ledger returns a person's whole chain, oldest first, and the hash at its end.
func Ledger(ctx context.Context, q db.Q, id ID) ([]Entry, string, error) {
	var all []Entry
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("seq, id").Find(&all).Error; err != nil {
		return nil, "", fmt.Errorf("read the consent ledger of customer %d: %w", id, err)
	}
	var head string
	if err := q.Query(ctx).Raw("SELECT coalesce(max(hash), '') FROM consent_heads WHERE customer_id = ?", int64(id)).Scan(&head).Error; err != nil {
		return nil, "", fmt.Errorf("read the end of the ledger of customer %d: %w", id, err)
	}
	return all, head, nil
}

// Ledgers returns the chains of some people, each oldest first.
func Ledgers(ctx context.Context, q db.Q, ids []ID) (map[ID][]Entry, error) {
	all := make(map[ID][]Entry, len(ids))
	if len(ids) == 0 {
		return all, nil
	}
	numbers := make([]int64, len(ids))
	for i, id := range ids {
		numbers[i] = int64(id)
	}
	var rows []Entry
	if err := q.Query(ctx).Where("customer_id IN ?", numbers).Order("customer_id, seq, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read consent ledgers: %w", err)
	}
	for _, e := range rows {
		all[e.CustomerID] = append(all[e.CustomerID], e)
	}
	return all, nil
}

const sealPage = 200

// Seal carries what was logged before there was a ledger into it: each row
// gets its place and hash, and a yes to mails of an address that was proved by
// a link counts as confirmed by it. Run again it finds nothing to do. It
// returns how many people it sealed.
func Seal(ctx context.Context, d *db.DB) (int, error) {
	done := 0
	for {
		var ids []ID
		if err := d.Query(ctx).Raw("SELECT DISTINCT customer_id FROM consent_log WHERE hash = '' ORDER BY customer_id LIMIT ?", sealPage).Scan(&ids).Error; err != nil {
			return done, fmt.Errorf("look for consents to seal: %w", err)
		}
		if len(ids) == 0 {
			return done, nil
		}
		err := d.InTx(ctx, func(tx *db.Tx) error {
			for _, id := range ids {
				if _, _, err := lockHead(ctx, tx, id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return done, err
		}
		done += len(ids)
	}
}

func sealOne(ctx context.Context, tx *db.Tx, id ID) (seq int, head string, err error) {
	var old []Entry
	if err := tx.Query(ctx).Where("customer_id = ? AND hash = ''", int64(id)).Order("id").Find(&old).Error; err != nil || len(old) == 0 {
		return 0, "", err
	}
	var who speaker
	if err := tx.Query(ctx).Raw("SELECT lang, country, email_verified_at, simulated FROM customers WHERE id = ?", int64(id)).Scan(&who).Error; err != nil {
		return 0, "", fmt.Errorf("seal the consents of customer %d: %w", id, err)
	}
	now := map[Purpose]State{}
	for i := range old {
		e := &old[i]
		e.Act, e.Channel, e.Method, e.Lang = ActWithdrawn, e.Purpose.Channel(), MethodBefore, who.Lang
		if e.Given {
			e.Act = ActGiven
		}
		if who.Simulated {
			e.Method, e.Evidence = MethodDemo, "simulated person"
		}
		e.chain(seq, head)
		seq, head = e.Seq, e.Hash
		err := tx.Query(ctx).Exec("UPDATE consent_log SET seq = ?, act = ?, channel = ?, lang = ?, method = ?, evidence = ?, prev = ?, hash = ? WHERE id = ? AND hash = ''",
			e.Seq, e.Act, e.Channel, string(e.Lang), e.Method, e.Evidence, e.Prev, e.Hash, e.ID).Error
		if err != nil {
			return 0, "", fmt.Errorf("seal the consents of customer %d: %w", id, err)
		}
		now[e.Purpose] = now[e.Purpose].after(e)
	}
	if err := tx.Query(ctx).Exec("UPDATE consent_heads SET seq = ?, hash = ? WHERE customer_id = ?", seq, head, int64(id)).Error; err != nil {
		return 0, "", fmt.Errorf("seal the consents of customer %d: %w", id, err)
	}
	packs, err := Packs(ctx, tx)
	if err != nil {
		return 0, "", err
	}
	for _, p := range Purposes {
		s, asked := now[p]
		if !asked {
			continue
		}
		if p.Mails() && s.Said && !s.Confirmed && !who.EmailVerifiedAt.IsZero() {
			e := Entry{Purpose: p, Act: ActConfirmed, Given: true, Source: s.Source, Lang: who.Lang, Method: MethodBefore, At: s.At,
				Evidence: "the address was proved by a link on " + who.EmailVerifiedAt.Format(time.DateOnly)}
			if err := write(ctx, tx, id, &e, s, who.Country, seq, head); err != nil {
				return 0, "", err
			}
			seq, head = e.Seq, e.Hash
			continue
		}
		if err := keepState(ctx, tx, id, p, s, packs.For(who.Country)); err != nil {
			return 0, "", err
		}
	}
	return seq, head, nil
}
