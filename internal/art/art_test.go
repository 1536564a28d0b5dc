package art

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"errors"
	"fmt"
	"image/color"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shelves are the demo shop's 150 products by shelf: code:form.
var shelves = strings.Fields(`
BK01:book,BK02:book,BK03:book,BK04:book BK05:book,BK06:notebook,BK07:book,BK08:book BK09:book,BK10:book,BK11:book BK12:notebook,BK13:lamp,BK14:cube
SP01:racket,SP02:tube,SP03:ball,SP04:racket SP05:shoe,SP06:garment,SP07:roll,SP08:strap SP09:garment,SP10:bag,SP11:tent SP12:bike,SP13:strap
EN01:box,EN02:box,EN03:box EN04:screen,EN05:box,EN06:pad EN07:strings,EN08:keys,EN09:disc EN10:box,EN11:box,EN12:card
TL01:pistol,TL02:pistol,TL03:pistol,TL04:pistol TL05:case,TL06:case,TL07:bar,TL08:bar TL09:case,TL10:panel,TL11:strap,TL12:box TL13:stand
IN01:handheld,IN02:instrument,IN03:instrument,IN04:instrument IN05:bar,IN06:bar,IN07:handheld IN08:handheld,IN09:instrument,IN10:handheld IN11:instrument,IN12:stand
BB01:bottle,BB02:pot,BB03:tube,BB04:pot BB05:tin,BB06:tin,BB07:tin,BB08:box BB09:garment,BB10:garment,BB11:garment BB12:toy,BB13:notebook,BB14:toy,BB15:bike
CO01:laptop,CO02:laptop,CO03:laptop CO04:tower,CO05:tower CO06:screen,CO07:keys,CO08:toy,CO09:stand CO10:handheld,CO11:instrument,CO12:instrument,CO13:bag
PH01:camera,PH02:camera,PH03:camera,PH04:cube PH05:tube,PH06:tube PH07:stand,PH08:lamp,PH09:strap,PH10:bag PH11:card,PH12:box
HT01:screen,HT02:instrument,HT03:panel HT04:speaker,HT05:speaker,HT06:speaker,HT07:speaker HT08:phones,HT09:speaker HT10:strap,HT11:stand
SW01:pack,SW02:pack,SW03:pack SW04:pack,SW05:pack,SW06:pack SW07:pack,SW08:pack,SW09:pack
GF01:flower,GF02:flower,GF03:plant GF04:card,GF05:card,GF06:bar,GF07:bottle GF08:tin,GF09:tube,GF10:gift,GF11:gift GF12:card,GF13:gift
HC01:pot,HC02:pot,HC03:pot,HC04:pot HC05:roll,HC06:pot,HC07:lamp HC08:box,HC09:tin,HC10:tube HC11:handheld,HC12:box,HC13:bottle`)

var departments = map[string]int{"BK": 285, "SP": 150, "EN": 310, "TL": 90, "IN": 200, "BB": 25, "CO": 255, "PH": 55, "HT": 240, "SW": 275, "GF": 350, "HC": 70}

func onShelf(shelf string) []Piece {
	var list []Piece
	for _, s := range strings.Split(shelf, ",") {
		code, form, _ := strings.Cut(s, ":")
		list = append(list, Piece{Form: form, Hue: departments[code[:2]], Seed: code})
	}
	return list
}

// everything is each product once and each form without a product code.
func everything() []Piece {
	var list []Piece
	for _, s := range shelves {
		list = append(list, onShelf(s)...)
	}
	for _, f := range Forms() {
		list = append(list, Piece{Form: f, Hue: 40, Accent: "aqua"})
	}
	return list
}

func wellFormed(t *testing.T, what string, svg []byte) {
	t.Helper()
	d := xml.NewDecoder(bytes.NewReader(svg))
	ids := map[string]bool{}
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if e, ok := tok.(xml.StartElement); ok {
			if e.Name.Local == "text" || e.Name.Local == "title" || e.Name.Local == "script" {
				t.Errorf("%s: element %s", what, e.Name.Local)
			}
			for _, a := range e.Attr {
				if a.Name.Local == "id" {
					if ids[a.Value] {
						t.Errorf("%s: id %s twice", what, a.Value)
					}
					ids[a.Value] = true
				}
			}
		}
	}
	for _, bad := range []string{"NaN", "Inf", "%!"} {
		if bytes.Contains(svg, []byte(bad)) {
			t.Errorf("%s: contains %s", what, bad)
		}
	}
}

