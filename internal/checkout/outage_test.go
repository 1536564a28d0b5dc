package checkout_test

import (
	"bytes"
	"net"
	"net/url"
	"os"
	"sync/atomic"
	"testing"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
)

// between stands between the shop and Postgres. Once armed it lets the next
// COMMIT through and hangs up as soon as the server has answered: the work is
// done, and the shop never hears of it.
func between(t *testing.T, server string, armed *atomic.Bool) string {
	in, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	go func() {
		for {
			shop, err := in.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", server)
			if err != nil {
				shop.Close()
				return
			}
			var lost atomic.Bool
			pass := func(to, from net.Conn, forth bool) {
				defer to.Close()
				defer from.Close()
				b := make([]byte, 64<<10)
				for {
					n, err := from.Read(b)
					if err != nil || !forth && lost.Load() {
						return
					}
					if forth && bytes.Contains(bytes.ToLower(b[:n]), []byte("commit")) && armed.CompareAndSwap(true, false) {
						lost.Store(true)
					}
					if _, err := to.Write(b[:n]); err != nil {
						return
					}
				}
			}
			go pass(far, shop, true)
			go pass(shop, far, false)
		}
	}()
	return in.Addr().String()
}

func TestAnswerLostAfterTheCommitIsOneOrder(t *testing.T) {
	whole := dbtest.Postgres(t)
	var name string
	if err := whole.Query(ctx).Raw("SELECT current_database()").Scan(&name).Error; err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(os.Getenv("REGULARS_TEST_POSTGRES") + "/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var armed atomic.Bool
	u.Host = between(t, u.Host, &armed)
	d, err := db.Open(ctx, db.Options{URL: u.String()})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	s := open(t, d)
	bottle := s.sell("BOTTLE", 1200, 5)
	for round := range 5 {
		p, f := s.guest(), form()
		c := s.fill(p, 1, bottle)
		armed.Store(true)
		done, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
		if armed.Load() {
			t.Fatal("no commit came by")
		}
		if err != nil || !done.Again || s.count("SELECT count(*) FROM orders") != round+1 {
			t.Fatalf("round %d: %+v, %v", round, done, err)
		}
		again, err := s.desk.Place(ctx, p, i18n.English, c.ID, f, checkout.NotShown)
		if err != nil || again.Order.Number != done.Order.Number {
			t.Fatalf("the form again: %+v, %v", again, err)
		}
	}
	s.stock(bottle, 5, 5)
	s.healthy()
}
