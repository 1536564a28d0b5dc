package customer

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"regulars/internal/db"
	"regulars/internal/i18n"
)

// What an entry of the ledger does.
const (
	ActGiven     = "given"
	ActConfirmed = "confirmed"
	ActWithdrawn = "withdrawn"
)

// How something was said. MethodTick is a box that was not ticked before the
// person ticked it; a yes by import or of the demo carries its own proof and
// needs no other.
const (
	MethodTick    = "tick"
	MethodLink    = "mail link"
	MethodImport  = "import"
	MethodDemo    = "demo"
	MethodBefore  = "before the ledger"
	MethodErase   = "erase"
	MethodMerge   = "merge"
	evidenceProof = "the address was proved before"
)

// Entry is one row of a person's consent ledger. It is never changed; a person
// who is erased takes the whole chain along.
type Entry struct {
	ID         int64
	CustomerID ID
	Seq        int // from 1, without a gap
	Purpose    Purpose
	Act        string
	Given      bool   // false: withdrawn
	Channel    string // email, pages
	Source     string // the page or file where it was said
	Lang       i18n.Lang
	Method     string
	Evidence   string
	Wording    string // names the words that were shown, see Words; "" if they were not kept
	At         db.Time
	Prev, Hash string
}

// TableName is consent_log.
func (Entry) TableName() string { return "consent_log" }

// Sum is the hash of an entry over all it says and the hash before it. Each
// field goes in with its length, so that no two entries read alike.
func (e *Entry) Sum() string {
	var b strings.Builder
	for _, part := range []string{"1", fmt.Sprint(int64(e.CustomerID)), fmt.Sprint(e.Seq), string(e.Purpose), e.Act, fmt.Sprint(e.Given), e.Channel, e.Source,
		string(e.Lang), e.Method, e.Evidence, e.Wording, fmt.Sprint(e.At.Milli()), e.Prev} {
		fmt.Fprintf(&b, "%d:%s,", len(part), part)
	}
	sum := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(sum[:])
}

// chain gives an entry its place behind the head.
func (e *Entry) chain(seq int, prev string) {
	e.Seq, e.Prev = seq+1, prev
	e.Hash = e.Sum()
}

// Broken returns the first entry of a chain that does not follow from the one
// before or from the head, in words for the doctor; "" if the chain is whole.
func Broken(chain []Entry, seq int, head string) string {
	prev := ""
	for i := range chain {
		e := &chain[i]
		switch {
		case e.Hash == "":
			return fmt.Sprintf("entry %d is not sealed", i+1)
		case e.Seq != i+1:
			return fmt.Sprintf("entry %d is missing", i+1)
		case e.Prev != prev || e.Sum() != e.Hash:
			return fmt.Sprintf("entry %d was changed", e.Seq)
		}
		prev = e.Hash
	}
	if len(chain) != seq || prev != head {
		return fmt.Sprintf("it ends at %d, and should at %d", len(chain), seq)
	}
	return ""
}

// State is what the ledger makes of one purpose.
type State struct {
	Said      bool // the person's last word
	Signed    bool // said while signed in with a proved address
	Confirmed bool // by a link that was mailed, or the yes carries its own proof
	Source    string
	At        db.Time // of the last word, or of what made it count
}

// Counts reports whether a yes counts under a pack. What only the shop's own
// pages do needs no mail.
func (s State) Counts(p Purpose, pack Pack) bool {
	return s.Said && (!p.Mails() || s.Confirmed || pack == PackSingle || pack == PackAccount && s.Signed)
}

// Derive is the one function from a person's ledger to what is in force; the
// table consents is its copy.
func Derive(chain []Entry) map[Purpose]State {
	now := map[Purpose]State{}
	for i := range chain {
		now[chain[i].Purpose] = now[chain[i].Purpose].after(&chain[i])
	}
	return now
}

func (s State) after(e *Entry) State {
	switch e.Act {
	case ActConfirmed:
		if s.Said {
			s.Confirmed, s.At = true, e.At
		}
	case ActGiven:
		s = State{Said: true, Confirmed: slices.Contains([]string{MethodImport, MethodDemo}, e.Method), Signed: strings.HasPrefix(e.Evidence, evidenceProof), Source: e.Source, At: e.At}
	default:
		s = State{Source: e.Source, At: e.At}
	}
	return s
}

// Mails reports whether a purpose is about being written to.
func (p Purpose) Mails() bool { return strings.HasPrefix(string(p), "mail.") }

// Channel is where a purpose reaches the person.
func (p Purpose) Channel() string {
	if p.Mails() {
		return "email"
	}
	return "pages"
}

// shown are the messages beside the box where something was said: one per
// source that has words of its own, else the words of the preferences.
var shown = map[string]map[Purpose]string{
	"sign-up":      {Personalize: "shop.signup.personalize", History: "shop.signup.personalize", MailCart: "shop.signup.mail-cart", MailOffers: "shop.signup.specials"},
	"checkout":     {MailCart: "shop.checkout.mail-ok", MailOffers: "shop.checkout.specials"},
	"privacy page": {Personalize: "shop.privacy.switch"},
}

// Wording is the words beside the box at that page, in both languages.
func Wording(source string, p Purpose) i18n.Text {
	if key := shown[source][p]; key != "" && i18n.Has(i18n.English, key) {
		return both(key)
	}
	key := "customer.purpose." + string(p)
	a, b := both(key), both(key+".what")
	return i18n.Text{En: a.En + "\n" + b.En, Zh: a.Zh + "\n" + b.Zh}
}

// wordingKey names words by what they say.
func wordingKey(words i18n.Text) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%d:%s,%d:%s,", len(words.En), words.En, len(words.Zh), words.Zh)))
	return hex.EncodeToString(sum[:])
}