func TestEveryPictureIsSmallWellFormedAndSteady(t *testing.T) {
	for _, p := range everything() {
		for _, s := range Scenes() {
			for _, dark := range []bool{false, true} {
				what := p.Path(s, dark)
				a, err := SVG(p, s, dark)
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				wellFormed(t, what, a)
				if len(a) > 5*1024 {
					t.Errorf("%s: %d bytes", what, len(a))
				}
				if b, _ := SVG(p, s, dark); !bytes.Equal(a, b) {
					t.Errorf("%s: two drawings differ", what)
				}
			}
		}
		m, err := Mark(p)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, "mark of "+p.Form, m)
	}
}

// The same shape in another hue would pass a comparison of whole files, so
// colours are taken out before two products are called different.
func TestNoTwoProductsOfAShelfLookAlike(t *testing.T) {
	n := 0
	for _, shelf := range shelves {
		seen := map[string]string{}
		for _, p := range onShelf(shelf) {
			n++
			svg, err := SVG(p, Whole, false)
			if err != nil {
				t.Fatal(err)
			}
			var shape strings.Builder
			for i, part := range strings.Split(string(svg), `="#`) {
				if i > 0 {
					part = part[6:]
				}
				shape.WriteString(part)
			}
			if other := seen[shape.String()]; other != "" {
				t.Errorf("%s and %s have one shape", other, p.Seed)
			}
			seen[shape.String()] = p.Seed
		}
	}
	if n != 150 {
		t.Errorf("%d products, want 150", n)
	}
}

func TestEachKindIsDrawnAndEachProductKindBelongsToAForm(t *testing.T) {
	if n := len(Forms()); n != 41 {
		t.Errorf("%d forms, want 41", n)
	}
	kinds := map[string]bool{}
	for form, list := range forms {
		for _, k := range list {
			kinds[k] = true
			if r := recipes[k]; r.draw == nil || r.mm == 0 {
				t.Errorf("%s: no recipe %s", form, k)
			}
		}
	}
	for code, k := range products {
		if !kinds[k] {
			t.Errorf("%s: kind %s belongs to no form", code, k)
		}
	}
	for k := range recipes {
		if !kinds[k] {
			t.Errorf("recipe %s belongs to no form", k)
		}
	}
}

func TestVariantColourChangesThePicture(t *testing.T) {
	for _, p := range everything() {
		seen := map[string]string{}
		for name := range Colours() {
			p.Accent = name
			svg, err := SVG(p, Whole, false)
			if err != nil {
				t.Fatal(err)
			}
			if other := seen[string(svg)]; other != "" {
				t.Errorf("%s %s: %s and %s look the same", p.Seed, p.Form, name, other)
			}
			seen[string(svg)] = name
		}
	}
}

func TestUnknownNamesAreSaid(t *testing.T) {
	for _, p := range []Piece{{Form: "sofa"}, {Form: "ball", Accent: "mauve"}, {Form: "ball", Hue: 360}, {Form: "ball", Hue: -1}} {
		if _, err := SVG(p, Whole, false); !errors.Is(err, ErrUnknown) {
			t.Errorf("%+v: %v", p, err)
		}
		if _, err := Mark(p); !errors.Is(err, ErrUnknown) {
			t.Errorf("mark %+v: %v", p, err)
		}
	}
	if _, err := SVG(Piece{Form: "ball"}, "inside", false); !errors.Is(err, ErrUnknown) {
		t.Errorf("scene: %v", err)
	}
}

