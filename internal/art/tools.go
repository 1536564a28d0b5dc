package art

import "maps"

var recipes = gather(paperKinds, wearKinds, playKinds, toolKinds, homeKinds, techKinds)

func gather(sets ...map[string]recipe) map[string]recipe {
	all := map[string]recipe{}
	for _, s := range sets {
		maps.Copy(all, s)
	}
	return all
}

var toolKinds = map[string]recipe{
	"drill": {drill, 240}, "jigsaw": {jigsaw, 260}, "sander": {sander, 200}, "heatgun": {heatgun, 250}, "sockets": {sockets, 340}, "drivers": {drivers, 190},
	"stackbox": {stackbox, 400}, "square": {square, 320}, "mallet": {mallet, 330}, "caliper": {caliper, 240}, "micrometer": {micrometer, 170},
	"fountainpen": {fountainpen, 140}, "pegwall": {pegwall, 800}, "pulldown": {pulldown, 2300}, "laptopstand": {laptopstand, 280}, "bench": {bench, 900},
	"microscope": {microscope, 380}, "tripod": {tripod, 1500}, "mount": {mount, 420}, "multimeter": {multimeter, 160}, "laser": {laser, 125}, "thermal": {thermal, 210},
	"soundmeter": {soundmeter, 240}, "ssd": {ssd, 100}, "thermometer": {thermometer, 170}, "scope": {scope, 330}, "benchmeter": {benchmeter, 300},
	"supply": {supply, 280}, "airlogger": {airlogger, 120}, "rework": {rework, 300}, "router": {router, 190}, "dock": {dock, 190}, "loupe": {loupe, 220}, "projector": {projector, 380},
}

func drill(p *pen) {
	c := p.c
	p.rect(96, 238, 70, 18, 4, c.wire)
	p.slab(150, 222, 60, 50, 8, c.light, c.mid)
	p.path("M300 296h84l26 128h-92z", c.dark)
	p.path("M346 296h38l26 128h-46z", c.ink)
	p.cut("M196 196h190q44 0 44 44v18q0 44-44 44h-190q-14 0-14-14v-78q0-14 14-14z", c.acc, c.accD, 340)
	p.slab(292, 416, 150, 64, 14, c.acc, c.accD)
	p.rect(292, 438, 150, 14, 0, c.ink)
	p.path("M288 304q-18 26 2 52l20-4l-10-48z", c.ink)
	p.bars(352, 226, 8, 8, 44, 0, 4, 1, c.ink)
	p.rect(182, 196, 22, 106, 8, c.ink)
	p.shine(228, 216, 90, 10)
	p.look(290, 280)
}

func jigsaw(p *pen) {
	c := p.c
	p.path("M190 420h14l6 60l-8-6l-4 6l-8-8z", c.paper)
	p.path("M196 400h18v80h-10z", c.mid)
	p.path("M184 200h90q20 0 34 16l20 20h12v32h-72q-20 0-20 20v38q0 20 20 20h72v60h-150q-30 0-30-30v-140q0-36 24-36z", c.acc)
	p.path("M340 236h80q30 0 30 34v60q0 76-70 76h-40v-60h24q40 0 40-40v-12q0-26-26-26h-38z", c.accD)
	p.path("M268 268h30q-16 30 0 54h-30q-20 0-20-20v-14q0-20 20-20z", c.ink)
	p.slab(134, 400, 330, 26, 8, c.dark, c.ink)
	p.rect(160, 340, 70, 62, 8, c.dark)
	p.bars(176, 226, 10, 8, 40, 0, 4, 1, c.ink)
	p.path("M60 440h150v40h-150zM218 440h300v40h-300z", c.wood)
	p.path("M330 440h188v40h-188z", c.woodD)
	p.line("M450 300q60 0 70-60", 13, c.wire)
	p.look(260, 330)
}

