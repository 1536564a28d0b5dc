package art

var paperKinds = map[string]recipe{
	"book": {book, 240}, "stack": {stack, 240}, "row": {row, 260}, "thick": {thick, 240}, "open": {openBook, 420}, "letters": {letters, 240},
	"notebooks": {notebooks, 250}, "pocketbook": {pocketbook, 140}, "clothbook": {clothbook, 180},
	"gamebox": {gamebox, 300}, "comets": {comets, 240}, "chess": {chess, 360}, "gamecase": {gamecase, 180}, "papertown": {papertown, 320},
	"puzzle": {puzzle, 300}, "masks": {masks, 220}, "snack": {snack, 210}, "film": {film, 180}, "soap": {soap, 150}, "tablets": {tablets, 110}, "parcel": {parcel, 300},
	"giftcard": {giftcard, 110}, "voucher": {voucher, 190}, "birthday": {birthday, 170}, "thanks": {thanks, 220}, "memcard": {memcard, 32},
	"pack": {pack, 190}, "discpack": {discpack, 190}, "keypack": {keypack, 190}, "gift": {gift, 300}, "babybox": {babybox, 340}, "wrap": {wrap, 700},
	"tin": {tin, 190}, "puree": {puree, 150}, "formula": {formula, 190}, "teatin": {teatin, 170}, "balm": {balm, 70},
}

var seeded = []string{"arc", "dots", "ladder", "leaf", "wave", "moon", "grid", "peak", "rings", "sun"}

// glyph draws the one abstract mark of a cover: never a letter, never a logo.
func (p *pen) glyph(x, y, r float64, a, b string) {
	kind, ok := glyphs[p.code]
	if !ok {
		kind = seeded[p.num%len(seeded)]
	}
	p.move(x, y, r/50, func() {
		switch kind {
		case "arc":
			p.path("M-50 34a50 50 0 0 1 100 0z", a)
			p.path("M-26 34a26 26 0 0 1 52 0z", b)
		case "dots":
			p.dots(-34, -34, 34, 34, 3, 3, 12, a)
			p.dot(34, -34, 12, b)
		case "ladder":
			p.line("M-40 36h80M-40 12h56M-40-12h68M-40-36h30", 13, a)
			p.dot(36, -36, 9, b)
		case "leaf":
			p.path("M-6 50q-50-50 6-100q56 50-6 100z", a)
			p.line("M-4 56Q4 4 0-24", 6, b)
		case "wave":
			p.dot(22, -24, 20, b)
			p.line("M-50 6q25-28 50 0t50 0M-50 36q25-28 50 0t50 0", 11, a)
		case "moon":
			p.path("M16-48a50 50 0 1 0 32 66a42 42 0 0 1-32-66z", a)
			p.dot(30, -22, 8, b)
		case "grid":
			p.line("M-44-16h88M-44 16h88M-16-44v88M16-44v88", 8, a)
			p.rect(-12, -12, 24, 24, 0, b)
		case "peak":
			p.dot(26, -28, 15, b)
			p.path("M-54 42l38-72l26 44l14-20l32 48z", a)
		case "rings":
			p.dot(0, 0, 48, a)
			p.dot(0, 0, 30, b)
			p.dot(0, 0, 13, a)
		case "sun":
			p.fan("M-5-34h10l-2-18h-6z", 0, 0, 0, 45, 8, b)
			p.dot(0, 0, 27, a)
		case "circuit":
			p.line("M-50 0h22l8-22l14 44l14-44l14 44l8-22h20", 8, a)
			p.dot(-50, 0, 9, b)
			p.dot(50, 0, 9, b)
		case "beam":
			p.path("M8-28L64-50v34z", b)
			p.path("M-14 50l6-68h20l6 68z", a)
			p.path("M-14-22h32v-12l-16-14l-16 14z", a)
		case "corner":
			p.path("M-44 44V-48l92 92zM-22 22h24l-24-24z", a)
			p.dot(34, -30, 13, b)
		case "iris":
			p.fan("M0-48a48 48 0 0 1 40 24l-34 14z", 0, 0, 0, 60, 6, a, b)
		case "nest":
			p.path("M0-50l44 16v28q0 38-44 58q-44-20-44-58v-28z", a)
			p.path("M0-24l20 8v14q0 18-20 28z", b)
		}
	})
}

