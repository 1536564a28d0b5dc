package art

import "math"

var homeKinds = map[string]recipe{
	"desklamp": {desklamp, 420}, "ringlight": {ringlight, 520}, "lantern": {lantern, 420}, "timer": {timer, 60}, "actioncam": {actioncam, 70},
	"teats": {teats, 130}, "lens": {lens, 80}, "longlens": {longlens, 190}, "candles": {candles, 240}, "filter": {filter, 260},
	"babybottle": {babybottle, 170}, "inks": {inks, 190}, "drops": {drops, 90}, "teapot": {teapot, 230}, "warmer": {warmer, 200}, "steriliser": {steriliser, 340},
	"bowls": {bowls, 260}, "wok": {wok, 520}, "kettle": {kettle, 300}, "vase": {vase, 200}, "peonies": {peonies, 420}, "orchid": {orchid, 520}, "fern": {fern, 380},
}

func desklamp(p *pen) {
	c := p.c
	p.path("M172 250L112 440q100 36 200 6z", c.glow)
	p.slab(290, 444, 190, 36, 14, c.dark, c.ink)
	p.line("M380 446L440 300L250 160", 20, c.wire)
	p.dot(440, 300, 17, c.accD)
	p.turn(-14, 230, 190, func() {
		p.cut("M190 140h70q8 0 10 10q50 34 56 110h-202q6-76 56-110q2-10 10-10z", c.acc, c.accD, 226)
		p.rect(206, 118, 38, 28, 8, c.dark)
		p.ell(225, 262, 60, 16, c.paper)
	})
	p.look(240, 210)
}

func ringlight(p *pen) {
	c := p.c
	p.line("M300 400L214 484M300 400L386 484M300 340V470", 13, c.wire)
	p.hoop(300, 220, 106, 68, c.dark)
	p.path("M314 80a140 140 0 0 1 0 280v-69a72 72 0 0 0 0-142z", c.ink)
	p.hoop(300, 220, 105, 42, c.glow)
	p.rect(274, 170, 52, 96, 8, c.ink)
	p.rect(280, 178, 40, 80, 4, c.acc)
	p.slab(286, 262, 28, 130, 6, c.mid, c.dark)
	p.dot(300, 396, 16, c.accD)
	p.look(370, 180)
}

func lantern(p *pen) {
	c := p.c
	p.line("M230 380L196 484M370 380L404 484M300 390V470", 15, c.woodD)
	p.lathe(300, c.glow, c.mid, 110, 50, 130, 90, 180, 136, 240, 150, 300, 138, 350, 98, 376, 54)
	p.line("M216 130q84 16 168 0M168 178q132 26 264 0M150 230q150 30 300 0M158 284q142 28 284 0M196 336q104 22 208 0", 4, c.dark)
	p.slab(246, 96, 108, 20, 8, c.wood, c.woodD)
	p.slab(236, 372, 128, 22, 8, c.wood, c.woodD)
	p.line("M300 96q0-30 30-36", 6, c.accD)
	p.look(280, 230)
}

func timer(p *pen) {
	c := p.c
	p.box(154, 240, 240, 240, 100, c.acc, c.accD, c.glow)
	p.dot(274, 360, 92, c.paper)
	p.path("M274 360v-78a78 78 0 0 1 60 128z", c.dark)
	p.dot(274, 360, 15, c.ink)
	p.fan("M270 272h8v14h-8z", 274, 360, 120, 40, 6, c.ink)
	p.dots(272, 215, 44, 0, 3, 1, 8, c.accD)
	p.dots(444, 300, 1, 60, 1, 2, 10, c.paper)
	p.size = .86
	p.look(280, 340)
}

func actioncam(p *pen) {
	c := p.c
	p.box(150, 210, 240, 236, 76, c.dark, c.ink, c.mid)
	p.rect(168, 228, 204, 200, 20, c.ink)
	p.dot(296, 312, 78, c.paper)
	p.dot(296, 312, 66, c.ink)
	p.dot(296, 312, 46, c.acc)
	p.path("M302 266a46 46 0 0 1 0 92z", c.accD)
	p.dot(296, 312, 22, c.ink)
	p.dot(278, 292, 11, c.paper)
	p.rect(184, 396, 70, 16, 8, c.mid)
	p.dot(198, 252, 9, c.accD)
	p.slab(240, 184, 70, 18, 8, c.acc, c.accD)
	p.slab(210, 446, 120, 34, 8, c.mid, c.dark)
	p.size = .88
	p.look(290, 310)
}