func TestAStillLifeIsDrawnAndReadBack(t *testing.T) {
	all := everything()
	for i := 0; i+6 <= len(all); i += 5 {
		for shape, counts := range map[Shape][2]int{Wide: {4, 6}, Hero: {3, 5}, Link: {1, 6}} {
			for n := counts[0]; n <= counts[1]; n++ {
				still := Still{shape, 25, all[i : i+n]}
				dark := n == 5
				svg, err := still.SVG(dark)
				if err != nil {
					t.Fatal(err)
				}
				wellFormed(t, still.Path(dark), svg)
				got, d, err := ParseStill(still.Path(dark))
				if err != nil || d != dark || got.Path(dark) != still.Path(dark) {
					t.Fatalf("%s: %+v %v %v", still.Path(dark), got, d, err)
				}
			}
			for _, n := range []int{counts[0] - 1, counts[1] + 1} {
				if _, err := (Still{shape, 25, append(all[:0:0], all[:n]...)}).SVG(false); !errors.Is(err, ErrUnknown) {
					t.Errorf("%s takes %d things: %v", shape, n, err)
				}
			}
		}
	}
	for _, bad := range []string{"still-wide-25", "still-link-25~bottle-25-_-", "still-link-360~bottle-25-_-_", "still-link-025~bottle-25-_-_", "still-tall-25~bottle-25-_-_", "still-link-25-light~bottle-25-_-_"} {
		if _, _, err := ParseStill(bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// An address is kept by browsers for ever, so it must change with the drawing.
func TestAFileIsNamedByWhatIsInIt(t *testing.T) {
	spec := Piece{"bottle", 25, "aqua", "BB01"}.Path(Whole, true)
	svg, err := Draw(spec)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := File(spec), spec+"."+Sum(svg)+".svg"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, name := range []string{File(spec), Picture(spec, 480), spec + ".svg"} {
		s, sum, w, err := ParseFile(name)
		if err != nil || s != spec || sum != "" && sum != Sum(svg) || (w == 480) != strings.HasSuffix(name, ".png") {
			t.Errorf("%s: %s %s %d %v", name, s, sum, w, err)
		}
	}
	for _, bad := range []string{"", "x", spec + ".png", spec + ".a.b.svg", spec + ".abc.481.png", spec + ".abc.png", spec + ".gif"} {
		if _, _, _, err := ParseFile(bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if File("sofa-1-_-_-whole") != "" || Picture("still-wide-1", 160) != "" {
		t.Error("what cannot be drawn has an address")
	}
}

func TestPathIsReadBack(t *testing.T) {
	want := "bottle-25-aqua-BB01-whole-dark"
	if got := (Piece{"bottle", 25, "aqua", "BB01"}).Path(Whole, true); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	for _, p := range everything() {
		for _, s := range Scenes() {
			q, r, dark, err := ParsePath(p.Path(s, true))
			if err != nil || q != p || r != s || !dark {
				t.Errorf("%s: %+v %s %v %v", p.Path(s, true), q, r, dark, err)
			}
		}
	}
	for _, bad := range []string{"", "bottle", "bottle-025-_-_-whole", "bottle-+5-_-_-whole", "bottle-25---whole", "bottle-25-_-_-whole-light",
		"bottle-25-_-../x-whole", "Bottle-25-_-_-whole", "bottle-25-_-_-whole-dark-dark"} {
		if _, _, _, err := ParsePath(bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func FuzzParsePath(f *testing.F) {
	f.Add("bottle-25-aqua-BB01-whole")
	f.Add("pot-70-_-_-moment-dark")
	f.Add("book-359-ink-zzzzzzzzzzzzzzzz-scale")
	f.Fuzz(func(t *testing.T, s string) {
		p, scene, dark, err := ParsePath(s)
		if err != nil {
			return
		}
		if p.Path(scene, dark) != s {
			t.Fatalf("%q has another spelling %q", s, p.Path(scene, dark))
		}
		svg, err := SVG(p, scene, dark)
		if err != nil {
			t.Fatal(err)
		}
		wellFormed(t, s, svg)
	})
}

// TestOneSheetShowsEverything draws the contact sheet of all pieces and looks
// that each of them left something on it.
func TestOneSheetShowsEverything(t *testing.T) {
	list := everything()
	sheet, err := png.Decode(bytes.NewReader(contactSheet(t, list, false, false)))
	if err != nil {
		t.Fatal(err)
	}
	const cell, across = 102, 14
	if b, rows := sheet.Bounds(), (len(list)+across-1)/across; b.Dx() != across*cell+6 || b.Dy() != rows*cell+6 {
		t.Fatalf("the sheet of %d pieces is %v", len(list), b)
	}
	for i, p := range list {
		inks := map[color.Color]bool{}
		for y := range 96 {
			for x := range 96 {
				inks[sheet.At(6+i%across*cell+x, 6+i/across*cell+y)] = true
			}
		}
		if len(inks) < 20 {
			t.Errorf("%+v has %d colours on the sheet", p, len(inks))
		}
	}
}

// TestSheet writes the sheets a person looks at before a change of drawings is
// accepted; ART_SHEET=/some/folder go test ./internal/art keeps them.
func TestSheet(t *testing.T) {
	dir := cmp.Or(os.Getenv("ART_SHEET"), t.TempDir())
	page := func(name, css string, fill func(*bytes.Buffer)) {
		t.Helper()
		b := bytes.NewBufferString(`<!doctype html><style>body{margin:8px;width:1400px;font:11px sans-serif}svg{display:block;width:100%;height:auto;border-radius:8px}main{display:grid;gap:8px}` + css + `</style><main>`)
		fill(b)
		if n := bytes.Count(b.Bytes(), []byte("</svg>")); n < 5 {
			t.Errorf("%s holds %d drawings", name, n)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var all []Piece
	for _, s := range shelves {
		all = append(all, onShelf(s)...)
	}
	i := 0
	put := func(b *bytes.Buffer, svg []byte, label string) {
		// One page holds many documents, so their ids must be told apart.
		i++
		svg = bytes.ReplaceAll(svg, []byte(`url(#`), fmt.Appendf(nil, `url(#s%d`, i))
		svg = bytes.ReplaceAll(svg, []byte(`id="`), fmt.Appendf(nil, `id="s%d`, i))
		fmt.Fprintf(b, "<div>%s%s</div>", svg, label)
	}
	for _, s := range Scenes() {
		for _, dark := range []bool{false, true} {
			name := string(s)
			if dark {
				name += "-dark"
			}
			page(name+".html", "main{grid-template-columns:repeat(10,1fr)}", func(b *bytes.Buffer) {
				for _, p := range all {
					svg, _ := SVG(p, s, dark)
					put(b, svg, fmt.Sprintf("%s %s %.1f", p.Seed, recipeName(p), float64(len(svg))/1024))
				}
			})
		}
	}
	page("grey.html", "main{grid-template-columns:repeat(14,96px);filter:grayscale(1)}", func(b *bytes.Buffer) {
		for _, f := range Forms() {
			svg, _ := SVG(Piece{Form: f, Hue: 40}, Whole, false)
			put(b, svg, f)
		}
	})
	page("banner.html", "body{background:#ddd}", func(b *bytes.Buffer) {
		for k, list := range [][]int{{0, 13, 2, 12, 20}, {79, 67, 74, 69, 134, 128}, {16, 20, 22, 14}, {39, 45, 52, 59, 43}, {17, 18, 94, 112, 137}} {
			var ps []Piece
			for _, j := range list {
				ps = append(ps, all[j%len(all)])
			}
			svg, err := Still{Wide, ps[0].Hue, ps}.SVG(k == 3)
			if err != nil {
				t.Fatal(err)
			}
			put(b, svg, "")
		}
	})
	for name, look := range map[string]struct{ dark, grey bool }{"sheet.png": {}, "sheet-dark.png": {dark: true}, "sheet-grey.png": {grey: true}} {
		if err := os.WriteFile(filepath.Join(dir, name), contactSheet(t, everything(), look.dark, look.grey), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page("hero.html", "main{grid-template-columns:repeat(3,1fr)}", func(b *bytes.Buffer) {
		for k, list := range [][]int{{0, 14, 5, 26}, {22, 13, 27, 0, 29}, {39, 53, 43, 48}, {65, 73, 70, 78}, {93, 118, 79, 109}, {129, 124, 131, 136}, {136, 125, 143, 139}, {92, 101, 95, 97}, {17, 24, 20, 14, 22}} {
			var ps []Piece
			for _, j := range list {
				ps = append(ps, all[j])
			}
			svg, err := Still{Hero, ps[0].Hue, ps}.SVG(k%4 == 3)
			if err != nil {
				t.Fatal(err)
			}
			put(b, svg, "")
		}
	})
	page("mark.html", "main{grid-template-columns:repeat(14,80px)}div:nth-child(odd){background:#eee}div:nth-child(3n){background:#222}", func(b *bytes.Buffer) {
		for _, f := range Forms() {
			svg, _ := Mark(Piece{Form: f, Hue: 150})
			put(b, svg, f)
		}
	})
	page("colour.html", "main{grid-template-columns:repeat(12,1fr)}", func(b *bytes.Buffer) {
		for i, form := range []string{"bottle", "phones", "garment", "tower"} {
			for name := range colours {
				svg, _ := SVG(Piece{Form: form, Hue: 25 + i*75, Accent: name}, Whole, i > 2)
				put(b, svg, name)
			}
		}
	})
}

func recipeName(p Piece) string {
	for _, k := range forms[p.Form] {
		if products[p.Seed] == k {
			return k
		}
	}
	return forms[p.Form][0]
}