func sander(p *pen) {
	c := p.c
	p.line("M366 376q40-6 60-2", 30, c.ink)
	p.slab(406, 340, 128, 78, 26, c.light, c.mid)
	p.bars(424, 352, 8, 10, 54, 0, 5, 1, c.mid)
	p.slab(116, 452, 300, 28, 10, c.woodD, c.ink)
	p.slab(108, 424, 316, 34, 12, c.dark, c.ink)
	p.cut("M140 426q4-40 46-62h158q44 22 48 62z", c.dark, c.ink, 300)
	p.slab(192, 270, 148, 100, 10, c.acc, c.accD)
	p.bars(206, 300, 9, 10, 48, 0, 7, 1, c.ink)
	p.cut("M156 268q-6-92 110-92t110 92q-2 22-26 22h-168q-24 0-26-22z", c.acc, c.accD, 286)
	p.path("M160 240q14-64 106-64t106 64q-100 34-212 0z", c.ink)
	p.shine(206, 194, 60, 10)
	p.look(270, 290)
}

func heatgun(p *pen) {
	c := p.c
	p.rect(106, 216, 90, 58, 6, c.mid)
	p.rect(106, 246, 90, 28, 6, c.dark)
	p.path("M190 200h30v92h-30z", c.ink)
	p.cut("M216 184h140q66 0 74 62q4 40-40 56l26 150q4 28-22 28h-62q-24 0-26-24l-18-146h-72q-14 0-14-14v-98q0-14 14-14z", c.acc, c.accD, 336)
	p.path("M280 312q-18 22-2 50l22-2l-6-48z", c.ink)
	p.bars(368, 218, 9, 8, 50, 0, 3, 1, c.ink)
	p.line("M80 214q-22 16 0 32t0 32M52 214q-22 16 0 32t0 32", 9, c.accD)
	p.path("M300 452h120l2 28h-118z", c.dark)
	p.line("M420 470q60 10 90-30", 13, c.wire)
	p.shine(236, 204, 90, 10)
	p.look(260, 270)
}

// opencase is a case with its lid up and a tray to lay things in.
func (p *pen) opencase(lid, shade string) {
	c := p.c
	p.path("M120 330l26-150q2-14 16-14h276q14 0 16 14l26 150z", shade)
	p.path("M148 318l22-122h260l22 122z", lid)
	p.path("M100 420l22-92h356l22 92z", c.ink)
	p.slab(92, 412, 416, 68, 12, lid, shade)
	p.rect(250, 404, 100, 26, 6, c.acc)
}

func sockets(p *pen) {
	c := p.c
	p.opencase(c.mid, c.dark)
	for i := range 6 {
		r := 11 + float64(i)*2
		p.dot(170+float64(i)*50, 358, r, c.paper)
		p.dot(170+float64(i)*50, 358, r*.5, c.dark)
	}
	p.line("M150 396h190", 16, c.light)
	p.dot(360, 394, 18, c.light)
	p.rect(386, 386, 80, 18, 8, c.acc)
	p.turn(-28, 300, 260, func() {
		p.rect(200, 246, 180, 22, 10, c.paper)
		p.dot(206, 257, 28, c.paper)
		p.dot(206, 257, 13, c.ink)
		p.slab(316, 240, 110, 34, 14, c.acc, c.accD)
	})
	p.look(250, 300)
}

func drivers(p *pen) {
	c := p.c
	p.box(120, 236, 250, 244, 60, c.dark, c.ink, c.mid)
	p.rect(140, 256, 210, 204, 8, c.ink)
	p.bars(156, 274, 10, 14, 40, 62, 8, 3, c.light)
	p.bars(156, 298, 10, 14, 16, 62, 8, 3, c.acc)
	p.turn(22, 450, 470, func() {
		p.rect(456, 190, 8, 120, 3, c.wire)
		p.slab(440, 292, 40, 180, 16, c.acc, c.accD)
		p.rect(440, 320, 40, 12, 0, c.ink)
		p.bars(446, 350, 6, 5, 96, 0, 3, 1, c.accD)
	})
	p.look(250, 330)
}

