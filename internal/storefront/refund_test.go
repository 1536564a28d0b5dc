package storefront_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"regulars/internal/checkout"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/shoptest"
)

// bought is a paid order's number and the page of it.
func bought(t *testing.T, s *shoptest.Shop, b *shoptest.Browser, prefix string) (string, *shoptest.Page) {
	t.Helper()
	done := b.Submit(toGateway(t, b, prefix), prefix+"/gateway/test/", "outcome", "paid")
	bare, _, _ := strings.Cut(done.Location, "?")
	return bare[strings.LastIndexByte(bare, '/')+1:], b.Follow(done)
}

// linkTo is the address of the page's link that holds part.
func linkTo(t *testing.T, p *shoptest.Page, part string) string {
	t.Helper()
	for _, a := range p.All("a[href]") {
		if href := shoptest.Attr(a, "href"); strings.Contains(href, part) {
			return href
		}
	}
	t.Fatalf("no link to %s: %s", part, p.Text())
	return ""
}

func TestARefundHasItsCreditNote(t *testing.T) {
	s := shoptest.New(t, dbtest.SQLite(t))
	for i, prefix := range []string{"", "/zh"} {
		b := s.Browser()
		number, page := bought(t, s, b, prefix)
		if strings.Contains(page.Body, "/credit/") {
			t.Error("a credit note before any refund")
		}
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			o, err := order.ByNumber(ctx, tx, number)
			if err != nil {
				return err
			}
			lines, err := order.Lines(ctx, tx, o.ID)
			if err != nil {
				return err
			}
			part := payment.Part{Units: map[int]int{1: 1}, Delivery: true}
			r, err := part.Of(o, lines, o.Total)
			if err != nil {
				return err
			}
			_, err = s.Desk.RefundIn(ctx, tx, o.ID, part, r.Amount.Decimal(o.Currency), checkout.NewKey(), "staff:1", "came late", s.Now())
			return err
		})
		at := strings.TrimSuffix(formTo(t, page, "/account"), "/account")
		key := linkTo(t, page, "/invoice?key=")
		key = key[strings.Index(key, "?"):]
		page = b.Get(at + key)
		sound(t, prefix+"/", page)
		note := b.Get(linkTo(t, page, "/credit/"))
		sound(t, prefix+"/", note)
		if text := note.Text(); !strings.Contains(text, []string{"C2026-00001", "C2026-00002"}[i]) || !strings.Contains(text, []string{"2026-00001", "2026-00002"}[i]) || strings.Contains(text, "came late") {
			t.Errorf("credit note: %s", text)
		}
		bill := b.Get(linkTo(t, note, "/invoice"))
		if linkTo(t, bill, "/credit/") == "" {
			t.Error("the invoice does not lead to its credit note")
		}
		bare := linkTo(t, page, "/credit/")
		bare = bare[:strings.Index(bare, "?")]
		if p := s.Browser().Get(bare + "?key=forged"); p.Status != http.StatusNotFound {
			t.Errorf("a stranger's credit note: %d", p.Status)
		}
		if p := b.Get(at + "/credit/C2026-00099" + key); p.Status != http.StatusNotFound {
			t.Errorf("a credit note that is not there: %d", p.Status)
		}
	}
}
