package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
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

// TestKilledAmidCheckouts kills the shop with -9 while people place and pay
// orders, and asks the doctor. Every order that was answered with a 303 must
// be there afterwards.
func TestKilledAmidCheckouts(t *testing.T) {
	if testing.Short() {
		t.Skip("builds and kills a real process")
	}
	dir := t.TempDir()
	p := start(t, nil, "demo", "--data", dir, "--addr", "127.0.0.1:0", "--shoppers", "20", "--days", "30")
	goods := []string{"BK06", "HC08", "TL12", "GF08", "BB12"} // enough of each for all rounds
	acknowledged := map[string]bool{}                         // payment pages of orders that were answered
	for round := range 3 {
		var (
			mu   sync.Mutex
			wg   sync.WaitGroup
			told atomic.Int64
			once sync.Once
		)
		for i := range 8 {
			wg.Go(func() {
				for n := 0; ; n++ {
					pay, last, err := newShopper(p.base).buy(goods[i%len(goods)], fmt.Sprintf("killed-%d-%d-%d@shop.example", round, i, n))
					if err != nil {
						return // the shop is dead
					}
					if pay == "" {
						t.Errorf("no order: %d %s", last.status, last.location)
						once.Do(func() { p.cmd.Process.Signal(syscall.SIGKILL) })
						return
					}
					mu.Lock()
					acknowledged[pay] = true
					mu.Unlock()
					if n%2 == 0 {
						if _, err := newShopper(p.base).post(pay, map[string][]string{"outcome": {"paid"}}); err != nil {
							return
						}
					}
					if told.Add(1) == int64(12+7*round) {
						once.Do(func() { p.cmd.Process.Signal(syscall.SIGKILL) })
					}
				}
			})
		}
		wg.Wait()
		p.kill()
		doctorSound(t, dir)
		p = start(t, nil, "demo", "--data", dir, "--addr", "127.0.0.1:0")
	}
	lost := 0
	for pay := range acknowledged {
		a, err := newShopper(p.base).get(pay)
		if err != nil {
			t.Fatal(err)
		}
		if a.status != 200 && a.status != 303 {
			lost++
		}
	}
	if lost > 0 || len(acknowledged) < 36 {
		t.Errorf("%d of %d acknowledged orders are lost", lost, len(acknowledged))
	}
}

// doctorSound runs the doctor of the built binary on a folder.
func doctorSound(t *testing.T, dir string) {
	t.Helper()
	out, err := exec.Command(binary(t), "doctor", "--json", "--data", dir).Output()
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
