package jobs_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/jobs"
)

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "greet" }

func TestJobExistsExactlyIfItsCauseDoes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Now()
		var greeted []string
		r := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
		jobs.Work(r, func(_ context.Context, g greet) error {
			greeted = append(greeted, g.Name)
			return nil
		})
		enqueue := func(outcome error, g greet, o ...jobs.Option) {
			err := d.InTx(ctx, func(tx *db.Tx) error {
				if err := jobs.Enqueue(ctx, tx, g, o...); err != nil {
					return err
				}
				return outcome
			})
			if !errors.Is(err, outcome) {
				t.Fatal(err)
			}
		}
		enqueue(nil, greet{"kept"})
		enqueue(errors.New("undone"), greet{"rolled back"})
		enqueue(nil, greet{"later"}, jobs.At(now.Add(time.Hour)))
		enqueue(nil, greet{"once"}, jobs.Once())
		enqueue(nil, greet{"once"}, jobs.Once())
		if n, err := r.RunDue(ctx, now.Add(time.Minute)); err != nil || n != 2 {
			t.Fatalf("did %d jobs, %v: %v", n, err, greeted)
		}
		if n, err := r.RunDue(ctx, now.Add(2*time.Hour)); err != nil || n != 1 {
			t.Fatalf("an hour later did %d jobs, %v: %v", n, err, greeted)
		}
		if len(greeted) != 3 || greeted[2] != "later" {
			t.Errorf("greeted %v", greeted)
		}
	})
}

func TestStartedRunnerWorksAndStops(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		done := make(chan string, 1)
		ticked := make(chan struct{}, 1)
		r := jobs.NewRunner(d, slog.New(slog.DiscardHandler))
		jobs.Work(r, func(_ context.Context, g greet) error { done <- g.Name; return nil })
		r.Every("tick-tock", time.Hour, func(context.Context) error { ticked <- struct{}{}; return nil })
		if err := r.Start(ctx); err != nil {
			t.Fatal(err)
		}
		if err := d.InTx(ctx, func(tx *db.Tx) error { return jobs.Enqueue(ctx, tx, greet{"hello"}) }); err != nil {
			t.Fatal(err)
		}
		if name := <-done; name != "hello" {
			t.Errorf("greeted %q", name)
		}
		<-ticked
		if err := r.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestAJobThatFailsRestsLongerAndAtMostADay(t *testing.T) {
	sum := time.Duration(0)
	for tries := 1; tries < 25; tries++ {
		wait := jobs.Wait(tries)
		if wait > 24*time.Hour || tries > 1 && tries < 16 && wait < jobs.Wait(tries-1)*9/10 {
			t.Errorf("after %d tries it rests %s", tries, wait)
		}
		sum += wait
	}
	if sum < 7*24*time.Hour || jobs.Wait(1) > time.Second || jobs.Wait(1000) < 21*time.Hour {
		t.Errorf("all tries take %s", sum)
	}
}
