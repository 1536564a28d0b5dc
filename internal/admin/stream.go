package admin

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/fault"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// A stream looks at the table every two seconds, which is the same from every
// replica, and ends after a while: the browser asks again, and only a session
// that is still one gets the next.
const (
	streamLook  = 2 * time.Second
	streamFor   = 20 * time.Second
	streamsMost = 100 // in this process
	streamsEach = 4   // of one member of staff: tabs
)

// listeners counts who listens, so that nobody takes all connections.
type listeners struct {
	mu   sync.Mutex
	all  int
	each map[staff.ID]int
}

func (l *listeners) enter(id staff.ID) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all >= streamsMost || l.each[id] >= streamsEach {
		return false
	}
	if l.each == nil {
		l.each = map[staff.ID]int{}
	}
	l.all++
	l.each[id]++
	return true
}

func (l *listeners) leave(id staff.ID) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all--
	if l.each[id]--; l.each[id] == 0 {
		delete(l.each, id)
	}
}

// questionStream tells an open list of questions that it has changed
// (server-sent events). What changed the page asks for itself, with the rights
// of whoever looks.
func (o *Office) questionStream(c echo.Context) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	if !o.listening.enter(who.ID) {
		return fault.New(fault.TooMany, "error.too-many", "seconds", 60)
	}
	defer o.listening.leave(who.ID)
	ctx, w := c.Request().Context(), c.Response()
	pulse, open, err := ask.Pulse(ctx, o.DB)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")
	w.WriteHeader(http.StatusOK)
	out := http.NewResponseController(w)
	say := func(text string) bool {
		if _, err := fmt.Fprint(w, text); err != nil {
			return false
		}
		return out.Flush() == nil
	}
	if !say(fmt.Sprintf("retry: 1000\nevent: pulse\ndata: %s %d\n\n", pulse, open)) {
		return nil
	}
	look := time.NewTicker(streamLook)
	defer look.Stop()
	end := time.NewTimer(streamFor)
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-end.C:
			return nil
		case <-look.C:
		}
		now, open, err := ask.Pulse(ctx, o.DB)
		if err != nil || web.Stopping(c) {
			return nil // the browser comes back
		}
		text := ": still here\n\n"
		if now != pulse {
			pulse, text = now, fmt.Sprintf("event: pulse\ndata: %s %d\n\n", now, open)
		}
		if !say(text) {
			return nil
		}
	}
}