// cover is a standing book: spine at the left, pages showing at the top.
func (p *pen) cover(x, y, w, h, d float64, face, spine string) {
	c := p.c
	p.path(joinNums("M", x, y, "l", d, -d*.45, "h", w, "l", -d, d*.45)+"z", c.paper)
	p.path(joinNums("M", x+w, y, "l", d, -d*.45, "v", h, "l", -d, d*.45)+"z", c.fold)
	p.path(joinNums("M", x+w, y+h, "l", d, -d*.45, "v", 8, "l", -d, d*.45)+"z", spine)
	p.rect(x, y, w, h+8, 5, face)
	p.rect(x, y, w*.13, h+8, 5, spine)
}

func (p *pen) lying(x, y, w, h float64, a, b string) {
	p.slab(x, y, w, h, 6, a, b)
	p.rect(x+20, y+8, w-12, h-16, 3, p.c.paper)
	p.rect(x+20, y+h/2, w-12, h/2-8, 3, p.c.fold)
	p.slabAt(x, y, w*.7, h, 6, .72, a, b)
	p.rect(x+w*.16, y+h/2-3, w*.22, 6, 3, p.c.paper)
}

func book(p *pen) {
	c := p.c
	h := float64(270 + p.num*37%4*16)
	face, spine, g := c.mid, c.dark, c.paper
	switch p.num % 3 {
	case 1:
		face, spine, g = c.acc, c.accD, c.paper
	case 2:
		face, spine, g = c.dark, c.ink, c.glow
	}
	x, w, foot := 190.0, 206.0, 480.0
	if p.num%2 == 0 {
		p.lying(168, 434, 290, 46, c.light, c.mid)
		x, w, foot = 204, 190, 434
	}
	p.cover(x, foot-8-h, w, h, 34, face, spine)
	tail := c.light
	if face == c.acc { // the accent alone is too pale to carry a cover
		p.path(joinNums("M", x+w*.13, foot-h*.38, "H", x+w, "V", foot-5, "q", 0, 5, -5, 5, "H", x+w*.13)+"z", c.accD)
	} else {
		tail = c.acc
	}
	mid := x + w*.565
	p.glyph(mid, foot-h*.66, 54, g, c.acc)
	p.rect(mid-52, foot-h*.27, 104, 9, 4, g)
	p.rect(mid-52, foot-h*.27+20, 64, 7, 3, tail)
	p.look(mid, foot-h*.6)
}

func stack(p *pen) {
	c := p.c
	p.lying(140, 426, 310, 54, c.mid, c.dark)
	p.lying(166, 376, 280, 50, c.acc, c.accD)
	p.lying(150, 320, 300, 56, c.dark, c.ink)
	p.turn(-9, 330, 320, func() {
		p.cover(262, 154, 116, 152, 16, c.light, c.mid)
		p.glyph(328, 222, 30, c.accD, c.paper)
		p.rect(296, 276, 62, 7, 3, c.ink)
	})
	p.look(310, 250)
}

func row(p *pen) {
	c := p.c
	for i, w := range []float64{54, 40, 66} {
		h := []float64{250, 290, 270}[i]
		x := []float64{178, 234, 276}[i]
		a, b := c.mid, c.dark
		if i == 1 {
			a, b = c.acc, c.accD
		} else if i == 2 {
			a, b = c.dark, c.ink
		}
		p.slab(x, 480-h, w, h, 5, a, b)
		p.rect(x, 480-h+34, w, 12, 0, c.paper)
		p.rect(x, 480-70, w, 8, 0, c.light)
	}
	p.turn(16, 352, 480, func() {
		p.slab(350, 222, 50, 258, 5, c.light, c.mid)
		p.dot(375, 270, 13, c.accD)
		p.rect(350, 420, 50, 8, 0, c.paper)
	})
	p.turn(-4, 200, 220, func() {
		p.rect(184, 210, 150, 16, 3, c.glow)
		p.path("M334 210l30 8l-30 8z", c.wood)
		p.rect(168, 210, 20, 16, 4, c.acc)
	})
	p.look(270, 300)
}

