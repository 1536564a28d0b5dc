package art

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io"
	"math"
	"strconv"
	"strings"
)

// PNG turns a drawing of this package into a picture w wide and h high, for
// readers that take no SVG: mail, link previews, product feeds. It reads what
// this package writes and nothing more.
func PNG(svg []byte, w, h int) ([]byte, error) {
	img, err := raster(svg, w, h)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.DefaultCompression}).Encode(&out, img); err != nil {
		return nil, fmt.Errorf("write a picture: %w", err)
	}
	return out.Bytes(), nil
}

// canvas lays shapes over one another as a browser does: areas filled where
// the winding number is not zero, edges by the share of the pixel they cover.
type canvas struct {
	img   *image.RGBA
	w, h  int
	cover []float32 // one row longer than wide: what leaves at the right edge
	clips map[string]string
	m     [6]float64
	mask  []uint8 // what a clip lets through; nil = everything
}

type state struct {
	m    [6]float64
	mask []uint8
}

func raster(svg []byte, w, h int) (*image.RGBA, error) {
	if w < 1 || h < 1 || w > 4096 || h > 4096 {
		return nil, fmt.Errorf("a picture of %d × %d: %w", w, h, ErrUnknown)
	}
	c := &canvas{img: image.NewRGBA(image.Rect(0, 0, w, h)), w: w, h: h, cover: make([]float32, (w+2)*h), clips: map[string]string{}, m: [6]float64{1, 0, 0, 1, 0, 0}}
	var stack []state
	clip := ""
	d := xml.NewDecoder(bytes.NewReader(svg))
	for {
		t, err := d.Token()
		if errors.Is(err, io.EOF) {
			return c.img, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read a drawing: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			a := map[string]string{}
			for _, x := range t.Attr {
				a[x.Name.Local] = x.Value
			}
			stack = append(stack, state{c.m, c.mask})
			switch t.Name.Local {
			case "svg":
				v := reader{s: a["viewBox"]}
				x, y, vw, vh := v.number(), v.number(), v.number(), v.number()
				c.m = [6]float64{float64(w) / vw, 0, 0, float64(h) / vh, -x * float64(w) / vw, -y * float64(h) / vh}
			case "clipPath":
				clip = a["id"]
			case "path":
				if clip != "" {
					c.clips[clip], clip = a["d"], ""
					break
				}
				c.draw(a, func() [][]point { return flat(a["d"]) })
			case "g":
				c.m = times(c.m, transform(a["transform"]))
				if id, ok := strings.CutPrefix(a["clip-path"], "url(#"); ok {
					c.clipTo(c.clips[strings.TrimSuffix(id, ")")])
				}
			default:
				c.draw(a, func() [][]point { return outline(t.Name.Local, a) })
			}
		case xml.EndElement:
			last := stack[len(stack)-1]
			c.m, c.mask, stack = last.m, last.mask, stack[:len(stack)-1]
		}
	}
}

// transform reads translate, rotate and scale as pens write them.
func transform(s string) [6]float64 {
	m := [6]float64{1, 0, 0, 1, 0, 0}
	for s != "" {
		name, rest, _ := strings.Cut(s, "(")
		args, after, _ := strings.Cut(rest, ")")
		r, v := reader{s: args}, []float64{}
		for !r.done() {
			v = append(v, r.number())
		}
		switch strings.TrimSpace(name) {
		case "translate":
			m = times(m, [6]float64{1, 0, 0, 1, v[0], v[1]})
		case "scale":
			m = times(m, [6]float64{v[0], 0, 0, v[0], 0, 0})
		case "rotate":
			m = times(m, about(v[0], v[1], v[2]))
		}
		s = after
	}
	return m
}

func outline(kind string, a map[string]string) [][]point {
	n := func(k string) float64 { v, _ := strconv.ParseFloat(a[k], 64); return v }
	switch kind {
	case "circle":
		return flat(ellipse(n("cx"), n("cy"), n("r"), n("r")))
	case "ellipse":
		return flat(ellipse(n("cx"), n("cy"), n("rx"), n("ry")))
	case "rect":
		x, y, w, h := n("x"), n("y"), n("width"), n("height")
		r := math.Min(n("rx"), math.Min(w, h)/2)
		if r <= 0 {
			return flat(joinNums("M", x, y, "h", w, "v", h, "h", -w) + "z")
		}
		return flat(joinNums("M", x+r, y, "h", w-2*r, "a", r, r, "0 0 1 ", r, r, "v", h-2*r, "a", r, r, "0 0 1 ", -r, r,
			"h", 2*r-w, "a", r, r, "0 0 1 ", -r, -r, "v", 2*r-h, "a", r, r, "0 0 1 ", r, -r) + "z")
	}
	return nil
}

func ellipse(x, y, rx, ry float64) string {
	return joinNums("M", x-rx, y, "a", rx, ry, "0 1 1 ", 2*rx, 0, "a", rx, ry, "0 1 1 ", -2*rx, 0) + "z"
}

