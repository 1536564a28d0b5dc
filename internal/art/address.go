package art

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"sync"
)

// Draw makes the drawing that a spec names: what the Path of a Piece, a Still
// or a Strip wrote. Anything else is an error wrapping ErrUnknown.
func Draw(spec string) ([]byte, error) {
	if strings.HasPrefix(spec, "still-") {
		s, dark, err := ParseStill(spec)
		if err != nil {
			return nil, err
		}
		return s.SVG(dark)
	}
	if isStrip(spec) {
		s, dark, err := ParseStrip(spec)
		if err != nil {
			return nil, err
		}
		return s.SVG(dark)
	}
	p, scene, dark, err := ParsePath(spec)
	if err != nil {
		return nil, err
	}
	return SVG(p, scene, dark)
}

// SizeOf is the proportion of a spec's drawing, in its own units.
func SizeOf(spec string) (w, h int) {
	if s, _, err := ParseStill(spec); err == nil {
		return s.Shape.Size()
	}
	if isStrip(spec) {
		return 600, 600 * strings.Count(spec, "~")
	}
	return 600, 600
}

// Widths are the pictures in pixels that a drawing is also served as: a line
// of a mail, a card, and a preview beside a link.
var Widths = []int{160, 480, 1200}

// Sum is the mark of a drawing's bytes that its address carries, so that an
// address may be kept for ever: a drawing that changes gets another one.
func Sum(svg []byte) string {
	h := sha256.Sum256(svg)
	return hex.EncodeToString(h[:5])
}

// File is the name under which the drawing of a spec is served, and Picture
// the one of its PNG; "" for a spec that cannot be drawn.
func File(spec string) string {
	if sum := sums.of(spec); sum != "" {
		return spec + "." + sum + ".svg"
	}
	return ""
}

// Picture is File for the readers that take no SVG, w being one of Widths.
func Picture(spec string, w int) string {
	if sum := sums.of(spec); sum != "" {
		return spec + "." + sum + "." + strconv.Itoa(w) + ".png"
	}
	return ""
}

// ParseFile takes a file's name apart: sum is "" and width 0 where the name
// says none. Only whether the name has the form is looked at.
func ParseFile(name string) (spec, sum string, width int, err error) {
	parts := strings.Split(name, ".")
	n := len(parts)
	fail := func() (string, string, int, error) {
		return "", "", 0, fmt.Errorf("drawing %.80q: %w", name, ErrUnknown)
	}
	switch {
	case n < 2 || n > 4:
		return fail()
	case parts[n-1] == "png" && n == 4 && !isStrip(parts[0]): // whose print would have no bounds
		for _, w := range Widths {
			if parts[2] == strconv.Itoa(w) {
				return parts[0], parts[1], w, nil
			}
		}
		return fail()
	case parts[n-1] == "svg" && n < 4:
		if n == 3 {
			sum = parts[1]
		}
		return parts[0], sum, 0, nil
	}
	return fail()
}

// sums remembers what drawings came to: a page with forty pictures would draw
// each of them only to say where it is.
var sums = &remembered{}

const mostSums = 16384

type remembered struct {
	mu   sync.RWMutex
	kept map[string]string
}

func (r *remembered) of(spec string) string {
	r.mu.RLock()
	sum, ok := r.kept[spec]
	r.mu.RUnlock()
	if ok {
		return sum
	}
	svg, err := Draw(spec)
	if err != nil {
		return ""
	}
	sum = Sum(svg)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil || len(r.kept) >= mostSums {
		r.kept = map[string]string{}
	}
	r.kept[spec] = sum
	return sum
}