func thick(p *pen) {
	c := p.c
	p.cover(176, 176, 190, 296, 92, c.dark, c.ink)
	p.rect(214, 200, 138, 252, 4, c.mid)
	p.glyph(283, 300, 50, c.paper, c.acc)
	p.rect(236, 396, 94, 9, 4, c.paper)
	for i := range 5 {
		y := 206 + float64(i)*50
		p.path(joinNums("M", 400, y, "l", 34, -16, "q", 12, 18, 0, 26, "l", -34, 16)+"z", []string{c.acc, c.accD}[i%2])
	}
	p.path("M330 480l0 26l12-10l12 10v-26z", c.accD)
	p.look(380, 270)
}

func openBook(p *pen) {
	c := p.c
	p.path("M70 284l230 46l230-46v180l-230 36l-230-36z", c.dark)
	p.path("M300 330l230-46v180l-230 36z", c.ink)
	p.path("M102 276q120-34 198 22v176q-78-50-198-22z", c.paper)
	p.path("M498 276q-120-34-198 22v176q78-50 198-22z", c.fold)
	p.line("M136 306q70-16 128 14M136 338q70-16 128 14M136 370q70-16 90 0", 9, c.mid)
	p.path("M336 330q60-34 126-22v88q-66-12-126 22z", c.light)
	p.path("M336 400l44-60l30 30l20-20l32 46q-66-12-126 22z", c.dark)
	p.dot(436, 332, 11, c.accD)
	p.path("M286 300h28v-120h-28z", c.acc)
	p.path("M300 180h14v120h-14z", c.accD)
	p.path("M286 300h28l-14-18z", c.paper)
	p.look(310, 330)
}

func letters(p *pen) {
	c := p.c
	p.cover(172, 214, 186, 258, 40, c.mid, c.dark)
	p.rect(224, 256, 110, 78, 4, c.paper)
	p.line("M226 260l53 40l53-40", 6, c.accD)
	p.rect(224, 346, 110, 12, 6, c.acc)
	p.rect(236, 380, 84, 9, 4, c.paper)
	p.turn(8, 430, 440, func() {
		p.rect(344, 366, 150, 108, 4, c.paper)
		p.path("M419 366h75v108h-75z", c.fold)
		p.path("M344 368l75 58l75-58z", c.light)
		p.dot(419, 424, 14, c.dark)
	})
	p.look(300, 320)
}

func notebooks(p *pen) {
	c := p.c
	for i := range 3 {
		x, y := 214-float64(i)*32, 152+float64(i)*24
		a, b := []string{c.light, c.mid, c.acc}[i], []string{c.mid, c.dark, c.accD}[i]
		p.slabAt(x, y, 214, 304, 16, .9, a, b)
		p.rect(x, y, 34, 304, 8, b)
	}
	p.rect(214, 250, 110, 70, 6, c.paper)
	p.rect(230, 270, 78, 7, 3, c.accD)
	p.rect(230, 290, 50, 7, 3, c.accD)
	p.rect(340, 200, 9, 304, 0, c.ink)
	p.look(270, 280)
}

func pocketbook(p *pen) {
	c := p.c
	p.slabAt(196, 210, 196, 270, 18, .88, c.dark, c.ink)
	p.rect(216, 238, 148, 214, 8, c.mid)
	p.bars(208, 196, 9, 13, 30, 0, 8, 1, c.paper)
	p.line("M238 330l16 34l22-84h62", 10, c.paper)
	p.dots(292, 320, 24, 24, 3, 3, 6, c.acc)
	p.turn(-24, 420, 400, func() {
		p.rect(412, 250, 20, 200, 4, c.acc)
		p.rect(422, 250, 10, 200, 4, c.accD)
		p.path("M412 450h20l-10 30z", c.wood)
	})
	p.look(290, 310)
}

func clothbook(p *pen) {
	c := p.c
	p.path("M150 250q-14-30 20-32l130 20l130-20q34 2 20 32v190q6 40-30 38l-120-18l-120 18q-36 2-30-38z", c.dark)
	p.path("M168 236l132 22v206l-132 14z", c.acc)
	p.path("M432 236l-132 22v206l132 14z", c.mid)
	p.line("M180 252l106 17v180l-106 14zM420 252l-106 17v180l106 14z", 4, c.paper)
	p.dot(234, 360, 36, c.paper)
	p.dot(222, 354, 5, c.ink)
	p.dot(246, 354, 5, c.ink)
	p.dot(212, 326, 14, c.paper)
	p.dot(256, 326, 14, c.paper)
	p.path("M366 400q-46-34-28-62q16-18 28 6q12-24 28-6q18 28-28 62z", c.accD)
	p.look(240, 350)
}

