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

// Profile is what a person types about themselves; every part may be empty.
type Profile struct {
	Name, BirthDate, Occupation, Phone string
	Place                              Place // "": the account's page
}

// SetProfile checks and keeps a profile. The inputs' names are name,
// birth_date, occupation, phone.
func SetProfile(ctx context.Context, tx *db.Tx, id ID, p Profile, now time.Time) error {
	var form fault.Form
	checkLine(&form, "name", p.Name, nameRunes)
	checkLine(&form, "occupation", p.Occupation, occupationRunes)
	birth := checkBirthDate(&form, p.BirthDate, now)
	phone := checkPhone(&form, "phone", p.Phone)
	if err := form.Err(); err != nil {
		return err
	}
	if p.Place == "" {
		p.Place = AtAccount
	}
	return change(ctx, tx, id, p.Place, now, func() error {
		return one(tx.Query(ctx).Exec("UPDATE customers SET name = ?, birth_date = ?, occupation = ?, phone = ?, updated_at = ? WHERE id = ? AND erased_at = 0",
			clean(p.Name), birth, clean(p.Occupation), phone, db.At(now), int64(id)), "keep a profile")
	})
}

// change writes the account's row and notes when and where the fields that are
// other now were said.
func change(ctx context.Context, tx *db.Tx, id ID, place Place, now time.Time, write func() error) error {
	if err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	was, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := write(); err != nil {
		return err
	}
	is, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	return noteChanged(ctx, tx, was, is, place, now)
}

// SetReach keeps the country an account is at home in, the language of its
// mails and how its person would like to be answered. The inputs' names are
// country, lang, channel.
func SetReach(ctx context.Context, tx *db.Tx, id ID, lang i18n.Lang, country, channel string, now time.Time) error {
	var form fault.Form
	country = strings.ToUpper(clean(country))
	if country != "" && (len(country) != 2 || strings.Trim(country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		form.Wrong("country", "customer.address.country")
	}
	if channel != "" && !slices.Contains(Channels, channel) {
		form.Wrong("channel", "customer.channel.unknown")
	}
	if err := form.Err(); err != nil {
		return err
	}
	err := change(ctx, tx, id, AtAccount, now, func() error {
		return one(tx.Query(ctx).Exec("UPDATE customers SET lang = ?, country = ?, channel = ?, updated_at = ? WHERE id = ? AND erased_at = 0",
			string(i18n.ParseLang(string(lang))), country, channel, db.At(now), int64(id)), "keep how to reach somebody")
	})
	if err != nil {
		return err
	}
	return Recount(ctx, tx, id) // another country, another pack
}

// SetLocale keeps, from an import, the language of mails, and currency, country and zone where
// they are known. Empty texts keep what is there.
func SetLocale(ctx context.Context, tx *db.Tx, id ID, lang i18n.Lang, currency, country, zone string, now time.Time) error {
	err := change(ctx, tx, id, AtImport, now, func() error {
		return one(tx.Query(ctx).Exec(`UPDATE customers SET lang = ?, updated_at = ?,
			currency = CASE WHEN ? = '' THEN currency ELSE ? END, country = CASE WHEN ? = '' THEN country ELSE ? END,
			zone = CASE WHEN ? = '' THEN zone ELSE ? END WHERE id = ? AND erased_at = 0`,
			string(i18n.ParseLang(string(lang))), db.At(now), currency, currency, country, country, zone, zone, int64(id)), "keep a locale")
	})
	if err != nil || country == "" {
		return err
	}
	return Recount(ctx, tx, id) // another country, another pack
}

// Interests returns what a person clicked and what was inferred, by kind.
func Interests(ctx context.Context, q db.Q, id ID) ([]Interest, error) {
	var rows []Interest
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("kind, at, value").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read interests of customer %d: %w", id, err)
	}
	return rows, nil
}

// The most tiles of one kind, and the most dates and addresses of a person.
const (
	mostTiles     = 12
	mostDates     = 20
	mostAddresses = 20
)

