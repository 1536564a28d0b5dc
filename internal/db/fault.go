package db

import "context"

// Moment is a point of a transaction at which it can break.
type Moment int

// The moments of a transaction.
const (
	BeforeStatement Moment = iota // a statement is about to run
	BeforeCommit                  // all of it ran; nothing is kept yet
	AfterCommit                   // it is kept, but nobody was told
)

type faultKey struct{}

// WithFault makes every transaction under the context ask fault at each of
// its moments: an error breaks it there, as a lost connection would. It is
// for fault tests, which use it through dbtest; nothing else sets it.
func WithFault(ctx context.Context, fault func(Moment) error) context.Context {
	return context.WithValue(ctx, faultKey{}, fault)
}

func faultAt(ctx context.Context, m Moment) error {
	if fault, ok := ctx.Value(faultKey{}).(func(Moment) error); ok {
		return fault(m)
	}
	return nil
}
