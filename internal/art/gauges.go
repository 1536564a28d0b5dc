package art

func caliper(p *pen) {
	c := p.c
	p.turn(-16, 300, 330, func() {
		p.path("M118 290h54v-58q-34 4-40 58zM118 350h54v130q-46-24-54-100z", c.dark)
		p.rect(118, 290, 410, 62, 6, c.light)
		p.bars(190, 290, 3, 12, 18, 0, 22, 1, c.ink)
		p.bars(190, 290, 3, 72, 28, 0, 5, 1, c.ink)
		p.path("M206 290h50v-58q-44 10-50 58zM206 350h56q-6 96-56 130z", c.mid)
		p.slab(206, 266, 170, 104, 14, c.acc, c.accD)
		p.rect(226, 284, 116, 46, 6, c.paper)
		p.path("M240 316q16-30 30-10t28-8t28 2", c.paper)
		p.line("M240 318q14-26 30-8t28-8t30-4", 6, c.ink)
		p.dots(240, 350, 34, 0, 3, 1, 8, c.ink)
		p.dot(392, 362, 18, c.ink)
	})
	p.look(280, 320)
}

func micrometer(p *pen) {
	c := p.c
	p.turn(-14, 300, 330, func() {
		p.line("M150 250C110 470 330 480 320 290", 46, c.dark)
		p.line("M250 424q68-20 70-134", 46, c.ink)
		p.rect(136, 216, 56, 52, 6, c.light)
		p.rect(226, 228, 90, 28, 4, c.paper)
		p.slab(296, 212, 110, 60, 8, c.paper, c.light)
		p.bars(310, 226, 3, 10, 18, 0, 7, 1, c.ink)
		p.slab(396, 200, 92, 84, 10, c.acc, c.accD)
		p.bars(396, 208, 14, 0, 3, 12, 1, 6, c.ink)
		p.slab(484, 216, 46, 52, 8, c.dark, c.ink)
		p.rect(200, 390, 60, 24, 8, c.acc)
	})
	p.look(370, 240)
}

func microscope(p *pen) {
	c := p.c
	p.path("M150 452q0-20 20-20h240q40 0 40 48h-300z", c.ink)
	p.path("M330 440q86-60 70-150q-14-70-90-90l10-40q120 20 136 124q14 110-70 156z", c.dark)
	p.path("M400 440q60-90-20-250q66 34 76 94q14 110-40 156z", c.ink)
	p.turn(-24, 270, 220, func() {
		p.slab(238, 130, 64, 150, 10, c.acc, c.accD)
		p.slab(246, 84, 48, 54, 8, c.ink, c.ink)
		p.slab(228, 270, 84, 30, 8, c.dark, c.ink)
		p.slab(252, 298, 36, 54, 6, c.light, c.mid)
	})
	p.slab(170, 376, 220, 20, 8, c.dark, c.ink)
	p.rect(236, 368, 90, 9, 3, c.paper)
	p.dot(404, 330, 24, c.accD)
	p.dot(404, 330, 11, c.paper)
	p.slab(236, 410, 60, 28, 8, c.glow, c.mid)
	p.look(290, 290)
}

func multimeter(p *pen) {
	c := p.c
	p.line("M270 470q-150 30-150-90v-130", 9, c.accD)
	p.line("M330 470q150 30 150-90v-130", 9, c.wire)
	p.rect(110, 150, 20, 120, 8, c.acc)
	p.rect(470, 150, 20, 120, 8, c.dark)
	p.line("M120 150v-44M480 150v-44", 5, c.wire)
	p.slab(190, 110, 220, 370, 34, c.acc, c.accD)
	p.slab(208, 128, 184, 334, 22, c.dark, c.ink)
	p.rect(226, 150, 148, 84, 8, c.light)
	p.line("M242 206q20-50 40-10t34-16t42 0", 8, c.ink)
	p.dot(300, 320, 56, c.mid)
	p.fan("M296 258h8v14h-8z", 300, 320, -120, 30, 9, c.paper)
	p.turn(30, 300, 320, func() { p.rect(290, 276, 20, 88, 10, c.paper) })
	p.dots(256, 424, 44, 0, 3, 1, 14, c.light)
	p.dots(256, 424, 44, 0, 3, 1, 6, c.ink)
	p.look(290, 290)
}