func stackbox(p *pen) {
	c := p.c
	crate := func(x, y, w, h float64, a, b string) {
		p.slab(x, y, w, h, 14, a, b)
		p.slab(x-8, y-12, w+16, 40, 10, b, c.ink)
		p.rect(x+w/2-44, y-4, 88, 20, 8, c.paper)
		p.rect(x+20, y+20, 26, 30, 5, c.ink)
		p.rect(x+w-46, y+20, 26, 30, 5, c.ink)
		p.rect(x+w*.3, y+h*.56, w*.4, h*.2, 6, c.paper)
	}
	crate(140, 340, 320, 140, c.mid, c.dark)
	crate(164, 224, 272, 104, c.acc, c.accD)
	crate(200, 136, 200, 78, c.light, c.mid)
	p.look(300, 300)
}

func square(p *pen) {
	c := p.c
	p.turn(-10, 250, 460, func() {
		p.slab(150, 120, 54, 340, 0, c.paper, c.light)
		p.bars(150, 140, 2.5, 12, 18, 0, 3, 1, c.ink)
		for i := range 16 {
			w := 14.0
			if i%4 == 0 {
				w = 26
			}
			p.rect(150, 136+float64(i)*17, w, 3, 0, c.ink)
		}
		p.slabAt(142, 400, 290, 76, 8, .6, c.acc, c.accD)
		p.dots(240, 438, 60, 0, 3, 1, 11, c.glow)
	})
	p.turn(-48, 400, 460, func() {
		p.rect(250, 340, 330, 40, 4, c.dark)
		p.bars(264, 340, 3, 15, 16, 0, 17, 1, c.paper)
		p.dot(560, 362, 8, c.light)
	})
	p.look(220, 380)
}

func mallet(p *pen) {
	c := p.c
	p.turn(28, 300, 340, func() {
		p.slab(280, 250, 40, 270, 18, c.wood, c.woodD)
		p.rect(276, 420, 48, 100, 20, c.dark)
		p.slab(206, 160, 188, 110, 10, c.dark, c.ink)
		p.slab(156, 150, 66, 130, 18, c.acc, c.accD)
		p.slab(378, 150, 66, 130, 18, c.light, c.mid)
		p.rect(280, 154, 40, 18, 5, c.wood)
	})
	p.look(290, 230)
}

func fountainpen(p *pen) {
	c := p.c
	p.turn(52, 300, 300, func() {
		p.path("M206 118l24-104l24 104z", c.glow)
		p.path("M230 14l24 104h-24z", c.mid)
		p.dot(230, 88, 7, c.ink)
		p.line("M230 40v44", 3.5, c.ink)
		p.slab(200, 114, 60, 76, 12, c.dark, c.ink)
		p.rect(194, 186, 72, 14, 5, c.glow)
		p.slab(188, 198, 84, 300, 34, c.acc, c.accD)
		p.shine(206, 224, 10, 200)
	})
	p.turn(52, 300, 300, func() {
		p.slab(306, 190, 92, 270, 36, c.acc, c.accD)
		p.rect(306, 206, 92, 16, 0, c.glow)
		p.rect(346, 226, 18, 150, 9, c.glow)
	})
	p.look(330, 250)
}

func pegwall(p *pen) {
	c := p.c
	p.hang = true
	p.rect(78, 118, 444, 344, 22, c.dark)
	p.rect(96, 136, 408, 308, 10, c.acc)
	p.dots(120, 160, 40, 40, 10, 7, 5, c.accD)
	p.rect(150, 190, 26, 50, 4, c.dark)
	p.path("M120 176h90v34h-90z", c.dark)
	p.rect(154, 210, 22, 150, 8, c.wood)
	p.line("M262 196v70", 9, c.ink)
	p.slab(246, 262, 32, 100, 12, c.mid, c.dark)
	p.path("M330 190q-34 20-16 56q14 10 16 110h24q2-100 16-110q18-36-16-56v40h-24z", c.ink)
	p.slab(390, 330, 100, 70, 8, c.light, c.mid)
	p.line("M410 326v-60M440 326v-90M466 326v-48", 12, c.dark)
	p.dots(166, 178, 96, 0, 2, 1, 8, c.paper)
	p.look(210, 240)
}

