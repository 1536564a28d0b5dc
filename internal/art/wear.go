package art

var wearKinds = map[string]recipe{
	"runner": {runner, 300}, "tee": {tee, 700}, "shell": {shell, 760}, "onesie": {onesie, 480}, "cardigan": {cardigan, 420}, "sleepbag": {sleepbag, 760},
	"mat": {mat, 620}, "throw": {throw, 380}, "bands": {bands, 300}, "swimgoggles": {swimgoggles, 190}, "goggles": {goggles, 180},
	"camstrap": {camstrap, 420}, "cable": {cable, 240}, "backpack": {backpack, 480}, "sleeve": {sleeve, 350}, "sling": {sling, 300}, "basket": {basket, 420},
}

func runner(p *pen) {
	c := p.c
	p.cut("M112 440q-8-70 4-130q2-12 18-10q34 18 66-4l34-26q14-10 28 4q60 66 150 92q74 18 78 50q2 24-6 30h-370z", c.acc, c.accD, 330)
	p.path("M116 312q2-12 18-10q34 18 66-4l10-8q4 60 58 92l-40 58q-90-20-104-50z", c.dark)
	p.path("M430 370q58 18 60 46q2 16-4 30h-90q-10-50 34-76z", c.dark)
	p.path("M104 432q190 26 390-6q14 0 12 20q-2 34-34 34h-330q-36 0-38-30z", c.paper)
	p.path("M120 464h378q-8 16-26 16h-330q-16 0-22-16z", c.ink)
	p.line("M262 296l-30 26M290 322l-32 26M320 346l-32 28M352 364l-28 30", 11, c.paper)
	p.line("M150 420q110 20 180-34", 13, c.paper)
	p.look(290, 350)
}

// hanger hangs a garment from a hook on the wall.
func (p *pen) hanger(y, w float64) {
	p.hang = true
	p.line(joinNums("M", 300, y-4, "v", -16, "q", 22, -8, 20, -26, "q", -4, -18, -22, -16, "q", -14, 2, -16, 14), 8, p.c.wire)
	p.line(joinNums("M", 300-w, y+40, "L", 300, y, "L", 300+w, y+40), 11, p.c.wood)
}

func tee(p *pen) {
	c := p.c
	p.hanger(126, 96)
	p.cut("M232 142q68 44 136 0l44 16q14 6 20 20l46 104l-70 30l-20-44v196q0 16-16 16h-144q-16 0-16-16v-196l-20 44l-70-30l46-104q6-14 20-20z", c.acc, c.accD, 322)
	p.path("M232 142q68 44 136 0l16 6q-84 60-168 0z", c.onAcc)
	p.path("M212 340l176-70v36l-176 70zM212 396l176-70v16l-176 70z", c.onAcc)
	p.line("M212 268v-20M388 268v-20", 5, c.accD)
	p.look(300, 240)
}

func shell(p *pen) {
	c := p.c
	p.hanger(112, 70)
	p.path("M238 176q-10-82 62-84q72 2 62 84l-62 30z", c.ink)
	p.cut("M240 156q20 30 60 40q40-10 60-40l56 24q14 6 18 22l50 210l-60 18l-26-110v156q0 20-20 20h-156q-20 0-20-20v-156l-26 110l-60-18l50-210q4-16 18-22z", c.acc, c.accD, 322)
	p.path("M240 156q-8-66 60-68q68 2 60 68q-16-44-60-44t-60 44z", c.accD)
	p.rect(294, 196, 12, 300, 0, c.ink)
	p.path("M202 300h80v14h-80zM318 300h80v14h-80z", c.accD)
	p.path("M226 400h52l-6 62h-46zM322 400h52v62h-46z", c.dark)
	p.line("M276 190v52M324 190v52", 6, c.paper)
	p.fan("M300 60q-14 22 0 30q14-8 0-30z", 300, 60, 0, 0, 0, c.mid)
	p.path("M110 130q-16 26 0 34q16-8 0-34zM470 110q-16 26 0 34q16-8 0-34zM510 220q-16 26 0 34q16-8 0-34z", c.mid)
	p.look(300, 220)
}

