package art

import (
	"fmt"
	"math"
)

// Colour is a named colour a variant can have. Hue is its OKLCH hue.
type Colour struct {
	Hue  float64
	Name struct{ En, Zh string }
	// light, chroma and shade describe the lit side and how much darker the
	// side away from the light is; quiet colours (ink, white, grey) cannot
	// share the loud ones' fixed lightness without becoming mud.
	light, chroma, shade float64
}

// Hex is the lit side of the colour as #rrggbb, for swatches beside a drawing.
func (c Colour) Hex() string { return oklch(c.light, c.chroma, c.Hue) }

func colour(hue, light, chroma, shade float64, en, zh string) Colour {
	c := Colour{Hue: hue, light: light, chroma: chroma, shade: shade}
	c.Name.En, c.Name.Zh = en, zh
	return c
}

var colours = map[string]Colour{
	"sage":    colour(150, .74, .065, .13, "Sage", "鼠尾草绿"),
	"ink":     colour(258, .40, .060, .11, "Ink", "墨色"),
	"clay":    colour(42, .66, .120, .13, "Clay", "陶土"),
	"aqua":    colour(200, .76, .110, .14, "Aqua", "水绿"),
	"rose":    colour(10, .74, .120, .14, "Rose", "玫瑰"),
	"sand":    colour(80, .83, .065, .13, "Sand", "沙色"),
	"oak":     colour(65, .68, .085, .14, "Oak", "橡木"),
	"smoke":   colour(265, .60, .020, .13, "Smoke", "烟灰"),
	"white":   colour(90, .965, .006, .13, "White", "白"),
	"black":   colour(270, .33, .012, .09, "Black", "黑"),
	"red":     colour(27, .61, .190, .13, "Red", "红"),
	"blue":    colour(255, .62, .150, .14, "Blue", "蓝"),
	"green":   colour(152, .64, .140, .14, "Green", "绿"),
	"yellow":  colour(90, .84, .150, .14, "Yellow", "黄"),
	"natural": colour(85, .88, .045, .12, "Natural", "原色"),
	"indigo":  colour(277, .48, .130, .12, "Indigo", "靛蓝"),
	"grey":    colour(250, .72, .012, .13, "Grey", "灰"),
	"plum":    colour(335, .52, .110, .12, "Plum", "梅紫"),
	"sky":     colour(235, .78, .095, .14, "Sky", "天蓝"),
	"moss":    colour(125, .60, .090, .13, "Moss", "苔绿"),
	"rust":    colour(38, .56, .130, .12, "Rust", "锈红"),
	"cream":   colour(92, .93, .045, .12, "Cream", "奶油"),
	"teal":    colour(192, .58, .095, .13, "Teal", "青"),
	"lilac":   colour(308, .76, .095, .14, "Lilac", "丁香紫"),
}

// Colours returns every colour key a variant may name. The map is a copy.
func Colours() map[string]Colour {
	m := make(map[string]Colour, len(colours))
	for k, c := range colours {
		m[k] = c
	}
	return m
}

// ownAccents are the hues a drawing may choose for itself when no variant
// colour is given. Few and fixed, so that 150 pictures look like one shop.
var ownAccents = []float64{30, 50, 85, 155, 195, 250, 345}

type palette struct {
	wall, table, cast              string
	light, mid, dark, ink          string
	paper, fold                    string // fold is paper in shade
	acc, accD                      string
	wire                           string // thin parts seen against the wall
	pale                           string // wood and skin of unpainted things
	wood, woodD, leaf, leafD, glow string
	onAcc                          string // a pattern that shows on the accent
}

// ground sets the three tones that belong to the room and not to the object.
func (c *palette) ground(hue float64, dark bool) {
	if dark {
		c.wall, c.table, c.cast = oklch(.27, .025, hue), oklch(.235, .028, hue), oklch(.19, .03, hue)
		return
	}
	c.wall, c.table, c.cast = oklch(.945, .022, hue), oklch(.905, .032, hue), oklch(.845, .042, hue)
}

