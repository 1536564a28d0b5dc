package art

// recipe is one object of a form. mm is the longer side of the real thing,
// which the scale scene needs.
type recipe struct {
	draw func(*pen)
	mm   float64
}

// forms lists every form with its kinds; the first kind serves products that
// have no entry in products.
var forms = map[string][]string{
	"book": {"book", "stack", "row", "thick", "open", "letters"}, "notebook": {"notebooks", "pocketbook", "clothbook"},
	"lamp": {"desklamp", "ringlight", "lantern"}, "cube": {"timer", "actioncam"}, "racket": {"badminton", "tennis"},
	"tube": {"shuttles", "teats", "lens", "longlens", "candles", "filter"}, "ball": {"basketball"}, "shoe": {"runner"},
	"garment": {"tee", "shell", "onesie", "cardigan", "sleepbag"}, "roll": {"mat", "throw"},
	"strap": {"bands", "swimgoggles", "goggles", "camstrap", "cable"}, "bag": {"backpack", "sleeve", "sling", "basket"},
	"tent": {"tent"}, "bike": {"bike", "stroller"},
	"box":    {"gamebox", "comets", "chess", "gamecase", "papertown", "puzzle", "masks", "snack", "film", "soap", "tablets", "parcel"},
	"screen": {"monitor", "tv", "handgame"}, "pad": {"gamepad"}, "strings": {"ukulele"}, "keys": {"piano", "keyboard"},
	"disc": {"drumpad"}, "card": {"giftcard", "voucher", "birthday", "thanks", "memcard"},
	"pistol": {"drill", "jigsaw", "sander", "heatgun"}, "case": {"sockets", "drivers", "stackbox"},
	"bar": {"square", "mallet", "caliper", "micrometer", "fountainpen"}, "panel": {"pegwall", "pulldown"},
	"stand":      {"laptopstand", "bench", "microscope", "tripod", "mount"},
	"handheld":   {"multimeter", "laser", "thermal", "soundmeter", "ssd", "thermometer", "loupe"},
	"instrument": {"scope", "benchmeter", "supply", "airlogger", "rework", "router", "dock", "projector"},
	"bottle":     {"babybottle", "inks", "drops"}, "pot": {"teapot", "warmer", "steriliser", "bowls", "wok", "kettle", "vase"},
	"tin": {"tin", "puree", "formula", "teatin", "balm"}, "toy": {"rings", "moon", "mouse"},
	"laptop": {"laptop", "studio", "campus"}, "tower": {"tower", "minipc"}, "camera": {"camera", "compact", "instant"},
	"speaker": {"bookshelf", "soundbar", "cinema", "sub", "radio"}, "phones": {"headphones"}, "pack": {"pack", "discpack", "keypack"},
	"flower": {"peonies", "orchid"}, "plant": {"fern"}, "gift": {"gift", "babybox", "wrap"},
}

// products says which kind of its form a product is. Kinds not listed are the
// form's first.
var products = map[string]string{
	"BK02": "stack", "BK05": "row", "BK07": "thick", "BK08": "open", "BK11": "letters", "BK06": "pocketbook", "BB13": "clothbook",
	"PH08": "ringlight", "HC07": "lantern", "PH04": "actioncam", "SP04": "tennis",
	"BB03": "teats", "PH05": "lens", "PH06": "longlens", "GF09": "candles", "HC10": "filter",
	"SP09": "shell", "BB09": "onesie", "BB10": "cardigan", "BB11": "sleepbag", "HC05": "throw",
	"SP13": "swimgoggles", "TL11": "goggles", "PH09": "camstrap", "HT10": "cable", "CO13": "sleeve", "PH10": "sling",
	"BB15": "stroller", "EN02": "comets", "EN03": "chess", "EN05": "gamecase", "EN10": "papertown", "EN11": "puzzle",
	"TL12": "masks", "BB08": "snack", "PH12": "film", "HC08": "soap", "HC12": "tablets",
	"HT01": "tv", "EN04": "handgame", "CO07": "keyboard",
	"EN12": "voucher", "GF04": "birthday", "GF05": "thanks", "PH11": "memcard",
	"TL02": "jigsaw", "TL03": "sander", "TL04": "heatgun", "TL06": "drivers", "TL09": "stackbox",
	"TL08": "mallet", "IN05": "caliper", "IN06": "micrometer", "GF06": "fountainpen", "HT03": "pulldown",
	"TL13": "bench", "IN12": "microscope", "PH07": "tripod", "HT11": "mount",
	"IN07": "laser", "IN08": "thermal", "IN10": "soundmeter", "CO10": "ssd", "HC11": "thermometer",
	"IN02": "benchmeter", "IN04": "supply", "IN09": "airlogger", "IN11": "rework", "CO11": "router", "CO12": "dock", "HT02": "projector",
	"GF07": "inks", "HC13": "drops", "BB02": "warmer", "BB04": "steriliser", "HC02": "bowls", "HC03": "wok", "HC04": "kettle", "HC06": "vase",
	"BB06": "puree", "BB07": "formula", "GF08": "teatin", "HC09": "balm", "BB14": "moon", "CO08": "mouse",
	"CO05": "minipc", "PH02": "compact", "PH03": "instant",
	"HT04": "soundbar", "HT05": "cinema", "HT07": "sub", "HT09": "radio", "GF02": "orchid", "GF10": "babybox", "GF13": "wrap",
	"SW02": "discpack", "SW05": "discpack", "SW09": "discpack", "SW03": "keypack", "SW06": "keypack", "SW08": "keypack", "CO02": "studio", "CO03": "campus",
	"BASKET": "basket", "PARCEL": "parcel", "LOUPE": "loupe",
}

