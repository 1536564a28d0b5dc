package art

import "math"

// flat turns path data into corners close enough together that no eye sees
// them. It reads the commands that the pens write; ellipses are never tilted.
func flat(d string) [][]point {
	var all [][]point
	var now []point
	var cmd byte
	var cur, start, ctrl point
	rd := reader{s: d}
	to := func(p point) { now, cur = append(now, p), p }
	end := func() {
		if len(now) > 0 {
			all, now = append(all, now), nil
		}
	}
	for {
		if c, ok := rd.command(); ok {
			cmd = c
		} else if rd.done() {
			end()
			return all
		}
		rel := cmd >= 'a'
		get := func() point {
			q := point{rd.number(), rd.number()}
			if rel {
				q.x, q.y = q.x+cur.x, q.y+cur.y
			}
			return q
		}
		quad := func(a, b point) {
			from := cur
			for i := 1; i <= 16; i++ {
				t := float64(i) / 16
				u := 1 - t
				to(point{u*u*from.x + 2*u*t*a.x + t*t*b.x, u*u*from.y + 2*u*t*a.y + t*t*b.y})
			}
			ctrl = a
		}
		switch kind := cmd | 0x20; kind {
		case 'm':
			end()
			start = get()
			to(start)
			cmd-- // pairs after a move are lines
		case 'l':
			to(get())
		case 'h':
			v := rd.number()
			if rel {
				v += cur.x
			}
			to(point{v, cur.y})
		case 'v':
			v := rd.number()
			if rel {
				v += cur.y
			}
			to(point{cur.x, v})
		case 'q':
			a := get()
			quad(a, get())
		case 't':
			a := point{2*cur.x - ctrl.x, 2*cur.y - ctrl.y}
			quad(a, get())
		case 'c':
			a, b, e, from := get(), get(), get(), cur
			for i := 1; i <= 20; i++ {
				t := float64(i) / 20
				u := 1 - t
				to(point{u*u*u*from.x + 3*u*u*t*a.x + 3*u*t*t*b.x + t*t*t*e.x, u*u*u*from.y + 3*u*u*t*a.y + 3*u*t*t*b.y + t*t*t*e.y})
			}
		case 'a':
			rx, ry := rd.number(), rd.number()
			rd.number()
			large, sweep := rd.number() > 0, rd.number() > 0
			for _, p := range arc(cur, get(), rx, ry, large, sweep) {
				to(p)
			}
		case 'z':
			if len(now) > 0 && now[len(now)-1] != start {
				to(start)
			}
			end()
			cur = start
		}
		if k := cmd | 0x20; k != 'q' && k != 't' {
			ctrl = cur
		}
	}
}

// arc walks an elliptical arc from a to b (SVG 1.1, appendix F.6).
func arc(a, b point, rx, ry float64, large, sweep bool) []point {
	if rx == 0 || ry == 0 || a == b {
		return []point{b}
	}
	rx, ry = math.Abs(rx), math.Abs(ry)
	x, y := (a.x-b.x)/2, (a.y-b.y)/2
	if k := x*x/(rx*rx) + y*y/(ry*ry); k > 1 {
		rx, ry = rx*math.Sqrt(k), ry*math.Sqrt(k)
	}
	q := (rx*rx*ry*ry - rx*rx*y*y - ry*ry*x*x) / (rx*rx*y*y + ry*ry*x*x)
	q = math.Sqrt(math.Max(0, q))
	if large == sweep {
		q = -q
	}
	cx, cy := q*rx*y/ry, -q*ry*x/rx
	from, to := math.Atan2((y-cy)/ry, (x-cx)/rx), math.Atan2((-y-cy)/ry, (-x-cx)/rx)
	turn := to - from
	if sweep && turn < 0 {
		turn += 2 * math.Pi
	} else if !sweep && turn > 0 {
		turn -= 2 * math.Pi
	}
	n := max(3, int(math.Abs(turn)*14))
	list := make([]point, n)
	for i := range n {
		sin, cos := math.Sincos(from + turn*float64(i+1)/float64(n))
		list[i] = point{(a.x+b.x)/2 + cx + rx*cos, (a.y+b.y)/2 + cy + ry*sin}
	}
	list[n-1] = b
	return list
}

// stroked is the area of lines r to either side: a block for each stretch and,
// where ends and corners are round, a disc at each point. All of them turn the
// same way, so that what overlaps is filled once.
func stroked(lines [][]point, r float64, dash []float64, round bool) [][]point {
	var all [][]point
	if len(dash) == 2 {
		lines = dashes(lines, dash[0], dash[1])
	}
	for _, l := range lines {
		for i, p := range l {
			if round && (i == 0 || i == len(l)-1 || !straight(l[i-1], p, l[i+1])) {
				all = append(all, disc(p, r))
			}
			if i == 0 {
				continue
			}
			a := l[i-1]
			n := math.Hypot(p.x-a.x, p.y-a.y)
			if n == 0 {
				continue
			}
			u, v := (p.x-a.x)/n*r, (p.y-a.y)/n*r
			all = append(all, []point{{a.x + v, a.y - u}, {p.x + v, p.y - u}, {p.x - v, p.y + u}, {a.x - v, a.y + u}})
		}
		if !round && len(l) > 2 { // hoops: a closed ring of short blocks needs its joints filled
			for _, p := range l {
				all = append(all, disc(p, r))
			}
		}
	}
	return all
}

func straight(a, b, c point) bool {
	return math.Abs((b.x-a.x)*(c.y-b.y)-(b.y-a.y)*(c.x-b.x)) < 1e-9
}

func disc(p point, r float64) []point {
	n := max(12, int(r*2))
	n = min(n, 48)
	list := make([]point, n)
	for i := range n {
		sin, cos := math.Sincos(2 * math.Pi * float64(i) / float64(n))
		list[i] = point{p.x + r*cos, p.y + r*sin}
	}
	return list
}

// dashes cuts lines into stretches of on with off between them.
func dashes(lines [][]point, on, off float64) [][]point {
	var all [][]point
	for _, l := range lines {
		for i := 1; i < len(l); i++ {
			a, b := l[i-1], l[i]
			n := math.Hypot(b.x-a.x, b.y-a.y)
			for at := 0.0; at <= n; at += on + off {
				e := math.Min(at+on, n)
				all = append(all, []point{
					{a.x + (b.x-a.x)*at/n, a.y + (b.y-a.y)*at/n},
					{a.x + (b.x-a.x)*e/n, a.y + (b.y-a.y)*e/n}})
			}
		}
	}
	return all
}