func onesie(p *pen) {
	c := p.c
	p.hanger(126, 90)
	p.cut("M232 144q68 40 136 0l74 44l-30 66l-36-18v118q0 26-26 30l-20 60h-60l-20-60q-26-4-26-30v-118l-36 18l-30-66z", c.light, c.mid, 308)
	p.path("M232 144q68 40 136 0l14 8q-82 58-164 0z", c.acc)
	p.path("M442 188l-30 66l-10-5l30-67zM158 188l30 66l10-5l-30-67z", c.acc)
	p.dots(248, 226, 48, 52, 3, 3, 9, c.paper)
	p.dots(272, 252, 48, 52, 2, 3, 9, c.paper)
	p.path("M250 384l20 60h60l20-60l6-1l-22 77h-68l-22-77z", c.acc)
	p.dots(280, 436, 20, 0, 3, 1, 4, c.ink)
	p.look(300, 230)
}

func cardigan(p *pen) {
	c := p.c
	p.hanger(126, 96)
	p.cut("M240 140l60 110l60-110l50 22q14 6 20 22l56 180l-58 22l-38-96v146q0 16-16 16h-148q-16 0-16-16v-146l-38 96l-58-22l56-180q6-16 20-22z", c.mid, c.dark, 300)
	p.path("M240 140l60 110l60-110l14 6l-62 116v250h-24v-250l-62-116z", c.acc)
	p.path("M210 480h180v16q0 16-16 16h-148q-16 0-16-16z", c.acc)
	p.path("M114 364l58 22l7-22l-58-22zM486 364l-58 22l-7-22l58-22z", c.acc)
	p.dots(300, 290, 1, 52, 1, 4, 9, c.paper)
	p.line("M228 400h46M326 400h46", 8, c.paper)
	p.line("M240 290l12 20l12-20M336 290l12 20l12-20M232 340l12 20l12-20M344 340l12 20l12-20", 5, c.light)
	p.look(300, 300)
}

func sleepbag(p *pen) {
	c := p.c
	p.hanger(106, 74)
	p.cut("M246 122q8 50 54 52q46-2 54-52l44 18q10 60-10 108q52 90 46 206q-2 40-44 40h-180q-42 0-44-40q-6-116 46-206q-20-48-10-108z", c.acc, c.accD, 330)
	p.line("M300 174v300", 8, c.onAcc)
	p.path("M246 122q8 50 54 52q46-2 54-52l14 6q-8 62-68 64q-60-2-68-64z", c.onAcc)
	p.path("M240 330a30 30 0 1 0 22 46a24 24 0 0 1-22-46z", c.onAcc)
	p.dots(214, 430, 62, 34, 4, 1, 7, c.onAcc)
	p.dots(246, 280, 108, 30, 2, 1, 7, c.onAcc)
	p.dots(368, 350, 30, 46, 1, 1, 9, c.onAcc)
	p.look(280, 300)
}

func mat(p *pen) {
	c := p.c
	p.path("M170 420h330q24 0 30 20l8 40h-368z", c.accD)
	p.path("M170 456h360l8 24h-368z", c.acc)
	p.dot(190, 386, 94, c.acc)
	p.dot(190, 386, 74, c.accD)
	p.dot(190, 386, 56, c.acc)
	p.dot(190, 386, 38, c.accD)
	p.dot(190, 386, 20, c.acc)
	p.path("M190 292h230q30 0 30 30v98h-190q40-60-20-112q-20-16-50-16z", c.accD)
	p.rect(300, 292, 34, 130, 0, c.paper)
	p.rect(382, 292, 34, 130, 0, c.paper)
	p.line("M318 292q40-80 82 0", 14, c.dark)
	p.look(230, 370)
}

