package search

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/meilisearch/meilisearch-go"

	"regulars/internal/db"
)

// Pusher keeps a Meilisearch server in step with the documents. Any number of
// processes may run one: whoever holds the copy's row works, the others wait.
type Pusher struct {
	DB    *db.DB
	Meili *Meili
	Now   func() time.Time
	Name  string // of this process, unlike any other's

	looked time.Time // when the server was last asked whether it still has what it was given
}

const (
	holdFor   = time.Minute      // a copy that nobody renews is free after this
	lookEvery = 10 * time.Second // whether the server still has what it was given
	retryIn   = 15 * time.Second // after something went wrong
	taskTakes = 10 * time.Minute // at most
	pushAt    = 1000             // documents a request
)

// name is what the copy is known by: another server, index or other settings
// make another copy, which begins at nothing.
func (m *Meili) name() string {
	b, _ := json.Marshal(settings())
	sum := sha256.Sum256([]byte(m.url + "\n" + m.index + "\n" + string(b)))
	return "meili:" + hex.EncodeToString(sum[:8])
}

// copyRow is what is known of a copy.
type copyRow struct {
	Last      int64
	Made      string
	Problem   string
	ProblemAt db.Time
}

func (m *Meili) copy(ctx context.Context, q db.Q) (row copyRow, err error) {
	err = q.Query(ctx).Raw(`SELECT n.last, c.made, c.problem, c.problem_at FROM search_copies c JOIN search_numbers n ON n.name = c.name WHERE c.name = ?`, m.name()).Scan(&row).Error
	if err != nil {
		return row, fmt.Errorf("read how far Meilisearch has come: %w", err)
	}
	return row, nil
}

// release lets the next process have the copy; where that fails it is free
// after a while.
func (p *Pusher) release(ctx context.Context) {
	_ = p.DB.InTx(ctx, func(tx *db.Tx) error {
		return tx.Query(ctx).Exec("UPDATE search_copies SET held_until = 0 WHERE name = ? AND holder = ?", p.Meili.name(), p.Name).Error
	})
}

// forget lets the copy begin at nothing.
func (p *Pusher) forget(ctx context.Context) error {
	return p.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Query(ctx).Exec("UPDATE search_numbers SET last = 0 WHERE name = ?", p.Meili.name()).Error; err != nil {
			return fmt.Errorf("begin the copy for Meilisearch anew: %w", err)
		}
		return nil
	})
}

// errHeld is a copy that another process looks after.
var errHeld = errors.New("another process looks after the index")

