package art

import (
	"fmt"
	"math"
	"strings"
)

// mostBytes is what one picture may weigh: forty of them stand on a page.
const mostBytes = 5 * 1024

// SVG draws a piece on 600×600. The picture carries no title: the page names
// it in the reader's language.
func SVG(p Piece, s Scene, dark bool) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	if !s.known() {
		return nil, fmt.Errorf("scene %q: %w", s, ErrUnknown)
	}
	room := &stage{hue: p.shifted(), dark: dark}
	switch s {
	case Quiet:
		room.quiet = true
		o := room.object(p, "a")
		o.fit(420, 400)
		o.put(300-o.w/2, 300+o.h/2)
		room.b.WriteString(o.drawing())
	case Scale:
		room.scale(p)
	case Moment:
		room.moment(p)
	default:
		o := room.object(p, "a")
		room.alone(o)
		if s == Detail {
			x, y := o.focus()
			const side = 600 / 2.2
			x, y = math.Min(600-side, math.Max(0, x-side/2)), math.Min(600-side, math.Max(0, y-side/2))
			return room.svg(600, 600, joinNums(x, y, side, side)), nil
		}
	}
	return room.svg(600, 600, "0 0 600 600"), nil
}

// Mark draws the form alone on a transparent ground, 240×240.
func Mark(p Piece) ([]byte, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	room := &stage{hue: p.shifted()}
	o := room.object(p, "a")
	o.fit(204, 204)
	o.put(120-o.w/2, 120+o.h/2)
	room.b.WriteString(o.drawing())
	return room.svg(240, 240, "0 0 240 240"), nil
}

// stage is the room a picture is taken in.
type stage struct {
	b    strings.Builder
	hue  float64
	dark bool
	// quiet draws everything in steps of one faded tone.
	quiet bool
}

func (r *stage) tones() palette {
	var c palette
	c.ground(r.hue, r.dark)
	return c
}

