package art

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Shape says what a still life is for.
type Shape string

const (
	Wide Shape = "wide" // 1600 × 600, the head of a department or shelf: 4 to 6 things on one line
	Hero Shape = "hero" // 1000 × 800, beside the heading of a home page: 3 to 5 things, some before others
	Link Shape = "link" // 1200 × 630, the preview of a link: 1 to 6 things
)

// Size is the shape in pixels.
func (s Shape) Size() (w, h int) {
	switch s {
	case Wide:
		return 1600, 600
	case Hero:
		return 1000, 800
	}
	return 1200, 630
}

func (s Shape) takes(n int) bool {
	switch s {
	case Wide:
		return n >= 4 && n <= 6
	case Hero:
		return n >= 3 && n <= 5
	}
	return s == Link && n >= 1 && n <= 6
}

// Still is several things on one table, in the light of one hue.
type Still struct {
	Shape  Shape
	Hue    int
	Pieces []Piece
}

// Path is the still life as one part of an address; ParseStill reads it back.
func (s Still) Path(dark bool) string {
	var b strings.Builder
	b.WriteString("still-" + string(s.Shape) + "-" + strconv.Itoa(s.Hue))
	if dark {
		b.WriteString("-dark")
	}
	for _, p := range s.Pieces {
		b.WriteString("~" + strings.TrimSuffix(p.Path(Whole, false), "-"+string(Whole)))
	}
	return b.String()
}

// ParseStill reads what Path wrote, in this one spelling only; the error wraps
// ErrUnknown.
func ParseStill(spec string) (Still, bool, error) {
	fail := func() (Still, bool, error) {
		return Still{}, false, fmt.Errorf("still life %.120q: %w", spec, ErrUnknown)
	}
	parts := strings.Split(spec, "~")
	head := strings.Split(parts[0], "-")
	if len(head) < 3 || len(parts) > 7 {
		return fail()
	}
	hue, err := strconv.Atoi(head[2])
	if err != nil || hue < 0 || hue > 359 {
		return fail()
	}
	s, dark := Still{Shape: Shape(head[1]), Hue: hue}, len(head) == 4
	for _, part := range parts[1:] {
		p, _, _, err := ParsePath(part + "-" + string(Whole))
		if err != nil {
			return fail()
		}
		s.Pieces = append(s.Pieces, p)
	}
	if !s.Shape.takes(len(s.Pieces)) || s.Path(dark) != spec {
		return fail()
	}
	return s, dark, nil
}

// SVG draws the still life. Like all drawings it carries no words.
func (s Still) SVG(dark bool) ([]byte, error) {
	if !s.Shape.takes(len(s.Pieces)) {
		return nil, fmt.Errorf("%s of %d drawings: %w", s.Shape, len(s.Pieces), ErrUnknown)
	}
	room := &stage{hue: float64(s.Hue), dark: dark}
	list := make([]*object, len(s.Pieces))
	for i, p := range s.Pieces {
		if err := p.check(); err != nil {
			return nil, err
		}
		list[i] = room.object(p, string(rune('a'+i)))
	}
	w, h := s.Shape.Size()
	switch {
	case s.Shape == Hero:
		room.group(list, float64(w), float64(h))
	case len(list) == 1:
		room.single(list[0], float64(w), float64(h))
	default:
		room.line(list, float64(w), float64(h))
	}
	return room.svg(w, h, joinNums(0, 0, w, h)), nil
}

func (r *stage) single(o *object, w, h float64) {
	o.fit(w*.62, h*.68)
	foot := h * .84
	if o.pen.hang {
		foot = h/2 + o.h/2
		r.ground(w, h, h)
	} else {
		r.ground(w, h, foot-h*.09)
	}
	o.put(w/2-o.w/2, foot)
	r.stand(o, w-24)
}

// stand draws a thing where it was put, with its shadow if it has a foot.
func (r *stage) stand(o *object, right float64) {
	if !o.pen.hang {
		r.cast(o, right)
	}
	r.b.WriteString(o.drawing())
}

// line stands things in one row. The largest stands off-centre, the others by
// their size down to 60 % of it: less than between the real things, but a
// tripod is never smaller than a lens.
func (r *stage) line(list []*object, w, h float64) {
	bySize := slices.Clone(list)
	slices.SortStableFunc(bySize, func(a, b *object) int { return cmp.Compare(b.mm, a.mm) })
	if at := slices.Index(list, bySize[0]); at != 1 {
		list[1], list[at] = list[at], list[1]
	}
	steps := []float64{1, .86, .78, .72, .66, .62}
	const gap = 34
	total, tall := float64(-gap), 0.0
	for _, o := range list {
		k := steps[slices.Index(bySize, o)]
		o.fit(430*k+60, 400*k)
		if o.pen.hang {
			o.fit(400, 400)
		}
		total += o.w + gap
		tall = math.Max(tall, o.h)
	}
	k := math.Min((w-136)/total, h*.72/tall)
	r.ground(w, h, h*.75)
	// A row that is narrower than its table is drawn apart, as far as it looks laid out and not lost.
	wide := gap * k
	if n := float64(len(list) - 1); n > 0 {
		wide = math.Min(wide*2.2, wide+(w-136-total*k)/n)
	}
	x := (w - (total*k + (wide-gap*k)*float64(len(list)-1))) / 2
	for _, o := range list {
		o.resize(k)
		y := h * .86
		if o.pen.hang {
			y = h * .70
		}
		o.put(x, y)
		x += o.w + wide
	}
	for _, o := range list {
		r.stand(o, w-24)
	}
}

// group stands the larger things behind the smaller ones, as on a table that
// somebody has just come home to: a small one before each gap, none hidden.
func (r *stage) group(list []*object, w, h float64) {
	var rear, fore []*object
	for i, o := range list {
		left := len(list) - i
		if len(rear) < 2 && (o.pen.hang || left <= 2-len(rear) || o.mm >= middling(list)) {
			rear = append(rear, o)
		} else {
			fore = append(fore, o)
		}
	}
	for i, o := range rear {
		o.fit(430-30*float64(i), 460-60*float64(i))
	}
	for _, o := range fore {
		o.fit(270, 250)
	}
	row := []*object{rear[0], fore[0]}
	if len(rear) > 1 {
		row = append(row, rear[1])
	}
	if len(fore) > 1 {
		row = append(row, fore[1])
	}
	if len(fore) > 2 {
		row = append(fore[2:3], row...)
	}
	total, tall := 0.0, 0.0
	for i, o := range row {
		total, tall = total+o.w, math.Max(tall, o.h)
		if i > 0 {
			total -= .2 * math.Min(o.w, row[i-1].w)
		}
	}
	k := math.Min(w*.86/total, h*.66/tall)
	x := (w-total*k)/2 - 8
	table := math.Min(h*.72, h*.60+h*.10*tall*k/(h*.6))
	for i, o := range row {
		o.resize(k)
		if i > 0 {
			x -= .2 * math.Min(o.w, row[i-1].w)
		}
		foot := table + h*.07
		switch {
		case slices.Contains(fore, o):
			foot += h * .10
		case o.pen.hang:
			foot = table - h*.05
		}
		o.put(x, foot)
		x += o.w
	}
	r.ground(w, h, table)
	for _, o := range append(rear, fore...) {
		r.stand(o, w-24)
	}
}

// middling is the size that half of the things reach.
func middling(list []*object) float64 {
	var sum float64
	for _, o := range list {
		sum += math.Log(o.mm)
	}
	return math.Exp(sum / float64(len(list)))
}