// SetInterests keeps exactly these tiles of a kind as said by the person. What
// was inferred stays, until the person says it too or drops it.
func SetInterests(ctx context.Context, tx *db.Tx, id ID, kind string, values []string, now time.Time) error {
	tiles := Tiles(kind)
	var form fault.Form
	var keep []string
	for _, v := range values {
		if !slices.Contains(tiles, v) {
			form.Wrong(kind, "customer.tile.unknown")
		} else if !slices.Contains(keep, v) {
			keep = append(keep, v)
		}
	}
	if tiles == nil {
		form.Wrong("kind", "customer.tile.unknown")
	}
	if len(keep) > mostTiles {
		form.Wrong(kind, "customer.tile.many", "most", mostTiles)
	}
	if err := form.Err(); err != nil {
		return err
	}
	if err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	slices.Sort(keep)
	drop := "DELETE FROM interests WHERE customer_id = ? AND kind = ? AND source = 'said'"
	args := []any{int64(id), kind}
	if len(keep) > 0 {
		drop += " AND value NOT IN ?"
		args = append(args, keep)
	}
	if err := tx.Query(ctx).Exec(drop, args...).Error; err != nil {
		return fmt.Errorf("drop tiles of customer %d: %w", id, err)
	}
	for _, v := range keep {
		err := tx.Query(ctx).Exec(`INSERT INTO interests (customer_id, kind, value, source, at) VALUES (?, ?, ?, 'said', ?)
			ON CONFLICT (customer_id, kind, value) DO UPDATE SET source = 'said', at = excluded.at WHERE interests.source <> 'said'`,
			int64(id), kind, v, db.At(now)).Error
		if err != nil {
			return fmt.Errorf("keep tile %s of customer %d: %w", v, id, err)
		}
	}
	if len(keep) == 0 {
		return unnote(ctx, tx, id, kind)
	}
	// Saving the tiles that were shown says of all of them that they hold.
	err := tx.Query(ctx).Exec(`INSERT INTO profile_facts (customer_id, fact, place, kept_at) VALUES (?, ?, ?, ?)
		ON CONFLICT (customer_id, fact) DO UPDATE SET kept_at = excluded.kept_at`, int64(id), kind, string(AtAccount), db.At(now)).Error
	if err != nil {
		return fmt.Errorf("confirm the tiles of customer %d: %w", id, err)
	}
	return nil
}

// DropInterest deletes one fact about a person, said or inferred.
func DropInterest(ctx context.Context, tx *db.Tx, id ID, kind, value string) error {
	return one(tx.Query(ctx).Exec("DELETE FROM interests WHERE customer_id = ? AND kind = ? AND value = ?", int64(id), kind, value), "drop an interest")
}

// touch locks the account's row, so that what is counted next stays counted.
func touch(ctx context.Context, tx *db.Tx, id ID, now time.Time) error {
	return one(tx.Query(ctx).Exec("UPDATE customers SET updated_at = ? WHERE id = ? AND erased_at = 0", db.At(now), int64(id)), "touch a customer")
}

// Dates returns the days that matter to a person, in the order of the year.
func Dates(ctx context.Context, q db.Q, id ID) ([]Date, error) {
	var rows []Date
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("month, day, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read dates of customer %d: %w", id, err)
	}
	return rows, nil
}

// PutDate adds a day, or changes the one that d.Token names, and returns its
// token. A child may come with the size it wears now instead of month and year:
// these are estimated from it, and from then on it grows by the calendar.
func PutDate(ctx context.Context, tx *db.Tx, id ID, d Date, now time.Time) (string, error) {
	var form fault.Form
	if !slices.Contains(DateKinds, d.Kind) {
		form.Wrong("kind", "customer.date.kind")
	}
	if s, ok := SizeOf(d.Size); d.Kind == "child" && ok {
		d.Year, d.Month = s.estimate(now)
		d.Day = 0
	} else if d.Size != "" {
		form.Wrong("size", "customer.size.unknown")
	}
	checkLine(&form, "label", d.Label, labelRunes)
	year := d.Year
	if year == 0 {
		year = 2000 // a leap year: 29 February is a day
	}
	switch {
	case d.Month < 1 || d.Month > 12:
		form.Wrong("month", "customer.date.month")
	case d.Day < 0 || d.Day > time.Date(year, time.Month(d.Month)+1, 0, 0, 0, 0, 0, time.UTC).Day():
		form.Wrong("day", "customer.date.day")
	case d.Year != 0 && (d.Year < now.Year()-120 || d.Year > now.Year()+10):
		form.Wrong("year", "customer.date.year")
	}
	if err := form.Err(); err != nil {
		return "", err
	}
	if err := touch(ctx, tx, id, now); err != nil {
		return "", err
	}
	d.Label, d.CustomerID, d.At = clean(d.Label), id, db.At(now)
	if d.Token != "" {
		return d.Token, one(tx.Query(ctx).Exec("UPDATE important_dates SET kind = ?, label = ?, month = ?, day = ?, year = ?, size = ?, remind = ?, at = ? WHERE token = ? AND customer_id = ?",
			d.Kind, d.Label, d.Month, d.Day, d.Year, d.Size, d.Remind, d.At, d.Token, int64(id)), "change a date")
	}
	if err := room(ctx, tx, "important_dates", id, mostDates, "customer.date.many"); err != nil {
		return "", err
	}
	d.ID, d.Token = 0, newToken()
	if err := tx.Query(ctx).Create(&d).Error; err != nil {
		return "", fmt.Errorf("add a date of customer %d: %w", id, err)
	}
	return d.Token, nil
}