func teats(p *pen) {
	c := p.c
	one := func(x, y, k float64, lit, shade, a, b string) {
		p.move(x, y, k, func() {
			p.lathe(0, lit, shade, -206, 12, -196, 23, -166, 25, -146, 30, -122, 52, -84, 76, -40, 80)
			p.slab(-98, -48, 196, 48, 18, a, b)
			p.rect(-70, -28, 110, 9, 4, c.light)
		})
	}
	one(412, 446, .9, c.light, c.mid, c.mid, c.dark)
	one(188, 446, .9, c.light, c.mid, c.dark, c.ink)
	one(300, 484, 1.08, c.mid, c.dark, c.acc, c.accD)
	p.look(300, 370)
}

func lens(p *pen) {
	c := p.c
	p.slab(190, 420, 220, 60, 10, c.light, c.mid)
	p.slab(170, 230, 260, 200, 14, c.ink, c.wire)
	p.slab(170, 230, 260, 196, 14, c.dark, c.ink)
	p.slab(160, 296, 280, 76, 10, c.mid, c.dark)
	p.bars(166, 300, 8, 8, 68, 0, 17, 1, c.ink)
	p.slab(160, 250, 280, 12, 0, c.acc, c.accD)
	p.ell(300, 232, 140, 44, c.ink)
	p.ell(300, 230, 118, 35, c.mid)
	p.ell(300, 232, 92, 26, c.ink)
	p.ell(300, 234, 60, 16, c.accD)
	p.ell(262, 226, 24, 6, c.paper)
	p.dots(200, 398, 34, 0, 7, 1, 4, c.paper)
	p.size = .8
	p.look(290, 260)
}

func longlens(p *pen) {
	c := p.c
	p.slab(240, 440, 120, 40, 6, c.dark, c.ink)
	p.slab(226, 300, 148, 146, 10, c.paper, c.fold)
	p.path("M226 304l-24-60v-60h196v60l-24 60z", c.paper)
	p.path("M314 304v-120h84v60l-24 60z", c.fold)
	p.slab(194, 98, 212, 92, 12, c.dark, c.ink)
	p.slab(198, 196, 204, 54, 8, c.ink, c.wire)
	p.bars(204, 200, 7, 7, 46, 0, 14, 1, c.mid)
	p.slab(220, 352, 160, 44, 8, c.ink, c.wire)
	p.bars(226, 356, 7, 7, 36, 0, 11, 1, c.mid)
	p.slab(194, 176, 212, 10, 0, c.acc, c.accD)
	p.ell(300, 100, 106, 26, c.ink)
	p.ell(300, 100, 84, 18, c.mid)
	p.ell(280, 96, 30, 6, c.paper)
	p.path("M374 300h40v90h-40z", c.dark)
	p.slab(404, 286, 34, 118, 10, c.mid, c.dark)
	p.dots(250, 324, 25, 0, 5, 1, 4, c.ink)
	p.look(300, 190)
}

func candles(p *pen) {
	c := p.c
	one := func(x, y, h float64, a, b string) {
		p.slab(x, y-h, 96, h, 12, a, b)
		p.ell(x+48, y-h+4, 48, 14, c.glow)
		p.line(joinNums("M", x+48, y-h+2, "v", -16), 5, c.ink)
		p.path(joinNums("M", x+48, y-h-14, "q", -26, -20, 0, -58, "q", 26, 38, 0, 58)+"z", c.acc)
		p.path(joinNums("M", x+48, y-h-14, "q", -12, -12, 0, -32, "q", 12, 20, 0, 32)+"z", c.glow)
	}
	one(256, 462, 250, c.dark, c.ink)
	one(142, 480, 150, c.mid, c.dark)
	one(370, 480, 190, c.light, c.mid)
	p.look(300, 240)
}

func filter(p *pen) {
	c := p.c
	p.slab(186, 180, 228, 280, 0, c.paper, c.fold)
	p.bars(196, 210, 7, 9, 230, 0, 14, 1, c.mid)
	p.slab(186, 330, 228, 30, 0, c.acc, c.accD)
	p.slab(172, 430, 256, 50, 14, c.dark, c.ink)
	p.slab(172, 150, 256, 60, 14, c.mid, c.dark)
	p.ell(300, 156, 128, 34, c.light)
	p.ell(300, 156, 74, 19, c.ink)
	p.line("M236 130q20-24 64-24", 7, c.accD)
	p.look(290, 260)
}

