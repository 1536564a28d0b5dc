package outreach_test

import (
	"bytes"
	"encoding/base64"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// TestAMailShowsTheGoodsAndFetchesNothing: the picture lies in the mail, in
// the colour that was bought, so nobody learns when it was opened.
func TestAMailShowsTheGoodsAndFetchesNothing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := open(t, d)
		o := s.orders("ann@example.com", nil, nil, monday)
		s.must(s.desk.Confirm(ctx, o.ID, monday))
		if m := s.mails()[0]; strings.Contains(m.HTML, "<img") {
			t.Error("goods without a drawing are shown")
		}
		s.tx(func(tx *db.Tx) error {
			_, _, _, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "BOTTLE", Name: i18n.Text{En: "Calm BOTTLE", Zh: "安静BOTTLE"}, Published: true},
				Images:   []catalog.Image{{Src: "art:bottle-25-_-BB01"}},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "BOTTLE", Active: true, Accent: "rose"}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1250}}}}}, monday)
			return err
		})
		o = s.orders("bo@example.com", nil, nil, monday.Add(hour))
		s.must(s.desk.Confirm(ctx, o.ID, monday.Add(hour)))
		m := s.mails()
		shown := m[0]
		if !strings.Contains(shown.To, "bo@") {
			shown = m[1]
		}
		if got := regexp.MustCompile(`(?:src|href|url)[=(]"?https?://[^"]*\.(?:png|svg|gif|jpg)`).FindString(shown.HTML); got != "" || strings.Count(shown.HTML, `src="`) != 1 || !strings.Contains(shown.HTML, `src="cid:goods@regulars"`) {
			t.Errorf("the mail loads %s:\n%s", got, shown.HTML)
		}
		raw, err := os.ReadFile(filepath.Join(s.folder, shown.Name))
		s.must(err)
		_, body, ok := strings.Cut(strings.ReplaceAll(string(raw[bytes.Index(raw, []byte("image/png")):]), "\r\n", "\n"), "\n\n")
		if !ok || !bytes.Contains(raw, []byte("<goods@regulars>")) {
			t.Fatalf("the picture has no name:\n%s", raw)
		}
		body, _, _ = strings.Cut(body, "\n--")
		data, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(body, "\n", ""))
		s.must(err)
		img, err := png.Decode(bytes.NewReader(data))
		if err != nil || img.Bounds().Dx() != 840 {
			t.Fatalf("picture: %v", err)
		}
		r, g, b, _ := img.At(405, 300).RGBA() // in the bottle: rose
		if r>>8 < 200 || g>>8 > 170 || b>>8 > 190 {
			t.Errorf("what is in the bottle is #%02x%02x%02x", r>>8, g>>8, b>>8)
		}
		if len(raw) > 60<<10 {
			t.Errorf("the mail has %d bytes", len(raw))
		}
	})
}