func room(ctx context.Context, tx *db.Tx, table string, id ID, most int, words string) error {
	var n int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM "+table+" WHERE customer_id = ?", int64(id)).Scan(&n).Error; err != nil {
		return fmt.Errorf("count %s of customer %d: %w", table, id, err)
	}
	if n >= most {
		return fault.New(fault.Invalid, words, "most", most)
	}
	return nil
}

// DropDate deletes one day. Somebody else's token is NotFound.
func DropDate(ctx context.Context, tx *db.Tx, id ID, token string) error {
	if err := unnote(ctx, tx, id, "date:"+token); err != nil {
		return err
	}
	return one(tx.Query(ctx).Exec("DELETE FROM important_dates WHERE token = ? AND customer_id = ?", token, int64(id)), "drop a date")
}

// Addresses returns where a person had things sent, the preferred one first.
func Addresses(ctx context.Context, q db.Q, id ID) ([]Address, error) {
	var rows []Address
	if err := q.Query(ctx).Where("customer_id = ?", int64(id)).Order("first DESC, at DESC, id").Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("read addresses of customer %d: %w", id, err)
	}
	return rows, nil
}

// PutAddress adds an address, or changes the one that a.Token names, and
// returns its token. What a country asks for (a postcode, a region) is the
// checkout's to know; here only what every address has is demanded.
func PutAddress(ctx context.Context, tx *db.Tx, id ID, a Address, now time.Time) (string, error) {
	var form fault.Form
	for _, f := range []struct {
		input  string
		value  *string
		most   int
		needed bool
	}{
		{"name", &a.Name, nameRunes, true}, {"line1", &a.Line1, lineRunes, true}, {"line2", &a.Line2, lineRunes, false},
		{"city", &a.City, nameRunes, true}, {"region", &a.Region, nameRunes, false}, {"postcode", &a.Postcode, postcodeRunes, false},
	} {
		*f.value = clean(*f.value)
		if f.needed && *f.value == "" {
			form.Wrong(f.input, "customer.address."+f.input)
		}
		checkLine(&form, f.input, *f.value, f.most)
	}
	a.Country = strings.ToUpper(clean(a.Country))
	if len(a.Country) != 2 || strings.Trim(a.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		form.Wrong("country", "customer.address.country")
	}
	a.Phone = checkPhone(&form, "phone", a.Phone)
	if err := form.Err(); err != nil {
		return "", err
	}
	if err := touch(ctx, tx, id, now); err != nil {
		return "", err
	}
	if a.First {
		if err := tx.Query(ctx).Exec("UPDATE addresses SET first = FALSE WHERE customer_id = ? AND first = TRUE", int64(id)).Error; err != nil {
			return "", fmt.Errorf("prefer another address of customer %d: %w", id, err)
		}
	}
	a.CustomerID, a.At = id, db.At(now)
	if a.Token != "" {
		return a.Token, one(tx.Query(ctx).Exec(`UPDATE addresses SET name = ?, country = ?, line1 = ?, line2 = ?, city = ?, region = ?, postcode = ?, phone = ?, first = ?, at = ?
			WHERE token = ? AND customer_id = ?`, a.Name, a.Country, a.Line1, a.Line2, a.City, a.Region, a.Postcode, a.Phone, a.First, a.At, a.Token, int64(id)), "change an address")
	}
	if err := room(ctx, tx, "addresses", id, mostAddresses, "customer.address.many"); err != nil {
		return "", err
	}
	a.ID, a.Token = 0, newToken()
	if err := tx.Query(ctx).Create(&a).Error; err != nil {
		return "", fmt.Errorf("add an address of customer %d: %w", id, err)
	}
	return a.Token, nil
}

// DropAddress deletes one address. Somebody else's token is NotFound.
func DropAddress(ctx context.Context, tx *db.Tx, id ID, token string) error {
	if err := unnote(ctx, tx, id, "address:"+token); err != nil {
		return err
	}
	return one(tx.Query(ctx).Exec("DELETE FROM addresses WHERE token = ? AND customer_id = ?", token, int64(id)), "drop an address")
}
