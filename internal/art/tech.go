package art

var techKinds = map[string]recipe{
	"monitor": {monitor, 610}, "tv": {tv, 1230}, "handgame": {handgame, 230}, "laptop": {laptop, 330}, "studio": {studio, 370}, "campus": {campus, 310}, "tower": {tower, 450}, "minipc": {minipc, 200},
	"camera": {camera, 140}, "compact": {compact, 110}, "instant": {instant, 120}, "bookshelf": {bookshelf, 420}, "soundbar": {soundbar, 960},
	"cinema": {cinema, 1300}, "sub": {sub, 380}, "radio": {radio, 220}, "headphones": {headphones, 200},
}

// view fills a screen with a landscape; no screen in the shop shows words.
func (p *pen) view(x, y, w, h float64) {
	c := p.c
	p.move(x, y, 1, func() {
		p.rect(0, 0, w, h, 5, c.light)
		p.dot(w*.74, h*.32, h*.13, c.acc)
		p.path(joinNums("M", 0, h, "V", h*.66, "Q", w*.22, h*.3, w*.48, h*.62, "T", w, h*.56, "V", h)+"z", c.mid)
		p.path(joinNums("M", 0, h, "V", h*.86, "Q", w*.3, h*.6, w*.6, h*.84, "T", w, h*.78, "V", h)+"z", c.dark)
	})
}

func monitor(p *pen) {
	c := p.c
	p.path("M264 380h72l12 86h-96z", c.mid)
	p.path("M304 380h32l12 86h-44z", c.dark)
	p.slab(200, 458, 200, 22, 10, c.mid, c.dark)
	p.rect(90, 140, 420, 262, 14, c.ink)
	p.view(104, 154, 392, 220)
	p.rect(90, 376, 420, 26, 10, c.dark)
	p.dot(300, 389, 5, c.paper)
	p.rect(124, 176, 120, 76, 6, c.paper)
	p.line("M140 200h84M140 218h60M140 234h72", 6, c.mid)
	p.look(310, 270)
}

func tv(p *pen) {
	c := p.c
	p.rect(50, 150, 500, 278, 10, c.ink)
	p.view(60, 160, 480, 252)
	p.slab(60, 440, 480, 40, 6, c.wood, c.woodD)
	p.line("M190 428l-20 12M410 428l20 12", 12, c.wire)
	p.rect(92, 452, 120, 14, 5, c.woodD)
	p.turn(8, 450, 434, func() { p.rect(420, 428, 70, 12, 6, c.ink) })
	p.look(360, 270)
}

func handgame(p *pen) {
	c := p.c
	p.turn(-6, 300, 330, func() {
		p.slab(76, 210, 448, 226, 66, c.acc, c.accD)
		p.rect(170, 226, 260, 194, 12, c.ink)
		p.rect(184, 240, 232, 166, 4, c.light)
		p.path("M184 370q50-30 90 0v36h-90zM300 350h50v56h-50zM370 320h46v86h-46z", c.dark)
		p.path("M234 300h30v30h-30zM250 284h20v20h-20z", c.accD)
		p.dot(360, 276, 18, c.glow)
		p.path("M112 274h20v20h20v20h-20v20h-20v-20h-20v-20h20z", c.ink)
		p.dot(126, 376, 22, c.ink)
		p.dots(476, 284, 1, 40, 1, 2, 13, c.paper)
		p.dots(456, 304, 40, 0, 2, 1, 13, c.ink)
		p.dot(474, 376, 22, c.ink)
	})
	p.look(270, 320)
}

// notebook is an open computer seen from the front, its screen w wide.
func (p *pen) notebook(w float64, lit, side string) (x, y, h float64) {
	c := p.c
	h = w * .66
	x, y = 300-w/2, 404-h
	p.rect(x-12, y-12, w+24, h+24, 14, c.ink)
	p.view(x, y, w, h-6)
	e := w/2 + 44
	p.path(joinNums("M", 300-w/2-14, 412, "h", w+28, "L", 300+e, 464, "q", 4, 14, -12, 14, "h", 24-2*e, "q", -16, 0, -12, -14)+"z", lit)
	p.path(joinNums("M", 300+w*.1, 412, "h", w*.4+14, "L", 300+e, 464, "q", 4, 14, -12, 14, "H", 300+w*.12)+"z", side)
	p.path(joinNums("M", 300-w*.46, 419, "h", w*.92, "l", 14, 26, "h", -w*.92-28)+"z", c.dark)
	for i := range 3 {
		q := float64(i)
		p.bars(300-w*.45-q*3, 421.5+q*8, w*.06, w*.016, 5, 0, 12, 1, c.light)
	}
	p.rect(262, 452, 78, 13, 4, c.mid)
	p.rect(300-e, 470, 2*e, 9, 4, c.accD)
	return
}