func laser(p *pen) {
	c := p.c
	p.turn(10, 300, 330, func() {
		p.path("M292 120L286 20h28l-6 100z", c.accD)
		p.slab(220, 110, 160, 370, 30, c.acc, c.accD)
		p.slab(236, 130, 128, 332, 18, c.dark, c.ink)
		p.rect(252, 150, 96, 124, 8, c.light)
		p.line("M268 254v-70M268 184l-8 12M268 184l8 12M290 250h40M290 226h26", 7, c.ink)
		p.dot(300, 322, 30, c.acc)
		p.dots(264, 384, 36, 40, 3, 2, 13, c.mid)
	})
	p.look(320, 240)
}

func thermal(p *pen) {
	c := p.c
	p.cut("M262 330h90l20 130q2 24-22 24h-70q-22 0-20-24z", c.dark, c.ink, 320)
	p.slab(170, 100, 270, 250, 34, c.acc, c.accD)
	p.clip("M196 142q0-16 16-16h186q16 0 16 16v150q0 16-16 16h-186q-16 0-16-16z", c.ink, func() {
		p.path("M196 308q20-130 60-130q40-60 90 0q40 10 60 130z", c.dark)
		p.path("M226 308q10-90 46-96q30-30 60 0q36 14 46 96z", c.accD)
		p.path("M256 308q10-60 30-62q20-14 36 2q20 10 26 60z", c.acc)
		p.path("M280 308q10-34 22-34q14 2 20 34z", c.glow)
	})
	p.dots(250, 328, 50, 0, 3, 1, 8, c.paper)
	p.path("M258 360q-20 30-4 56l14-2z", c.accD)
	p.look(300, 230)
}

func soundmeter(p *pen) {
	c := p.c
	p.rect(276, 150, 48, 70, 6, c.mid)
	p.ball(300, 126, 66, 72, c.dark, c.ink)
	p.dots(264, 92, 24, 22, 4, 4, 5, c.light)
	p.cut("M246 200h108l32 54v280q0 26-26 26h-120q-26 0-26-26v-280z", c.acc, c.accD, 320)
	p.rect(232, 272, 136, 96, 8, c.light)
	p.bars(246, 320, 14, 8, 36, 0, 5, 1, c.mid)
	p.bars(246, 300, 14, 8, 56, 0, 3, 1, c.ink)
	p.dots(260, 420, 40, 44, 3, 2, 14, c.ink)
	p.rect(244, 510, 60, 12, 6, c.paper)
	p.look(300, 250)
}

func thermometer(p *pen) {
	c := p.c
	p.line("M96 160q-26 40 0 82M64 140q-40 60 0 122", 10, c.accD)
	p.cut("M288 250h98l34 198q4 32-28 32h-62q-28 0-32-28z", c.mid, c.dark, 340)
	p.path("M278 280q-34 26-12 74l26-6z", c.ink)
	p.cut("M190 130h190q60 0 60 60v22q0 60-60 60h-190q-16 0-16-16v-110q0-16 16-16z", c.light, c.mid, 330)
	p.slab(128, 144, 56, 114, 14, c.dark, c.ink)
	p.rect(122, 168, 18, 66, 6, c.paper)
	p.rect(214, 158, 116, 82, 12, c.ink)
	p.line("M232 182h18v18h-16h16v18h-18M288 182h-18v36h18v-18h-18M306 200h.1M306 182h.1M306 218h.1", 7, c.glow)
	p.dot(390, 200, 26, c.acc)
	p.path("M394 174a26 26 0 0 1 0 52z", c.accD)
	p.rect(326, 396, 46, 12, 6, c.paper)
	p.look(270, 210)
}

// rack is the front of a bench instrument.
func (p *pen) rack(x, y, w, h float64) {
	c := p.c
	p.line(joinNums("M", x+w*.3, y-20, "v", -30, "q", 0, -14, 14, -14, "h", w*.4, "q", 14, 0, 14, 14, "v", 30), 13, c.wire)
	p.box(x, y, w, h, 60, c.mid, c.dark, c.light)
	p.rect(x+20, y+h-4, 40, 14, 4, c.ink)
	p.rect(x+w-60, y+h-4, 40, 14, 4, c.ink)
}

func scope(p *pen) {
	c := p.c
	p.rack(100, 210, 350, 256)
	p.rect(120, 232, 200, 150, 10, c.ink)
	p.line("M130 270h180M130 307h180M130 344h180M170 240v134M220 240v134M270 240v134", 1.5, c.dark)
	p.line("M128 300q22-70 45 0t45 0t45 0t45-10", 6, c.acc)
	p.line("M128 350h30v-30h34v30h34v-30h34v30h34", 5, c.glow)
	p.dots(352, 256, 40, 46, 2, 3, 15, c.dark)
	p.dots(352, 250, 40, 46, 2, 3, 4, c.paper)
	p.dots(140, 424, 44, 0, 3, 1, 16, c.paper)
	p.dots(140, 424, 44, 0, 3, 1, 8, c.ink)
	p.bars(276, 412, 24, 10, 20, 0, 5, 1, c.acc)
	p.look(230, 310)
}

