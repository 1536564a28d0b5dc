package art

import "math"

func gamebox(p *pen) {
	c := p.c
	p.box(150, 190, 230, 290, 110, c.mid, c.dark, c.light)
	p.rect(170, 212, 190, 190, 8, c.paper)
	p.glyph(265, 306, 66, c.dark, c.acc)
	p.rect(176, 424, 110, 12, 6, c.paper)
	p.rect(176, 446, 64, 8, 4, c.light)
	p.path("M380 234l110-55v30l-110 55z", c.acc)
	p.path("M430 480q-8-26 14-34q-14-30 16-30t16 30q22 8 14 34z", c.accD)
	p.dot(460, 426, 18, c.acc)
	p.look(265, 306)
}

func comets(p *pen) {
	c := p.c
	p.box(140, 250, 220, 230, 90, c.ink, c.dark, c.mid)
	p.path("M180 430L292 310l18 18z", c.light)
	p.path("M208 360l56-56l10 10z", c.mid)
	p.dot(302, 318, 26, c.acc)
	p.dot(272, 302, 11, c.paper)
	p.dots(176, 290, 40, 40, 2, 2, 4, c.paper)
	for i := range 3 {
		p.turn(-16+float64(i)*16, 420, 520, func() {
			p.rect(384, 372, 76, 108, 10, []string{c.light, c.acc, c.paper}[i])
			p.dot(422, 426, 20, []string{c.mid, c.accD, c.mid}[i])
		})
	}
	p.look(290, 330)
}

func chess(p *pen) {
	c := p.c
	p.path("M120 400l60-80h240l60 80z", c.paper)
	edge := func(col, y float64) float64 {
		t := (400 - y) / 80
		return math.Round(120 + 60*t + (360-120*t)*col/8)
	}
	d := ""
	for r := range 4 {
		y := 400 - float64(r)*20
		for i := range 4 {
			k := float64(2*i + r%2)
			d += joinNums("M", edge(k, y), y, "L", edge(k, y-20), y-20, "H", edge(k+1, y-20), "L", edge(k+1, y), y)
		}
	}
	p.path(d, c.dark)
	p.path("M120 400h360v54h-360z", c.wood)
	p.path("M300 400h180v54h-180z", c.woodD)
	p.rect(284, 416, 32, 20, 4, c.glow)
	p.lathe(216, c.acc, c.accD, 236, 4, 240, 16, 252, 22, 264, 16, 272, 20, 276, 14, 320, 18, 340, 26, 346, 32, 362, 34)
	p.lathe(372, c.dark, c.ink, 168, 4, 174, 10, 186, 8, 194, 26, 216, 18, 224, 24, 232, 16, 300, 20, 330, 30, 338, 38, 356, 40)
	p.look(330, 300)
}

func gamecase(p *pen) {
	c := p.c
	p.slabAt(180, 150, 236, 330, 12, .93, c.dark, c.ink)
	p.rect(212, 166, 190, 298, 4, c.light)
	p.path("M212 380q46-70 96-24t94-30v134q0 4-4 4h-182q-4 0-4-4z", c.mid)
	p.path("M212 430q70-60 190-10v40q0 4-4 4h-182q-4 0-4-4z", c.acc)
	p.dot(346, 250, 30, c.paper)
	p.line("M246 276h50M262 294h66", 16, c.paper)
	p.look(300, 320)
}

func papertown(p *pen) {
	c := p.c
	p.box(130, 380, 250, 100, 96, c.mid, c.dark, c.light)
	p.rect(150, 412, 90, 12, 6, c.paper)
	p.rect(150, 434, 54, 8, 4, c.paper)
	house := func(x, y, w, h float64, a, b, r string) {
		p.slab(x, y, w, h, 0, a, b)
		p.path(joinNums("M", x-8, y, "l", w/2+8, -w*.5, "l", w/2+8, w*.5)+"z", r)
		p.rect(x+w*.2, y+16, w*.2, w*.24, 0, c.glow)
		p.rect(x+w*.62, y+16, w*.2, w*.24, 0, c.glow)
	}
	house(180, 236, 78, 124, c.paper, c.fold, c.accD)
	house(338, 262, 84, 84, c.light, c.mid, c.dark)
	house(254, 282, 74, 84, c.acc, c.accD, c.ink)
	p.path("M430 352l22-80l22 80z", c.leafD)
	p.look(280, 290)
}

func puzzle(p *pen) {
	c := p.c
	p.box(136, 210, 220, 270, 80, c.ink, c.dark, c.mid)
	p.path("M136 400q70-60 120-10t100-20v110h-220z", c.dark)
	p.path("M300 240a40 40 0 1 0 26 54a34 34 0 0 1-26-54z", c.glow)
	p.dots(170, 250, 46, 34, 3, 2, 4, c.paper)
	p.path("M372 380h36q-8-28 14-28t14 28h40v36q28-8 28 14t-28 14v36h-40q8-26-14-26t-14 26h-36v-40q-24 8-24-12t24-12z", c.acc)
	p.look(280, 290)
}

