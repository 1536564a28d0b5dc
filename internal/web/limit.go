package web

import (
	"math"
	"net/netip"
	"sync"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/time/rate"

	"regulars/internal/fault"
)

// limitedAddresses bounds what one limiter remembers.
const limitedAddresses = 10_000

// Limit lets one client address through perMinute times a minute, with burst
// at once, and answers 429 beyond. Each call makes a limit of its own; it
// counts in this process alone (what must hold across replicas is counted in
// the database by its noun).
func (s *Server) Limit(perMinute, burst int) echo.MiddlewareFunc {
	l := &limiter{every: rate.Limit(float64(perMinute) / 60), burst: burst, seen: map[string]*client{}}
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if wait := l.wait(clientKey(c.RealIP()), s.opt.Now()); wait > 0 {
				return fault.New(fault.TooMany, "error.too-many", "seconds", int(math.Ceil(wait.Seconds())))
			}
			return next(c)
		}
	}
}

type limiter struct {
	every rate.Limit
	burst int

	mu   sync.Mutex
	seen map[string]*client
}

type client struct {
	*rate.Limiter
	last time.Time
}

// wait is zero if the client may pass now, else how long until it may.
func (l *limiter) wait(key string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	who, ok := l.seen[key]
	if !ok {
		if len(l.seen) >= limitedAddresses {
			l.forget(now)
		}
		who = &client{Limiter: rate.NewLimiter(l.every, l.burst)}
		l.seen[key] = who
	}
	who.last = now
	r := who.ReserveN(now, 1)
	if !r.OK() {
		return time.Minute
	}
	if d := r.DelayFrom(now); d > 0 {
		r.CancelAt(now)
		return d
	}
	return 0
}

// forget drops whoever has its full allowance again; if that is nobody, it
// drops everybody: memory is bounded first.
func (l *limiter) forget(now time.Time) {
	for key, who := range l.seen {
		if who.TokensAt(now) >= float64(l.burst) {
			delete(l.seen, key)
		}
	}
	if len(l.seen) >= limitedAddresses {
		clear(l.seen)
	}
}

// clientKey is the address, or the /64 it stands in: one household has one of
// those, and as many addresses as it likes.
func clientKey(ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil || addr.Is4() || addr.Is4In6() {
		return ip
	}
	return netip.PrefixFrom(addr.WithZone(""), 64).Masked().String()
}