// Empties are the things that stand for a page with nothing to show.
var Empties = map[string]Piece{
	"cart": {"bag", 70, "", "BASKET"}, "orders": {"box", 70, "", "PARCEL"}, "search": {"handheld", 200, "", "LOUPE"}, "saved": {"gift", 350, "", "GF11"},
	"questions": {"card", 350, "", "GF05"}, "reports": {"instrument", 200, "", "IN03"}, "lost": {"lamp", 70, "", "HC07"},
}

// recipeOf finds the recipe of a piece. A product whose code is listed under
// another form than the piece asks for gets the form's first kind: the form is
// what the merchant chose.
func recipeOf(p Piece) recipe {
	kinds := forms[p.Form]
	for _, k := range kinds {
		if products[p.Seed] == k {
			return recipes[k]
		}
	}
	return recipes[kinds[0]]
}

// glyphs are the marks that books, packs and tins carry when a seeded one
// would mislead.
var glyphs = map[string]string{
	"BK01": "wave", "BK02": "grid", "BK03": "leaf", "BK04": "circuit", "BK09": "beam", "BK10": "dots",
	"EN01": "wave", "EN05": "arc", "SW01": "corner", "SW02": "rings", "SW03": "iris", "SW04": "ladder", "SW05": "leaf", "SW06": "dots",
	"SW07": "moon", "SW08": "nest", "SW09": "wave", "BB05": "leaf", "BB07": "moon", "GF04": "sun", "GF08": "leaf",
}

// own are the colours things have when nobody chose one: a basketball is
// orange whatever the department.
var own = map[string]string{
	"SP03": "clay", "SP11": "clay", "SP04": "yellow", "SP07": "plum", "SP12": "sage", "TL01": "clay", "TL04": "red", "TL10": "sage", "TL08": "red", "GF01": "rose", "GF02": "teal",
	"GF09": "yellow", "GF04": "rose", "GF11": "clay", "HC01": "clay", "HC04": "sage", "HT06": "oak", "HT09": "clay", "EN07": "oak",
	"CO04": "sage", "CO05": "clay", "CO08": "sage", "BB05": "clay", "BB06": "clay", "BB14": "teal", "BB01": "aqua", "PH03": "aqua", "PH07": "clay",
	"BK13": "sage", "HC08": "sage", "HT04": "oak", "CO09": "sand", "TL02": "teal", "IN07": "clay", "IN11": "clay", "HC03": "red",
	"ball": "clay", "flower": "rose",
}