func babybottle(p *pen) {
	c := p.c
	p.lathe(300, c.paper, c.light, 232, 62, 262, 74, 330, 78, 420, 76, 470, 74, 486, 64)
	p.lathe(300, c.acc, c.accD, 326, 78, 326, 78, 420, 76, 470, 74, 486, 64)
	p.slab(230, 194, 140, 48, 12, c.mid, c.dark)
	p.bars(240, 204, 5, 13, 28, 0, 7, 1, c.dark)
	p.lathe(300, c.light, c.mid, 108, 9, 116, 16, 134, 19, 152, 22, 172, 40, 190, 50, 198, 52)
	d := ""
	for i := range 6 {
		d += joinNums("M", 318, 268+i*32, "h", 16+i%2*12)
	}
	p.line(d, 4, c.ink)
	p.shine(240, 262, 12, 180)
	p.look(300, 290)
}

func inks(p *pen) {
	c := p.c
	one := func(x, y, k float64, a, b string) {
		p.move(x, y, k, func() {
			p.path("M-80-110q0-22 22-26h116q22 4 22 26v96q0 14-14 14h-132q-14 0-14-14z", c.paper)
			p.cut("M-80-96h160v82q0 14-14 14h-132q-14 0-14-14z", a, b, 14)
			p.rect(-44, -78, 88, 50, 6, c.paper)
			p.dot(0, -53, 14, b)
			p.slab(-46, -186, 92, 54, 10, c.dark, c.ink)
		})
	}
	one(236, 434, .86, c.mid, c.dark)
	one(404, 440, .86, c.dark, c.ink)
	one(304, 484, 1, c.acc, c.accD)
	p.path("M150 470q-34 2-40 16q30 12 60 0q4-14-20-16z", c.accD)
	p.look(300, 400)
}

func drops(p *pen) {
	c := p.c
	p.lathe(300, c.paper, c.light, 270, 40, 280, 62, 300, 84, 330, 88, 460, 88, 480, 80)
	p.slab(212, 336, 176, 100, 0, c.acc, c.accD)
	p.path("M284 352q-34 42 0 62q34-20 0-62z", c.paper)
	p.slab(252, 226, 96, 54, 10, c.dark, c.ink)
	p.lathe(300, c.mid, c.dark, 110, 12, 120, 26, 150, 30, 190, 28, 228, 34)
	p.path("M424 380q-34 48 0 70q34-22 0-70z", c.acc)
	p.path("M424 380v70q34-22 0-70z", c.accD)
	p.size = .9
	p.look(300, 300)
}

func teapot(p *pen) {
	c := p.c
	p.line("M404 300C490 286 486 420 388 420", 24, c.dark)
	p.path("M196 400C140 390 140 290 92 252l40-20C176 256 178 320 220 330z", c.accD)
	p.lathe(300, c.acc, c.accD, 266, 66, 276, 86, 306, 118, 350, 132, 400, 122, 446, 94, 470, 70, 480, 66)
	p.lathe(300, c.dark, c.ink, 230, 10, 236, 28, 246, 52, 262, 76, 272, 80)
	p.ball(300, 216, 18, 18, c.dark, c.ink)
	p.path("M172 330q128 44 256 0l4 20q-132 44-264 0z", c.paper)
	p.shine(206, 366, 14, 50)
	p.look(290, 290)
}

func warmer(p *pen) {
	c := p.c
	p.lathe(290, c.paper, c.light, 190, 44, 206, 56, 240, 60, 330, 60)
	p.slab(232, 160, 116, 40, 10, c.acc, c.accD)
	p.lathe(290, c.light, c.mid, 84, 8, 92, 14, 110, 16, 130, 30, 150, 42, 164, 44)
	p.line("M410 440q90 40 110-10", 12, c.wire)
	p.lathe(290, c.mid, c.dark, 290, 106, 296, 120, 330, 128, 420, 132, 464, 126, 480, 110)
	p.ell(290, 292, 106, 20, c.ink)
	p.path("M232 290h116q-50 14-116 0z", c.acc)
	p.dot(276, 396, 46, c.paper)
	p.turn(40, 276, 396, func() { p.rect(271, 356, 10, 34, 5, c.ink) })
	p.line("M226 430a62 62 0 0 1-2-66", 8, c.acc)
	p.look(290, 340)
}

