package ask

import (
	"regexp"
	"strings"
)

var goods = regexp.MustCompile(`(https?://[^\s/]+)?((?:/zh)?/p/[a-z0-9][a-z0-9-]*(?:\?via=rq\.Q-[0-9A-Z]{8})?)`)

// Piece is a piece of an answer: words, or the path of a product page of this
// shop as it stands there.
type Piece struct{ Text, Path string }

// Pieces finds the product pages that an answer names, written whole with the
// shop's base address or as a path alone. Any other address stays words: an
// answer is not where a page leads elsewhere.
func Pieces(base, text string) (all []Piece) {
	from := 0
	for _, m := range goods.FindAllStringSubmatchIndex(text, -1) {
		host := ""
		if m[2] >= 0 {
			host = text[m[2]:m[3]]
		}
		if host != "" && host != base || host == "" && m[0] > 0 && inside(text[m[0]-1]) {
			continue
		}
		if m[0] > from {
			all = append(all, Piece{Text: text[from:m[0]]})
		}
		shown, _, _ := strings.Cut(text[m[0]:m[1]], "?") // the mark is for us, not to be read
		all = append(all, Piece{Text: shown, Path: text[m[4]:m[5]]})
		from = m[1]
	}
	if from < len(text) {
		all = append(all, Piece{Text: text[from:]})
	}
	return all
}

func inside(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '/' || b == '-' || b == '.' || b == '_'
}
