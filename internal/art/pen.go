package art

import (
	"math"
	"strconv"
	"strings"
)

type point struct{ x, y float64 }

// pen draws one object in whatever coordinates suit it and remembers how far
// the ink went, so that scenes can size, stand and shade every object alike.
type pen struct {
	b      strings.Builder
	c      palette
	num    int    // digits of the product code: neighbours on a shelf differ
	code   string // product code, for recipes with a mark of their own
	prefix string // keeps clip ids apart when several pens share a document
	clips  int

	m     [6]float64
	pts   []point
	focus *point  // where the detail picture looks
	hang  bool    // hangs on the wall: no table, no cast shadow
	size  float64 // below 1 for things that should look small
}

func newPen(c palette, code, prefix string) *pen {
	return &pen{c: c, code: code, num: number(code), prefix: prefix, m: [6]float64{1, 0, 0, 1, 0, 0}, size: 1}
}

// num1 writes a coordinate with at most one decimal; more is invisible.
func num1(v float64) string {
	s := strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
	if s == "-0" {
		return "0"
	}
	return s
}

func joinNums(s ...any) string {
	var b strings.Builder
	for _, v := range s {
		switch v := v.(type) {
		case string:
			b.WriteString(v)
		case float64:
			b.WriteString(num1(v))
			b.WriteByte(' ')
		case int:
			b.WriteString(strconv.Itoa(v))
			b.WriteByte(' ')
		}
	}
	return b.String()
}

func (p *pen) mark(x, y float64) {
	p.pts = append(p.pts, point{p.m[0]*x + p.m[2]*y + p.m[4], p.m[1]*x + p.m[3]*y + p.m[5]})
}

func (p *pen) markBox(x0, y0, x1, y1 float64) {
	p.mark(x0, y0)
	p.mark(x1, y0)
	p.mark(x0, y1)
	p.mark(x1, y1)
}

func (p *pen) bounds() (x0, y0, x1, y1 float64) {
	x0, y0, x1, y1 = math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, q := range p.pts {
		x0, y0, x1, y1 = math.Min(x0, q.x), math.Min(y0, q.y), math.Max(x1, q.x), math.Max(y1, q.y)
	}
	return
}

// foot is the stretch of ground the object touches.
func (p *pen) foot() (x0, x1 float64) {
	_, t, _, y1 := p.bounds()
	near := y1 - math.Max(10, (y1-t)*.06)
	x0, x1 = math.Inf(1), math.Inf(-1)
	for _, q := range p.pts {
		if q.y >= near {
			x0, x1 = math.Min(x0, q.x), math.Max(x1, q.x)
		}
	}
	return
}

func (p *pen) look(x, y float64) {
	p.focus = &point{p.m[0]*x + p.m[2]*y + p.m[4], p.m[1]*x + p.m[3]*y + p.m[5]}
}

// within draws under a transform given both as SVG text and as a matrix.
func (p *pen) within(svg string, m [6]float64, draw func()) {
	old := p.m
	p.m = times(old, m)
	p.b.WriteString(`<g transform="` + svg + `">`)
	draw()
	p.b.WriteString(`</g>`)
	p.m = old
}

func times(a, b [6]float64) [6]float64 {
	return [6]float64{
		a[0]*b[0] + a[2]*b[1], a[1]*b[0] + a[3]*b[1],
		a[0]*b[2] + a[2]*b[3], a[1]*b[2] + a[3]*b[3],
		a[0]*b[4] + a[2]*b[5] + a[4], a[1]*b[4] + a[3]*b[5] + a[5],
	}
}

// about is the matrix of a turn by deg around a point.
func about(deg, x, y float64) [6]float64 {
	s, c := math.Sincos(deg * math.Pi / 180)
	return [6]float64{c, s, -s, c, x - c*x + s*y, y - s*x - c*y}
}

func (p *pen) turn(deg, x, y float64, draw func()) {
	p.within(joinNums("rotate(", deg, x, y, ")"), about(deg, x, y), draw)
}

func (p *pen) move(x, y, k float64, draw func()) {
	t := joinNums("translate(", x, y, ")")
	if k != 1 {
		t += "scale(" + strconv.FormatFloat(k, 'g', 3, 64) + ")"
	}
	p.within(t, [6]float64{k, 0, 0, k, x, y}, draw)
}