func masks(p *pen) {
	c := p.c
	p.box(130, 260, 210, 220, 90, c.mid, c.dark, c.light)
	p.rect(130, 300, 210, 44, 0, c.paper)
	p.glyph(196, 410, 34, c.paper, c.acc)
	p.line("M360 380q-40 30-6 62M500 380q44 30 8 62", 7, c.accD)
	p.path("M354 394q38-54 76-54t76 54v44q-30 42-76 42t-76-42z", c.paper)
	p.path("M438 340q36 4 68 54v44q-26 38-68 42z", c.fold)
	p.dot(430, 424, 26, c.acc)
	p.path("M430 398a26 26 0 0 1 0 52z", c.accD)
	p.look(420, 410)
}

func snack(p *pen) {
	c := p.c
	p.path("M196 186l18-26h172l18 26v294h-208z", c.light)
	p.path("M322 160h64l18 26v294h-82z", c.mid)
	p.rect(196, 180, 208, 26, 0, c.dark)
	p.rect(222, 240, 156, 150, 20, c.paper)
	for i := range 3 {
		p.turn(-18+float64(i)*18, 300, 420, func() { p.rect(286, 262, 28, 108, 14, []string{c.acc, c.accD, c.acc}[i]) })
	}
	p.rect(238, 416, 124, 14, 7, c.paper)
	p.turn(82, 450, 466, func() { p.rect(436, 420, 26, 96, 13, c.accD) })
	p.look(300, 320)
}

func film(p *pen) {
	c := p.c
	p.box(140, 270, 200, 210, 70, c.dark, c.ink, c.mid)
	for i := range 5 {
		p.rect(140, 300+float64(i)*16, 200, 16, 0, []string{c.acc, c.accD, c.glow, c.light, c.mid}[i])
	}
	p.rect(164, 412, 76, 12, 6, c.paper)
	photo := func(a float64, sky, hill string) {
		p.turn(a, 420, 470, func() {
			p.rect(344, 316, 130, 160, 5, c.paper)
			p.rect(356, 328, 106, 106, 2, sky)
			p.path("M356 404q40-50 60-16t46-22v68h-106z", hill)
			p.dot(436, 354, 12, c.glow)
		})
	}
	photo(14, c.mid, c.dark)
	photo(-6, c.light, c.dark)
	p.look(400, 390)
}

func soap(p *pen) {
	c := p.c
	bar := func(x, y float64, a, b string) {
		p.slab(x, y, 190, 78, 26, a, b)
		p.rect(x+48, y, 84, 78, 0, c.paper)
		p.path(joinNums("M", x+104, y, "h", 28, "v", 78, "h", -28)+"z", c.fold)
		p.path(joinNums("M", x+90, y+58, "q", -24, -24, 0, -44, "q", 24, 20, 0, 44)+"z", c.leaf)
	}
	bar(106, 402, c.light, c.mid)
	bar(306, 402, c.acc, c.accD)
	bar(204, 322, c.mid, c.dark)
	p.line("M330 306q30-40 80-42", 6, c.leafD)
	p.path("M372 284q0-40 46-42q-4 40-46 42zM346 292q-34-6-36-44q36 4 36 44z", c.leaf)
	p.look(300, 360)
}

func tablets(p *pen) {
	c := p.c
	p.box(130, 320, 270, 160, 74, c.paper, c.mid, c.fold)
	p.rect(130, 406, 270, 74, 0, c.dark)
	p.path("M400 406l74-37v74l-74 37z", c.ink)
	p.dot(190, 370, 26, c.acc)
	p.path("M180 366h6v-8h8v8h8v8h-8v8h-8v-8h-6z", c.paper)
	p.rect(236, 352, 120, 12, 6, c.ink)
	p.rect(236, 376, 76, 10, 5, c.mid)
	p.turn(-8, 330, 490, func() {
		p.rect(300, 440, 210, 62, 12, c.fold)
		p.dots(328, 458, 38, 27, 5, 2, 11, c.accD)
	})
	p.look(210, 380)
}

func gift(p *pen) {
	c := p.c
	p.box(170, 300, 220, 180, 80, c.mid, c.dark, c.paper)
	p.path("M256 300h44v180h-44z", c.acc)
	p.path("M410 350l30-15v122l-30 15z", c.accD)
	p.box(156, 258, 248, 50, 88, c.light, c.dark, c.paper)
	p.path("M256 258h44v50h-44z", c.acc)
	p.path("M256 258l88-44h44l-88 44zM418 251l34-17v50l-34 17z", c.acc)
	p.line("M318 236q-96-94-118-38q-8 46 118 38q96-108 128-58q16 48-128 58", 17, c.accD)
	p.look(310, 240)
}