func throw(p *pen) {
	c := p.c
	for i := range 3 {
		y := 396 - float64(i)*66
		a, b := []string{c.acc, c.mid, c.acc}[i], []string{c.accD, c.dark, c.accD}[i]
		p.slabAt(130, y, 340, 84, 40, .66, a, b)
		p.line(joinNums("M", 168, y+42, "h", 270), 5, c.paper)
	}
	p.path("M330 258h100v150h-100z", c.paper)
	p.path("M330 282h100v16h-100zM330 314h100v30h-100zM330 360h100v14h-100z", c.dark)
	p.bars(331, 408, 8, 6, 34, 0, 7, 1, c.paper)
	p.look(350, 340)
}

func bands(p *pen) {
	c := p.c
	p.hang = true
	p.slab(110, 120, 380, 30, 15, c.wood, c.woodD)
	x := 150.0
	for i, w := range []float64{14, 22, 32, 44} {
		a := []string{c.light, c.acc, c.mid, c.dark}[i]
		b := []string{c.mid, c.accD, c.dark, c.ink}[i]
		r := 10 + w*.42
		p.line(joinNums("M", x+r*2, 130+w/2, "V", 440-w), w, b)
		p.line(joinNums("M", x, 130+w/2, "V", 440-w, "q", 0, r*1.6, r, r*1.6, "t", r, -r*1.6), w, a)
		p.line(joinNums("M", x, 130+w/2, "q", 0, -r*1.4, r, -r*1.4, "t", r, r*1.4), w, a)
		x += r*2 + w/2 + 44
	}
	p.look(330, 200)
}

func swimgoggles(p *pen) {
	c := p.c
	p.line("M150 330q-40-150 150-160t150 160", 20, c.wire)
	p.line("M150 350q10-130 150-134t150 134", 12, c.dark)
	p.line("M276 366q24-22 48 0", 16, c.ink)
	for _, x := range []float64{200, 400} {
		p.path(joinNums("M", x-92, 350, "q", 6, -50, 70, -52, "h", 44, "q", 62, 2, 70, 52, "q", 0, 70, -92, 74, "q", -92, -4, -92, -74)+"z", c.dark)
		p.path(joinNums("M", x-70, 354, "q", 6, -34, 52, -36, "h", 36, "q", 46, 2, 52, 36, "q", -2, 46, -70, 50, "q", -68, -4, -70, -50)+"z", c.acc)
		p.path(joinNums("M", x+8, 318, "h", 10, "q", 46, 2, 52, 36, "q", -2, 44, -62, 50)+"z", c.accD)
	}
	p.turn(24, 160, 350, func() { p.shine(148, 328, 14, 44) })
	p.look(240, 350)
}

func goggles(p *pen) {
	c := p.c
	p.line("M118 330q-26-100 80-130h204q106 30 80 130", 24, c.dark)
	p.path("M120 300q0-36 40-36h280q40 0 40 36v70q0 70-70 70q-50 0-74-40q-36-26-72 0q-24 40-74 40q-70 0-70-70z", c.ink)
	p.clip("M144 306q0-20 24-20h264q24 0 24 20v62q0 50-48 50q-38 0-56-34q-52-40-104 0q-18 34-56 34q-48 0-48-50z", c.light, func() {
		p.path("M190 440L300 270h70L260 440zM290 440L400 270h24L314 440z", c.paper)
	})
	p.rect(104, 306, 34, 60, 10, c.acc)
	p.rect(462, 306, 34, 60, 10, c.accD)
	p.bars(236, 268, 14, 10, 12, 0, 6, 1, c.acc)
	p.look(220, 340)
}

func camstrap(p *pen) {
	c := p.c
	p.hang = true
	p.dot(300, 112, 17, c.wood)
	p.line("M300 124C196 190 214 320 344 404", 30, c.acc)
	p.line("M300 124C404 190 386 320 256 404", 30, c.accD)
	p.line("M300 124C262 150 244 184 239 220", 52, c.dark)
	p.line("M300 124C338 150 356 184 361 220", 52, c.ink)
	p.line("M296 138C268 158 254 188 250 222M304 138C332 158 346 188 350 222", 5, c.light)
	end := func(x, y, a float64) {
		p.turn(a, x, y, func() {
			p.slab(x-28, y-8, 56, 82, 12, c.wood, c.woodD)
			p.dots(x, y+16, 1, 30, 1, 2, 6, c.paper)
			p.hoop(x, y+86, 16, 8, c.wire)
		})
	}
	end(254, 402, 34)
	end(346, 402, -34)
	p.look(300, 340)
}

