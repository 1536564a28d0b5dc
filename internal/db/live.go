package db

import (
	"sync/atomic"
	"time"
)

// settleFor is how long after an announced change nothing is kept: it is
// announced inside its transaction, and nobody hears of the commit.
const settleFor = 5 * time.Second

// keepFor is how long a process shows what another one has changed since.
const keepFor = time.Second

// Changes counts what was announced of one kind of rows in this process. It is
// a package variable of the rows' owner.
type Changes struct{ announced, settled atomic.Uint64 }

// Announce says that a transaction is about to change the rows.
func (c *Changes) Announce() {
	n := c.announced.Add(1)
	time.AfterFunc(settleFor, func() { c.settle(n) })
}

func (c *Changes) settle(n uint64) {
	for was := c.settled.Load(); was < n && !c.settled.CompareAndSwap(was, n); was = c.settled.Load() {
	}
}

// Settle lets the last change be long ago; for tests.
func (c *Changes) Settle() { c.settle(c.announced.Load()) }

// Kept keeps one thing that pages ask for over and over. What this process
// changes shows at the next view, what others change within a second. The zero
// value is ready; one belongs to one database.
type Kept[T any] struct{ kept atomic.Pointer[keptValue[T]] }

type keptValue[T any] struct {
	value T
	asOf  uint64
}

// Get returns what is kept, or reads and keeps it. It is shared: nobody may
// change it.
func (m *Kept[T]) Get(c *Changes, read func() (T, error)) (T, error) {
	asOf := c.announced.Load()
	quiet := c.settled.Load() >= asOf
	if k := m.kept.Load(); quiet && k != nil && k.asOf == asOf {
		return k.value, nil
	}
	value, err := read()
	if err == nil && quiet {
		k := &keptValue[T]{value, asOf}
		m.kept.Store(k)
		time.AfterFunc(keepFor, func() { m.kept.CompareAndSwap(k, nil) })
	}
	return value, err
}
