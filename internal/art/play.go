package art

var playKinds = map[string]recipe{
	"badminton": {badminton, 670}, "tennis": {tennis, 685}, "shuttles": {shuttles, 400}, "basketball": {basketball, 240}, "tent": {tent, 2200},
	"bike": {bike, 1750}, "stroller": {stroller, 1050}, "gamepad": {gamepad, 160}, "ukulele": {ukulele, 560}, "piano": {piano, 820}, "keyboard": {keyboard, 330},
	"drumpad": {drumpad, 400}, "rings": {rings, 220}, "moon": {moon, 110}, "mouse": {mouse, 110},
}

// head is a strung hoop, drawn upright about (300, 210).
func (p *pen) head(rx, ry, step float64) {
	c := p.c
	in := joinNums("M", 300-rx+16, 210, "a", rx-16, ry-16, "0 1 1 ", 2*rx-32, 0, "a", rx-16, ry-16, "0 1 1 ", 32-2*rx, 0) + "z"
	p.clip(in, "none", func() {
		d := ""
		for v := step / 2; v < ry; v += step {
			d += joinNums("M", 180, 210-v, "h", 240, "M", 180, 210+v, "h", 240)
			if v < rx {
				d += joinNums("M", 300-v, 60, "v", 300, "M", 300+v, 60, "v", 300)
			}
		}
		p.line(d, 3, c.mid)
	})
	u, v := rx-8, ry-8
	p.line(joinNums("M", 300, 210-v, "A", u, v, "0 0 0 ", 300, 210+v), 16, c.acc)
	p.line(joinNums("M", 300, 210-v, "A", u, v, "0 0 1 ", 300, 210+v), 16, c.accD)
	p.markBox(300-rx, 210-ry, 300+rx, 210+ry)
}

func badminton(p *pen) {
	c := p.c
	p.turn(24, 300, 330, func() {
		p.rect(293, 320, 14, 130, 0, c.dark)
		p.head(92, 122, 20)
		p.path("M282 330h36l-10 34h-16z", c.ink)
		p.slab(284, 428, 32, 128, 12, c.dark, c.ink)
		p.line("M288 460l24-14M288 490l24-14M288 520l24-14", 5, c.light)
	})
	p.move(436, 500, 1, func() {
		p.path("M-26-24l-26-74q52-20 104 0l-26 74z", c.paper)
		p.path("M6-24l16-84q16 2 30 10l-26 74z", c.fold)
		p.line("M-20-30l-16-62M0-28v-72M20-30l16-62M-38-62h76", 4, c.light)
		p.path("M-27-26h54q0 34-27 34t-27-34z", c.accD)
	})
	p.look(360, 240)
}

func tennis(p *pen) {
	c := p.c
	p.turn(-32, 300, 330, func() {
		p.path("M214 270q40 100 62 140h48q22-40 62-140l-20 0q-26 66-56 78h-20q-30-12-56-78z", c.accD)
		p.line("M256 322l36 84M344 322l-36 84", 20, c.dark)
		p.head(118, 140, 24)
		p.slab(276, 396, 48, 160, 12, c.dark, c.ink)
		p.line("M284 440l32-16M284 474l32-16M284 508l32-16", 5, c.light)
	})
	p.ball(216, 470, 50, 50, c.glow, c.mid)
	p.line("M182 438q48 12 42 78", 7, c.paper)
	p.look(230, 240)
}

func shuttlecock(p *pen) {
	c := p.c
	p.path("M-30-34l-34-92q64-26 128 0l-34 92z", c.paper)
	p.path("M8-34l22-102q18 2 34 10l-34 92z", c.fold)
	p.line("M-22-40l-24-78M0-38v-92M22-40l24-78M-46-80h92", 4, c.mid)
	p.path("M-32-36h64v10q-4 28-32 28t-32-28z", c.accD)
	p.path("M6-36h26v10q-2 22-26 27z", c.dark)
}

