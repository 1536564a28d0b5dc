package search

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"regulars/internal/db"
)

// Either asks Meilisearch while it is well, and the embedded engine otherwise:
// a shopper waits for a server that does not answer no longer than patience,
// and after a few such answers not at all.
type Either struct {
	Embedded *Embedded
	Meili    *Meili
	DB       *db.DB
	Now      func() time.Time
	Log      *slog.Logger
	Patience time.Duration // 0 = a tenth of a second

	mu       sync.Mutex
	failures int // one after the other
	skip     time.Time
	trying   bool // somebody asks whether it is well again
	state    State
	read     time.Time // of the numbers
	last     int64
	copied   copyRow
	behind   time.Time // since when last is waited for
	awaited  int64
}

const (
	patience    = 100 * time.Millisecond
	mostFailed  = 3
	staleAfter  = 30 * time.Second
	firstPause  = 5 * time.Second
	longestStop = time.Minute
)

// Why is what keeps Meilisearch from answering; "" = nothing.
const (
	WhyStarting    = "starting"    // it is being filled
	WhyBehind      = "behind"      // what changed half a minute ago is not there yet
	WhyUnreachable = "unreachable" // nobody answers at its address
	WhySlow        = "slow"
	WhyKey         = "key"   // the key is not the one it knows
	WhyLost        = "lost"  // it has no such index
	WhyEmpty       = "empty" // the index holds nothing
	WhyTask        = "task"  // it could not take in what it was sent
	WhyError       = "error" // it answers with an error
)

// Why sorts an error of the server into what a person can act on. What the
// server said is for the log.
func Why(err error) string {
	var failed *taskFailed
	var said *meilisearch.Error
	switch {
	case err == nil:
		return ""
	case errors.Is(err, errEmpty):
		return WhyEmpty
	case errors.As(err, &failed):
		if failed.code == "index_not_found" {
			return WhyLost
		}
		return WhyTask
	case errors.Is(err, context.DeadlineExceeded):
		return WhySlow
	case !errors.As(err, &said):
		return WhyError
	case said.ErrCode == meilisearch.MeilisearchTimeoutError:
		return WhySlow
	case said.ErrCode == meilisearch.MeilisearchCommunicationError:
		return WhyUnreachable
	case said.StatusCode == http.StatusUnauthorized || said.StatusCode == http.StatusForbidden:
		return WhyKey
	case said.MeilisearchApiError.Code == "index_not_found":
		return WhyLost
	}
	return WhyError
}

// State is which engine answers.
type State struct {
	Meili  bool
	Why    string    // not Meilisearch
	Since  time.Time // it has been so
	Behind int64     // changes that the server does not have yet
}

// Find is of Engine.
func (e *Either) Find(ctx context.Context, q Query) (*Result, error) {
	if !e.ready(ctx) {
		return e.Embedded.Find(ctx, q)
	}
	within := e.Patience
	if within == 0 {
		within = patience
	}
	asking, stop := context.WithTimeout(ctx, within)
	r, err := e.Meili.Find(asking, q)
	stop()
	if err != nil && ctx.Err() != nil {
		e.ended(nil, false)
		return nil, err // the shopper has gone
	}
	beyond := errors.Is(err, errBeyond)
	e.ended(err, !beyond)
	if err != nil {
		return e.Embedded.Find(ctx, q)
	}
	return r, nil
}

// ready says whether Meilisearch is asked now.
func (e *Either) ready(ctx context.Context) bool {
	now := e.Now()
	e.follow(ctx, now)
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.copied.Last == 0:
		why := e.copied.Problem
		if why == "" {
			why = WhyStarting
		}
		e.now(false, why, now)
	case !e.behind.IsZero() && now.Sub(e.behind) > staleAfter:
		why := e.copied.Problem
		if why == "" {
			why = WhyBehind
		}
		e.now(false, why, now)
	case e.failures < mostFailed:
		return true
	case now.Before(e.skip) || e.trying:
	default:
		e.trying = true
		return true
	}
	return false
}

// follow reads how far the server has come, at most once a second.
func (e *Either) follow(ctx context.Context, now time.Time) {
	e.mu.Lock()
	due := e.read.IsZero() || now.Sub(e.read) >= time.Second
	if due {
		e.read = now
	}
	e.mu.Unlock()
	if !due {
		return
	}
	last, err := LastNumber(ctx, e.DB)
	if err != nil {
		return // the embedded engine will say so
	}
	row, err := e.Meili.copy(ctx, e.DB)
	if err != nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.last, e.copied = last, row
	switch {
	case row.Last >= last:
		e.behind = time.Time{}
	case e.behind.IsZero() || row.Last >= e.awaited:
		e.behind, e.awaited = now, last
	}
}

// ended notes how a question to the server went.
func (e *Either) ended(err error, counts bool) {
	now := e.Now()
	e.mu.Lock()
	defer e.mu.Unlock()
	e.trying = false
	if !counts {
		return
	}
	if err == nil {
		e.failures = 0
		e.now(true, "", now)
		return
	}
	why := Why(err)
	if e.failures++; why == WhyKey || why == WhyLost || why == WhyEmpty {
		e.failures = max(e.failures, mostFailed) // the next one would fail, too
	}
	if e.failures >= mostFailed {
		pause := firstPause << min(e.failures-mostFailed, 8)
		e.skip = now.Add(min(pause, longestStop))
	}
	if e.Log != nil && e.state.Why != why {
		e.Log.Warn("the embedded search answers", "why", why, "error", err)
	}
	e.now(false, why, now)
}

func (e *Either) now(meili bool, why string, now time.Time) {
	if e.state.Since.IsZero() || e.state.Meili != meili || e.state.Why != why {
		e.state = State{Meili: meili, Why: why, Since: now}
	}
}

// State is which engine answers, and since when, as this process sees it.
func (e *Either) State(ctx context.Context) State {
	now := e.Now()
	e.follow(ctx, now)
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.state.Since.IsZero() { // nobody has asked anything yet
		e.now(e.copied.Last > 0, map[bool]string{true: "", false: WhyStarting}[e.copied.Last > 0], now)
	}
	s := e.state
	s.Behind = max(0, e.last-e.copied.Last)
	return s
}