func steriliser(p *pen) {
	c := p.c
	p.path("M176 380v-150q0-80 124-80t124 80v150z", c.mid)
	p.path("M216 380v-96q0-14 14-18v-26q-6-34 16-50q22 16 16 50v26q14 4 14 18v96z", c.paper)
	p.path("M316 380v-96q0-14 14-18v-26q-6-34 16-50q22 16 16 50v26q14 4 14 18v96z", c.paper)
	p.path("M216 310h60v70h-60zM316 330h60v50h-60z", c.acc)
	p.path("M340 154q84 16 84 76v150h-44v-150q0-50-40-76z", c.dark)
	p.slab(160, 364, 280, 30, 10, c.dark, c.ink)
	p.cut("M166 394h268l12 66q0 20-22 20h-248q-22 0-22-20z", c.paper, c.fold, 330)
	p.slab(266, 126, 68, 30, 12, c.dark, c.ink)
	p.dot(300, 438, 24, c.acc)
	p.dots(222, 438, 22, 0, 2, 1, 6, c.mid)
	p.line("M250 100q-14-20 0-40M300 96q-14-20 0-40M350 100q-14-20 0-40", 8, c.mid)
	p.shine(194, 220, 12, 100)
	p.look(290, 290)
}

func bowls(p *pen) {
	c := p.c
	bowl := func(y float64, a, b, in string) {
		p.path(joinNums("M150 ", y, "h300q-8 96-88 120h-124q-80-24-88-120")+"z", a)
		p.path(joinNums("M320 ", y, "h130q-8 96-88 120h-54q14-50 12-120")+"z", b)
		p.ell(300, y, 150, 26, in)
	}
	bowl(360, c.mid, c.dark, c.ink)
	bowl(306, c.light, c.mid, c.dark)
	bowl(252, c.acc, c.accD, c.accD)
	bowl(198, c.paper, c.fold, c.mid)
	p.ell(300, 202, 128, 17, c.dark)
	p.line("M190 200L470 110M210 206L490 140", 10, c.wood)
	p.look(280, 270)
}

func wok(p *pen) {
	c := p.c
	p.line("M426 320L560 250", 30, c.wood)
	p.line("M410 326L450 306", 22, c.ink)
	p.line("M74 320q-40-40 6-50q20-2 26 30", 13, c.wire)
	p.path("M70 310h380q-10 100-90 156q-20 14-50 14h-100q-30 0-50-14q-80-56-90-156z", c.dark)
	p.path("M300 310h150q-10 100-90 156q-20 14-50 14h-40q50-60 30-170z", c.ink)
	p.ell(260, 310, 190, 46, c.ink)
	p.ell(260, 314, 168, 36, c.mid)
	p.ell(262, 324, 120, 22, c.dark)
	p.path("M160 306q20-40 60-20q20 20-10 34q-40 6-50-14z", c.leaf)
	p.path("M250 320q-10-50 40-50q40 10 20 46z", c.acc)
	p.path("M320 322q0-40 40-36q24 16 0 34z", c.leafD)
	p.line("M200 250q-16-20 0-42t0-42M270 236q-16-20 0-42t0-42M340 250q-16-20 0-42t0-42", 8, c.light)
	p.look(270, 320)
}

func kettle(p *pen) {
	c := p.c
	p.line("M204 440C100 440 190 240 90 220", 20, c.accD)
	p.path("M110 210l-44 2l4 20l42 0z", c.accD)
	p.line("M350 250C470 190 520 260 470 400", 24, c.wood)
	p.cut("M236 262h128l52 190q6 28-22 28h-188q-28 0-22-28z", c.acc, c.accD, 322)
	p.slab(226, 236, 148, 34, 12, c.dark, c.ink)
	p.lathe(300, c.dark, c.ink, 210, 40, 218, 54, 238, 66)
	p.ball(300, 194, 20, 20, c.wood, c.woodD)
	p.path("M206 402h194l10 30h-212z", c.paper)
	p.turn(12, 240, 320, func() { p.shine(236, 290, 12, 84) })
	p.look(270, 330)
}

func vase(p *pen) {
	c := p.c
	p.line("M290 300q-40-90-90-140M300 300q10-110 30-190M310 300q50-60 110-90", 6, c.leafD)
	p.path("M210 200q-70-10-70-76q66 6 70 76zM316 190q-46-30-26-86q46 30 26 86zM330 120q-6-60 46-74q10 56-46 74zM400 226q0-66 70-74q6 66-70 74zM236 230q-50 20-86-20q46-36 86 20zM364 250q40 30 90 6q-36-46-90-6z", c.leaf)
	p.path("M322 160q60 0 74-46q-60-10-74 46zM256 250q-6-50 34-70q16 50-34 70z", c.leafD)
	p.lathe(300, c.acc, c.accD, 284, 44, 290, 40, 306, 46, 336, 112, 380, 142, 424, 138, 462, 96, 480, 80)
	p.ell(300, 286, 44, 11, c.ink)
	p.path("M160 370q140 40 280 0l2 20q-142 42-284 0z", c.paper)
	p.shine(190, 404, 40, 12)
	p.look(300, 330)
}

