package storefront_test

import (
	"bytes"
	"context"
	"image"
	"image/jpeg"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/picture"
	"regulars/internal/shoptest"
)

func TestAPhotographIsShownInTheSizeThatFits(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 800, 600)), nil); err != nil {
		t.Fatal(err)
	}
	made, err := picture.Make(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		s := shoptest.New(t, d)
		s.Tx(func(ctx context.Context, tx *db.Tx) error {
			if err := picture.Keep(ctx, tx, made, s.Now()); err != nil {
				return err
			}
			return tx.Query(ctx).Exec(`UPDATE product_images SET src = ?, alt = '{"en":"Bottle on a table"}' WHERE position = 0 AND product_id = (SELECT product_id FROM variants WHERE sku = 'BB09')`, made.Name.Src()).Error
		})
		slug := s.Text("SELECT slug FROM products WHERE id = (SELECT product_id FROM variants WHERE sku = 'BB09')")
		browser := s.Browser()
		page := browser.Get("/p/" + slug)
		img := page.One("img[fetchpriority=high]")
		set := strings.Split(shoptest.Attr(img, "srcset"), ", ")
		if len(set) != 3 || !strings.HasSuffix(set[0], " 320w") || !strings.HasSuffix(set[1], " 640w") || !strings.HasSuffix(set[2], "-800x600.jpg 800w") {
			t.Errorf("srcset %q", set)
		}
		if shoptest.Attr(img, "width") != "640" || shoptest.Attr(img, "height") != "480" || shoptest.Attr(img, "alt") != "Bottle on a table" {
			t.Error("the picture does not say how large it is, or what it shows")
		}
		for _, one := range set {
			file := browser.Get(strings.Fields(one)[0])
			if file.Status != 200 || file.Header.Get("Content-Type") != "image/jpeg" || file.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(file.Header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %d %v", one, file.Status, file.Header)
			}
		}
		for _, none := range []string{strings.Replace(made.Name.File(), "800x600", "801x600", 1), "0123456789abcdef0123456789abcdef-9x9.jpg", strings.Replace(made.Name.File(), ".jpg", "-1280.jpg", 1)} {
			if got := browser.Get("/media/" + none).Status; got != 404 {
				t.Errorf("%s: %d", none, got)
			}
		}
	})
}
