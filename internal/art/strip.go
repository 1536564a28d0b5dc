package art

import (
	"fmt"
	"strconv"
	"strings"
)

// Strip is pieces one below the other, each 600×600 on its own ground: one
// file for all the small pictures of a list, which would else ask for one each.
type Strip []Piece

// MostInStrip is how many pieces a strip takes.
const MostInStrip = 60

func isStrip(spec string) bool {
	return strings.HasPrefix(spec, "strip~") || strings.HasPrefix(spec, "strip-dark~")
}

// Path is the strip as one part of an address; ParseStrip reads it back.
func (s Strip) Path(dark bool) string {
	var b strings.Builder
	b.WriteString("strip")
	if dark {
		b.WriteString("-dark")
	}
	for _, p := range s {
		b.WriteString("~" + strings.TrimSuffix(p.Path(Whole, false), "-"+string(Whole)))
	}
	return b.String()
}

// ParseStrip reads what Path wrote, in this one spelling only; the error wraps
// ErrUnknown.
func ParseStrip(spec string) (Strip, bool, error) {
	head, rest, _ := strings.Cut(spec, "~")
	dark := head == "strip-dark"
	var s Strip
	for part := range strings.SplitSeq(rest, "~") {
		p, _, _, err := ParsePath(part + "-" + string(Whole))
		if err != nil || len(s) == MostInStrip {
			return nil, false, fmt.Errorf("strip %.120q: %w", spec, ErrUnknown)
		}
		s = append(s, p)
	}
	if s.Path(dark) != spec {
		return nil, false, fmt.Errorf("strip %.120q: %w", spec, ErrUnknown)
	}
	return s, dark, nil
}

// SVG draws the strip.
func (s Strip) SVG(dark bool) ([]byte, error) {
	if len(s) == 0 || len(s) > MostInStrip {
		return nil, fmt.Errorf("strip of %d drawings: %w", len(s), ErrUnknown)
	}
	all := &stage{}
	for i, p := range s {
		if err := p.check(); err != nil {
			return nil, err
		}
		room := &stage{hue: p.shifted(), dark: dark}
		// Clips are named: no two pieces of one file may use a name twice.
		room.alone(room.object(p, "s"+strconv.Itoa(i)+"-"))
		fmt.Fprintf(&all.b, `<svg y="%d" width="600" height="600">%s</svg>`, 600*i, room.b.String())
	}
	return all.svg(600, 600*len(s), joinNums(0, 0, 600, 600*len(s))), nil
}