func (c *canvas) draw(a map[string]string, shape func() [][]point) {
	old := c.m
	c.m = times(c.m, transform(a["transform"]))
	defer func() { c.m = old }()
	ink := func(v string) ([3]uint8, bool) {
		n, err := strconv.ParseUint(strings.TrimPrefix(v, "#"), 16, 32)
		if err != nil {
			return [3]uint8{}, false
		}
		if len(v) == 4 { // #fff
			return [3]uint8{uint8(n>>8&15) * 17, uint8(n>>4&15) * 17, uint8(n&15) * 17}, true
		}
		return [3]uint8{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
	}
	alpha := 1.0
	if v, err := strconv.ParseFloat(a["fill-opacity"], 64); err == nil {
		alpha = v
	}
	if rgb, ok := ink(a["fill"]); ok {
		c.fill(shape(), rgb, alpha)
	}
	if rgb, ok := ink(a["stroke"]); ok {
		width, _ := strconv.ParseFloat(a["stroke-width"], 64)
		dash, r := []float64{}, reader{s: a["stroke-dasharray"]}
		for !r.done() {
			dash = append(dash, r.number())
		}
		c.fill(stroked(shape(), width/2, dash, a["stroke-linecap"] == "round"), rgb, 1)
	}
}

// fill lays a colour over the shapes, given in the drawing's own coordinates.
func (c *canvas) fill(shapes [][]point, rgb [3]uint8, alpha float64) {
	top, bottom := c.area(shapes)
	for y := top; y < bottom; y++ {
		row := c.cover[y*(c.w+2) : (y+1)*(c.w+2)]
		sum := float32(0)
		for x := range c.w {
			sum += row[x]
			row[x] = 0
			cov := sum
			if cov < 0 {
				cov = -cov
			}
			if cov < 1.0/512 {
				continue
			}
			at := uint32(float64(min(cov, 1))*alpha*255 + .5)
			if c.mask != nil {
				at = at * uint32(c.mask[y*c.w+x]) / 255
			}
			px := c.img.Pix[y*c.img.Stride+4*x:][:4]
			for i, v := range rgb {
				px[i] = uint8((uint32(v)*at + uint32(px[i])*(255-at) + 127) / 255)
			}
			px[3] = uint8(at + (uint32(px[3])*(255-at)+127)/255)
		}
		row[c.w], row[c.w+1] = 0, 0
	}
}

// clipTo narrows what is drawn next to the inside of a path.
func (c *canvas) clipTo(d string) {
	mask := make([]uint8, c.w*c.h)
	top, bottom := c.area(flat(d))
	for y := top; y < bottom; y++ {
		row := c.cover[y*(c.w+2) : (y+1)*(c.w+2)]
		sum := float32(0)
		for x := range c.w {
			sum += row[x]
			row[x] = 0
			cov := min(float32(math.Abs(float64(sum))), 1)
			if c.mask != nil {
				cov *= float32(c.mask[y*c.w+x]) / 255
			}
			mask[y*c.w+x] = uint8(cov*255 + .5)
		}
		row[c.w], row[c.w+1] = 0, 0
	}
	c.mask = mask
}

// area adds the signed area under each edge to the rows it crosses; summed
// from the left a row gives the winding number, with fractions at the edges.
func (c *canvas) area(shapes [][]point) (top, bottom int) {
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, s := range shapes {
		q := make([]point, len(s))
		for i, v := range s {
			q[i] = point{c.m[0]*v.x + c.m[2]*v.y + c.m[4], c.m[1]*v.x + c.m[3]*v.y + c.m[5]}
			lo, hi = math.Min(lo, q[i].y), math.Max(hi, q[i].y)
		}
		for i := range q {
			c.edge(q[i], q[(i+1)%len(q)])
		}
	}
	if lo > hi {
		return 0, 0
	}
	return max(0, int(lo)), min(c.h, int(math.Ceil(hi)))
}

func (c *canvas) edge(a, b point) {
	if a.y == b.y {
		return
	}
	dir := 1.0
	if a.y > b.y {
		dir, a, b = -1, b, a
	}
	slope, x := (b.x-a.x)/(b.y-a.y), a.x
	if a.y < 0 {
		x -= a.y * slope
	}
	right := float64(c.w)
	for y := max(0, int(a.y)); y < c.h && float64(y) < b.y; y++ {
		dy := math.Min(float64(y+1), b.y) - math.Max(float64(y), a.y)
		next := x + slope*dy
		l, r := math.Min(math.Max(math.Min(x, next), 0), right), math.Min(math.Max(math.Max(x, next), 0), right)
		x = next
		spread(c.cover[y*(c.w+2):(y+1)*(c.w+2)], l, r, dy*dir)
	}
}

// spread puts an edge that crosses a row between l and r into its cells.
func spread(row []float32, l, r, d float64) {
	first, last := int(l), int(math.Ceil(r))
	if last <= first+1 {
		part := (l+r)/2 - float64(first)
		row[first] += float32(d * (1 - part))
		row[first+1] += float32(d * part)
		return
	}
	// Up to x the crossing has passed this much; a cell's share is the difference.
	passed := func(x float64) float64 {
		switch {
		case x <= l:
			return 0
		case x >= r:
			return x - (l+r)/2
		}
		return (x - l) * (x - l) / (2 * (r - l))
	}
	before := 0.0
	for i := first; i <= last; i++ {
		now := passed(float64(i+1)) - passed(float64(i))
		row[i] += float32(d * (now - before))
		before = now
	}
}