func benchmeter(p *pen) {
	c := p.c
	p.rack(86, 260, 390, 206)
	p.rect(106, 282, 230, 82, 8, c.ink)
	p.line("M124 344v-42M150 302h22v20h-22v22h22M196 302h22v42h-22zM244 302h22M244 323h22v21h-22M244 302v20M290 302v20h22M312 302v42", 7, c.glow)
	p.bars(108, 386, 34, 14, 20, 32, 5, 2, c.light)
	p.dot(388, 330, 34, c.dark)
	p.rect(382, 298, 12, 30, 6, c.paper)
	p.dots(370, 400, 42, 36, 2, 2, 13, c.acc)
	p.dots(370, 400, 42, 36, 2, 2, 6, c.ink)
	p.look(230, 330)
}

func supply(p *pen) {
	c := p.c
	p.rack(130, 190, 270, 276)
	p.rect(150, 212, 106, 66, 8, c.ink)
	p.rect(272, 212, 106, 66, 8, c.ink)
	p.bars(166, 226, 10, 6, 36, 0, 4, 1, c.glow)
	p.bars(288, 226, 10, 6, 36, 0, 3, 1, c.acc)
	p.dot(203, 338, 38, c.dark)
	p.dot(325, 338, 38, c.dark)
	p.rect(199, 302, 8, 30, 4, c.paper)
	p.turn(60, 325, 338, func() { p.rect(321, 302, 8, 30, 4, c.paper) })
	for i := range 3 {
		x := 200 + float64(i)*66
		p.dot(x, 424, 21, []string{c.ink, c.paper, c.accD}[i])
		p.dot(x, 424, 9, []string{c.light, c.ink, c.paper}[i])
	}
	p.look(260, 310)
}

func airlogger(p *pen) {
	c := p.c
	p.path("M400 470l60-20v-230l-60-20z", c.dark)
	p.slab(150, 170, 270, 310, 44, c.paper, c.fold)
	p.rect(180, 204, 210, 150, 18, c.ink)
	p.line("M200 320l34-30l30 16l40-60l30 34l34-44", 7, c.acc)
	p.dots(206, 234, 22, 0, 3, 1, 6, c.glow)
	p.dots(214, 392, 24, 24, 7, 3, 6, c.dark)
	p.line("M474 190q24 0 30-26t30-26M474 240q24 0 30-26t30-26", 9, c.light)
	p.look(280, 280)
}

func rework(p *pen) {
	c := p.c
	p.box(110, 270, 240, 210, 66, c.mid, c.dark, c.light)
	p.rect(130, 292, 200, 74, 8, c.ink)
	p.line("M150 350v-40M176 310h22v20h-22v20h22M222 310h22v40h-22zM264 312l20 0", 7, c.glow)
	p.dots(170, 424, 60, 0, 3, 1, 24, c.dark)
	p.dots(170, 416, 60, 0, 3, 1, 5, c.paper)
	p.line("M350 400q110 40 130-60", 13, c.wire)
	p.turn(14, 480, 300, func() {
		p.slab(456, 200, 50, 160, 18, c.acc, c.accD)
		p.rect(468, 120, 26, 84, 4, c.paper)
		p.rect(462, 186, 38, 22, 4, c.ink)
		p.line("M470 100q-12-16 0-30M492 100q-12-16 0-30", 6, c.accD)
	})
	p.look(290, 330)
}

func loupe(p *pen) {
	c := p.c
	p.turn(-42, 270, 250, func() {
		p.slab(246, 372, 48, 40, 6, c.mid, c.dark)
		p.slab(238, 400, 64, 170, 26, c.acc, c.accD)
		p.dot(270, 236, 128, c.paper)
		p.path("M286 130a108 108 0 0 1 0 212z", c.fold)
		p.hoop(270, 236, 128, 34, c.dark)
		p.path("M290 91a147 147 0 0 1 0 290v-35a112 112 0 0 0 0-220z", c.ink)
	})
	p.line("M196 226q14-62 74-72", 18, c.light)
	p.look(250, 230)
}