func babybox(p *pen) {
	c := p.c
	p.path("M150 320l86-44h250l-84 44z", c.ink)
	p.path("M212 330q10-90 60-90t60 90z", c.paper)
	p.dot(272, 226, 44, c.wood)
	p.dot(236, 186, 19, c.wood)
	p.dot(308, 186, 19, c.wood)
	p.ell(272, 242, 20, 15, c.paper)
	p.dot(256, 218, 5, c.ink)
	p.dot(288, 218, 5, c.ink)
	p.dot(272, 236, 5, c.ink)
	p.path("M330 320q-4-60 40-64t50 44l-10 20z", c.acc)
	p.dots(354, 282, 22, 18, 3, 2, 5, c.paper)
	p.path("M402 320l84-44v150l-84 54z", c.dark)
	p.rect(150, 320, 252, 160, 0, c.mid)
	p.rect(150, 380, 252, 34, 0, c.acc)
	p.path("M402 380l84-50v32l-84 52z", c.accD)
	p.line("M276 397q-60-56-72-16q0 28 72 16q60-64 80-26q4 30-80 26", 11, c.accD)
	p.look(270, 240)
}

func wrap(p *pen) {
	c := p.c
	roll := func(x, y, w float64, a, b, g string) {
		p.slabAt(x, y, w, 68, 8, .55, a, b)
		p.ell(x+w, y+34, 16, 34, c.paper)
		p.ell(x+w, y+34, 8, 18, b)
		p.dots(x+30, y+20, 40, 28, 6, 2, 7, g)
	}
	roll(150, 412, 290, c.mid, c.dark, c.paper)
	roll(190, 344, 270, c.acc, c.accD, c.paper)
	p.ball(208, 272, 72, 72, c.light, c.mid)
	p.dot(208, 272, 46, c.paper)
	p.dot(208, 272, 24, c.dark)
	p.line("M270 300q60-20 70-70t70-40", 18, c.mid)
	p.look(240, 300)
}

func tin(p *pen) {
	c := p.c
	p.slab(190, 206, 220, 274, 14, c.mid, c.dark)
	p.slab(180, 180, 240, 44, 12, c.dark, c.ink)
	p.rect(190, 262, 220, 150, 0, c.paper)
	p.path("M322 262h88v150h-88z", c.fold)
	p.glyph(286, 336, 50, c.leaf, c.acc)
	p.line("M440 470q40 10 60-40", 9, c.woodD)
	p.ell(446, 466, 26, 14, c.wood)
	p.look(286, 330)
}

func formula(p *pen) {
	c := p.c
	p.slab(186, 190, 228, 290, 18, c.paper, c.fold)
	p.slab(176, 164, 248, 48, 14, c.mid, c.dark)
	p.slab(186, 380, 228, 66, 0, c.mid, c.dark)
	p.glyph(300, 300, 56, c.dark, c.acc)
	p.rect(230, 406, 90, 14, 7, c.paper)
	p.look(300, 300)
}

func puree(p *pen) {
	c := p.c
	jar := func(x, y float64, a, b string) {
		p.slab(x, y+30, 116, 110, 20, a, b)
		p.rect(x, y+66, 116, 46, 0, c.paper)
		p.slab(x+6, y, 104, 34, 8, c.dark, c.ink)
	}
	jar(184, 210, c.leaf, c.leafD)
	jar(308, 210, c.acc, c.accD)
	jar(120, 340, c.light, c.mid)
	jar(246, 340, c.acc, c.accD)
	jar(372, 340, c.leaf, c.leafD)
	p.path("M304 442q-26-6-18-30q6-10 12-18q10-8 18 0q6 8 12 18q8 24-24 30z", c.accD)
	p.path("M178 420q-18 0-18 15t18 15t18-15t-18-15z", c.mid)
	p.look(300, 400)
}

func teatin(p *pen) {
	c := p.c
	p.box(180, 250, 190, 230, 70, c.mid, c.dark, c.light)
	p.box(172, 226, 206, 44, 74, c.dark, c.ink, c.mid)
	p.dot(275, 370, 70, c.paper)
	p.glyph(275, 370, 42, c.leafD, c.acc)
	p.ball(452, 452, 40, 40, c.wood, c.woodD)
	p.dots(436, 438, 18, 20, 2, 2, 5, c.ink)
	p.look(275, 360)
}

func balm(p *pen) {
	c := p.c
	p.turn(-14, 380, 400, func() {
		p.ell(400, 380, 92, 92, c.dark)
		p.ell(394, 376, 78, 78, c.mid)
		p.glyph(394, 376, 44, c.paper, c.acc)
	})
	p.slab(130, 408, 260, 72, 14, c.dark, c.ink)
	p.ell(260, 408, 130, 40, c.mid)
	p.ell(260, 408, 112, 31, c.glow)
	p.path("M190 404q30-26 70 0t66-8q26 18-6 32q-80 20-126-4q-12-10-4-20z", c.acc)
	p.size = .9
	p.look(280, 400)
}

func parcel(p *pen) {
	c := p.c
	p.box(130, 250, 250, 230, 96, c.mid, c.dark, c.light)
	p.path("M226 250l96-48h48l-96 48v80l-12-10l-12 10l-12-10l-12 10z", c.acc)
	p.rect(154, 392, 96, 60, 6, c.paper)
	p.line("M168 412h56M168 432h34", 7, c.dark)
	p.path("M340 440v-40l-14 0l22-26l22 26h-14v40z", c.ink)
	p.look(250, 330)
}