func (p *pen) rect(x, y, w, h, r float64, fill string) {
	p.markBox(x, y, x+w, y+h)
	p.b.WriteString(`<rect x="` + num1(x) + `" y="` + num1(y) + `" width="` + num1(w) + `" height="` + num1(h))
	if r > 0 {
		p.b.WriteString(`" rx="` + num1(r))
	}
	p.b.WriteString(`" fill="` + fill + `"/>`)
}

// shine is the one white highlight an object may carry.
func (p *pen) shine(x, y, w, h float64) {
	p.b.WriteString(`<rect x="` + num1(x) + `" y="` + num1(y) + `" width="` + num1(w) + `" height="` + num1(h) +
		`" rx="` + num1(math.Min(w, h)/2) + `" fill="#fff" fill-opacity=".45"/>`)
}

func (p *pen) path(d, fill string) {
	p.trace(d, 0)
	p.b.WriteString(`<path d="` + d + `" fill="` + fill + `"/>`)
}

func (p *pen) line(d string, width float64, stroke string) {
	p.trace(d, width/2)
	p.b.WriteString(`<path d="` + d + `" fill="none" stroke="` + stroke + `" stroke-width="` + num1(width) +
		`" stroke-linecap="round" stroke-linejoin="round"/>`)
}

func (p *pen) ell(x, y, rx, ry float64, fill string) {
	p.markBox(x-rx, y-ry, x+rx, y+ry)
	if rx == ry {
		p.b.WriteString(`<circle cx="` + num1(x) + `" cy="` + num1(y) + `" r="` + num1(rx) + `" fill="` + fill + `"/>`)
		return
	}
	p.b.WriteString(`<ellipse cx="` + num1(x) + `" cy="` + num1(y) + `" rx="` + num1(rx) + `" ry="` + num1(ry) + `" fill="` + fill + `"/>`)
}

func (p *pen) dot(x, y, r float64, fill string) { p.ell(x, y, r, r, fill) }

// slab is a rounded rectangle in two tones, the dark one over the right 40 %.
func (p *pen) slab(x, y, w, h, r float64, lit, shade string) { p.slabAt(x, y, w, h, r, .6, lit, shade) }

func (p *pen) slabAt(x, y, w, h, r, at float64, lit, shade string) {
	r = math.Min(r, math.Min(w*(1-at), h/2))
	p.rect(x, y, w, h, r, lit)
	s := x + w*at
	p.b.WriteString(`<path d="` + joinNums("M", s, y, "H", x+w-r, "a", r, r, "0 0 1 ", r, r, "V", y+h-r, "a", r, r, "0 0 1 ", -r, r, "H", s) +
		`z" fill="` + shade + `"/>`)
}

// ball is an ellipse in two tones cut at 54 % of its width.
func (p *pen) ball(x, y, rx, ry float64, lit, shade string) {
	p.ell(x, y, rx, ry, lit)
	k := .1
	h := ry * math.Sqrt(1-k*k)
	p.b.WriteString(`<path d="` + joinNums("M", x+k*rx, y-h, "A", rx, ry, "0 0 1 ", x+k*rx, y+h) + `z" fill="` + shade + `"/>`)
}

// lathe turns a profile of (height, radius) pairs about x. The edge of the
// shade follows the profile, as it does on a turned body in side light.
func (p *pen) lathe(x float64, lit, shade string, hr ...float64) {
	side := func(k float64) []point {
		a := make([]point, 0, len(hr)/2)
		for i := 0; i+1 < len(hr); i += 2 {
			a = append(a, point{x + k*hr[i+1], hr[i]})
		}
		return a
	}
	left, cut, right := side(-1), side(.14), side(1)
	for i := range left {
		p.mark(left[i].x, left[i].y)
		p.mark(right[i].x, right[i].y)
	}
	p.b.WriteString(`<path d="` + hull(left, right) + `" fill="` + lit + `"/><path d="` + hull(cut, right) + `" fill="` + shade + `"/>`)
}

func hull(a, b []point) string {
	r := make([]point, len(b))
	for i, q := range b {
		r[len(b)-1-i] = q
	}
	return joinNums("M", a[0].x, a[0].y) + smooth(a) + joinNums("L", r[0].x, r[0].y) + smooth(r) + "z"
}