func laptop(p *pen) {
	p.notebook(314, p.c.pale, p.c.mid)
	p.look(300, 390)
}

// studio is the large one, at work: tools down the side, a pen before it.
func studio(p *pen) {
	c := p.c
	x, y, h := p.notebook(352, c.mid, c.dark)
	p.rect(x+12, y+12, 54, h-32, 6, c.ink)
	p.dots(x+28, y+34, 22, 26, 2, 6, 7, c.light)
	p.line(joinNums("M", x+104, y+150, "q", 50, -110, 110, -50, "t", 96, -44), 8, c.paper)
	p.dots(x+104, y+150, 206, -94, 2, 1, 9, c.acc)
	p.turn(76, 430, 470, func() {
		p.slab(420, 400, 20, 150, 9, c.acc, c.accD)
		p.path("M420 404l10-34l10 34z", c.ink)
	})
	p.look(300, 260)
}

// campus is the small one seen from behind: its coloured lid is what the
// others in the lecture see.
func campus(p *pen) {
	c := p.c
	p.path("M150 420h300l44 46q6 14-10 14h-368q-16 0-10-14z", c.mid)
	p.path("M330 420h120l44 46q6 14-10 14h-140z", c.dark)
	p.cut("M128 190q0-22 22-22h300q22 0 22 22v236h-344z", c.acc, c.accD, 338)
	p.rect(128, 414, 344, 20, 4, c.dark)
	p.rect(196, 420, 60, 14, 4, c.ink)
	p.rect(344, 420, 60, 14, 4, c.ink)
	p.path("M296 346q-56-50-2-110q58 52 2 110z", c.paper)
	p.line("M296 366q2-50-2-92", 7, c.accD)
	p.dot(414, 366, 26, c.glow)
	p.path("M402 362l10 12l18-20", c.dark)
	p.turn(-12, 196, 372, func() { p.rect(160, 352, 66, 34, 6, c.mid) })
	p.shine(150, 190, 60, 10)
	p.look(300, 300)
}

func (p *pen) rotor(x, y, r float64) {
	c := p.c
	p.dot(x, y, r, c.dark)
	p.move(x, y, r/42, func() {
		p.fan("M0 0q16-18 8-38q-20 6-8 38z", 0, 0, 0, 60, 6, c.acc)
		p.dot(0, 0, 9, c.paper)
	})
}

func tower(p *pen) {
	c := p.c
	p.box(180, 150, 190, 322, 76, c.acc, c.accD, c.paper)
	p.rect(196, 470, 40, 12, 4, c.ink)
	p.rect(316, 470, 40, 12, 4, c.ink)
	p.rect(196, 168, 158, 214, 10, c.ink)
	p.rotor(275, 226, 48)
	p.rotor(275, 328, 48)
	p.rect(196, 396, 158, 10, 5, c.accD)
	p.rect(196, 416, 90, 10, 5, c.accD)
	p.dot(336, 440, 10, c.paper)
	p.path("M382 200l52-26v150l-52 26z", c.ink)
	p.line("M394 226l28-14M394 254l28-14M394 282l28-14", 7, c.mid)
	p.look(275, 270)
}

func minipc(p *pen) {
	c := p.c
	p.box(130, 300, 260, 170, 100, c.acc, c.accD, c.paper)
	p.rect(154, 468, 44, 12, 4, c.ink)
	p.rect(322, 468, 44, 12, 4, c.ink)
	p.rect(150, 320, 130, 130, 12, c.ink)
	p.rotor(215, 385, 54)
	p.rect(300, 336, 66, 10, 5, c.accD)
	p.rect(300, 358, 66, 10, 5, c.accD)
	p.rect(300, 396, 30, 18, 4, c.ink)
	p.dot(354, 430, 10, c.paper)
	p.path("M404 320l72-36v60l-72 36z", c.ink)
	p.line("M200 278h190M224 264h190", 6, c.acc)
	p.look(220, 370)
}

