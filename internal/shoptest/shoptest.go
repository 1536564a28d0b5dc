// Package shoptest is a small whole shop for tests of pages: twelve products in
// three departments, two customers, a member of staff, and a clock that only
// the test moves. Everything is written through the nouns' own functions.
package shoptest

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/checkout"
	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/jobs"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/recommend"
	"regulars/internal/roster"
	"regulars/internal/search"
	"regulars/internal/setting"
	"regulars/internal/staff"
	"regulars/internal/storefront"
	"regulars/internal/trait"
	"regulars/internal/web"
	"regulars/static"
	"regulars/templates"
)

// The people of the shop; all have Password. Student and Private said they
// study; only Student allows personal pages.
const (
	Student  = "student@demo.example"
	Private  = "private@demo.example"
	Owner    = "owner@demo.example"
	Password = storefront.DemoPassword
)

// Shop is the running parts of the shop.
type Shop struct {
	t testing.TB

	DB       *db.DB
	Web      *web.Server
	Front    *storefront.Shop
	Desk     *checkout.Desk
	Office   *outreach.Desk
	Engine   *recommend.Engine
	Events   *event.Log
	Sessions *recommend.Sessions
	Settings *setting.Live
	Hasher   *customer.Hasher
	Jobs     *jobs.Runner
	MailDir  string

	Products  map[string]catalog.ProductID // by code
	Customers map[string]customer.ID       // by address
	Alarms    *staff.Alarms

	mu   sync.Mutex
	now  time.Time
	said diary
}

// diary is the shop's log.
type diary struct {
	sync.Mutex
	strings.Builder
}

func (d *diary) Write(b []byte) (int, error) {
	d.Lock()
	defer d.Unlock()
	return d.Builder.Write(b)
}

// Said is everything the shop wrote into its log.
func (s *Shop) Said() string {
	s.said.Lock()
	defer s.said.Unlock()
	return s.said.String()
}

var hasher = sync.OnceValue(customer.NewHasher)

// Hasher is the one all test shops share, since a new one costs a while.
func Hasher() *customer.Hasher { return hasher() }

// passwordHash is made once: hashing is slow on purpose.
var passwordHash = sync.OnceValues(func() (string, error) { return hasher().Hash(context.Background(), Password) })

var secret = []byte("a secret of thirty-two bytes, for tests only")

// New opens the shop on a fresh database.
func New(t testing.TB, d *db.DB) *Shop { return open(t, d, (*Shop).seed) }

// Over opens a shop whose goods and people are there already.
func Over(t testing.TB, d *db.DB) *Shop { return open(t, d, func(*Shop) {}) }