// hold takes or renews the copy's row.
func (p *Pusher) hold(ctx context.Context) error {
	now := p.Now()
	return p.DB.InTx(ctx, func(tx *db.Tx) error {
		if _, err := tx.Insert(ctx, "search_numbers", []string{"name", "last"}, [][]any{{p.Meili.name(), int64(0)}}, true); err != nil {
			return fmt.Errorf("begin the copy for Meilisearch: %w", err)
		}
		if _, err := tx.Insert(ctx, "search_copies", []string{"name", "holder", "held_until", "made", "problem", "problem_at"},
			[][]any{{p.Meili.name(), "", int64(0), "", "", int64(0)}}, true); err != nil {
			return fmt.Errorf("begin the copy for Meilisearch: %w", err)
		}
		done := tx.Query(ctx).Exec("UPDATE search_copies SET holder = ?, held_until = ? WHERE name = ? AND (holder = ? OR held_until < ?)",
			p.Name, now.Add(holdFor).UnixMilli(), p.Meili.name(), p.Name, now.UnixMilli())
		if done.Error != nil {
			return fmt.Errorf("hold the copy for Meilisearch: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return errHeld
		}
		return p.drop(ctx, tx, now)
	})
}

// drop takes away the rows of servers that were asked before: nobody has held
// their copy for a day, and should one be asked again it begins at nothing.
func (p *Pusher) drop(ctx context.Context, tx *db.Tx, now time.Time) error {
	for _, sql := range []string{
		"DELETE FROM search_numbers WHERE name LIKE 'meili:%' AND name <> ? AND name IN (SELECT name FROM search_copies WHERE held_until < ?)",
		"DELETE FROM search_copies WHERE name LIKE 'meili:%' AND name <> ? AND held_until < ?",
	} {
		if err := tx.Query(ctx).Exec(sql, p.Meili.name(), now.Add(-24*time.Hour).UnixMilli()).Error; err != nil {
			return fmt.Errorf("drop the copies of other servers: %w", err)
		}
	}
	return nil
}

// reach notes how far the copy has come, unless somebody else did.
func (p *Pusher) reach(ctx context.Context, from, to int64, made string) error {
	return p.DB.InTx(ctx, func(tx *db.Tx) error {
		done := tx.Query(ctx).Exec("UPDATE search_numbers SET last = ? WHERE name = ? AND last = ?", to, p.Meili.name(), from)
		if done.Error == nil && done.RowsAffected == 1 {
			done = tx.Query(ctx).Exec("UPDATE search_copies SET problem = '', made = ? WHERE name = ? AND holder = ?", made, p.Meili.name(), p.Name)
		}
		if done.Error != nil {
			return fmt.Errorf("note how far Meilisearch has come: %w", done.Error)
		}
		if done.RowsAffected == 0 {
			return errHeld
		}
		return nil
	})
}

// note keeps what went wrong, for the office.
func (p *Pusher) note(ctx context.Context, problem string) error {
	return p.DB.InTx(ctx, func(tx *db.Tx) error {
		if err := tx.Query(ctx).Exec("UPDATE search_copies SET problem = ?, problem_at = ? WHERE name = ? AND holder = ?", problem, p.Now().UnixMilli(), p.Meili.name(), p.Name).Error; err != nil {
			return fmt.Errorf("note what is wrong with Meilisearch: %w", err)
		}
		return nil
	})
}

// Push sends what is newer than what the server has, in order. A server that
// lost its index gets everything again. Called each second in the worker.
func (p *Pusher) Push(ctx context.Context) error { return p.push(ctx, false) }

// Rebuild sends everything into a fresh index, which then takes the place of
// the old one.
func (p *Pusher) Rebuild(ctx context.Context) error { return p.push(ctx, true) }

func (p *Pusher) push(ctx context.Context, anew bool) error {
	row, err := p.Meili.copy(ctx, p.DB)
	if err != nil {
		return err
	}
	last, err := LastNumber(ctx, p.DB)
	if err != nil {
		return err
	}
	now := p.Now()
	look := now.Sub(p.looked) >= lookEvery
	if !anew && (row.Problem != "" && now.Sub(row.ProblemAt.Time) < retryIn || row.Last == last && !look) {
		return nil
	}
	if err := p.hold(ctx); err != nil {
		if anew && errors.Is(err, errHeld) { // who holds it sends everything
			return p.forget(ctx)
		}
		return quietly(err)
	}
	defer p.release(context.WithoutCancel(ctx))
	if row, err = p.Meili.copy(ctx, p.DB); err == nil {
		err = p.work(ctx, row, last, anew)
	}
	if err == nil || ctx.Err() != nil || errors.Is(err, errHeld) {
		return quietly(err)
	}
	if noted := p.note(ctx, Why(err)); noted != nil {
		return noted
	}
	return err
}

func quietly(err error) error {
	if errors.Is(err, errHeld) {
		return nil
	}
	return err
}

// work is done by the one who holds the copy.
func (p *Pusher) work(ctx context.Context, row copyRow, last int64, anew bool) error {
	made, whole, err := p.look(ctx, row)
	if err != nil {
		return err
	}
	p.looked = p.Now()
	if anew || !whole || row.Last > last {
		return p.refill(ctx, row.Last)
	}
	if row.Problem != "" && row.Last == last {
		return p.note(ctx, "")
	}
	for at := row.Last; at < last; {
		next, err := p.send(ctx, p.Meili.index, at)
		if err != nil {
			return err
		}
		if next == at {
			next = last // the latest numbers belong to no document any more
		}
		if err := p.reach(ctx, at, next, made); err != nil {
			return err
		}
		at = next
	}
	return nil
}

// look asks whether the server has the index it was given, with as many
// documents as the shop has where nothing is on its way.
func (p *Pusher) look(ctx context.Context, row copyRow) (made string, whole bool, err error) {
	x, err := p.Meili.server.GetIndexWithContext(ctx, p.Meili.index)
	if Why(err) == WhyLost {
		return "", false, nil
	}
	if err != nil {
		return "", false, fmt.Errorf("ask Meilisearch for its index: %w", err)
	}
	made = x.CreatedAt.UTC().Format(time.RFC3339Nano)
	if made != row.Made || row.Last == 0 {
		return made, false, nil
	}
	var ours struct{ Documents, Last int64 }
	err = p.DB.Query(ctx).Raw("SELECT count(*) AS documents, (SELECT last FROM search_numbers WHERE name = 'documents') AS last FROM search_documents WHERE body <> ''").Scan(&ours).Error
	if err != nil {
		return "", false, fmt.Errorf("count documents: %w", err)
	}
	stats, err := p.Meili.server.Index(p.Meili.index).GetStatsWithContext(ctx, nil)
	if err != nil {
		return "", false, fmt.Errorf("ask Meilisearch what it holds: %w", err)
	}
	return made, stats.NumberOfDocuments == ours.Documents || ours.Last != row.Last && stats.NumberOfDocuments > 0, nil
}

// send gives the server the documents behind a number, and waits until they
// can be found.
func (p *Pusher) send(ctx context.Context, index string, after int64) (last int64, err error) {
	c, err := ChangesSince(ctx, p.DB, after, pushAt)
	if err != nil {
		return after, err
	}
	if err := p.hold(ctx); err != nil {
		return after, err
	}
	x := p.Meili.server.Index(index)
	if len(c.Documents) > 0 {
		flat := make([]map[string]any, len(c.Documents))
		for i, d := range c.Documents {
			flat[i] = d.flat()
		}
		key := "id"
		if err := p.done(ctx)(x.AddDocumentsWithContext(ctx, flat, &meilisearch.DocumentOptions{PrimaryKey: &key})); err != nil {
			return after, err
		}
	}
	if len(c.Gone) > 0 {
		gone := make([]string, len(c.Gone))
		for i, id := range c.Gone {
			gone[i] = strconv.FormatInt(int64(id), 10)
		}
		if err := p.done(ctx)(x.DeleteDocumentsWithContext(ctx, gone, nil)); err != nil {
			return after, err
		}
	}
	return c.Last, nil
}

// refill fills a fresh index beside the one that answers, and swaps them:
// nobody sees it half full.
func (p *Pusher) refill(ctx context.Context, from int64) error {
	server, next := p.Meili.server, p.Meili.index+"_next"
	if err := p.done(ctx)(server.DeleteIndexWithContext(ctx, next)); err != nil && Why(err) != WhyLost {
		return err
	}
	if err := p.done(ctx)(server.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: next, PrimaryKey: "id"})); err != nil {
		return err
	}
	if err := p.done(ctx)(server.Index(next).UpdateSettingsWithContext(ctx, settings())); err != nil {
		return err
	}
	at := int64(0)
	for {
		to, err := p.send(ctx, next, at)
		if err != nil {
			return err
		}
		if to == at {
			break
		}
		at = to
	}
	if _, err := server.GetIndexWithContext(ctx, p.Meili.index); Why(err) == WhyLost { // a swap takes two
		if err := p.done(ctx)(server.CreateIndexWithContext(ctx, &meilisearch.IndexConfig{Uid: p.Meili.index, PrimaryKey: "id"})); err != nil {
			return err
		}
	}
	if err := p.done(ctx)(server.SwapIndexesWithContext(ctx, []*meilisearch.SwapIndexesParams{{Indexes: []string{p.Meili.index, next}}})); err != nil {
		return err
	}
	x, err := server.GetIndexWithContext(ctx, p.Meili.index)
	if err != nil {
		return fmt.Errorf("ask Meilisearch for its index: %w", err)
	}
	if err := p.reach(ctx, from, at, x.CreatedAt.UTC().Format(time.RFC3339Nano)); err != nil {
		return err
	}
	return p.done(ctx)(server.DeleteIndexWithContext(ctx, next))
}