func pulldown(p *pen) {
	c := p.c
	p.hang = true
	p.slab(76, 130, 448, 46, 16, c.dark, c.ink)
	p.rect(104, 176, 392, 250, 0, c.ink)
	p.clip("M120 176h360v234h-360z", c.paper, func() {
		p.path("M120 360q100-110 190-30t170-60v140h-360z", c.light)
		p.path("M120 400q150-90 250-30t110-20v60h-360z", c.mid)
		p.dot(400, 240, 32, c.acc)
	})
	p.slab(96, 420, 408, 20, 10, c.dark, c.ink)
	p.line("M300 440v30", 5, c.wire)
	p.dot(300, 478, 11, c.accD)
	p.look(370, 300)
}

func laptopstand(p *pen) {
	c := p.c
	p.path("M388 262L458 92q4-10 14-6l26 10q10 4 6 14L430 288z", c.ink)
	p.path("M372 254L446 76q4-10 12-6l14 6L400 262z", c.light)
	p.path("M372 254L414 152q20 30 14 46L400 262z", c.mid)
	p.line("M132 334L414 264", 26, c.dark)
	p.line("M140 326L380 266", 8, c.light)
	p.line("M138 372L454 294", 22, c.acc)
	p.line("M138 372l-16-36", 18, c.acc)
	p.line("M226 466L372 326", 34, c.accD)
	p.slab(150, 452, 300, 28, 13, c.acc, c.accD)
	p.dot(372, 326, 24, c.dark)
	p.dot(372, 326, 10, c.paper)
	p.dot(226, 462, 13, c.ink)
	p.look(370, 320)
}

func bench(p *pen) {
	c := p.c
	p.line("M160 300L240 480M440 300L360 480", 20, c.dark)
	p.line("M220 300L130 480M380 300L470 480", 20, c.acc)
	p.line("M186 372h228", 14, c.ink)
	p.path("M130 276l50-44h300l-50 44z", c.light)
	p.path("M92 300l60-66h330l36 66z", c.wood)
	p.path("M136 252l-22 24h382l-14-24z", c.paper)
	p.path("M92 300h426v30h-426z", c.woodD)
	p.slab(92, 300, 426, 30, 4, c.wood, c.woodD)
	p.dots(210, 266, 62, 0, 4, 1, 7, c.ink)
	p.slab(112, 330, 30, 34, 8, c.accD, c.ink)
	p.turn(12, 360, 200, func() {
		p.rect(344, 178, 20, 76, 8, c.woodD)
		p.slab(310, 150, 88, 40, 6, c.dark, c.ink)
	})
	p.look(260, 290)
}

func tripod(p *pen) {
	c := p.c
	p.line("M300 250L196 486M300 250L404 486", 17, c.wire)
	p.line("M272 312L236 396M328 312L364 396", 22, c.dark)
	p.line("M300 220V470", 17, c.wire)
	p.line("M300 240V380", 22, c.mid)
	p.slab(272, 232, 56, 34, 8, c.acc, c.accD)
	p.line("M286 196L196 262", 13, c.wire)
	p.line("M224 241L196 262", 19, c.accD)
	p.slab(276, 168, 48, 66, 10, c.dark, c.ink)
	p.dot(300, 202, 13, c.paper)
	p.slab(236, 136, 128, 34, 8, c.mid, c.dark)
	p.rect(262, 124, 76, 12, 4, c.wire)
	p.dots(236, 396, 128, 0, 2, 1, 13, c.acc)
	p.look(300, 210)
}