func shuttles(p *pen) {
	c := p.c
	p.slab(176, 130, 136, 350, 10, c.mid, c.dark)
	p.slab(168, 118, 152, 42, 12, c.acc, c.accD)
	p.rect(176, 220, 136, 180, 0, c.paper)
	p.path("M258 220h54v180h-54z", c.fold)
	p.move(244, 362, .72, func() { shuttlecock(p) })
	p.turn(74, 420, 440, func() { p.move(420, 470, 1, func() { shuttlecock(p) }) })
	p.look(250, 300)
}

func basketball(p *pen) {
	c := p.c
	p.clip("M140 320a160 160 0 1 1 320 0a160 160 0 1 1-320 0z", c.acc, func() {
		p.path("M320 150h160v340h-160q60-160 0-340z", c.accD)
		p.line("M136 320q160 40 330 0M300 150q-30 170 0 340M186 190q90 120 10 270M420 190q-90 120-10 270", 9, c.ink)
	})
	p.turn(40, 220, 240, func() { p.shine(206, 210, 24, 70) })
	p.size = .88
	p.look(270, 290)
}

func tent(p *pen) {
	c := p.c
	p.path("M356 190l154 290h-130z", c.dark)
	p.path("M244 190h112l24 290h-280z", c.acc)
	p.path("M244 190h112l154 290h-130l-40-200z", c.accD)
	p.path("M244 190L110 480h250z", c.light)
	p.path("M244 190l116 290h-40z", c.mid)
	p.path("M244 250q-50 110-62 230h110q-20-120-48-230z", c.ink)
	p.path("M244 250q-50 110-62 230h30q8-130 32-230z", c.paper)
	p.line("M244 190V166M244 190L80 484M510 480l28 6", 6, c.wire)
	p.path("M244 150l44 12l-44 14z", c.accD)
	p.rect(96, 476, 420, 10, 5, c.ink)
	p.look(250, 330)
}

func (p *pen) wheel(x, y, r, w float64, tyre, rim string) {
	p.line(joinNums("M", x-r, y, "a", r, r, "0 1 1 ", 2*r, 0, "a", r, r, "0 1 1 ", -2*r, 0), w, tyre)
	p.line(joinNums("M", x-r, y, "h", 2*r, "M", x, y-r, "v", 2*r, "M", x-r*.7, y-r*.7, "l", r*1.4, r*1.4, "M", x+r*.7, y-r*.7, "l", -r*1.4, r*1.4), 2.5, rim)
	p.dot(x, y, w*.8, tyre)
}

func bike(p *pen) {
	c := p.c
	p.wheel(166, 384, 88, 14, c.wire, c.mid)
	p.wheel(434, 384, 88, 14, c.wire, c.mid)
	p.line("M84 330a98 98 0 0 1 170 14M352 330a98 98 0 0 1 160-4", 10, c.accD)
	p.line("M166 384L236 240M166 384H286L236 240M286 384L398 250", 16, c.acc)
	p.line("M236 262q90 60 160 0", 16, c.accD)
	p.line("M392 202L434 384", 16, c.accD)
	p.line("M236 240l-8-32M392 202l-10-34q4-12 22-12h38", 11, c.wire)
	p.path("M184 196q6-16 30-16h48q20 4 14 20q-30 12-50 14q-38 4-42-18z", c.dark)
	p.rect(424, 150, 40, 16, 8, c.dark)
	p.slab(420, 204, 84, 56, 8, c.wood, c.woodD)
	p.bars(428, 214, 8, 8, 36, 0, 5, 1, c.paper)
	p.line("M108 282h92M120 282l46 96", 8, c.wire)
	p.dot(286, 384, 26, c.dark)
	p.line("M286 384l22 44h22", 9, c.wire)
	p.dot(286, 384, 10, c.paper)
	p.look(400, 250)
}