// taskFailed is a task that the server could not do.
type taskFailed struct{ kind, code, message string }

func (f *taskFailed) Error() string {
	return fmt.Sprintf("Meilisearch could not do %s: %s (%s)", f.kind, f.message, f.code)
}

// done waits for a task that was taken on.
func (p *Pusher) done(ctx context.Context) func(*meilisearch.TaskInfo, error) error {
	return func(info *meilisearch.TaskInfo, err error) error {
		if err != nil {
			return fmt.Errorf("send to Meilisearch: %w", err)
		}
		until := p.Now().Add(taskTakes)
		renew := p.Now().Add(holdFor / 2)
		wait := time.NewTimer(0)
		defer wait.Stop()
		for {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-wait.C:
			}
			t, err := p.Meili.server.GetTaskWithContext(ctx, info.TaskUID)
			if err != nil {
				return fmt.Errorf("ask Meilisearch about task %d: %w", info.TaskUID, err)
			}
			switch t.Status {
			case meilisearch.TaskStatusSucceeded:
				return nil
			case meilisearch.TaskStatusFailed, meilisearch.TaskStatusCanceled:
				return &taskFailed{string(t.Type), t.Error.Code, t.Error.Message}
			}
			if p.Now().After(until) {
				return &taskFailed{string(t.Type), "too_slow", "it has been waiting for ten minutes"}
			}
			if p.Now().After(renew) {
				if err := p.hold(ctx); err != nil {
					return err
				}
				renew = p.Now().Add(holdFor / 2)
			}
			wait.Reset(p.Meili.PollFor)
		}
	}
}

// Leave takes the index and what is known of it away; for tests at a real
// server.
func (p *Pusher) Leave(ctx context.Context) error {
	return p.done(ctx)(p.Meili.server.DeleteIndexWithContext(ctx, p.Meili.index))
}
