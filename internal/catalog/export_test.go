package catalog

import "time"

// Settle lets the last change be long ago.
func Settle() { lastChange.Store(0) }

// Age lets what is kept be too old.
func (l *Live) Age() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.since = time.Time{}
}