func open(t testing.TB, d *db.DB, seed func(*Shop)) *Shop {
	t.Helper()
	s := &Shop{t: t, DB: d, Engine: &recommend.Engine{}, Sessions: &recommend.Sessions{}, Settings: &setting.Live{}, Hasher: hasher(), MailDir: t.TempDir(),
		Products: map[string]catalog.ProductID{}, Customers: map[string]customer.ID{}, now: time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewTextHandler(&s.said, nil))
	s.Events = event.NewLog(d, log)
	seed(s)
	if err := s.Settings.Refresh(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	s.Alarms = &staff.Alarms{DB: d, Log: log}
	var err error
	if s.Web, err = web.New(web.Options{Log: log, Secret: secret, Templates: templates.Files, Static: static.Files, Now: s.Now, DB: d, Ignored: s.Alarms.Ignored(s.Now)}); err != nil {
		t.Fatal(err)
	}
	s.Desk = &checkout.Desk{DB: d, Now: s.Now, Settings: s.Settings, Log: log, Secret: secret}
	s.Office = &outreach.Desk{DB: d, Mailer: &outreach.Folder{Dir: s.MailDir}, Settings: s.Settings, BaseURL: "http://shop.example", Templates: templates.Files,
		Now: s.Now, Log: log, AccessKey: func(number string) string { return order.AccessKey(secret, number) },
		CardCode: func(token string) string { return credit.Code(secret, token) }}
	s.Jobs = jobs.NewRunner(d, log)
	s.Desk.Register(s.Jobs)
	s.Office.Register(s.Jobs)
	search.Register(s.Jobs, d)
	trait.Register(s.Jobs, d, s.Settings, s.Now)
	roster.Register(s.Jobs, d, s.Settings, s.Now, log)
	s.Front = &storefront.Shop{DB: d, Web: s.Web, Engine: s.Engine, Sessions: s.Sessions, Events: s.Events, Settings: s.Settings, Desk: s.Desk, Hasher: s.Hasher,
		Alarms: s.Alarms, Now: s.Now, Log: log, People: []storefront.DemoSignIn{{Label: text("Chen Yu\nStudent", "陈雨\n学生"), Email: Student}}}
	s.Front.Routes()
	t.Cleanup(func() {
		seen.Lock()
		defer seen.Unlock()
		for _, name := range s.Web.Rendered() {
			seen.pages[name] = true
		}
		seen.all = s.Web.Pages()
	})
	return s
}

// seen gathers over all shops of a test binary which pages were rendered.
var seen = struct {
	sync.Mutex
	pages map[string]bool
	all   []string
}{pages: map[string]bool{}}

// Unrendered lists the pages of a folder of templates that no shop of this test
// binary has rendered so far.
func Unrendered(folder string) []string {
	seen.Lock()
	defer seen.Unlock()
	var missing []string
	for _, name := range seen.all {
		if strings.HasPrefix(name, folder+"/") && !seen.pages[name] {
			missing = append(missing, name)
		}
	}
	return missing
}

// Now is the shop's time.
func (s *Shop) Now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// Pass lets time go by.
func (s *Shop) Pass(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

// Tx runs fn in a transaction and ends the test if it fails.
func (s *Shop) Tx(fn func(ctx context.Context, tx *db.Tx) error) {
	s.t.Helper()
	ctx := context.Background()
	if err := s.DB.InTx(ctx, func(tx *db.Tx) error { return fn(ctx, tx) }); err != nil {
		s.t.Fatal(err)
	}
}

// Count is the number that a query answers.
func (s *Shop) Count(query string, args ...any) (n int) {
	s.t.Helper()
	if err := s.DB.Query(context.Background()).Raw(query, args...).Scan(&n).Error; err != nil {
		s.t.Fatal(err)
	}
	return n
}

// Text is the text that a query answers.
func (s *Shop) Text(query string, args ...any) (v string) {
	s.t.Helper()
	if err := s.DB.Query(context.Background()).Raw(query, args...).Scan(&v).Error; err != nil {
		s.t.Fatal(err)
	}
	return v
}

// RunJobs does everything that waits, whenever it is due: jobs are scheduled
// by the machine's clock, the shop lives by its own.
func (s *Shop) RunJobs() {
	s.t.Helper()
	if _, err := s.Jobs.RunDue(context.Background(), time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC)); err != nil {
		s.t.Fatal(err)
	}
}

// Letters reads every mail that was sent, the newest first.
func (s *Shop) Letters() []*outreach.Letter {
	s.t.Helper()
	files, _, err := outreach.ListFiles(s.MailDir, 1, 100)
	if err != nil {
		s.t.Fatal(err)
	}
	var letters []*outreach.Letter
	for _, f := range files {
		l, err := outreach.ReadFile(s.MailDir, f.Name)
		if err != nil {
			s.t.Fatal(err)
		}
		letters = append(letters, l)
	}
	return letters
}

// Learn trains the model on baskets of product codes.
func (s *Shop) Learn(baskets ...[]string) {
	s.t.Helper()
	m, err := recommend.Build(context.Background(), func(yield func(recommend.Basket, error) bool) {
		for _, codes := range baskets {
			b := recommend.Basket{At: s.Now().AddDate(0, 0, -1)}
			for _, code := range codes {
				b.Items = append(b.Items, recommend.Item{Product: recommend.ProductID(s.Products[code]), Qty: 1})
			}
			if !yield(b, nil) {
				return
			}
		}
	}, recommend.Options{})
	if err != nil {
		s.t.Fatal(err)
	}
	s.Engine.Use(m)
}

func (s *Shop) people(ctx context.Context, tx *db.Tx) error {
	hash, err := passwordHash()
	if err != nil {
		return err
	}
	for _, p := range []struct {
		email, name string
		personal    bool
	}{{Student, "Chen Yu", true}, {Private, "Zhao Qiang", false}} {
		k, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: p.email, Name: p.name, PasswordHash: hash, Lang: "en", Country: "US",
			Personalize: p.personal, History: p.personal, Verified: true}, s.now)
		if err != nil {
			return err
		}
		s.Customers[p.email] = k.ID
		if err := customer.SetInterests(ctx, tx, k.ID, "life", []string{"student"}, s.now); err != nil {
			return err
		}
	}
	_, err = staff.Add(ctx, tx, Owner, "Wei", staff.Owner, hash, s.now)
	return err
}