// company names what stands beside the products of a department in their
// moment. Each product takes two, starting at another place of the list.
var company = map[string][]Piece{
	"BK": {{"lamp", 285, "", "BK13"}, {"notebook", 285, "", "BK12"}, {"plant", 140, "", "GF03"}, {"cube", 285, "", "BK14"}, {"bar", 350, "", "GF06"}},
	"SP": {{"ball", 150, "", "SP03"}, {"bag", 150, "", "SP10"}, {"shoe", 150, "", "SP05"}, {"roll", 150, "", "SP07"}},
	"EN": {{"box", 310, "", "EN05"}, {"pad", 310, "", "EN06"}, {"phones", 240, "", "HT08"}, {"box", 310, "", "EN11"}},
	"TL": {{"case", 90, "", "TL09"}, {"strap", 90, "", "TL11"}, {"pistol", 90, "", "TL01"}, {"bar", 90, "", "TL08"}},
	"IN": {{"handheld", 200, "", "IN07"}, {"case", 90, "", "TL06"}, {"notebook", 285, "", "BK06"}, {"instrument", 200, "", "IN04"}},
	"BB": {{"toy", 25, "", "BB12"}, {"bottle", 25, "", "BB01"}, {"toy", 25, "", "BB14"}, {"notebook", 25, "", "BB13"}},
	"CO": {{"plant", 140, "", "GF03"}, {"lamp", 285, "", "BK13"}, {"toy", 255, "", "CO08"}, {"notebook", 285, "", "BK12"}},
	"PH": {{"card", 55, "", "PH11"}, {"tube", 55, "", "PH05"}, {"bag", 55, "", "PH10"}, {"box", 55, "", "PH12"}},
	"HT": {{"plant", 140, "", "GF03"}, {"lamp", 70, "", "HC07"}, {"speaker", 240, "", "HT09"}, {"roll", 70, "", "HC05"}},
	"SW": {{"laptop", 255, "", "CO01"}, {"cube", 285, "", "BK14"}, {"plant", 140, "", "GF03"}, {"notebook", 285, "", "BK12"}},
	"GF": {{"gift", 350, "", "GF11"}, {"card", 350, "", "GF04"}, {"tin", 350, "", "GF08"}, {"pot", 70, "", "HC06"}},
	"HC": {{"plant", 140, "", "GF03"}, {"lamp", 70, "", "HC07"}, {"pot", 70, "", "HC01"}, {"pot", 70, "", "HC06"}},
}

// special is what truly goes with one thing, before the rest of its department.
var special = map[string][]Piece{
	"SP01": {{"tube", 150, "", "SP02"}}, "SP02": {{"racket", 150, "", "SP01"}}, "SP04": {{"bag", 150, "", "SP10"}}, "SP05": {{"garment", 150, "", "SP06"}},
	"PH03": {{"box", 55, "", "PH12"}}, "PH12": {{"camera", 55, "", "PH03"}}, "GF01": {{"pot", 70, "", "HC06"}, {"card", 350, "", "GF04"}},
	"HC01": {{"tin", 350, "", "GF08"}, {"pot", 70, "", "HC02"}}, "GF08": {{"pot", 70, "", "HC01"}}, "EN08": {{"phones", 240, "", "HT08"}},
	"CO03": {{"notebook", 285, "", "BK12"}}, "BB05": {{"bottle", 25, "", "BB01"}}, "BB06": {{"toy", 25, "", "BB14"}}, "BB03": {{"bottle", 25, "", "BB01"}},
	"HC11": {{"toy", 25, "", "BB14"}}, "EN07": {{"plant", 140, "", "GF03"}}, "TL07": {{"pistol", 90, "", "TL01"}}, "CO09": {{"keys", 255, "", "CO07"}},
	"CO04": {{"screen", 255, "", "CO06"}}, "CO06": {{"keys", 255, "", "CO07"}}, "CO07": {{"toy", 255, "", "CO08"}}, "CO08": {{"laptop", 255, "", "CO01"}},
	"HT04": {{"plant", 140, "", "GF03"}}, "GF06": {{"bottle", 350, "", "GF07"}}, "GF07": {{"bar", 350, "", "GF06"}}, "HC12": {{"handheld", 70, "", "HC11"}},
	"HC13": {{"handheld", 70, "", "HC11"}}, "PH01": {{"tube", 55, "", "PH05"}}, "PH05": {{"camera", 55, "", "PH01"}}, "TL01": {{"case", 90, "", "TL06"}},
	"BB01": {{"tube", 25, "", "BB03"}}, "BB02": {{"bottle", 25, "", "BB01"}}, "SW01": {{"screen", 255, "", "CO06"}}, "SW09": {{"keys", 310, "", "EN08"}}, "SW03": {{"camera", 55, "", "PH01"}},
}

// companions are the things that may stand beside a piece, best first: none
// of its own kind, none twice.
func companions(p Piece) []Piece {
	dept := ""
	if len(p.Seed) >= 2 {
		dept = p.Seed[:2]
	}
	list := append([]Piece{}, special[p.Seed]...)
	if all := company[dept]; len(all) > 0 {
		at := number(p.Seed) % len(all)
		list = append(append(list, all[at:]...), all[:at]...)
	}
	list = append(list, Piece{Form: "plant", Hue: 140, Seed: "GF03"}, Piece{Form: "book", Hue: 285, Seed: "BK03"})
	seen := map[string]bool{p.Form: true}
	var out []Piece
	for _, c := range list {
		if c.Seed == p.Seed || seen[c.Form] {
			continue
		}
		seen[c.Form] = true
		out = append(out, c)
	}
	return out
}
