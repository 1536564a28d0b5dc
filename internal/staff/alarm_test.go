package staff_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

func TestAlarmsAreCountedByDayAndPlace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, now := context.Background(), time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		a := &staff.Alarms{DB: d, Log: slog.New(slog.DiscardHandler)}
		flush := func() []staff.Alarm {
			t.Helper()
			if err := a.Flush(ctx); err != nil {
				t.Fatal(err)
			}
			all, err := staff.RecentAlarms(ctx, d, 1000)
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for range 50 {
					a.Sound(staff.AlarmCards, staff.Network("203.0.113.77"), now)
				}
			})
		}
		wg.Wait()
		if all := flush(); len(all) != 1 || all[0].Times != 400 || all[0].Subject != "203.0.113.0/24" || all[0].Day != "2026-11-22" {
			t.Fatalf("%+v", all)
		}
		see := func(until time.Time) (n int) {
			t.Helper()
			if err := d.InTx(ctx, func(tx *db.Tx) (err error) { n, err = staff.SeeAlarms(ctx, tx, until, now); return err }); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if see(now.Add(-time.Second)) != 0 || see(now) != 1 || see(now) != 0 {
			t.Error("seen more or less than was shown")
		}
		a.Sound(staff.AlarmCards, staff.Network("203.0.113.9"), now.Add(time.Minute))
		a.Sound(staff.AlarmCards, "…", now.Add(25*time.Hour))
		flush()
		if n, err := staff.UnseenAlarms(ctx, d); err != nil || n != 2 {
			t.Errorf("%d alarms are new, %v; want the one that rang again and the next day's", n, err)
		}
		for i := range 1000 { // somebody sends a thousand different things
			a.Sound(staff.AlarmFields, fmt.Sprint(i), now.Add(100*24*time.Hour))
		}
		if all := flush(); len(all) != 201 {
			t.Errorf("%d rows; want 200, one for the rest, and none of 100 days ago", len(all))
		}
		tell := a.Ignored(func() time.Time { return now.Add(100 * 24 * time.Hour) })
		tell("/checkout", []string{"<script>", "price", "ROLE", "price"})
		tell("/checkout", []string{"utm_source"})
		if all := flush(); len(all) != 202 {
			t.Errorf("%d rows", len(all))
		}
		var n int
		if err := d.Query(ctx).Raw("SELECT count(*) FROM alarms WHERE subject = '/checkout: price, role' AND times = 1").Scan(&n).Error; err != nil || n != 1 {
			t.Errorf("%d rows name the fields, %v", n, err)
		}
		(*staff.Alarms)(nil).Sound(staff.AlarmCards, "", now)
	})
}

func TestNetworksNameNobodysMachine(t *testing.T) {
	for address, want := range map[string]string{"203.0.113.77": "203.0.113.0/24", "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48", "::ffff:203.0.113.7": "203.0.113.0/24", "fe80::1%eth0": "fe80::/48", "": "unknown", "x": "unknown"} {
		if got := staff.Network(address); got != want {
			t.Errorf("%q is %s, want %s", address, got, want)
		}
	}
}
