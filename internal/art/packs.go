package art

// bases are the tones of a program's box: neighbours on a shelf take turns.
func (p *pen) bases() (front, side, top string) {
	c := p.c
	switch p.num % 3 {
	case 0:
		return c.dark, c.ink, c.mid
	case 2:
		return c.light, c.mid, c.paper
	}
	return c.mid, c.dark, c.light
}

func pack(p *pen) {
	c := p.c
	f, s, t := p.bases()
	p.box(166, 170, 206, 310, 84, f, s, t)
	p.clip("M166 320q60-70 206 0v160h-206z", c.acc, func() {
		p.path("M166 400q120-90 206 20v80h-206z", c.accD)
	})
	p.dot(269, 290, 74, c.paper)
	p.glyph(269, 290, 42, c.dark, c.acc)
	p.rect(186, 196, 84, 12, 6, c.paper)
	p.rect(186, 446, 120, 10, 5, c.paper)
	p.path("M372 250l84-42v22l-84 42z", c.acc)
	p.look(269, 290)
}

// discpack is a flat case with its disc half out.
func discpack(p *pen) {
	c := p.c
	p.dot(372, 318, 122, c.fold)
	p.path("M372 196a122 122 0 0 1 0 244z", c.light)
	p.dot(372, 318, 44, c.acc)
	p.dot(372, 318, 17, c.ink)
	p.slabAt(128, 176, 250, 304, 12, .93, c.dark, c.ink)
	p.rect(150, 192, 210, 272, 4, c.mid)
	p.path("M150 366q60-60 210-14v108q0 4-4 4h-202q-4 0-4-4z", c.acc)
	p.path("M150 420q100-70 210 0v40q0 4-4 4h-202q-4 0-4-4z", c.accD)
	p.dot(255, 290, 70, c.paper)
	p.glyph(255, 290, 40, c.dark, c.acc)
	p.rect(168, 212, 74, 10, 5, c.paper)
	p.look(270, 300)
}

// keypack is a low box with the card that carries the key leaning on it.
func keypack(p *pen) {
	c := p.c
	f, s, t := c.mid, c.dark, c.light
	if p.num%3 == 0 {
		f, s, t = c.dark, c.ink, c.mid
	}
	p.box(112, 268, 236, 212, 84, f, s, t)
	p.path("M348 330l84-42v40l-84 42z", c.acc)
	p.rect(112, 330, 236, 40, 0, c.acc)
	p.dot(212, 350, 72, c.paper)
	p.glyph(212, 350, 42, c.dark, c.acc)
	p.rect(132, 446, 100, 10, 5, c.paper)
	p.turn(14, 430, 480, func() {
		p.slab(336, 316, 140, 176, 16, c.acc, c.accD)
		p.hoop(406, 368, 24, 14, c.paper)
		p.line("M406 392v70M406 430h22M406 456h16", 14, c.paper)
	})
	p.look(230, 340)
}
