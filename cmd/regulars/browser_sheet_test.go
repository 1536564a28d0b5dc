package main

import (
	"bytes"
	"cmp"
	"context"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const (
	tallest = 2400 // of a page on a sheet; what is below is left out
	gap     = 16
)

// contactSheets draws one PNG a family of pages for the eye: both languages,
// both schemes, four widths side by side, at half their size, and looks that
// nothing on them is blank. LOOK=folder keeps the sheets of every family (make
// look); without it the home page's is drawn and thrown away.
func contactSheets(t *testing.T, browser context.Context, base string) {
	out, families := os.Getenv("LOOK"), slices.Concat(shopFamilies, officeFamilies)
	if out == "" {
		out, families = t.TempDir(), shopFamilies[:1]
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		t.Fatal(err)
	}
	s := newScene(t, func(wide int64) *visitor {
		v := visitFor(t, browser, base, wide, time.Hour)
		v.forgiving = true
		return v
	})
	all := everyLook()
	slices.SortStableFunc(all, func(a, b look) int { return cmp.Compare(a.Wide, b.Wide) })
	for _, f := range families {
		if only := os.Getenv("LOOK_PAGE"); only != "" && !regexp.MustCompile(only).MatchString(f.name) {
			continue
		}
		var shots []image.Image
		for _, l := range all {
			s.person(f.who).seenAs(l.Scheme, l.Wide)
			shot := s.shows(f, l.Lang).shot(l.Wide)
			if n := inks(shot); shot.Bounds().Dx() != int(l.Wide)/2 || n < 20 {
				t.Errorf("%s in %s, %s, at %d px is %v of %d colours", f.name, l.Lang, l.Scheme, l.Wide, shot.Bounds(), n)
			}
			shots = append(shots, shot)
		}
		if err := writeSheet(filepath.Join(out, strings.ReplaceAll(f.name, " ", "-")+".png"), shots); err != nil {
			t.Fatal(err)
		}
	}
}

// inks is how many colours a picture has; a blank page has one or two.
func inks(img image.Image) int {
	seen := map[color.Color]bool{}
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			seen[img.At(x, y)] = true
		}
	}
	return len(seen)
}

// shot is the open page from its top, with all its pictures, at half its size.
func (v *visitor) shot(wide int64) image.Image {
	v.t.Helper()
	high := min(say[int64](v, "document.documentElement.scrollHeight"), tallest)
	v.do("resize", chromedp.EmulateViewport(wide, high))
	const loaded = `Promise.race([new Promise(r => setTimeout(r, 3000)), Promise.all([...document.images].map(i => i.complete || i.getBoundingClientRect().top > innerHeight ? 0 : new Promise(r => i.onload = i.onerror = r)))]).then(() => "")`
	if _, err := chromedp.Run(v.ctx, chromedp.Evaluate[string](loaded, chromedp.EvalAwaitPromise)); err != nil {
		v.t.Fatal(err)
	}
	raw, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		v.t.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	return half(img)
}

func half(img image.Image) image.Image {
	b := img.Bounds()
	out := image.NewRGBA(image.Rect(0, 0, b.Dx()/2, b.Dy()/2))
	for y := range b.Dy() / 2 {
		for x := range b.Dx() / 2 {
			var sum [3]uint32
			for _, p := range [4][2]int{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
				r, g, b, _ := img.At(b.Min.X+2*x+p[0], b.Min.Y+2*y+p[1]).RGBA()
				sum[0], sum[1], sum[2] = sum[0]+r>>8, sum[1]+g>>8, sum[2]+b>>8
			}
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / 4), uint8(sum[1] / 4), uint8(sum[2] / 4), 255})
		}
	}
	return out
}

func writeSheet(path string, shots []image.Image) error {
	wide, high := gap, 0
	for _, s := range shots {
		wide, high = wide+s.Bounds().Dx()+gap, max(high, s.Bounds().Dy())
	}
	sheet := image.NewRGBA(image.Rect(0, 0, wide, high+2*gap))
	draw.Draw(sheet, sheet.Bounds(), image.NewUniform(color.Gray{128}), image.Point{}, draw.Src)
	at := gap
	for _, s := range shots {
		draw.Draw(sheet, image.Rect(at, gap, at+s.Bounds().Dx(), gap+s.Bounds().Dy()), s, s.Bounds().Min, draw.Src)
		at += s.Bounds().Dx() + gap
	}
	var file bytes.Buffer
	if err := png.Encode(&file, sheet); err != nil {
		return err
	}
	return os.WriteFile(path, file.Bytes(), 0o644)
}