func newPalette(hue float64, accent string, num int, dark bool) palette {
	c := palette{
		light: oklch(.80, .075, hue), mid: oklch(.68, .095, hue), dark: oklch(.52, .095, hue), ink: oklch(.32, .05, hue),
		paper: oklch(.985, .008, hue), fold: oklch(.91, .022, hue), pale: oklch(.90, .035, hue),
		wood: oklch(.77, .075, 70), woodD: oklch(.64, .08, 65),
		leaf: oklch(.62, .11, 145), leafD: oklch(.48, .09, 150), glow: oklch(.90, .10, 92),
	}
	c.wire, c.onAcc = c.ink, c.paper
	c.ground(hue, dark)
	if dark {
		c.ink, c.wire = oklch(.38, .05, hue), c.mid
	}
	if v, ok := colours[accent]; ok {
		l := v.light
		if l > .86 {
			c.onAcc = c.mid
		}
		if dark {
			l = math.Max(l, .46) // otherwise black goods vanish in a dark room
		}
		c.acc, c.accD = oklch(l, v.chroma, v.Hue), oklch(l-v.shade, v.chroma, v.Hue)
		return c
	}
	far := make([]float64, 0, len(ownAccents))
	for _, a := range ownAccents {
		if d := math.Abs(math.Mod(a-hue+540, 360) - 180); d >= 75 {
			far = append(far, a)
		}
	}
	a := far[num%len(far)]
	c.acc, c.accD = oklch(.74, .13, a), oklch(.60, .13, a)
	return c
}

// faded is the deep tone at 40 % over the page, in steps close to one another:
// enough to know the thing by, too little to look like goods.
func faded(hue float64, dark bool) palette {
	tone := func(step float64) string {
		if dark {
			return oklch(.46-.20*step, .022, hue)
		}
		return oklch(.95-.24*step, .012+.014*step, hue)
	}
	c := palette{light: tone(.34), mid: tone(.56), dark: tone(.78), ink: tone(1), wire: tone(.78), paper: tone(.08), fold: tone(.22),
		pale: tone(.2), acc: tone(.46), accD: tone(.68), wood: tone(.4), woodD: tone(.6), leaf: tone(.6), leafD: tone(.8), glow: tone(.18)}
	c.onAcc = c.paper
	return c
}

// oklch converts to #rrggbb. Colours outside sRGB lose chroma, never hue or
// lightness, so a family of tones keeps its steps.
// Matrices: Björn Ottosson, "A perceptual color space for image processing".
func oklch(l, c, h float64) string {
	r, g, b, ok := oklab(l, c, h)
	if !ok {
		lo, hi := 0.0, c
		for range 12 {
			c = (lo + hi) / 2
			if _, _, _, in := oklab(l, c, h); in {
				lo = c
			} else {
				hi = c
			}
		}
		r, g, b, _ = oklab(l, lo, h)
	}
	return fmt.Sprintf("#%02x%02x%02x", channel(r), channel(g), channel(b))
}

func oklab(l, c, h float64) (r, g, b float64, inside bool) {
	sin, cos := math.Sincos(h * math.Pi / 180)
	x, y := c*cos, c*sin
	p, q, s := l+.3963377774*x+.2158037573*y, l-.1055613458*x-.0638541728*y, l-.0894841775*x-1.2914855480*y
	p, q, s = p*p*p, q*q*q, s*s*s
	r = 4.0767416621*p - 3.3077115913*q + .2309699292*s
	g = -1.2684380046*p + 2.6097574011*q - .3413193965*s
	b = -.0041960863*p - .7034186147*q + 1.7076147010*s
	const e = 1e-4
	in := func(v float64) bool { return v >= -e && v <= 1+e }
	return r, g, b, in(r) && in(g) && in(b)
}

func channel(v float64) int {
	v = math.Min(1, math.Max(0, v))
	if v <= .0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - .055
	}
	return int(math.Round(v * 255))
}
