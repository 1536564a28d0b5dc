// Package shoplist is what people want to buy, written down: a pasted order of
// many lines, read into quantities and words, and the lists an account keeps
// by name. What the words mean is the search's business, and nothing here is
// ordered by itself.
package shoplist

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"regulars/internal/cart"
)

const (
	// MostLines is how many lines a paste or a kept list may have.
	MostLines = 200
	// mostRunes is the longest line that is read.
	mostRunes = 200
)

// Line is one line of a pasted order.
type Line struct {
	Text  string   // as it was written
	Qty   int      // 1 where none was written
	Words string   // what is wanted
	Cells []string // each of them may be a SKU; Words is the first
	Whole string   // the line with what was taken for a quantity: a name may end in a number
}

var (
	mark    = regexp.MustCompile(`^(?:[-*•·–—]|\[[ xX]?\]|\d{1,3}[.)、](?:\s|$))\s*`)
	before  = regexp.MustCompile(`^(\d{1,4})\s*(?:[xX×*]\s*|(?:pcs?|pieces?|packs?|of)\.?\s+|[个只件盒瓶包罐本支套条双袋份台块]\s*|\s)(\S.*)$`)
	behind  = regexp.MustCompile(`^(.*?\S)(?:\s*[×*]\s*|\s+[xX]\s*|\s+)(\d{1,4})\s*(?:pcs?\.?|pieces?|packs?|[个只件盒瓶包罐本支套条双袋份台块])?$`)
	counted = regexp.MustCompile(`^(?:[xX×*]\s*)?(\d{1,4})\s*(?:[xX×*]|pcs?\.?|pieces?|packs?|[个只件盒瓶包罐本支套条双袋份台块])?$`)
	han     = regexp.MustCompile(`^([一二两三四五六七八九十])\s*[个只件盒瓶包罐本支套条双袋份台块]\s*(\S.*)$`)
	unit    = regexp.MustCompile(`(?i)^(?:ml|l|g|kg|mg|cm|mm|m|km|v|w|gb|tb|inch|in|oz|lb|months?|mo|years?|毫升|升|克|千克|公斤|厘米|毫米|米|寸|英寸|个月|岁)\b`)
	size    = regexp.MustCompile(`(?i)\s\d+(?:[.,]\d+)?\s*(?:ml|l|g|kg|mg|cm|mm|m|km|v|w|gb|tb|inch|in|oz|lb|months?|mo|years?|毫升|升|克|千克|公斤|厘米|毫米|米|寸|英寸|个月|岁)?(?:\s|$)`)
	heads   = map[string]bool{"sku": true, "qty": true, "quantity": true, "product": true, "item": true, "name": true, "amount": true, "数量": true, "商品": true, "名称": true, "编号": true, "货号": true}
	digits  = map[string]int{"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
	plain   = strings.NewReplacer("　", " ", "，", ",", "；", ";", "：", ":", "＊", "*", "ｘ", "x", "Ｘ", "x", "０", "0", "１", "1", "２", "2", "３", "3", "４", "4", "５", "5", "６", "6", "７", "7", "８", "8", "９", "9", "\u00a0", " ")
)

// Read reads a paste, one wish a line: "3 x BB01-SAGE", "milk bottle 240ml, 2",
// "2 奶瓶", or cells of a table (tab, semicolon, comma). Empty lines and the
// head of a table are passed by. It reads MostLines and counts the rest.
func Read(text string) (lines []Line, more int) {
	for raw := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		raw = strings.TrimSpace(strings.Map(func(r rune) rune {
			if r == '\t' || !unicode.IsControl(r) && r != utf8.RuneError {
				return r
			}
			return -1
		}, raw))
		l := line(raw)
		switch {
		case l.Words == "", len(lines) == 0 && head(l.Cells):
		case len(lines) == MostLines:
			more++
		default:
			lines = append(lines, l)
		}
	}
	return lines, more
}

func head(cells []string) bool {
	for _, c := range cells {
		if !heads[strings.ToLower(c)] {
			return false
		}
	}
	return len(cells) > 1
}

func line(raw string) Line {
	if r := []rune(raw); len(r) > mostRunes {
		raw = string(r[:mostRunes])
	}
	l := Line{Text: raw, Qty: 1}
	text := strings.TrimSpace(plain.Replace(raw))
	text = mark.ReplaceAllString(text, "")
	l.Whole = text
	cells := split(text)
	if len(cells) > 1 { // the last cell that is a number is the quantity, else the first
		for i := len(cells) - 1; i >= 0; i-- {
			if n := counted.FindStringSubmatch(cells[i]); n != nil {
				l.Qty, cells = number(n[1]), append(cells[:i:i], cells[i+1:]...)
				l.Words, l.Cells = strings.Join(cells, " "), cells
				return l
			}
		}
	}
	text = strings.Join(cells, " ")
	l.Words, l.Cells = text, cells
	if m := before.FindStringSubmatch(text); m != nil && !unit.MatchString(m[2]) {
		l.Qty, l.Words = number(m[1]), m[2]
	} else if m := han.FindStringSubmatch(text); m != nil {
		l.Qty, l.Words = digits[m[1]], m[2]
	} else if m := behind.FindStringSubmatch(text); m != nil {
		l.Qty, l.Words = number(m[2]), m[1]
	} else {
		return l
	}
	l.Cells = []string{l.Words}
	return l
}

// Bare is what is wanted without sizes and numbers: "porridge" of "1 kg
// porridge". A second try, where the words as they stand find nothing.
func (l *Line) Bare() string {
	return strings.Join(strings.Fields(size.ReplaceAllString(" "+l.Words+" ", " ")), " ")
}

// split takes the cells of a table's row; quotes of a spreadsheet go.
func split(text string) (cells []string) {
	by := ","
	for _, s := range []string{"\t", ";"} {
		if strings.Contains(text, s) {
			by = s
			break
		}
	}
	for c := range strings.SplitSeq(text, by) {
		if c = strings.TrimSpace(strings.Trim(strings.TrimSpace(c), `"`)); c != "" {
			cells = append(cells, c)
		}
	}
	return cells
}

// number is a quantity that a cart can hold.
func number(s string) int {
	n, _ := strconv.Atoi(s)
	return min(max(n, 1), cart.MostOf)
}