// frill is a round shape with a scalloped edge.
func frill(r float64, n int, from float64) string {
	at := func(i int) point {
		sin, cos := math.Sincos((from + 360*float64(i)/float64(n)) * math.Pi / 180)
		return point{math.Round(r * cos), math.Round(r * sin)}
	}
	bump := math.Round(r * math.Sin(math.Pi/float64(n)) * 1.02)
	q := at(0)
	d := joinNums("M", q.x, q.y)
	for i := 1; i <= n; i++ {
		e := at(i)
		d += joinNums("a", bump, bump, "0 0 1 ", e.x-q.x, e.y-q.y)
		q = e
	}
	return d + "z"
}

// bloom is a full round flower built of rings of petals.
func (p *pen) bloom(x, y, r float64, a, b string) {
	p.move(x, y, r/60, func() {
		p.path(frill(50, 8, 10), a)
		p.path(frill(38, 7, 30), b)
		p.path(frill(27, 6, 0), a)
		p.path("M-22-4q10 24 22 8q12 16 22-8q-6 32-22 32t-22-32z", b)
		p.path("M-12-6q12 14 24 0q-2-16-12-16t-12 16z", b)
	})
}

func peonies(p *pen) {
	c := p.c
	p.path("M206 290q-90-30-110-100q90 0 110 100zM394 290q90-20 120-90q-90-10-120 90zM300 220q-40-80 0-140q40 60 0 140z", c.leafD)
	p.path("M220 300q-80 20-130-30q70-50 130 30zM380 300q80 30 130-20q-70-50-130 20z", c.leaf)
	p.bloom(210, 214, 72, c.light, c.mid)
	p.bloom(396, 226, 70, c.paper, c.light)
	p.bloom(306, 164, 70, c.mid, c.dark)
	p.bloom(300, 276, 76, c.acc, c.accD)
	p.path("M190 316l110 164l110-164q-110 50-220 0z", c.paper)
	p.path("M300 480l110-164q-40 22-90 26z", c.fold)
	p.path("M196 326l62 154h84l62-154q-50 40-104 104q-54-64-104-104z", c.pale)
	p.path("M300 430q54-64 104-104l-62 154h-42z", c.light)
	p.slab(250, 420, 100, 26, 8, c.dark, c.ink)
	p.look(300, 230)
}

func orchid(p *pen) {
	c := p.c
	p.line("M296 400C280 250 320 110 470 130", 9, c.leafD)
	p.line("M302 400C310 290 250 200 160 210", 9, c.leafD)
	fl := func(x, y, k float64) {
		p.move(x, y, k, func() {
			p.fan("M0 4q-28-34 0-66q28 32 0 66z", 0, 0, 0, 120, 3, c.mid)
			p.path("M0 2C-16-44-76-50-76-8C-76 26-24 22 0 2z", c.light)
			p.path("M0 2C16-44 76-50 76-8C76 26 24 22 0 2z", c.mid)
			p.path("M-16-2q16-14 32 0q4 32-16 36q-20-4-16-36z", c.dark)
			p.dot(0, 0, 8, c.glow)
		})
	}
	fl(462, 138, .8)
	fl(376, 150, 1.05)
	fl(166, 212, .95)
	fl(310, 242, 1.2)
	fl(226, 300, .9)
	p.path("M300 410q-90-80-170-30q60 60 170 30z", c.leaf)
	p.path("M296 410q80-90 176-40q-60 64-176 40z", c.leafD)
	p.cut("M226 386h148l-22 80q-4 14-18 14h-68q-14 0-18-14z", c.acc, c.accD, 316)
	p.slab(216, 374, 168, 28, 8, c.acc, c.accD)
	p.look(320, 230)
}

func fern(p *pen) {
	c := p.c
	long := "M300 366q-70-110 0-250q70 140 0 250z"
	short := "M300 366q-56-80 0-190q56 110 0 190z"
	p.fan(long, 300, 366, -66, 33, 5, c.leafD, c.leaf)
	p.fan(short, 300, 366, -50, 34, 4, c.leaf, c.leafD)
	p.line("M300 356V160M296 356L210 206M304 356L400 212", 4, c.glow)
	p.cut("M222 366h156l-20 100q-2 14-16 14h-84q-14 0-16-14z", c.acc, c.accD, 318)
	p.slab(210, 350, 180, 32, 8, c.acc, c.accD)
	p.path("M226 408l148 0l-5 24h-138z", c.paper)
	p.look(300, 300)
}
