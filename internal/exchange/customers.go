package exchange

import (
	"slices"
	"strings"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// CustomerHeader is the header of customer files. email is needed; an account
// is found by external_id, else by email, which the file cannot change. life,
// interest, for and hobby hold tiles with bars between. The consents are yes,
// no, or empty for never asked; an empty one leaves what was said. A yes that is
// new here needs consent_evidence: what proves it, for the ledger. simulated,
// verified_at and created_at count for new accounts only. Nobody gets a
// password by import: people ask for one by "forgotten password".
var CustomerHeader = []string{"external_id", "email", "name", "phone", "lang", "currency", "country", "zone", "birth_date", "occupation",
	"life", "interest", "for", "hobby", "personalize", "history", "mail_cart", "mail_offers", "mail_occasions", "mail_upgrades",
	"consent_evidence", "verified_at", "created_at", "simulated"}

var tileKinds = []string{"life", "interest", "for", "hobby"}

var purposeOf = map[string]customer.Purpose{"personalize": customer.Personalize, "history": customer.History, "mail_cart": customer.MailCart,
	"mail_offers": customer.MailOffers, "mail_occasions": customer.MailOccasions, "mail_upgrades": customer.MailUpgrades}

// fixed columns are not changed in an account that exists.
var fixedColumns = []string{"external_id", "email", "verified_at", "created_at", "simulated"}

const customerBatch = 200

func (j *job) customers() error {
	var batch []cells
	flush := func() error {
		var created, updated, unchanged int
		sum := *j.sum
		err := j.inTx(func(tx *db.Tx) error {
			*j.sum, created, updated, unchanged = sum, 0, 0, 0
			for _, c := range batch {
				what, err := j.oneCustomer(tx, c)
				switch {
				case err != nil:
					return err
				case what == "created":
					created++
				case what == "updated":
					updated++
				case what == "unchanged":
					unchanged++
				}
			}
			return nil
		})
		batch = batch[:0]
		j.sum.Created += created
		j.sum.Updated += updated
		j.sum.Unchanged += unchanged
		return err
	}
	err := j.each(func(r row) error {
		if r.broken {
			return nil
		}
		c := cells{r.line, map[string]string{}}
		for _, name := range CustomerHeader {
			if f := fold(name); r.has(f) {
				c.m[name] = r.key(f)
			}
		}
		if batch = append(batch, c); len(batch) >= customerBatch {
			return flush()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// oneCustomer writes one row whole or not at all.
func (j *job) oneCustomer(tx *db.Tx, c cells) (string, error) {
	if err := savepoint(j.ctx, tx, "SAVEPOINT one_row"); err != nil {
		return "", err
	}
	before := j.sum.ErrorsTotal
	what, err := j.putCustomer(tx, c)
	if err != nil {
		err = j.sum.refuse(c.line, err)
	}
	if err != nil {
		return "", err
	}
	if j.sum.ErrorsTotal > before {
		return "", savepoint(j.ctx, tx, "ROLLBACK TO SAVEPOINT one_row")
	}
	return what, savepoint(j.ctx, tx, "RELEASE SAVEPOINT one_row")
}

func (j *job) putCustomer(tx *db.Tx, c cells) (string, error) {
	if !j.customerSound(c) {
		return "", nil
	}
	have, err := customersBy(j.ctx, tx, "external_id", c.key("external_id"))
	if err != nil {
		return "", err
	}
	if len(have) == 0 {
		if have, err = customersBy(j.ctx, tx, "email_key", customer.EmailKey(c.key("email"))); err != nil {
			return "", err
		}
	}
	what := "unchanged"
	if len(have) == 0 {
		p, err := j.signUp(tx, c)
		if err != nil {
			return "", err
		}
		have, what = []customer.Customer{*p}, "created"
	}
	if !have[0].ErasedAt.IsZero() {
		j.sum.wrong(c.line, "exchange.customer.erased")
		return "", nil
	}
	changed, err := j.editCustomer(tx, &have[0], c)
	if changed && what == "unchanged" {
		what = "updated"
	}
	return what, err
}

func (j *job) customerSound(c cells) bool {
	before := j.sum.ErrorsTotal
	for name := range purposeOf {
		if _, ok := parseYes(c.key(name)); !ok {
			j.sum.wrong(c.line, "exchange.row.switch", "column", name, "value", cut(c.key(name), 40))
		}
	}
	for _, name := range []string{"verified_at", "created_at"} {
		if s := c.key(name); s != "" {
			if _, ok := parseTime(s, time.UTC); !ok {
				j.sum.wrong(c.line, "exchange.row.time", "value", cut(s, 40))
			}
		}
	}
	if n := c.key("country"); n != "" && (len(n) != 2 || strings.ToUpper(n) != n) {
		j.sum.wrong(c.line, "exchange.customer.country", "value", cut(n, 40))
	}
	return j.sum.ErrorsTotal == before
}

func (j *job) signUp(tx *db.Tx, c cells) (*customer.Customer, error) {
	since := j.opt.Now
	if t, ok := parseTime(c.key("created_at"), time.UTC); ok {
		since = t
	}
	simulated, _ := parseYes(c.key("simulated"))
	verified, _ := parseTime(c.key("verified_at"), time.UTC)
	return customer.SignUp(j.ctx, tx, customer.SignUpForm{Email: c.key("email"), Name: c.key("name"), Lang: i18n.ParseLang(c.key("lang")),
		Currency: c.key("currency"), Country: c.key("country"), Zone: c.key("zone"), BirthDate: c.key("birth_date"), Occupation: c.key("occupation"),
		Source: "import", Verified: c.key("verified_at") != "", VerifiedAt: db.At(verified), ExternalID: c.key("external_id"), Imported: true, Simulated: simulated}, since)
}

// editCustomer brings an account to what the row says, and reports whether
// anything had to be written.
func (j *job) editCustomer(tx *db.Tx, p *customer.Customer, c cells) (bool, error) {
	extra, err := customerExtras(j.ctx, tx, []customer.ID{p.ID}, false)
	if err != nil {
		return false, err
	}
	now := customerCells(p, extra[p.ID])
	if missing := unproved(c, now); missing != "" {
		j.sum.wrong(c.line, "exchange.customer.evidence", "column", missing)
		return false, nil
	}
	differs := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return c.has(n) && c.key(n) != now[n] })
	}
	want := func(name string) string {
		if c.has(name) {
			return c.key(name)
		}
		return now[name]
	}
	changed := false
	if differs("name", "birth_date", "occupation", "phone") {
		changed = true
		err := customer.SetProfile(j.ctx, tx, p.ID, customer.Profile{Name: want("name"), BirthDate: want("birth_date"), Occupation: want("occupation"), Phone: want("phone"), Place: customer.AtImport}, j.opt.Now)
		if err != nil {
			return false, err
		}
	}
	// A cell that is empty cannot take a language or a country away.
	locale := slices.DeleteFunc([]string{"lang", "currency", "country", "zone"}, func(n string) bool { return c.key(n) == "" })
	if differs(locale...) {
		changed = true
		if err := customer.SetLocale(j.ctx, tx, p.ID, i18n.ParseLang(want("lang")), want("currency"), want("country"), want("zone"), j.opt.Now); err != nil {
			return false, err
		}
	}
	for _, kind := range tileKinds {
		values := splitTiles(c.key(kind))
		if !c.has(kind) || strings.Join(values, "|") == now[kind] {
			continue
		}
		changed = true
		if err := customer.SetInterests(j.ctx, tx, p.ID, kind, values, j.opt.Now); err != nil {
			return false, err
		}
	}
	for _, name := range CustomerHeader {
		purpose, ok := purposeOf[name]
		given, _ := parseYes(c.key(name))
		if !ok || c.key(name) == "" || yes(given) == now[name] {
			continue
		}
		changed = true
		said := customer.Saying{Purpose: purpose, Given: given, Source: "import", Method: customer.MethodImport, Evidence: c.key("consent_evidence")}
		if err := customer.Say(j.ctx, tx, p.ID, said, j.opt.Now); err != nil {
			return false, err
		}
	}
	return changed, nil
}

// unproved is the first consent that a row newly says yes to without evidence.
func unproved(c cells, now map[string]string) string {
	for _, name := range CustomerHeader {
		given, _ := parseYes(c.key(name))
		if _, ok := purposeOf[name]; ok && given && now[name] != "yes" && len([]rune(strings.TrimSpace(c.key("consent_evidence")))) < 3 {
			return name
		}
	}
	return ""
}

func splitTiles(s string) []string {
	var all []string
	for part := range strings.SplitSeq(s, "|") {
		if part = strings.TrimSpace(part); part != "" && !slices.Contains(all, part) {
			all = append(all, part)
		}
	}
	slices.Sort(all)
	return all
}

// extras are what a customer said, beside the row.
type extras struct {
	tiles    map[string][]string
	consents map[customer.Purpose]bool
	evidence string
}

// customerCells is an account as a row of the file, by column.
func customerCells(p *customer.Customer, x extras) map[string]string {
	external := ""
	if p.ExternalID != nil {
		external = *p.ExternalID
	}
	m := map[string]string{"external_id": external, "email": p.Email, "name": p.Name, "phone": p.Phone, "lang": string(p.Lang), "currency": p.Currency,
		"country": p.Country, "zone": p.Zone, "birth_date": p.BirthDate, "occupation": p.Occupation, "verified_at": writeTime(p.EmailVerifiedAt.Time),
		"created_at": writeTime(p.CreatedAt.Time), "simulated": yes(p.Simulated), "consent_evidence": x.evidence}
	for _, kind := range tileKinds {
		slices.Sort(x.tiles[kind])
		m[kind] = strings.Join(x.tiles[kind], "|")
	}
	for name, purpose := range purposeOf {
		if given, asked := x.consents[purpose]; asked {
			m[name] = yes(given)
		}
	}
	return m
}