func mount(p *pen) {
	c := p.c
	p.hang = true
	p.slab(96, 170, 84, 280, 16, c.dark, c.ink)
	p.dots(138, 204, 1, 106, 1, 3, 12, c.paper)
	p.line("M170 270L276 350L390 310", 36, c.acc)
	p.line("M276 350L390 310", 36, c.accD)
	p.dot(276, 350, 17, c.paper)
	p.slab(160, 240, 40, 62, 10, c.mid, c.dark)
	p.line("M390 310L304 196M390 310L304 424", 38, c.mid)
	p.line("M390 310L476 196M390 310L476 424", 38, c.dark)
	p.slab(336, 256, 108, 108, 16, c.mid, c.dark)
	p.dots(304, 196, 172, 228, 2, 2, 10, c.paper)
	p.dots(364, 284, 52, 52, 2, 2, 8, c.ink)
	p.look(390, 310)
}

func ssd(p *pen) {
	c := p.c
	p.line("M408 392C520 400 540 300 470 290C410 284 400 220 450 190", 15, c.wire)
	p.turn(32, 466, 170, func() {
		p.rect(446, 138, 40, 62, 10, c.dark)
		p.rect(455, 108, 22, 32, 4, c.light)
	})
	p.path("M78 396q0-74 172-78q172 4 172 78v30q0 58-172 54q-172 4-172-54z", c.dark)
	p.path("M270 318q152 8 152 78v30q0 54-152 54z", c.ink)
	p.cut("M78 384q0-76 172-80q172 4 172 80q0 62-172 66q-172-4-172-66z", c.acc, c.accD, 290)
	p.line("M160 392q30-40 60-14t60 0t60-16", 13, c.paper)
	p.dot(132, 374, 9, c.glow)
	p.rect(392, 414, 34, 18, 6, c.paper)
	p.look(250, 380)
}

func router(p *pen) {
	c := p.c
	unit := func(x, y, k float64) {
		p.move(x, y, k, func() {
			p.lathe(0, c.paper, c.fold, -170, 0, -168, 60, -150, 96, -120, 110, -60, 114, -10, 106, 0, 90)
			p.lathe(0, c.mid, c.dark, -60, 113, -30, 112, -10, 106, 0, 90)
			p.dot(-10, -112, 12, c.accD)
		})
	}
	unit(420, 452, .68)
	unit(240, 480, 1.15)
	p.line("M182 236q58-46 116 0M150 196q90-76 180 0M118 156q122-108 244 0", 14, c.mid)
	p.look(240, 320)
}

func dock(p *pen) {
	c := p.c
	p.line("M440 400q90 10 90-60v-90", 15, c.wire)
	p.rect(512, 190, 36, 66, 8, c.dark)
	p.rect(520, 168, 20, 26, 3, c.light)
	p.box(90, 380, 360, 100, 60, c.dark, c.ink, c.mid)
	p.rect(112, 412, 58, 36, 4, c.ink)
	p.rect(186, 412, 36, 22, 4, c.paper)
	p.rect(238, 412, 36, 22, 4, c.paper)
	p.rect(290, 416, 30, 14, 7, c.acc)
	p.rect(336, 416, 30, 14, 7, c.acc)
	p.dot(400, 424, 14, c.light)
	p.dots(196, 456, 20, 0, 7, 1, 4, c.acc)
	p.look(240, 420)
}

func projector(p *pen) {
	c := p.c
	p.path("M262 372L140 250h330L316 372z", c.pale)
	p.rect(126, 74, 358, 206, 8, c.ink)
	p.view(136, 84, 338, 186)
	p.path("M130 394q0-34 36-34h268q36 0 36 34v54q0 30-36 30h-268q-36 0-36-30z", c.mid)
	p.path("M340 360h94q36 0 36 34v54q0 30-36 30h-94z", c.dark)
	p.path("M216 362h150l-22 34h-106z", c.ink)
	p.ell(290, 377, 36, 11, c.paper)
	p.ell(290, 377, 18, 6, c.acc)
	p.bars(362, 412, 7, 8, 46, 0, 6, 1, c.ink)
	p.dots(160, 440, 24, 0, 3, 1, 6, c.acc)
	p.look(270, 390)
}