func stroller(p *pen) {
	c := p.c
	p.line("M180 420L400 220L452 150q10-14 30-10", 16, c.wire)
	p.line("M214 320L400 430", 16, c.dark)
	p.path("M170 290h250q-6 104-100 104h-56q-84 0-94-104z", c.mid)
	p.path("M310 290h110q-6 104-100 104z", c.dark)
	p.path("M400 290q0-130-130-130v130z", c.acc)
	p.path("M270 160q130 0 130 130h-56q0-100-74-130z", c.accD)
	p.path("M270 160v130h-40q-4-90 40-130z", c.light)
	p.rect(160, 280, 260, 20, 10, c.ink)
	p.wheel(190, 430, 46, 14, c.wire, c.mid)
	p.wheel(412, 430, 46, 14, c.wire, c.mid)
	p.dots(230, 336, 40, 20, 4, 1, 8, c.paper)
	p.look(320, 270)
}

func gamepad(p *pen) {
	c := p.c
	p.path("M190 214q6-20 26-20h40v40h-66zM410 214q-6-20-26-20h-40v40h66z", c.ink)
	p.cut("M196 214h208q50 0 66 60q24 90 24 140q0 50-42 50q-34 0-62-60q-16-28-40-28h-100q-24 0-40 28q-28 60-62 60q-42 0-42-50q0-50 24-140q16-60 66-60z", c.acc, c.accD, 324)
	p.path("M184 250h24v24h24v24h-24v24h-24v-24h-24v-24h24z", c.ink)
	p.dot(404, 254, 14, c.paper)
	p.dot(404, 316, 14, c.paper)
	p.dot(373, 285, 14, c.glow)
	p.dot(435, 285, 14, c.ink)
	p.dot(252, 346, 32, c.ink)
	p.dot(252, 346, 19, c.mid)
	p.dot(348, 346, 32, c.ink)
	p.dot(348, 346, 19, c.mid)
	p.rect(272, 250, 56, 34, 10, c.paper)
	p.look(390, 300)
}

func ukulele(p *pen) {
	c := p.c
	p.turn(16, 300, 330, func() {
		p.path("M276 76l-10 60h68l-10-60q-24-14-48 0z", c.woodD)
		p.line("M256 92h88M256 118h88", 9, c.wire)
		p.slab(280, 132, 40, 190, 4, c.dark, c.ink)
		p.cut("M300 286c64 0 84 32 66 74c-6 14 0 22 10 34c44 60 6 118-76 118c-82 0-120-58-76-118c10-12 16-20 10-34c-18-42 2-74 66-74z", c.acc, c.accD, 318)
		p.slab(280, 286, 40, 40, 0, c.dark, c.ink)
		p.dot(300, 374, 40, c.ink)
		p.line("M300 342a32 32 0 1 0 .1 0", 4, c.glow)
		p.rect(256, 450, 88, 16, 5, c.ink)
		p.line("M288 96V456M296 96V456M304 96V456M312 96V456", 2.4, c.paper)
		p.line("M282 170h36M282 204h36M282 236h36M282 264h36", 4, c.mid)
	})
	p.look(280, 370)
}

func piano(p *pen) {
	c := p.c
	p.rect(90, 244, 420, 90, 14, c.dark)
	p.path("M330 244h166q14 0 14 14v76h-180z", c.ink)
	p.rect(240, 262, 120, 46, 6, c.light)
	p.line("M252 294q14-26 28 0t28 0t28-6", 5, c.accD)
	p.dots(120, 285, 34, 0, 3, 1, 11, c.acc)
	p.bars(388, 268, 16, 10, 14, 24, 4, 2, c.mid)
	p.rect(90, 330, 420, 150, 10, c.ink)
	p.bars(104, 330, 26, 2, 136, 0, 14, 1, c.paper)
	d := ""
	for i := range 13 {
		if i%7 != 2 && i%7 != 6 {
			d += joinNums("M", 123+float64(i)*28, 330, "h", 17, "v", 84, "h", -17) + "z"
		}
	}
	p.path(d, c.ink)
	p.rect(188, 414, 26, 52, 4, c.acc)
	p.look(250, 340)
}