func camera(p *pen) {
	c := p.c
	p.cut("M226 242l22-42q4-8 14-8h76q10 0 14 8l22 42z", c.dark, c.ink, 330)
	p.slab(150, 236, 300, 212, 30, c.dark, c.ink)
	p.rect(150, 286, 300, 100, 0, c.mid)
	p.path("M330 286h120v100h-120z", c.dark)
	p.dot(300, 340, 94, c.paper)
	p.dot(300, 340, 80, c.ink)
	p.dot(300, 340, 58, c.mid)
	p.path("M306 282a58 58 0 0 1 0 116z", c.dark)
	p.dot(300, 340, 30, c.ink)
	p.dot(280, 318, 14, c.paper)
	p.slab(176, 214, 46, 24, 8, c.acc, c.accD)
	p.rect(392, 254, 36, 22, 6, c.paper)
	p.slab(382, 220, 44, 18, 5, c.light, c.mid)
	p.dot(182, 262, 9, c.acc)
	p.look(290, 320)
}

func compact(p *pen) {
	c := p.c
	p.slab(350, 216, 56, 30, 8, c.acc, c.accD)
	p.slab(120, 236, 360, 220, 34, c.light, c.mid)
	p.rect(120, 236, 70, 220, 30, c.dark)
	p.rect(160, 236, 30, 220, 0, c.dark)
	p.dot(310, 352, 102, c.mid)
	p.path("M322 250a102 102 0 0 1 0 204z", c.dark)
	p.dot(310, 352, 84, c.paper)
	p.dot(310, 352, 68, c.ink)
	p.dot(310, 352, 44, c.accD)
	p.dot(310, 352, 22, c.ink)
	p.dot(290, 330, 12, c.paper)
	p.rect(210, 256, 60, 26, 8, c.paper)
	p.dot(446, 276, 11, c.ink)
	p.dots(140, 330, 18, 24, 2, 4, 5, c.mid)
	p.size = .92
	p.look(300, 340)
}

func instant(p *pen) {
	c := p.c
	p.path("M212 460h180v60h-180z", c.paper)
	p.rect(226, 460, 152, 46, 0, c.dark)
	p.path("M226 506v-14q60-30 90-8t62-10v32z", c.mid)
	p.cut("M160 250q10-66 60-66h166q50 0 60 66l8 190q0 34-34 34h-234q-34 0-34-34z", c.acc, c.accD, 330)
	p.path("M153 416h300l1 24q0 34-34 34h-234q-34 0-34-34z", c.paper)
	p.rect(206, 446, 192, 13, 6, c.ink)
	p.dot(300, 320, 92, c.paper)
	p.dot(300, 320, 74, c.ink)
	p.dot(300, 320, 48, c.dark)
	p.dot(300, 320, 22, c.ink)
	p.dot(282, 302, 11, c.paper)
	p.rect(186, 206, 62, 36, 10, c.paper)
	p.rect(370, 206, 46, 36, 10, c.ink)
	p.dot(186, 350, 16, c.glow)
	p.look(290, 320)
}

// cone is a loudspeaker driver.
func (p *pen) cone(x, y, r float64) {
	c := p.c
	p.dot(x, y, r, c.ink)
	p.dot(x, y, r*.82, c.dark)
	p.dot(x, y, r*.4, c.acc)
}

func bookshelf(p *pen) {
	c := p.c
	one := func(x, y float64) {
		p.box(x, y, 150, 270, 50, c.acc, c.accD, c.light)
		p.dot(x+75, y+76, 36, c.ink)
		p.dot(x+75, y+76, 16, c.mid)
		p.dot(x+75, y+180, 60, c.ink)
		p.dot(x+75, y+180, 48, c.dark)
		p.dot(x+75, y+180, 20, c.mid)
	}
	one(316, 180)
	one(110, 210)
	p.look(186, 380)
}

