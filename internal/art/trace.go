package art

import (
	"math"
	"strconv"
)

// trace follows path data and marks the points it passes, grown by pad.
// Recipes write paths by hand, so an unreadable one is a mistake in this
// package and panics; the tests draw every recipe.
func (p *pen) trace(d string, pad float64) {
	var cmd byte
	var cur, start point
	rd := reader{s: d}
	hit := func(q point) {
		p.markBox(q.x-pad, q.y-pad, q.x+pad, q.y+pad)
	}
	for {
		if c, ok := rd.command(); ok {
			cmd = c
		} else if rd.done() {
			return
		}
		rel := cmd >= 'a'
		get := func() point {
			q := point{rd.number(), rd.number()}
			if rel {
				q.x, q.y = q.x+cur.x, q.y+cur.y
			}
			return q
		}
		switch cmd | 0x20 {
		case 'm':
			cur = get()
			start = cur
			cmd-- // pairs after a move are lines
			hit(cur)
		case 'l', 't':
			cur = get()
			hit(cur)
		case 'h':
			v := rd.number()
			if rel {
				v += cur.x
			}
			cur.x = v
			hit(cur)
		case 'v':
			v := rd.number()
			if rel {
				v += cur.y
			}
			cur.y = v
			hit(cur)
		case 'q':
			a, b := get(), get()
			for _, t := range []float64{.25, .5, .75, 1} {
				u := 1 - t
				hit(point{u*u*cur.x + 2*u*t*a.x + t*t*b.x, u*u*cur.y + 2*u*t*a.y + t*t*b.y})
			}
			cur = b
		case 'c':
			a, b, e := get(), get(), get()
			for _, t := range []float64{.2, .4, .6, .8, 1} {
				u := 1 - t
				hit(point{
					u*u*u*cur.x + 3*u*u*t*a.x + 3*u*t*t*b.x + t*t*t*e.x,
					u*u*u*cur.y + 3*u*u*t*a.y + 3*u*t*t*b.y + t*t*t*e.y,
				})
			}
			cur = e
		case 'a':
			r := rd.number()
			rd.number()
			rd.number()
			large, sweep := rd.number(), rd.number()
			e := get()
			hit(bulge(cur, e, r, large > 0, sweep > 0))
			hit(e)
			cur = e
		case 'z':
			cur = start
		default:
			panic("art: path data " + strconv.Quote(d))
		}
	}
}

// bulge is the far point of a circular arc from a to b.
func bulge(a, b point, r float64, large, sweep bool) point {
	dx, dy := b.x-a.x, b.y-a.y
	half := math.Hypot(dx, dy) / 2
	if half == 0 {
		return a
	}
	r = math.Max(r, half)
	sag := r - math.Sqrt(r*r-half*half)
	if large {
		sag = 2*r - sag
	}
	if !sweep {
		sag = -sag
	}
	return point{(a.x+b.x)/2 + sag*dy/(2*half), (a.y+b.y)/2 - sag*dx/(2*half)}
}

type reader struct {
	s string
	i int
}

func (r *reader) skip() {
	for r.i < len(r.s) && (r.s[r.i] == ' ' || r.s[r.i] == ',') {
		r.i++
	}
}

func (r *reader) done() bool {
	r.skip()
	return r.i >= len(r.s)
}

func (r *reader) command() (byte, bool) {
	r.skip()
	if r.i < len(r.s) && (r.s[r.i]|0x20) >= 'a' && (r.s[r.i]|0x20) <= 'z' {
		r.i++
		return r.s[r.i-1], true
	}
	return 0, false
}

func (r *reader) number() float64 {
	r.skip()
	j, point := r.i, false
	for j < len(r.s) {
		c := r.s[j]
		if c == '-' && j == r.i || c >= '0' && c <= '9' || c == '.' && !point {
			point = point || c == '.'
			j++
			continue
		}
		break
	}
	v, err := strconv.ParseFloat(r.s[r.i:j], 64)
	if err != nil {
		panic("art: path data " + strconv.Quote(r.s) + " at " + strconv.Itoa(r.i))
	}
	r.i = j
	return v
}
