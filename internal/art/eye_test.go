package art

import (
	"bytes"
	"image"
	"image/draw"
	"image/png"
	"math"
	"testing"
)

// small is a piece as an eye meets it in a list: 64 pixels wide.
func small(t *testing.T, p Piece) *image.RGBA {
	t.Helper()
	svg, err := SVG(p, Whole, false)
	if err != nil {
		t.Fatal(err)
	}
	img, err := raster(svg, 64, 64)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

// apart is the share of pixels that an eye tells apart.
func apart(a, b *image.RGBA) float64 {
	n := 0
	for i := 0; i < len(a.Pix); i += 4 {
		d := 0
		for k := range 3 {
			v := int(a.Pix[i+k]) - int(b.Pix[i+k])
			d += v * v
		}
		if d > 32*32 {
			n++
		}
	}
	return float64(n) * 4 / float64(len(a.Pix))
}

// Two boxes of one shelf that only differ in their address are one box to a
// shopper.
func TestNoTwoProductsOfAShelfLookAlikeAt64Pixels(t *testing.T) {
	n, least := 0, 1.0
	for _, shelf := range shelves {
		list := onShelf(shelf)
		var seen []*image.RGBA
		for i, p := range list {
			img := small(t, p)
			for j, other := range seen {
				d := apart(img, other)
				least = math.Min(least, d)
				if d < .06 {
					t.Errorf("%s and %s differ in %.1f %% of 64 × 64 pixels, want 6", list[j].Seed, list[i].Seed, d*100)
				}
			}
			seen = append(seen, img)
			n++
		}
	}
	if n != 150 {
		t.Errorf("%d products, want 150", n)
	}
	t.Logf("the nearest two of a shelf differ in %.1f %% of their pixels", least*100)
}

// luminance is the relative luminance of WCAG 2.2, by which contrast is told.
func luminance(r, g, b uint8) float64 {
	lin := func(v uint8) float64 {
		c := float64(v) / 255
		if c <= .04045 {
			return c / 12.92
		}
		return math.Pow((c+.055)/1.055, 2.4)
	}
	return .2126*lin(r) + .7152*lin(g) + .0722*lin(b)
}

// The light tone alone has 1.6:1 against its wall: a thing made of it would be
// lost. A third of what is drawn must stand out at least as the mid tone does.
func TestAThirdOfEachThingStandsOutFromItsWall(t *testing.T) {
	for _, p := range everything() {
		mark, err := Mark(p)
		if err != nil {
			t.Fatal(err)
		}
		img, err := raster(mark, 96, 96)
		if err != nil {
			t.Fatal(err)
		}
		wall := hexLuminance(oklch(.945, .022, p.shifted()))
		mid := (wall + .05) / (hexLuminance(oklch(.68, .095, p.shifted())) + .05)
		all, strong := 0, 0
		for i := 0; i < len(img.Pix); i += 4 {
			if img.Pix[i+3] < 200 {
				continue
			}
			all++
			if (wall+.05)/(luminance(img.Pix[i], img.Pix[i+1], img.Pix[i+2])+.05) >= mid*.97 {
				strong++
			}
		}
		if share := float64(strong) / float64(all); share < 1.0/3 {
			t.Errorf("%s %s: %.0f %% in mid tone or darker, want 33", p.Seed, recipeName(p), share*100)
		}
	}
}

func hexLuminance(s string) float64 {
	var v [3]uint8
	for i := range v {
		for _, c := range s[1+2*i : 3+2*i] {
			d := c - '0'
			if c >= 'a' {
				d = c - 'a' + 10
			}
			v[i] = v[i]*16 + uint8(d)
		}
	}
	return luminance(v[0], v[1], v[2])
}

// Size and place: large enough to be seen, clear of the edges, its middle
// where the eye expects it.
func TestThingsFillTheirPictureAndStandInItsMiddle(t *testing.T) {
	for _, p := range everything() {
		r := &stage{hue: p.shifted()}
		o := r.object(p, "a")
		r.alone(o)
		w, h := o.w/600, o.h/600
		if h < .40 && w < .60 || h > .74 || w > .74 {
			t.Errorf("%s %s fills %.0f × %.0f %%", p.Seed, recipeName(p), w*100, h*100)
		}
		if x, y := o.x+o.w/2, o.y-o.h/2; math.Abs(x-300) > 24 || y < 270 || y > 440 {
			t.Errorf("%s %s stands at %.0f, %.0f", p.Seed, recipeName(p), x, y)
		}
		if !o.pen.hang && (o.y < 400 || o.y > 494) {
			t.Errorf("%s %s: feet at %.0f", p.Seed, recipeName(p), o.y)
		}
	}
}

func TestAPictureForMailIsTheDrawing(t *testing.T) {
	p := Piece{"bottle", 25, "aqua", "BB01"}
	svg, err := SVG(p, Whole, false)
	if err != nil {
		t.Fatal(err)
	}
	a, err := PNG(svg, 200, 200)
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := PNG(svg, 200, 200); !bytes.Equal(a, b) {
		t.Error("two pictures of one drawing differ")
	}
	img, err := png.Decode(bytes.NewReader(a))
	if err != nil || img.Bounds().Dx() != 200 || img.Bounds().Dy() != 200 {
		t.Fatalf("%v %v", img, err)
	}
	at := func(x, y int) (uint8, uint8, uint8) {
		r, g, b, _ := img.At(x, y).RGBA()
		return uint8(r >> 8), uint8(g >> 8), uint8(b >> 8)
	}
	c := newPalette(p.shifted(), "aqua", 1, false)
	for _, want := range []struct {
		x, y int
		hex  string
		what string
	}{{10, 10, c.wall, "wall"}, {8, 190, c.table, "table"}, {95, 135, c.acc, "what is in it"}, {112, 150, c.accD, "its shade"}} {
		r, g, b := at(want.x, want.y)
		if d := luminance(r, g, b) - hexLuminance(want.hex); math.Abs(d) > .01 {
			t.Errorf("%s at %d, %d is #%02x%02x%02x, want %s", want.what, want.x, want.y, r, g, b, want.hex)
		}
	}
	if _, err := PNG(svg, 9000, 10); err == nil {
		t.Error("a picture of any size is made")
	}
}

// contactSheet prints pieces at 96 pixels, fourteen in a row, as the shop does.
func contactSheet(t *testing.T, list []Piece, dark, grey bool) []byte {
	t.Helper()
	const side, gap, across = 96, 6, 14
	sheet := image.NewRGBA(image.Rect(0, 0, across*(side+gap)+gap, (len(list)+across-1)/across*(side+gap)+gap))
	for i, p := range list {
		svg, err := SVG(p, Whole, dark)
		if err != nil {
			t.Fatal(err)
		}
		img, err := raster(svg, side, side)
		if err != nil {
			t.Fatal(err)
		}
		at := image.Pt(gap+i%across*(side+gap), gap+i/across*(side+gap))
		draw.Draw(sheet, image.Rectangle{at, at.Add(image.Pt(side, side))}, img, image.Point{}, draw.Src)
	}
	var out bytes.Buffer
	var img image.Image = sheet
	if grey {
		g := image.NewGray(sheet.Bounds())
		draw.Draw(g, g.Bounds(), sheet, image.Point{}, draw.Src)
		img = g
	}
	if err := png.Encode(&out, img); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}