// smooth is a Catmull–Rom curve through the points as cubic segments. Where a
// point is given twice the curve turns a corner.
func smooth(a []point) string {
	var b strings.Builder
	at := func(i int) point { return a[max(0, min(len(a)-1, i))] }
	for i := 0; i+1 < len(a); i++ {
		p0, p1, p2, p3 := at(i-1), at(i), at(i+1), at(i+2)
		if p1 == p2 {
			continue
		}
		b.WriteString(joinNums("C", p1.x+(p2.x-p0.x)/6, p1.y+(p2.y-p0.y)/6, p2.x-(p3.x-p1.x)/6, p2.y-(p3.y-p1.y)/6, p2.x, p2.y))
	}
	return b.String()
}

// cut is any outline in two tones, the dark one right of x.
func (p *pen) cut(d, lit, shade string, x float64) {
	p.clip(d, lit, func() {
		p.b.WriteString(`<path d="` + joinNums("M", x, "-99H999V999H", x) + `z" fill="` + shade + `"/>`)
	})
}

// clip fills an outline and then draws only inside of it.
func (p *pen) clip(d, lit string, draw func()) {
	p.path(d, lit)
	p.clips++
	id := p.prefix + strconv.Itoa(p.clips)
	p.b.WriteString(`<clipPath id="` + id + `"><path d="` + d + `"/></clipPath><g clip-path="url(#` + id + `)">`)
	n := len(p.pts)
	draw()
	p.pts = p.pts[:n]
	p.b.WriteString(`</g>`)
}

// box is a box seen a little from the right and above.
func (p *pen) box(x, y, w, h, depth float64, front, side, top string) {
	u := depth * .5
	p.path(joinNums("M", x, y, "l", depth, -u, "h", w, "l", -depth, u)+"z", top)
	p.path(joinNums("M", x+w, y, "l", depth, -u, "v", h, "l", -depth, u)+"z", side)
	p.rect(x, y, w, h, 0, front)
}

// dots repeats a small round mark cols × rows as one dotted line per row,
// which costs a tenth of separate circles.
func (p *pen) dots(x, y, dx, dy float64, cols, rows int, r float64, fill string) {
	var d strings.Builder
	for i := range rows {
		d.WriteString(joinNums("M", x, y+float64(i)*dy, "h", dx*float64(cols-1)+.1))
	}
	p.markBox(x-r, y-r, x+dx*float64(cols-1)+r, y+dy*float64(rows-1)+r)
	p.b.WriteString(`<path d="` + d.String() + `" fill="none" stroke="` + fill + `" stroke-width="` + num1(2*r) +
		`" stroke-linecap="round" stroke-dasharray="0 ` + num1(dx) + `"/>`)
}

// hoop is an open ring, so that whatever is behind it shows through.
func (p *pen) hoop(x, y, r, width float64, stroke string) {
	p.markBox(x-r-width/2, y-r-width/2, x+r+width/2, y+r+width/2)
	p.b.WriteString(`<circle cx="` + num1(x) + `" cy="` + num1(y) + `" r="` + num1(r) + `" fill="none" stroke="` + stroke +
		`" stroke-width="` + num1(width) + `"/>`)
}

// bars repeats a cell w wide as one dashed line per row: keys, vents, pleats.
func (p *pen) bars(x, y, w, gap, h, dy float64, cols, rows int, fill string) {
	var d strings.Builder
	for i := range rows {
		d.WriteString(joinNums("M", x, y+h/2+float64(i)*dy, "h", (w+gap)*float64(cols)-gap))
	}
	p.markBox(x, y, x+(w+gap)*float64(cols)-gap, y+dy*float64(rows-1)+h)
	p.b.WriteString(`<path d="` + d.String() + `" fill="none" stroke="` + fill + `" stroke-width="` + num1(h) +
		`" stroke-dasharray="` + num1(w) + ` ` + num1(gap) + `"/>`)
}

// fan repeats one shape about a centre.
func (p *pen) fan(d string, x, y, from, step float64, n int, fill ...string) {
	for i := range n {
		a := from + step*float64(i)
		old := p.m
		p.m = times(old, about(a, x, y))
		p.trace(d, 0)
		p.m = old
		p.b.WriteString(`<path transform="` + joinNums("rotate(", a, x, y) + `)" d="` + d + `" fill="` + fill[i%len(fill)] + `"/>`)
	}
}
