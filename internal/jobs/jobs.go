// Package jobs is background work: River behind a few words of ours. A job is
// enqueued in the caller's transaction, so it exists exactly if its cause
// does. Work is done at least once; every worker must bear being run twice.
// Job bodies never hold a transaction over mail or HTTP.
package jobs

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"regulars/internal/db"
)

// Args is the content of a job: a small JSON struct whose Kind names the work.
type Args interface{ Kind() string }

// Option changes how a job is enqueued.
type Option func(*river.InsertOpts)

// At runs the job no earlier than t.
func At(t time.Time) Option { return func(o *river.InsertOpts) { o.ScheduledAt = t } }

// Once skips the job while one of the same kind and content waits or works. A
// change made while that one works is not seen by it, so derived data must not
// use it.
func Once() Option {
	return func(o *river.InsertOpts) {
		o.UniqueOpts = river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
			rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateScheduled, rivertype.JobStateRunning, rivertype.JobStateRetryable}}
	}
}

// Insert-only clients, one a dialect; they hold no connection.
var inserters = struct {
	sync.Mutex
	byDriver map[string]*river.Client[*sql.Tx]
}{byDriver: map[string]*river.Client[*sql.Tx]{}}

func inserter(tx *db.Tx) (*river.Client[*sql.Tx], error) {
	inserters.Lock()
	defer inserters.Unlock()
	driver, name := tx.JobDriver()
	if c := inserters.byDriver[name]; c != nil {
		return c, nil
	}
	c, err := river.NewClient(driver, &river.Config{})
	if err == nil {
		inserters.byDriver[name] = c
	}
	return c, err
}

// Enqueue puts a job into the queue with the transaction's own fate.
//
// A job without options is one plain row of River's table, whose columns have
// defaults for all the rest, and rides with the transaction's other statements:
// River's own insert, made for many jobs with unique keys, cost a seventh of
// what placing an order does. Nobody is woken by it; runners look each second.
func Enqueue(ctx context.Context, tx *db.Tx, args Args, options ...Option) error {
	if len(options) == 0 {
		content, err := json.Marshal(args)
		if err != nil {
			return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
		}
		return tx.Later(ctx, "enqueue "+args.Kind(), nil, "INSERT INTO river_job (kind, args, max_attempts) VALUES (?, ?, ?)",
			args.Kind(), string(content), river.MaxAttemptsDefault)
	}
	client, err := inserter(tx)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	var opts river.InsertOpts
	for _, o := range options {
		o(&opts)
	}
	inner, err := tx.SQL(ctx)
	if err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	if _, err := client.InsertTx(ctx, inner, args, &opts); err != nil {
		return fmt.Errorf("enqueue %s: %w", args.Kind(), err)
	}
	return nil
}

// Runner works the queue. Register everything, then Start.
type Runner struct {
	db       *db.DB
	log      *slog.Logger
	workers  *river.Workers
	handle   map[string]func(context.Context, []byte) error
	periodic []*river.PeriodicJob
	every    map[string]func(context.Context) error
	periods  map[string]time.Duration
	stop     func(context.Context) error
}

// NewRunner makes a runner without work.
func NewRunner(d *db.DB, log *slog.Logger) *Runner {
	r := &Runner{db: d, log: log, workers: river.NewWorkers(),
		handle: map[string]func(context.Context, []byte) error{}, every: map[string]func(context.Context) error{}, periods: map[string]time.Duration{}}
	Work(r, func(ctx context.Context, t tick) error {
		do, ok := r.every[t.Name]
		if !ok {
			return nil // a period of a former release
		}
		return do(ctx)
	})
	return r
}

type worker[T Args] struct {
	river.WorkerDefaults[T]
	do func(context.Context, T) error
}

func (w *worker[T]) Work(ctx context.Context, job *river.Job[T]) error { return w.do(ctx, job.Args) }

// NextRetry waits a second, 16, 81 and so on to the fourth power, and at most a
// day: 25 tries take eleven days.
func (w *worker[T]) NextRetry(job *river.Job[T]) time.Time { return time.Now().Add(Wait(job.Attempt)) }

// Wait is how long a job rests after so many tries that failed, up to a tenth
// less, so that what failed together does not come back together.
func Wait(tries int) time.Duration {
	n := time.Duration(min(max(tries, 1), 18))
	wait := min(n*n*n*n*time.Second, longestWait)
	return wait - wait/10 + rand.N(wait/10)
}

const longestWait = 24 * time.Hour

