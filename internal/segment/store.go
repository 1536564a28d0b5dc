package segment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"regulars/internal/catalog"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/setting"
)

var changes db.Changes

// Live is List for the pages that ask over and over: a change shows at the next
// view in this process and within a second in others.
type Live struct{ kept db.Kept[[]Segment] }

// List is the function List. What it returns is shared: nobody may change it.
func (l *Live) List(ctx context.Context, q db.Q) ([]Segment, error) {
	return l.kept.Get(&changes, func() ([]Segment, error) { return List(ctx, q) })
}

// List returns every segment in order of position, archived ones too.
func List(ctx context.Context, q db.Q) ([]Segment, error) {
	var all []Segment
	if err := q.Query(ctx).Order("position, key").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("list segments: %w", err)
	}
	return all, nil
}

// Put keeps a segment as given. It looks no names up: the shelves of a shop
// that is being filled may come later.
func Put(ctx context.Context, tx *db.Tx, s Segment) error { return keep(ctx, tx, &s) }

func keep(ctx context.Context, tx *db.Tx, s *Segment) error {
	var form fault.Form
	if !ValidKey(s.Key) {
		form.Wrong("key", "segment.key.invalid")
	}
	if s.Purpose == "" {
		s.Purpose = Audience
	}
	if !slices.Contains(Purposes, s.Purpose) {
		form.Wrong("purpose", "segment.purpose.invalid")
	}
	if s.Key == Default && !s.Rule.Empty() {
		form.Wrong("rule", "segment.rule.default")
	}
	if !s.Rule.Empty() {
		if w := s.Rule.Check(); w != nil {
			form.Wrong("rule", w.Words, w.Args...)
		}
	}
	if err := form.Err(); err != nil {
		return err
	}
	changes.Announce()
	if err := tx.Query(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "key"}}, UpdateAll: true}).Create(s).Error; err != nil {
		return fmt.Errorf("put segment %s: %w", s.Key, err)
	}
	return nil
}

// Changed asks for everybody to be decided again, after a rule was edited.
type Changed struct {
	Segment string `json:"segment"`
}

// Kind names the job.
func (Changed) Kind() string { return "segment.changed" }

// Register works what a changed rule asks for.
func Register(runner *jobs.Runner, d *db.DB, now func() time.Time) {
	jobs.Work(runner, func(ctx context.Context, _ Changed) error { return Renew(ctx, d, "rule", now()) })
}

// Save adds or changes a segment as staff wrote it; its home page stays what
// it was. seen is the UpdatedAt that the form was made from (zero: a new one):
// somebody else's newer version is not overwritten.
func Save(ctx context.Context, tx *db.Tx, s Segment, seen db.Time, now time.Time) error {
	b, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	var form fault.Form
	if s.Name.En == "" {
		form.Wrong("name_en", "segment.name.missing")
	}
	if w := b.Check(s); w != nil {
		form.Wrong("rule", w.Words, w.Args...)
	}
	if !ValidKey(s.Key) || s.Key == Default {
		form.Wrong("key", "segment.key.invalid")
	}
	if !slices.Contains(Purposes, s.Purpose) {
		form.Wrong("purpose", "segment.purpose.invalid")
	}
	if err := form.Err(); err != nil {
		return err
	}
	// A version differs from the one before, also within one millisecond.
	s.UpdatedAt = db.At(now)
	if !s.UpdatedAt.After(seen.Time) && !seen.IsZero() {
		s.UpdatedAt = db.At(seen.Add(time.Millisecond))
	}
	changes.Announce()
	i := b.index(s.Key)
	if i < 0 {
		s.Position, s.Pageless = last(b.Segments)+1, true
		done := db.IgnoreConflict(tx.Query(ctx)).Create(&s)
		if done.Error != nil {
			return fmt.Errorf("add segment %s: %w", s.Key, done.Error)
		}
		if done.RowsAffected == 0 {
			form.Wrong("key", "segment.key.taken")
			return form.Err()
		}
		return jobs.Enqueue(ctx, tx, Changed{s.Key})
	}
	old := b.Segments[i]
	if old.UpdatedAt.IsZero() != seen.IsZero() || !old.UpdatedAt.Equal(seen.Time) {
		return fault.New(fault.Conflict, "segment.newer", "name", old.Name)
	}
	done := tx.Query(ctx).Model(&Segment{}).Select("Name", "Why", "Rule", "Purpose", "UpdatedAt").
		Where("key = ? AND updated_at = ?", s.Key, seen).Updates(&s)
	if done.Error != nil {
		return fmt.Errorf("save segment %s: %w", s.Key, done.Error)
	}
	if done.RowsAffected == 0 {
		return fault.New(fault.Conflict, "segment.newer", "name", old.Name)
	}
	return jobs.Enqueue(ctx, tx, Changed{s.Key})
}

