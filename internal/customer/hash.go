package customer

import (
	"context"
	"fmt"
	"time"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Hasher keeps passwords: argon2id with the OWASP minimum of 19 MiB, two
// passes, one lane. At most two are computed at once, so that a burst of
// sign-ins cannot take the machine's memory. It is the door that staff and
// customers share (package staff takes it as an interface).
type Hasher struct {
	params *argon2id.Params
	places chan struct{}
	dummy  string
}

// NewHasher makes a hasher, at the cost of one hash.
func NewHasher() *Hasher {
	return newHasher(&argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32})
}

func newHasher(params *argon2id.Params) *Hasher {
	// Somebody unknown costs the same work as somebody known.
	dummy, err := argon2id.CreateHash("nobody has this password", params)
	if err != nil {
		panic(fmt.Sprintf("hash a password: %v", err)) // only without a source of randomness
	}
	return &Hasher{params: params, places: make(chan struct{}, 2), dummy: dummy}
}

func (h *Hasher) enter(ctx context.Context) error {
	select {
	case h.places <- struct{}{}:
		return nil
	case <-ctx.Done():
		f := fault.New(fault.Unavailable, "customer.signin.busy")
		f.Cause = ctx.Err()
		return f
	}
}

// Hash makes the text to store. The same password typed on another keyboard
// hashes alike (NFKC).
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	if err := h.enter(ctx); err != nil {
		return "", err
	}
	defer func() { <-h.places }()
	hash, err := argon2id.CreateHash(norm.NFKC.String(password), h.params)
	if err != nil {
		return "", fmt.Errorf("hash a password: %w", err)
	}
	return hash, nil
}

// Verify reports whether password is the one that hash was made from. An empty
// hash (nobody of that name, or nobody who can sign in) takes as long and is
// false.
func (h *Hasher) Verify(ctx context.Context, hash, password string) (bool, error) {
	if err := h.enter(ctx); err != nil {
		return false, err
	}
	defer func() { <-h.places }()
	against := hash
	if against == "" {
		against = h.dummy
	}
	ok, err := argon2id.ComparePasswordAndHash(norm.NFKC.String(password), against)
	if err != nil {
		return false, fmt.Errorf("verify a password: %w", err)
	}
	return ok && hash != "", nil
}

// Tries at a password: this many failures per account, and as many per address
// of origin, in the window.
const (
	signInTries  = 10
	signInWindow = 15 * time.Minute
)

// Admit counts a try to sign in before the password is looked at and refuses
// with fault.TooMany past the limit. from is the address of origin, "" if not
// known. A try that succeeds is given back by Forgive: only failures count.
func (h *Hasher) Admit(ctx context.Context, d *db.DB, email, from string, now time.Time) error {
	keys := signInKeys(email, from)
	for i, key := range keys {
		allowed, retry, err := Try(ctx, d, key, signInTries, signInWindow, now)
		if err != nil {
			return err
		}
		if !allowed {
			for _, taken := range keys[:i] {
				if err := forgive(ctx, d, taken, signInWindow, now); err != nil {
					return err
				}
			}
			return fault.New(fault.TooMany, "customer.signin.many", "count", max(1, int((retry+time.Minute-1)/time.Minute)))
		}
	}
	return nil
}

// Forgive gives back the try that Admit counted, after a right password.
func (h *Hasher) Forgive(ctx context.Context, d *db.DB, email, from string, now time.Time) error {
	for _, key := range signInKeys(email, from) {
		if err := forgive(ctx, d, key, signInWindow, now); err != nil {
			return err
		}
	}
	return nil
}

func signInKeys(email, from string) []string {
	keys := []string{"signin:account:" + EmailKey(email)}
	if from != "" {
		keys = append(keys, "signin:from:"+from)
	}
	return keys
}
