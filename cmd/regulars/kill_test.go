package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/inventory"
	"regulars/internal/pricing"
)

// process is a running shop in a process of its own.
type process struct {
	cmd  *exec.Cmd
	base string
	out  *bytes.Buffer
	done chan struct{}
}

var servingAt = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// start runs the built binary until it says where it serves.
func start(t *testing.T, environ []string, args ...string) *process {
	t.Helper()
	p := &process{cmd: exec.Command(binary(t), args...), out: &bytes.Buffer{}, done: make(chan struct{})}
	p.cmd.Env = append(append(os.Environ(), "REGULARS_TRUSTED_PROXIES=127.0.0.1"), environ...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p.cmd.Stdout, p.cmd.Stderr = write, write
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	write.Close()
	at := make(chan string, 1)
	go func() {
		defer close(p.done)
		told := false
		lines := bufio.NewScanner(read)
		for lines.Scan() {
			fmt.Fprintln(p.out, lines.Text())
			if m := servingAt.FindString(lines.Text()); m != "" && !told && (strings.Contains(lines.Text(), "serving") || strings.Contains(lines.Text(), "shop ")) {
				told = true
				at <- m
			}
		}
		if !told {
			close(at)
		}
	}()
	t.Cleanup(func() { p.kill() })
	base, ok := <-at
	if !ok {
		p.cmd.Wait()
		t.Fatalf("the shop did not start:\n%s", p.out)
	}
	p.base = base
	return p
}

func (p *process) kill() {
	p.cmd.Process.Signal(syscall.SIGKILL)
	p.cmd.Wait()
	<-p.done
}

// mortal is a shop that is killed and started again on the same data.
type mortal struct {
	t       *testing.T
	environ []string
	args    []string // how it starts
	dir     string
	goods   []string
	rows    func() *db.DB // its database, to look at between two lives
	*process
	slowest time.Duration // from the start of a process to an answered /readyz
}

func (m *mortal) rise() {
	m.t.Helper()
	began := time.Now()
	m.process = start(m.t, m.environ, m.args...)
	for {
		if a, err := newShopper(m.base).get("/readyz"); err == nil && a.status == 200 {
			break
		}
	}
	m.slowest = max(m.slowest, time.Since(began))
}

// unanswered is a checkout form whose answer never came.
type unanswered struct {
	who  *shopper
	form url.Values
}

// killAgainAndAgain kills the shop with -9 while people place and pay orders,
// at a moment drawn anew each time, and asks the doctor. Every order that was
// answered must be there afterwards; a form whose answer got lost, posted
// again, leads to one order.
func (m *mortal) killAgainAndAgain(kills int) {
	t := m.t
	m.rise()
	m.slowest = 0 // the first start makes the world
	acknowledged := map[string]bool{}
	r := rand.New(rand.NewPCG(20261122, uint64(kills)))
	again := 0
	for round := range kills {
		var (
			mu   sync.Mutex
			wg   sync.WaitGroup
			told atomic.Int64
			once sync.Once
			lost []unanswered
		)
		after, delay := int64(6+r.IntN(14)), time.Duration(r.IntN(20_000))*time.Microsecond
		kill := func() { once.Do(func() { m.cmd.Process.Signal(syscall.SIGKILL) }) }
		for i := range 8 {
			wg.Go(func() {
				for n := 0; ; n++ {
					who := newShopper(m.base)
					form, last, err := who.fillIn(m.goods[(round+i)%len(m.goods)], fmt.Sprintf("killed-%d-%d-%d@shop.example", round, i, n))
					if err != nil {
						return // the shop is dead
					}
					if form != nil {
						last, err = who.post("/checkout", form)
					}
					if err != nil {
						mu.Lock()
						lost = append(lost, unanswered{who, form})
						mu.Unlock()
						return
					}
					if form == nil || last.status != http.StatusSeeOther {
						t.Errorf("no order: %d %s", last.status, last.location)
						kill()
						return
					}
					pay := strings.TrimPrefix(last.location, who.base)
					mu.Lock()
					acknowledged[pay] = true
					mu.Unlock()
					if n%2 == 0 {
						if _, err := who.post(pay, url.Values{"outcome": {"paid"}}); err != nil {
							return
						}
					}
					if told.Add(1) == after {
						time.AfterFunc(delay, kill) // somewhere in the middle of the next requests
					}
				}
			})
		}
		wg.Wait()
		m.kill()
		doctorSound(t, m.environ, m.dir)
		m.rise()
		for _, u := range lost {
			u.who.base = m.base
			a, err := u.who.post("/checkout", u.form)
			if err != nil || a.status != http.StatusSeeOther {
				t.Errorf("round %d: a form posted again after the crash: %d %s %v", round, a.status, a.location, err)
				continue
			}
			again++
			acknowledged[strings.TrimPrefix(a.location, m.base)] = true
		}
		if t.Failed() {
			t.Fatalf("failed in round %d", round)
		}
	}
	m.kill()
	doctorSound(t, m.environ, m.dir)
	d := m.rows()
	var tokens []string
	if err := d.Query(t.Context()).Raw("SELECT token FROM payments").Scan(&tokens).Error; err != nil {
		t.Fatal(err)
	}
	there, lost := map[string]bool{}, 0
	for _, token := range tokens {
		there["/gateway/test/"+token] = true
	}
	for pay := range acknowledged {
		if !there[pay[max(0, strings.Index(pay, "/gateway/")):]] {
			lost++
		}
	}
	var double []string
	if err := d.Query(t.Context()).Raw("SELECT email FROM orders WHERE email LIKE 'killed-%' GROUP BY email HAVING count(*) > 1").Scan(&double).Error; err != nil {
		t.Fatal(err)
	}
	t.Logf("%d kills: %d orders acknowledged, %d lost, %d placed twice; %d forms posted again; slowest start to ready %v",
		kills, len(acknowledged), lost, len(double), again, m.slowest.Round(time.Millisecond))
	if lost > 0 || len(double) > 0 || len(acknowledged) < 6*kills {
		t.Errorf("of %d acknowledged orders %d are lost; twice ordered: %v", len(acknowledged), lost, double)
	}
}

// kills is how often a test run does it; make simulate asks for a hundred.
func kills(t *testing.T, usually int) int {
	text := os.Getenv("SIM_KILLS")
	if text == "" {
		return usually
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestKilledAmidCheckouts kills the demo on SQLite.
func TestKilledAmidCheckouts(t *testing.T) {
	n := kills(t, 3)
	dir := t.TempDir()
	m := &mortal{t: t, dir: dir, args: []string{"demo", "--data", dir, "--addr", "127.0.0.1:0"}}
	m.goods = []string{"BK06", "HC08", "TL12", "GF08", "BB12"}
	m.rows = func() *db.DB {
		d, err := folder{Data: dir}.open(t.Context(), environment{}, migrateNever, false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		return d
	}
	m.stocked()
	m.killAgainAndAgain(n)
}

// TestKilledOnPostgres kills serve with goods that were imported.
func TestKilledOnPostgres(t *testing.T) {
	n := kills(t, 2)
	d, dir := dbtest.Postgres(t), t.TempDir()
	m := &mortal{t: t, dir: dir, args: []string{"serve", "--data", dir, "--addr", "127.0.0.1:0"},
		environ: []string{"DATABASE_URL=" + d.ListenURL(), "REGULARS_SECRET=" + strings.Repeat("secret of this test ", 2)}, goods: []string{"KETTLE", "TEAPOT", "CUP"}}
	m.rows = func() *db.DB { return d }
	csv := "code,name_en,sku,price,stock\n"
	for _, sku := range m.goods {
		csv += fmt.Sprintf("%s,%s,%s,12.50,1000000\n", strings.ToLower(sku), sku, sku)
	}
	file := filepath.Join(dir, "products.csv")
	if err := os.WriteFile(file, []byte(csv), 0o600); err != nil {
		t.Fatal(err)
	}
	imports := exec.Command(binary(t), "import", "products", file, "--data", dir)
	imports.Env = append(os.Environ(), m.environ...)
	if out, err := imports.CombinedOutput(); err != nil {
		t.Fatalf("import: %v: %s", err, out)
	}
	err := d.InTx(t.Context(), func(tx *db.Tx) error {
		return pricing.PutMethod(t.Context(), tx, pricing.Method{Code: "standard", Currency: "USD", Name: i18n.Text{En: "Standard", Zh: "普通"}, Price: 420, DaysMin: 2, DaysMax: 5, Active: true})
	})
	if err != nil {
		t.Fatal(err)
	}
	m.killAgainAndAgain(n)
}

// stocked makes the demo world and fills its shelves for all rounds.
func (m *mortal) stocked() {
	m.t.Helper()
	start(m.t, nil, append(m.args, "--shoppers", "20", "--days", "30")...).kill()
	d := m.rows()
	err := d.InTx(m.t.Context(), func(tx *db.Tx) error {
		for _, sku := range m.goods {
			v, err := catalog.VariantBySKU(m.t.Context(), tx, sku)
			if err != nil {
				return err
			}
			if err := inventory.ReceiveAt(m.t.Context(), tx, 0, v.ID, 1_000_000, "enough:"+sku, time.Now()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	d.Close()
}

// doctorSound runs the doctor of the built binary on a folder.
func doctorSound(t *testing.T, environ []string, dir string) {
	t.Helper()
	ask := exec.Command(binary(t), "doctor", "--json", "--data", dir)
	ask.Env = append(os.Environ(), environ...)
	out, err := ask.Output()
	var report struct {
		OK      bool            `json:"ok"`
		Checked int             `json:"checked"`
		Broken  json.RawMessage `json:"broken"`
	}
	if jsonErr := json.Unmarshal(out, &report); jsonErr != nil {
		t.Fatalf("doctor: %v: %s", err, out)
	}
	if !report.OK || report.Checked < 15 {
		t.Errorf("doctor checked %d invariants and found %s", report.Checked, report.Broken)
	}
}