func keyboard(p *pen) {
	c := p.c
	p.path("M100 330h400l34 132q4 18-14 18h-440q-18 0-14-18z", c.dark)
	p.path("M340 330h160l34 132q4 18-14 18h-130z", c.ink)
	for r := range 4 {
		y := 346 + float64(r)*30
		in := 12 - float64(r)*7
		w := 376 + float64(r)*14
		k := w/13 - 4
		p.bars(100+in, y, k, 4, 24, 0, 13, 1, []string{c.light, c.paper, c.paper, c.paper}[r])
	}
	p.rect(472, 346, 28, 24, 4, c.acc)
	p.rect(80, 406, 44, 24, 4, c.acc)
	p.rect(190, 436, 190, 24, 4, c.accD)
	p.look(170, 400)
}

func drumpad(p *pen) {
	c := p.c
	p.ell(290, 420, 200, 66, c.ink)
	p.ell(290, 400, 200, 66, c.dark)
	p.ell(290, 388, 166, 52, c.acc)
	p.path("M310 337a166 52 0 0 1 0 102z", c.accD)
	p.ell(290, 388, 70, 22, c.light)
	p.line("M250 370L470 190", 14, c.wood)
	p.line("M330 376L520 240", 14, c.woodD)
	p.ell(246, 373, 16, 12, c.wood)
	p.ell(326, 379, 16, 12, c.woodD)
	p.look(280, 375)
}

func rings(p *pen) {
	c := p.c
	p.slab(150, 446, 300, 34, 16, c.wood, c.woodD)
	for i := range 5 {
		w := 270 - float64(i)*40
		y := 388 - float64(i)*56
		a := []string{c.dark, c.mid, c.acc, c.light, c.glow}[i]
		b := []string{c.ink, c.dark, c.accD, c.mid, c.light}[i]
		p.slab(300-w/2, y, w, 60, 30, a, b)
	}
	p.ball(300, 142, 34, 34, c.acc, c.accD)
	p.shine(226, 344, 50, 10)
	p.look(290, 290)
}

func moon(p *pen) {
	c := p.c
	p.path("M330 150a166 166 0 1 0 130 224a136 136 0 0 1-130-224z", c.acc)
	p.path("M204 444a166 166 0 0 0 256-70a136 136 0 0 1-90 8q-70 90-166 62z", c.accD)
	p.hoop(420, 236, 50, 32, c.wood)
	p.path("M424 170a66 66 0 0 1 0 132v-32a34 34 0 0 0 0-68z", c.woodD)
	p.dots(196, 260, 30, 34, 1, 4, 9, c.paper)
	p.line("M262 350q16 16 34 6", 7, c.ink)
	p.dot(262, 312, 8, c.ink)
	p.dot(306, 322, 8, c.ink)
	p.size = .85
	p.look(290, 330)
}

func mouse(p *pen) {
	c := p.c
	p.turn(26, 300, 320, func() {
		p.path("M200 262q0-118 100-118t100 118v104q0 122-100 122t-100-122z", c.dark)
		p.cut("M200 254q0-118 100-118t100 118v96q0 122-100 122t-100-122z", c.acc, c.accD, 316)
		p.path("M200 262q100 34 200 0v14q-100 34-200 0z", c.dark)
		p.line("M300 140v136", 7, c.dark)
		p.slab(284, 176, 32, 70, 16, c.ink, c.ink)
		p.rect(292, 190, 16, 26, 8, c.light)
		p.slab(194, 292, 16, 62, 8, c.ink, c.ink)
		p.turn(8, 240, 400, func() { p.shine(226, 330, 14, 84) })
	})
	p.size = .9
	p.look(310, 230)
}