// last is the highest position below that of Default, which stays behind all.
func last(all []Segment) (most int) {
	for _, s := range all {
		if s.Key != Default {
			most = max(most, s.Position)
		}
	}
	return most
}

// Archive stops asking a segment's rule, or asks it again. What names it finds
// nobody in it meanwhile; one that others name is not archived.
func Archive(ctx context.Context, tx *db.Tx, key string, on bool, now time.Time) error {
	b, err := Read(ctx, tx)
	if err != nil {
		return err
	}
	i := b.index(key)
	if i < 0 || key == Default {
		return fault.New(fault.NotFound, "error.not-found")
	}
	var at db.Time
	if on {
		at = db.At(now)
		for _, s := range b.Segments {
			if s.live() && slices.Contains(s.Rule.names(), key) {
				return fault.New(fault.Conflict, "segment.named", "name", s.Name)
			}
		}
	} else if w := b.Check(b.Segments[i]); w != nil {
		return fault.New(fault.Invalid, w.Words, w.Args...)
	}
	changes.Announce()
	if err := tx.Query(ctx).Exec("UPDATE segments SET archived_at = ?, updated_at = ? WHERE key = ?", at, db.At(now), key).Error; err != nil {
		return fmt.Errorf("archive segment %s: %w", key, err)
	}
	return jobs.Enqueue(ctx, tx, Changed{key})
}

// Of decides for whoever is asking. The reason is empty for Default, so that a
// page without personal parts is the same for everybody.
func Of(ctx context.Context, q db.Q, p *customer.Person, now time.Time) (Segment, i18n.Text, error) {
	all, err := List(ctx, q)
	if err != nil {
		return Segment{}, i18n.Text{}, err
	}
	in, err := among(ctx, q, all, p, func(s *Segment) bool { return s.page() }, now)
	if err != nil {
		return Segment{}, i18n.Text{}, err
	}
	for _, m := range in {
		if m.Segment.page() {
			return m.Segment, m.Reason, nil
		}
	}
	for _, s := range all {
		if s.Key == Default {
			return s, i18n.Text{}, nil
		}
	}
	return Segment{Key: Default}, i18n.Text{}, nil
}

// InNow lists every segment that whoever is asking is in at this moment, in order
// of position: none for guests and with personal pages off.
func InNow(ctx context.Context, q db.Q, p *customer.Person, now time.Time) ([]Member, error) {
	all, err := List(ctx, q)
	if err != nil {
		return nil, err
	}
	return among(ctx, q, all, p, func(s *Segment) bool { return s.Purpose != Service }, now)
}

// Page is the key of the first that decides a home page, Default if none does.
func Page(in []Member) string {
	for _, m := range in {
		if m.Segment.page() {
			return m.Segment.Key
		}
	}
	return Default
}

func among(ctx context.Context, q db.Q, all []Segment, p *customer.Person, want func(*Segment) bool, now time.Time) ([]Member, error) {
	k, err := knownOf(ctx, q, all, p, want, now)
	return slices.DeleteFunc(k.in, func(m Member) bool { return !want(&m.Segment) }), err
}

// KnownOf reads what the segments of some keys may look at of whoever is
// asking, and decides these: nothing of strangers and of who does not let pages
// be personal, and no more than their rules ask for. all are all segments,
// since a rule may name another and an exclusion counts everywhere.
func KnownOf(ctx context.Context, q db.Q, all []Segment, keys []string, p *customer.Person, now time.Time) (Known, error) {
	return knownOf(ctx, q, all, p, func(s *Segment) bool { return slices.Contains(keys, s.Key) }, now)
}

