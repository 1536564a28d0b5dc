// Package art draws the demo shop: every product picture, banner and empty
// state is an SVG made here, so that a shop with 150 products needs no photos,
// no licences and no network. One flat two-tone style, lit from the upper
// left, keeps them one family.
package art

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
)

// ErrUnknown is wrapped by errors about a form, colour or scene that does not
// exist; a web page should answer it with "not found".
var ErrUnknown = errors.New("unknown drawing")

// Piece names one drawing; the same Piece gives the same bytes for ever.
type Piece struct {
	Form   string // one of Forms(), e.g. "bottle"
	Hue    int    // OKLCH hue of the department's ground, 0–359
	Accent string // colour of the variant: key of Colours(), "" = the form's own
	Seed   string // product code such as "BB01": shifts hue by ±8, picks glyph, proportions and sub-type
}

// Scene is one of the four pictures of a product's gallery.
type Scene string

const (
	Whole  Scene = "whole"  // the object standing on its table
	Detail Scene = "detail" // the same drawing, 2.2 times closer
	Scale  Scene = "scale"  // beside an A5 sheet drawn to the same scale
	Moment Scene = "moment" // with related things, where it is used
	Quiet  Scene = "quiet"  // alone and faded, for a page that has nothing to show; not in a gallery
)

// Scenes returns the gallery in the order it is shown.
func Scenes() []Scene { return []Scene{Whole, Detail, Scale, Moment} }

func (s Scene) known() bool {
	return s == Whole || s == Detail || s == Scale || s == Moment || s == Quiet
}

// Forms returns the kinds of object that can be drawn, in alphabetical order.
func Forms() []string {
	list := make([]string, 0, len(forms))
	for f := range forms {
		list = append(list, f)
	}
	sort.Strings(list)
	return list
}

func (p Piece) check() error {
	if _, ok := forms[p.Form]; !ok {
		return fmt.Errorf("form %q: %w", p.Form, ErrUnknown)
	}
	if _, ok := colours[p.Accent]; !ok && p.Accent != "" {
		return fmt.Errorf("colour %q: %w", p.Accent, ErrUnknown)
	}
	if p.Hue < 0 || p.Hue > 359 {
		return fmt.Errorf("hue %d: %w", p.Hue, ErrUnknown)
	}
	return nil
}

// shifted is the piece's own hue: up to 8 degrees beside the department's, so
// that a shelf is a family and not a stamp.
func (p Piece) shifted() float64 {
	if p.Seed == "" {
		return float64(p.Hue)
	}
	return float64((p.Hue + (number(p.Seed)*7)%17 - 8 + 360) % 360)
}

// number is what tells neighbours on a shelf apart: the digits of a product
// code, or a sum over the letters when there are none.
func number(code string) int {
	n, any := 0, false
	for _, r := range code {
		if r >= '0' && r <= '9' {
			n, any = (n*10+int(r-'0'))%10000, true
		}
	}
	if !any {
		for _, r := range code {
			n = (n*31 + int(r)) % 9973
		}
	}
	return n
}

// Path is the piece and scene as one part of an address; ParsePath reads it
// back. An empty accent or seed is written "_".
func (p Piece) Path(s Scene, dark bool) string {
	t := strings.Join([]string{p.Form, strconv.Itoa(p.Hue), blank(p.Accent), blank(p.Seed), string(s)}, "-")
	if dark {
		t += "-dark"
	}
	return t
}

func blank(s string) string {
	if s == "" {
		return "_"
	}
	return s
}

// ParsePath reads what Path wrote. Anything else, also another spelling of the
// same piece, is an error wrapping ErrUnknown: one picture has one address.
func ParsePath(s string) (Piece, Scene, bool, error) {
	fail := func(err error) (Piece, Scene, bool, error) {
		return Piece{}, "", false, fmt.Errorf("drawing %.80q: %w", s, err)
	}
	f := strings.Split(s, "-")
	if len(f) < 5 || len(f) > 6 || len(f) == 6 && f[5] != "dark" {
		return fail(ErrUnknown)
	}
	hue, err := strconv.Atoi(f[1])
	if err != nil {
		return fail(ErrUnknown)
	}
	p := Piece{Form: f[0], Hue: hue, Accent: unblank(f[2]), Seed: unblank(f[3])}
	scene, dark := Scene(f[4]), len(f) == 6
	if err := p.check(); err != nil {
		return fail(err)
	}
	if !scene.known() || !seedOK(p.Seed) || p.Path(scene, dark) != s {
		return fail(ErrUnknown)
	}
	return p, scene, dark, nil
}

func unblank(s string) string {
	if s == "_" {
		return ""
	}
	return s
}

func seedOK(s string) bool {
	if len(s) > 16 {
		return false
	}
	for _, r := range s {
		if !(r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return false
		}
	}
	return true
}