func cable(p *pen) {
	c := p.c
	p.hoop(280, 330, 108, 84, c.accD)
	p.hoop(280, 330, 124, 15, c.acc)
	p.hoop(280, 330, 92, 15, c.acc)
	p.slab(250, 172, 60, 104, 10, c.dark, c.ink)
	p.line("M400 424q40 56 80 8v-120", 16, c.acc)
	p.slab(462, 270, 36, 70, 8, c.dark, c.ink)
	p.rect(472, 226, 16, 46, 7, c.glow)
	p.look(280, 280)
}

func backpack(p *pen) {
	c := p.c
	p.line("M262 180q-4-50 38-50t38 50", 18, c.wire)
	p.line("M190 300q-50 60-26 150M410 300q50 60 26 150", 24, c.dark)
	p.cut("M184 284q0-130 116-130t116 130v150q0 46-46 46h-140q-46 0-46-46z", c.acc, c.accD, 340)
	p.path("M196 250q10-96 104-96t104 96q-30 40-104 40t-104-40z", c.dark)
	p.path("M300 154q94 0 104 96q-20 28-60 36z", c.ink)
	p.slab(214, 336, 172, 118, 24, c.mid, c.dark)
	p.line("M232 366h136", 7, c.paper)
	p.line("M250 276v46M350 276v46", 14, c.paper)
	p.rect(238, 312, 24, 20, 4, c.ink)
	p.rect(338, 312, 24, 20, 4, c.ink)
	p.look(290, 320)
}

func sleeve(p *pen) {
	c := p.c
	p.turn(-8, 300, 460, func() {
		p.path("M176 176h276v60h-276z", c.ink)
		p.rect(176, 168, 276, 20, 8, c.light)
		p.cut("M140 222q0-14 14-14h304q14 0 14 14v210q0 24-24 24h-284q-24 0-24-24z", c.acc, c.accD, 340)
		p.path("M140 222q0-14 14-14h304q14 0 14 14v20l-120 84q-46 30-92 0l-120-84z", c.dark)
		p.path("M340 208h118q14 0 14 14v20l-120 84q-6 4-12 6z", c.ink)
		p.rect(282, 300, 48, 58, 12, c.wood)
		p.dot(306, 332, 9, c.glow)
	})
	p.look(300, 310)
}

func sling(p *pen) {
	c := p.c
	p.line("M150 350C110 130 400 80 450 340", 22, c.wire)
	p.path("M350 168l50 44l20-22l-50-46z", c.acc)
	p.cut("M128 362q0-56 56-56h232q56 0 56 56v62q0 56-56 56h-232q-56 0-56-56z", c.mid, c.dark, 340)
	p.line("M146 352h308", 9, c.ink)
	p.rect(400, 346, 40, 16, 8, c.acc)
	p.slab(168, 386, 200, 74, 18, c.acc, c.accD)
	p.line("M188 410h160", 6, c.paper)
	p.look(340, 370)
}

func basket(p *pen) {
	c := p.c
	p.line("M176 270C176 90 424 90 424 270", 24, c.woodD)
	p.line("M176 270C176 120 300 128 300 134", 24, c.wood)
	p.clip("M120 268h360l-38 186q-6 26-32 26h-220q-26 0-32-26z", c.mid, func() {
		p.path("M330 260h160v230h-160z", c.dark)
		p.bars(110, 306, 46, 14, 20, 62, 7, 3, c.light)
		p.bars(140, 337, 46, 14, 20, 62, 6, 3, c.light)
	})
	p.slab(104, 250, 392, 42, 18, c.dark, c.ink)
	p.look(240, 330)
}