func giftcard(p *pen) {
	c := p.c
	p.path("M190 480l30-60h250l-30 60z", c.fold)
	p.turn(-7, 300, 400, func() {
		p.clip("M140 244q0-20 20-20h280q20 0 20 20v160q0 20-20 20h-280q-20 0-20-20z", c.mid, func() {
			p.path("M330 224h130v200h-60z", c.dark)
			p.rect(206, 224, 30, 200, 0, c.acc)
			p.rect(140, 300, 320, 28, 0, c.acc)
		})
		p.line("M221 314q-70-74-84-26q-4 34 84 26q72-86 94-40q8 36-94 40", 13, c.accD)
		p.rect(350, 370, 80, 14, 7, c.paper)
	})
	p.look(240, 310)
}

func voucher(p *pen) {
	c := p.c
	ticket := func(a float64, lit, shade, mark string) {
		p.turn(a, 300, 480, func() {
			p.path("M110 250h260a22 22 0 0 0 44 0h76v170h-76a22 22 0 0 0-44 0h-260z", lit)
			p.path("M392 272a22 22 0 0 0 22-22h76v170h-76a22 22 0 0 0-22-22z", shade)
			p.rect(110, 392, 260, 28, 0, shade)
			p.line("M392 290v100", 5, c.paper)
			p.dot(234, 335, 56, mark)
			p.path("M252 286v62a18 15 0 1 1-10-14v-36l-34 10v50a18 15 0 1 1-10-14v-46z", c.paper)
			p.dots(430, 300, 30, 34, 2, 3, 7, c.paper)
		})
	}
	ticket(-16, c.light, c.mid, c.mid)
	ticket(2, c.acc, c.accD, c.dark)
	p.look(250, 330)
}

func birthday(p *pen) {
	c := p.c
	p.path("M366 178l74 34v268l-74-10z", c.light)
	p.path("M170 170h196v310h-196z", c.paper)
	p.rect(188, 188, 160, 274, 6, c.dark)
	p.rect(212, 380, 112, 56, 8, c.paper)
	p.path("M212 398q14 20 28 0t28 0t28 0t28 0v-10q0-8-8-8h-96q-8 0-8 8z", c.acc)
	for i := range 3 {
		x := 240 + float64(i)*28
		p.rect(x-5, 340, 10, 40, 2, []string{c.acc, c.paper, c.light}[i])
		p.path(joinNums("M", x, 336, "q", -14, -12, 0, -30, "q", 14, 18, 0, 30)+"z", c.glow)
	}
	p.dots(216, 220, 26, 30, 5, 2, 7, c.acc)
	p.look(270, 340)
}

func thanks(p *pen) {
	c := p.c
	p.turn(7, 380, 400, func() { p.rect(270, 190, 170, 250, 6, c.mid) })
	p.turn(-5, 300, 400, func() {
		p.rect(200, 170, 180, 260, 6, c.paper)
		p.path("M290 380q-4-60-4-90", c.leafD)
		p.line("M290 390V270", 7, c.leafD)
		p.path("M290 350q-50 0-54-46q50 2 54 46zM290 330q46-4 48-46q-46 4-48 46z", c.leaf)
		p.fan("M290 264q-26-24 0-50q26 26 0 50z", 290, 266, 0, 72, 5, c.acc, c.accD)
		p.dot(290, 266, 10, c.glow)
	})
	p.path("M120 340h330v140h-330z", c.light)
	p.path("M120 340l165 96l165-96v140h-330z", c.mid)
	p.path("M285 436l165-96v140h-165z", c.dark)
	p.look(290, 290)
}

func memcard(p *pen) {
	c := p.c
	p.cut("M190 180q0-20 20-20h130l70 66v234q0 20-20 20h-180q-20 0-20-20z", c.dark, c.ink, 330)
	p.rect(214, 286, 172, 150, 12, c.acc)
	p.path("M320 286h54q12 0 12 12v126q0 12-12 12h-54z", c.accD)
	p.path("M214 400q50-60 90-20t82-30v74q0 12-12 12h-148q-12 0-12-12z", c.paper)
	p.bars(216, 182, 16, 10, 56, 0, 5, 1, c.glow)
	p.rect(184, 280, 12, 40, 4, c.ink)
	p.size = .86
	p.look(290, 300)
}
