package setting

import (
	"testing"
	"time"
)

func TestAnAnswerIsOwedWithinOpenHours(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	on := func(s string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, c := range []struct{ days, hours, within, asked, by string }{
		{"mon-fri", "09-17", "1", "2026-11-24 15:00", "2026-11-25 15:00"}, // Tuesday
		{"mon-fri", "09-17", "1", "2026-11-27 15:00", "2026-11-30 15:00"}, // Friday, over the weekend
		{"mon-fri", "09-17", "1", "2026-11-27 20:00", "2026-11-30 17:00"},
		{"mon-fri", "09-17", "1", "2026-11-28 12:00", "2026-11-30 17:00"}, // Saturday
		{"mon-fri", "09-17", "2", "2026-11-23 07:00", "2026-11-24 17:00"},
		{"sat-mon", "10-14", "1", "2026-11-27 12:00", "2026-11-28 14:00"},
		{"sun-sat", "00-24", "1", "2026-10-25 00:30", "2026-10-25 23:30"}, // the clock is set back that night
		{"wed", "09-10", "1", "2026-11-25 09:30", "2026-12-02 09:30"},
	} {
		v := Of(map[string]string{"answer.days": c.days, "answer.hours": c.hours, "answer.within": c.within})
		if got := v.Answering().By(on(c.asked), zone); !got.Equal(on(c.by)) {
			t.Errorf("%s %s: asked %s, owed by %s, want %s", c.days, c.hours, c.asked, got, c.by)
		}
	}
	for key, bad := range map[string][]string{"answer.days": {"", "noday", "mon-", "1-5"}, "answer.hours": {"17-09", "9", "-1-5", "09-25", "09-09"}, "answer.within": {"0", "x", "31"}} {
		k, err := Find(key)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range append(bad, k.Default) {
			if (k.Check(s) == nil) != (s == k.Default) {
				t.Errorf("%s = %q: %v", key, s, k.Check(s))
			}
		}
	}
}
