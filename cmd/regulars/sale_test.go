package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/inventory"
)

// TestFlashSale lets 2,000 people buy one of 100 units at once, each through
// the real pages, 200 of them at any moment.
func TestFlashSale(t *testing.T) {
	const units, buyers, atOnce = 100, 2000, 200
	a, base := town(t, 20, 30)
	const sku = "BK06"
	err := a.db.InTx(t.Context(), func(tx *db.Tx) error {
		v, err := catalog.VariantBySKU(t.Context(), tx, sku)
		if err != nil {
			return err
		}
		left, err := inventory.Available(t.Context(), tx, []catalog.VariantID{v.ID})
		if err != nil {
			return err
		}
		var onHand int
		if err := tx.Query(t.Context()).Raw("SELECT on_hand FROM stock WHERE variant_id = ?", v.ID).Scan(&onHand).Error; err != nil {
			return err
		}
		return inventory.Count(t.Context(), tx, v.ID, onHand-left[v.ID]+units, "sale", time.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
	var (
		mu      sync.Mutex
		wg      sync.WaitGroup
		next    atomic.Int64
		won     int
		answers = map[int]int{}
		waits   []time.Duration
	)
	transport := &http.Transport{MaxIdleConnsPerHost: atOnce}
	defer transport.CloseIdleConnections()
	began := time.Now()
	for range atOnce {
		wg.Go(func() {
			for n := next.Add(1); n <= buyers; n = next.Add(1) {
				s, started := newShopper(base), time.Now()
				s.client.Transport = transport
				pay, last, err := s.buy(sku, fmt.Sprintf("sale-%d@shop.example", n))
				if err != nil {
					t.Errorf("buyer %d: %v", n, err)
					return
				}
				mu.Lock()
				answers[last.status]++
				waits = append(waits, time.Since(started))
				if strings.Contains(pay, "/gateway/test/") {
					won++
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(waits)
	t.Logf("%d buyers in %v: %d got one, last answers %v; cart to answer p50 %v, p95 %v", buyers, time.Since(began).Round(time.Millisecond), won, answers,
		waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)*95/100].Round(time.Millisecond))
	for status := range answers {
		if status >= 500 {
			t.Errorf("%d buyers were answered with %d", answers[status], status)
		}
	}
	var orders, held int
	q := a.db.Query(t.Context())
	if err := q.Raw("SELECT count(*) FROM orders WHERE email LIKE 'sale-%'").Scan(&orders).Error; err != nil {
		t.Fatal(err)
	}
	if err := a.db.Query(t.Context()).Raw("SELECT on_hand - reserved FROM stock s JOIN variants v ON v.id = s.variant_id WHERE v.sku = ?", sku).Scan(&held).Error; err != nil {
		t.Fatal(err)
	}
	if won != units || orders != units || held != 0 {
		t.Errorf("%d buyers were told that they got one, %d orders, %d units left; want 100, 100, 0", won, orders, held)
	}
}