func (r *stage) svg(w, h int, view string) []byte {
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="%s">%s</svg>`,
		w, h, strings.TrimSpace(view), r.b.String())
}

// ground fills wall and table; y past the lower edge leaves the wall alone.
func (r *stage) ground(w, h, y float64) {
	c := r.tones()
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, c.wall, joinNums("M0 0H", w, "V", h, "H0z"))
	if y < h {
		fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, c.table, joinNums("M0 ", y, "H", w, "V", h, "H0z"))
	}
}

// cast lays one soft blade of shadow to the lower right of the foot.
func (r *stage) cast(o *object, right float64) {
	l, q := o.foot()
	rx, y := (q-l)/2, o.y-2
	cx := (l + q) / 2
	k := math.Min(1.15, .45+rx/150)
	tip := math.Min(math.Min(cx+rx*1.55, q+95), right)
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, r.tones().cast, joinNums("M", l, y, "Q", cx-rx*.2, y+24*k, cx+rx, y+16*k,
		"L", tip, y-30*k, "Q", math.Min(cx+rx*1.2, right), y-46*k, cx+rx*.6, y-28*k)+"z")
}

// object is a drawn form with its place in a scene: left edge x, foot y.
type object struct {
	pen            *pen
	x0, y0, x1, y1 float64
	k, x, y, w, h  float64
	mm             float64
}

func (r *stage) object(p Piece, prefix string) *object {
	s := recipeOf(p)
	accent := p.Accent
	for _, k := range []string{p.Seed, p.Form} {
		if accent == "" {
			accent = own[k]
		}
	}
	tones := newPalette(p.shifted(), accent, number(p.Seed), r.dark)
	if r.quiet {
		tones = faded(p.shifted(), r.dark)
	}
	n := newPen(tones, p.Seed, prefix)
	s.draw(n)
	o := &object{pen: n, k: 1, mm: s.mm}
	o.x0, o.y0, o.x1, o.y1 = n.bounds()
	o.w, o.h = o.x1-o.x0, o.y1-o.y0
	return o
}

func (o *object) resize(k float64) { o.k, o.w, o.h = o.k*k, o.w*k, o.h*k }

func (o *object) fit(w, h float64) { o.resize(math.Min(w/o.w, h/o.h) * o.pen.size) }

func (o *object) put(x, y float64) { o.x, o.y = x, y }

// at turns a point of the drawing into a point of the scene.
func (o *object) at(q point) (x, y float64) {
	return o.x + (q.x-o.x0)*o.k, o.y + (q.y-o.y1)*o.k
}

func (o *object) focus() (x, y float64) {
	if o.pen.focus != nil {
		return o.at(*o.pen.focus)
	}
	return o.x + o.w*.46, o.y - o.h*.62
}

func (o *object) foot() (l, r float64) {
	l, r = o.pen.foot()
	l, _ = o.at(point{l, 0})
	r, _ = o.at(point{r, 0})
	return
}

func (o *object) drawing() string {
	return fmt.Sprintf(`<g transform="translate(%s%s)scale(%.3g)">%s</g>`,
		joinNums(o.x-o.x0*o.k), strings.TrimSpace(joinNums(o.y-o.y1*o.k)), o.k, o.pen.b.String())
}

func (r *stage) alone(o *object) {
	if o.pen.hang {
		o.fit(430, 430)
		o.put(300-o.w/2, 304+o.h/2)
		r.ground(600, 600, 600)
	} else {
		o.fit(430, 392)
		// Low things lie nearer the middle, and the table comes up with them.
		foot := math.Min(492, 402+o.h*.23)
		o.put(294-o.w/2, foot)
		r.ground(600, 600, foot-54)
		r.cast(o, 576)
	}
	r.b.WriteString(o.drawing())
}

// scale stands the object beside an A5 sheet of paper (148×210 mm).
func (r *stage) scale(p Piece) {
	o := r.object(p, "a")
	perMM := math.Max(o.w, o.h) / o.mm // drawing units per millimetre
	sw, sh := 148*perMM, 210*perMM
	gap := math.Max(14*perMM, (o.w+sw)*.06)
	k := math.Min(470/(o.w+gap+sw), 392/math.Max(o.h, sh))
	o.resize(k)
	sw, sh, gap = sw*k, sh*k, gap*k
	left := 296 - (o.w+gap+sw)/2
	const foot = 486
	r.ground(600, 600, 430)
	o.put(left, foot)
	paper := newPalette(r.hue, "", 0, r.dark)
	// The sheet is propped up behind the object's line with one corner turned.
	e := math.Min(sw*.2, 34)
	x, y := left+o.w+gap, foot-8-sh
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, paper.cast, joinNums("M", x+4, foot-8.0, "l", sw+math.Min(52, sw*.5), 9, "l", 20, -24, "H", x+sw*.5)+"z")
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, paper.paper, joinNums("M", x, y, "h", sw-e, "l", e, e, "v", sh-e, "h", -sw)+"z")
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, paper.light, joinNums("M", x+sw-e, y, "v", e, "h", e)+"z")
	if sw > 50 {
		fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, paper.mid, joinNums("M", x+sw*.14, y+sh*.14, "h", sw*.3, "v", sh*.06, "h", -sw*.3)+"z")
		lines := []float64{.72, .66, .72, .5, .72, .3}
		for i := range 6 {
			fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, paper.light, joinNums("M", x+sw*.14, y+sh*(.3+.1*float64(i)), "h", sw*lines[i], "v", math.Max(2, sh*.014), "h", -sw*lines[i])+"z")
		}
	}
	if !o.pen.hang {
		r.cast(o, 576)
	}
	r.b.WriteString(o.drawing())
}

// moment shows the object where it is used: before a lit window shape, with
// what belongs to it, the larger behind and the smaller before it.
func (r *stage) moment(p Piece) {
	o := r.object(p, "a")
	var others []*object
	room := mostBytes - 700 - o.pen.b.Len()
	for i, c := range companions(p) {
		f := r.object(c, string(rune('b'+i)))
		if room -= f.pen.b.Len() + 240; room > 0 {
			others = append(others, f)
		} else {
			room += f.pen.b.Len() + 240
		}
		if len(others) == 2 {
			break
		}
	}
	if len(others) == 2 && others[0].mm < others[1].mm {
		others[0], others[1] = others[1], others[0]
	}
	r.ground(600, 600, 436)
	shape := "M64 436V190a120 120 0 0 1 240 0v246z"
	switch number(p.Seed) % 3 {
	case 1:
		shape = "M420 190a110 110 0 1 1 -.1 0z"
	case 2:
		shape = "M70 70h130v156H70zM212 70h130v156H212zM70 238h130v156H70zM212 238h130v156H212z"
	}
	fmt.Fprintf(&r.b, `<path fill="%s" d="%s"/>`, r.tones().table, shape)
	o.fit(340, 330)
	// Sizes of unlike things are drawn together: a ball beside a bicycle is
	// smaller than it, but still a ball.
	for i, f := range others {
		k := math.Min(1, math.Max(.5, math.Pow(f.mm/o.mm, .4)))
		f.fit([]float64{250, 170}[i]*k, []float64{290, 170}[i]*k)
	}
	foot := 508.0
	if o.pen.hang {
		foot = 416
	}
	o.put(math.Max(34, 232-o.w/2), foot)
	right := o.x + o.w
	for i, f := range others {
		x, y := math.Min(right-f.w*.12, 566-f.w), 466.0
		if i == 1 {
			x, y = math.Min(math.Max(right+4, 470-f.w/2), 572-f.w), 536
		}
		if f.pen.hang {
			y = 400
		}
		f.put(x, y)
		if i == 0 {
			r.stand(f, 580)
		}
	}
	r.stand(o, math.Min(right+60, 580))
	if len(others) == 2 {
		r.stand(others[1], 584)
	}
}