// Work says who does the jobs of kind T.
func Work[T Args](r *Runner, do func(context.Context, T) error) {
	river.AddWorker(r.workers, &worker[T]{do: do})
	var zero T
	r.handle[zero.Kind()] = func(ctx context.Context, b []byte) error {
		var args T
		if err := json.Unmarshal(b, &args); err != nil {
			return err
		}
		return do(ctx, args)
	}
}

// tick is a periodic job; Slot keeps two leaders from doing one period twice.
type tick struct {
	Name string `json:"name"`
	Slot int64  `json:"slot"`
}

func (tick) Kind() string { return "tick" }

// Every runs do each period, on one process only, for the first time at start.
func (r *Runner) Every(name string, period time.Duration, do func(context.Context) error) {
	r.every[name], r.periods[name] = do, period
	r.periodic = append(r.periodic, river.NewPeriodicJob(river.PeriodicInterval(period), func() (river.JobArgs, *river.InsertOpts) {
		return tick{name, time.Now().UnixNano() / int64(period)}, &river.InsertOpts{MaxAttempts: 3, UniqueOpts: river.UniqueOpts{ByArgs: true}}
	}, &river.PeriodicJobOpts{RunOnStart: true}))
}

// Periods names what runs by the clock, and each period. Beside Do it is for
// worlds whose time is not the machine's.
func (r *Runner) Periods() map[string]time.Duration { return maps.Clone(r.periods) }

// Do runs once what goes by the clock under that name.
func (r *Runner) Do(ctx context.Context, name string) error {
	do, ok := r.every[name]
	if !ok {
		return fmt.Errorf("nothing called %s goes by the clock", name)
	}
	return do(ctx)
}

// Start begins to work the queue and returns.
func (r *Runner) Start(ctx context.Context) error {
	config := &river.Config{
		Workers: r.workers, PeriodicJobs: r.periodic, Logger: r.log,
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 20}},
		FetchCooldown: 50 * time.Millisecond, JobTimeout: 2 * time.Minute,
	}
	// Works in the background until Stop, whatever becomes of ctx.
	background := context.WithoutCancel(ctx)
	if url := r.db.ListenURL(); url != "" {
		pool, err := pgxpool.New(background, url)
		if err != nil {
			return fmt.Errorf("start jobs: %w", err)
		}
		client, err := river.NewClient(riverpgxv5.New(pool), config)
		if err != nil {
			pool.Close()
			return fmt.Errorf("start jobs: %w", err)
		}
		r.stop = func(ctx context.Context) error { defer pool.Close(); return client.StopAndCancel(ctx) }
		return client.Start(background)
	}
	client, err := river.NewClient(r.db.JobDriver(), config)
	if err != nil {
		return fmt.Errorf("start jobs: %w", err)
	}
	r.stop = client.StopAndCancel
	return client.Start(background)
}

// Stop lets running jobs end and stops the rest.
func (r *Runner) Stop(ctx context.Context) error {
	if r.stop == nil {
		return nil
	}
	return r.stop(ctx)
}

// RunDue does every job that is due at now, in this goroutine, including those
// that these cause, and returns how many it did. It is for tests and for
// commands that must not end before their work is done; beside a started
// runner a job may be done by both.
func (r *Runner) RunDue(ctx context.Context, now time.Time) (int, error) {
	client, err := river.NewClient(r.db.JobDriver(), &river.Config{})
	if err != nil {
		return 0, fmt.Errorf("read jobs: %w", err)
	}
	done := 0
	for {
		list, err := client.JobList(ctx, river.NewJobListParams().First(200).States(
			rivertype.JobStateAvailable, rivertype.JobStateScheduled, rivertype.JobStateRetryable))
		if err != nil {
			return done, fmt.Errorf("read jobs: %w", err)
		}
		round := 0
		var failed error
		for _, job := range list.Jobs {
			if job.State != rivertype.JobStateAvailable && job.ScheduledAt.After(now) { // an available one bears the machine's time, not now's
				continue
			}
			do, ok := r.handle[job.Kind]
			if !ok {
				return done, fmt.Errorf("job %s has no worker", job.Kind)
			}
			if err := do(ctx, job.EncodedArgs); err != nil {
				failed = errors.Join(failed, fmt.Errorf("job %s: %w", job.Kind, err))
				continue
			}
			if _, err := client.JobDelete(ctx, job.ID); err != nil {
				return done, fmt.Errorf("end job %d: %w", job.ID, err)
			}
			round++
		}
		done += round
		if failed != nil || round == 0 {
			return done, failed
		}
	}
}
