package event

import "time"

// View is a look at a product by somebody who allows that looks are told
// apart: only of these the log knows who they were.
type View struct {
	ID      int64
	Who     int64 // the browser, or the account below 0 where no browser is known
	At      int64 // Unix milliseconds
	Product int64
}

// WhoOf is View.Who of a browser and an account; 0 of nobody who may be known.
func WhoOf(visitorID, customerID int64) int64 {
	if visitorID == 0 {
		return -customerID
	}
	return visitorID
}

// Waiting lists the events of a person that this process has not written yet,
// the oldest first: what they did a moment ago counts at the next page. A browser
// that nobody is signed in at is not told what an account did in it.
func (l *Log) Waiting(visitorID, customerID int64) []Event {
	if visitorID == 0 && customerID == 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []Event
	for _, part := range [][]Event{l.writing, l.buffer} {
		for _, e := range part {
			if customerID != 0 && e.CustomerID == customerID || customerID == 0 && e.CustomerID == 0 && e.VisitorID == visitorID {
				out = append(out, e)
			}
		}
	}
	return out
}

// Session cuts looks, the oldest first, down to the newest session: those
// before a pause as long as this are another's.
func Session(views []View, pause time.Duration) []View {
	for i := len(views) - 1; i > 0; i-- {
		if views[i].At-views[i-1].At > pause.Milliseconds() {
			return views[i:]
		}
	}
	return views
}