func soundbar(p *pen) {
	c := p.c
	p.rect(60, 180, 480, 210, 8, c.ink)
	p.rect(68, 188, 464, 194, 4, c.dark)
	p.path("M68 330q120-80 240-10t224-40v102h-464z", c.mid)
	p.dot(420, 240, 24, c.accD)
	p.line("M300 390v30", 60, c.wire)
	p.slab(50, 416, 500, 64, 28, c.acc, c.accD)
	p.dots(92, 434, 17, 14, 19, 3, 4, c.ink)
	p.dots(440, 448, 24, 0, 3, 1, 6, c.paper)
	p.look(230, 430)
}

func cinema(p *pen) {
	c := p.c
	col := func(x float64) {
		p.slab(x-26, 466, 92, 14, 6, c.dark, c.ink)
		p.slab(x, 170, 40, 300, 10, c.acc, c.accD)
		for i := range 3 {
			p.dot(x+20, 204+float64(i)*38, 13, c.ink)
		}
	}
	col(100)
	col(460)
	small := func(x float64) {
		p.slab(x, 310, 52, 76, 8, c.mid, c.dark)
		p.dot(x+26, 334, 11, c.ink)
		p.dot(x+26, 362, 15, c.ink)
		p.rect(x+20, 386, 12, 94, 0, c.wire)
	}
	small(172)
	small(376)
	p.box(236, 330, 120, 150, 30, c.dark, c.ink, c.mid)
	p.cone(296, 410, 46)
	p.slab(216, 236, 168, 40, 16, c.acc, c.accD)
	p.dots(240, 256, 24, 0, 6, 1, 7, c.ink)
	p.rect(294, 276, 12, 44, 0, c.wire)
	p.look(290, 380)
}

func sub(p *pen) {
	c := p.c
	p.box(130, 200, 260, 270, 80, c.dark, c.ink, c.mid)
	p.rect(150, 468, 40, 14, 4, c.wire)
	p.rect(330, 468, 40, 14, 4, c.wire)
	p.dot(260, 330, 110, c.ink)
	p.dot(260, 330, 96, c.mid)
	p.dot(260, 330, 84, c.ink)
	p.dot(260, 330, 72, c.acc)
	p.path("M268 258a72 72 0 0 1 0 144z", c.accD)
	p.dot(260, 330, 28, c.ink)
	p.rect(170, 440, 80, 10, 5, c.light)
	p.look(250, 310)
}

func radio(p *pen) {
	c := p.c
	p.line("M180 220L120 90", 7, c.wire)
	p.dot(119, 88, 9, c.accD)
	p.line("M200 236q0-50 50-50h110q50 0 50 50", 15, c.wood)
	p.slab(110, 226, 390, 246, 46, c.acc, c.accD)
	p.rect(140, 470, 44, 12, 4, c.wire)
	p.rect(420, 470, 44, 12, 4, c.wire)
	p.dot(224, 348, 88, c.paper)
	p.dots(172, 300, 26, 24, 5, 5, 6, c.dark)
	p.rect(338, 268, 132, 66, 12, c.ink)
	p.line("M354 310h100", 4, c.light)
	p.rect(400, 280, 8, 42, 3, c.glow)
	p.dot(370, 392, 30, c.paper)
	p.dot(442, 392, 30, c.paper)
	p.line("M370 392l12-16M442 392v-20", 6, c.ink)
	p.look(270, 330)
}

func headphones(p *pen) {
	c := p.c
	p.line("M176 340C150 90 450 90 424 340", 34, c.wire)
	p.line("M212 196C252 144 348 144 388 196", 30, c.mid)
	p.slab(206, 316, 36, 132, 18, c.ink, c.wire)
	p.slab(358, 316, 36, 132, 18, c.ink, c.wire)
	p.slab(138, 304, 84, 156, 38, c.acc, c.accD)
	p.slab(378, 304, 84, 156, 38, c.acc, c.accD)
	p.rect(166, 270, 20, 50, 8, c.light)
	p.rect(414, 270, 20, 50, 8, c.light)
	p.shine(154, 334, 12, 80)
	p.look(220, 330)
}