func knownOf(ctx context.Context, q db.Q, all []Segment, p *customer.Person, want func(*Segment) bool, now time.Time) (Known, error) {
	if !p.SignedIn() || !p.Personalized() {
		return Known{Now: now}, nil
	}
	b := NewBook(all, nil)
	n := b.needs(want)
	if n["tree"] {
		var err error
		if b.Tree, err = catalog.LoadTree(ctx, q); err != nil {
			return Known{}, err
		}
	}
	if n["zone"] {
		set, err := setting.Read(ctx, q)
		if err != nil {
			return Known{}, err
		}
		b.Zone = set.Zone()
	}
	b.only(want)
	k, err := b.ofPerson(ctx, q, p, n, now)
	if err != nil {
		return Known{}, err
	}
	k.in, _ = b.Members(k)
	return *k, nil
}

// only leaves in the order of asking what want, what they name, and the
// exclusions: of the others the facts were not read.
func (b *Book) only(want func(*Segment) bool) {
	keep := map[string]bool{}
	var take func(s *Segment)
	take = func(s *Segment) {
		if keep[s.Key] {
			return
		}
		keep[s.Key] = true
		for _, key := range s.Rule.names() {
			if i := b.index(key); i >= 0 {
				take(&b.Segments[i])
			}
		}
	}
	for i := range b.Segments {
		if s := &b.Segments[i]; want(s) || s.Purpose == Exclusion {
			take(s)
		}
	}
	b.order = slices.DeleteFunc(b.order, func(i int) bool { return !keep[b.Segments[i].Key] })
}

// Count is how many people a rule holds of, exactly.
func (b *Book) Count(ctx context.Context, q db.Q, s Segment, now time.Time) (int, error) {
	st, err := b.compile(s, now)
	if err != nil {
		return 0, wrongRule(err)
	}
	var n int
	if err := q.Query(ctx).Raw("SELECT count(*)"+st.from(), st.args...).Scan(&n).Error; err != nil {
		return 0, fmt.Errorf("count who is in a segment: %w", err)
	}
	return n, nil
}

// Who lists people a rule holds of in order of their ids, at most limit (0:
// all).
func (b *Book) Who(ctx context.Context, q db.Q, s Segment, limit int, now time.Time) ([]customer.ID, error) {
	st, err := b.compile(s, now)
	if err != nil {
		return nil, wrongRule(err)
	}
	sql := "SELECT f.customer_id" + st.from() + " ORDER BY f.customer_id"
	if limit > 0 {
		sql += fmt.Sprintf(" LIMIT %d", limit)
	}
	var ids []customer.ID
	if err := q.Query(ctx).Raw(sql, st.args...).Scan(&ids).Error; err != nil {
		return nil, fmt.Errorf("list who is in a segment: %w", err)
	}
	return ids, nil
}

// wrongRule makes a fault of what is wrong with a rule.
func wrongRule(err error) error {
	var w *Wrong
	if errors.As(err, &w) {
		return fault.New(fault.Invalid, w.Words, w.Args...)
	}
	return err
}

func one(done *gorm.DB, doing string) error {
	if done.Error != nil {
		return fmt.Errorf("%s: %w", doing, done.Error)
	}
	return nil
}

// Excluded is the key of the first exclusion that holds a customer now, by the
// rule itself and not by who was counted in it; "" for none.
func Excluded(ctx context.Context, q db.Q, id customer.ID, now time.Time) (string, error) {
	all, err := List(ctx, q)
	exclusion := func(s *Segment) bool { return s.Purpose == Exclusion && s.live() }
	if err != nil || !slices.ContainsFunc(all, func(s Segment) bool { return exclusion(&s) }) {
		return "", err
	}
	b, err := readBook(ctx, q, all)
	if err != nil {
		return "", err
	}
	known, err := b.facts(ctx, q, []customer.ID{id}, b.needs(exclusion), now)
	if err != nil || known[id] == nil {
		return "", err
	}
	b.only(exclusion)
	in, _ := b.Members(known[id])
	for _, m := range in {
		if exclusion(&m.Segment) {
			return m.Segment.Key, nil
		}
	}
	return "", nil
}
