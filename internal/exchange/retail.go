package exchange

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"regulars/internal/i18n"
)

// The columns of Online Retail II, folded.
var retailColumns = []string{"invoice", "stockcode", "description", "quantity", "invoicedate", "unitprice", "customerid", "country"}

// Why a line of Online Retail II did not become an order line as it stands.
// Every line is counted once, but for "same product twice" and "without
// customer", which tell what became of lines that were kept.
const (
	skipCancelled   = "cancellation applied"
	skipNoOrder     = "cancellation without its order"
	skipBadDebt     = "bad debt adjustment"
	skipNoQuantity  = "quantity zero or less"
	skipFree        = "price zero"
	skipNegative    = "price below zero"
	skipLeftOut     = "line of an order that was left out"
	skipPostage     = "not goods: postage, became the order's delivery"
	skipPostageOnly = "not goods: postage of an invoice without goods"
	keptTwice       = "kept: same product twice in an order, lines merged"
	keptGuest       = "kept: line of an order without customer"
)

// sale is one line of an invoice, small because a million of them are held.
type sale struct {
	code  int32 // into retail.codes
	words int32 // into retail.words
	qty   int32
	gone  int32 // cancelled later
	price int64
}

type invoice struct {
	number   string
	customer string
	country  string
	at       int64 // Unix milliseconds
	first    int   // line of the file
	postage  int64
	postages int
	lines    []sale
	left     bool // has a bad line
}

type cancellation struct {
	customer string
	code     int32
	qty      int32
	at       int64
}

// goods is a stock code and what its latest sale says of it.
type goods struct {
	code        string
	words       int32
	price       int64
	at, firstAt int64
}

// retail holds a whole history in memory: lines need not stand together, and
// a cancellation finds its order only when everything is known.
type retail struct {
	*job
	zone     *time.Location
	invoices []*invoice
	byNumber map[string]*invoice
	codes    []goods
	byCode   map[string]int32
	words    []string
	byWords  map[string]int32
	voids    []cancellation
	lastDate string
	lastAt   int64
	lastOne  *invoice
}

func (j *job) retail() error {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return err
	}
	r := &retail{job: j, zone: zone, byNumber: map[string]*invoice{}, byCode: map[string]int32{}, byWords: map[string]int32{}}
	if err := j.each(r.take); err != nil {
		return err
	}
	r.settle()
	return r.write()
}

// take sorts one line into what it is.
func (r *retail) take(l row) error {
	number := string(bytes.TrimSpace(l.raw("invoice")))
	if l.broken || number == "" || len(number) > 40 {
		if !l.broken {
			r.sum.wrong(l.line, "exchange.retail.invoice")
		}
		if in := r.byNumber[number]; in != nil {
			in.left = true
		} else if number != "" && len(number) <= 40 {
			r.invoice(number, l.line).left = true
		}
		return nil
	}
	class := number[0] &^ 0x20
	if class == 'A' {
		r.sum.Skipped[skipBadDebt]++
		return nil
	}
	code := strings.ToUpper(string(bytes.TrimSpace(l.raw("stockcode"))))
	if !isGoods(code) && (code != "POST" && code != "DOT" || class == 'C') {
		r.sum.Skipped["not goods: "+classOf(code)]++
		return nil
	}
	bad := func(words string, args ...any) error {
		if class == 'C' {
			r.sum.wrong(l.line, words, args...)
			return nil
		}
		r.sum.wrong(l.line, "exchange.retail.left", "why", i18n.T(r.sum.lang, words, args...), "order", number)
		r.invoice(number, l.line).left = true
		return nil
	}
	qty, ok := parseInt(l.raw("quantity"))
	if !ok {
		return bad("exchange.row.qty", "value", cut(string(l.raw("quantity")), 40))
	}
	at, ok := r.time(l.raw("invoicedate"))
	if !ok {
		return bad("exchange.row.time", "value", cut(string(l.raw("invoicedate")), 40))
	}
	price, ok := parsePence(l.raw("unitprice"))
	if !ok {
		return bad("exchange.row.price", "value", cut(string(l.raw("unitprice")), 40))
	}
	customer := string(bytes.TrimSpace(l.raw("customerid")))
	switch {
	case class == 'C':
		r.voids = append(r.voids, cancellation{customer, r.code(code), int32(max(qty, -qty)), at})
		return nil
	case qty <= 0:
		r.sum.Skipped[skipNoQuantity]++
		return nil
	case price <= 0:
		r.sum.Skipped[map[bool]string{true: skipFree, false: skipNegative}[price == 0]]++
		return nil
	}
	in := r.invoice(number, l.line)
	in.see(at, customer, string(bytes.TrimSpace(l.raw("country"))))
	if !isGoods(code) {
		in.postage += price * qty
		in.postages++
		return nil
	}
	r.sell(in, code, string(bytes.TrimSpace(l.raw("description"))), int32(qty), price, at)
	return nil
}

func (r *retail) sell(in *invoice, code, words string, qty int32, price, at int64) {
	c := r.code(code)
	s := sale{code: c, words: r.word(words), qty: qty, price: price}
	g := &r.codes[c]
	if g.firstAt == 0 || at < g.firstAt {
		g.firstAt = at
	}
	if at >= g.at {
		g.at, g.price = at, price
		if words != "" {
			g.words = s.words
		}
	}
	for i := range in.lines {
		if have := &in.lines[i]; have.code == c && have.price == price && int64(have.qty)+int64(qty) <= maxQty {
			have.qty += qty
			r.sum.Skipped[keptTwice]++
			return
		}
	}
	in.lines = append(in.lines, s)
}

func (r *retail) invoice(number string, line int) *invoice {
	if r.lastOne != nil && r.lastOne.number == number {
		return r.lastOne
	}
	in := r.byNumber[number]
	if in == nil {
		in = &invoice{number: number, first: line}
		r.byNumber[number] = in
		r.invoices = append(r.invoices, in)
	}
	r.lastOne = in
	return in
}

func (in *invoice) see(at int64, customer, country string) {
	if in.at == 0 || at < in.at {
		in.at = at
	}
	if in.customer == "" {
		in.customer = strings.Clone(customer)
	}
	if in.country == "" {
		in.country = countries[strings.ToLower(country)]
	}
}

func (r *retail) code(code string) int32 {
	i, ok := r.byCode[code]
	if !ok {
		i = int32(len(r.codes))
		r.byCode[code] = i
		r.codes = append(r.codes, goods{code: code, words: r.word("")})
	}
	return i
}

func (r *retail) word(s string) int32 {
	i, ok := r.byWords[s]
	if !ok {
		i = int32(len(r.words))
		r.byWords[s] = i
		r.words = append(r.words, cut(titleCase(s), 200))
	}
	return i
}

// time reads local time of the United Kingdom; lines of one moment follow each
// other, so the last answer is kept.
func (r *retail) time(b []byte) (int64, bool) {
	if string(b) == r.lastDate && r.lastAt != 0 {
		return r.lastAt, true
	}
	t, ok := parseTime(string(bytes.TrimSpace(b)), r.zone)
	if !ok {
		return 0, false
	}
	r.lastDate, r.lastAt = string(b), t.UnixMilli()
	return r.lastAt, true
}

// maxQty and maxPence keep the sum of any order within its 64 bits.
const (
	maxQty   = 1_000_000
	maxPence = 100_000_000_00
)

func parseInt(b []byte) (int64, bool) {
	b = bytes.TrimSpace(b)
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	b = bytes.TrimSuffix(b, []byte(".0"))
	if len(b) == 0 || len(b) > 9 {
		return 0, false
	}
	var n int64
	for _, c := range b {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	if neg {
		n = -n
	}
	return n, n <= maxQty && n >= -maxQty
}

// parsePence reads a price of two digits after the point. It is the loop of a
// million lines; money.Parse says the same at ten times the cost.
func parsePence(b []byte) (int64, bool) {
	b = bytes.TrimSpace(b)
	neg := len(b) > 0 && b[0] == '-'
	if neg {
		b = b[1:]
	}
	var n int64
	digits, after := 0, -1
	for _, c := range b {
		switch {
		case c == '.' && after < 0:
			after = 0
			continue
		case c < '0' || c > '9' || digits > 14:
			return 0, false
		case after >= 2:
			if c != '0' {
				return 0, false
			}
			continue
		}
		digits++
		if after >= 0 {
			after++
		}
		n = n*10 + int64(c-'0')
	}
	for after = max(after, 0); after < 2; after++ {
		n *= 10
	}
	if neg {
		n = -n
	}
	return n, digits > 0 && n <= maxPence
}

// isGoods: five digits and at most two letters; everything else in the column
// is postage, fees, vouchers and corrections.
func isGoods(code string) bool {
	if len(code) < 5 || len(code) > 7 {
		return false
	}
	for i, c := range []byte(code) {
		if i < 5 && (c < '0' || c > '9') || i >= 5 && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func classOf(code string) string {
	switch {
	case code == "POST", code == "DOT", code == "C2", code == "C3":
		return "postage " + code
	case code == "M":
		return "manual correction M"
	case code == "D":
		return "discount D"
	case code == "S":
		return "samples S"
	case code == "BANK CHARGES", code == "AMAZONFEE", code == "B", code == "CRUK":
		return "fees and debts " + code
	case strings.HasPrefix(code, "ADJUST"):
		return "adjustment"
	case strings.HasPrefix(code, "GIFT"):
		return "gift voucher"
	case strings.HasPrefix(code, "TEST"):
		return "test"
	case strings.HasPrefix(code, "DCGS"):
		return "party sale DCGS"
	case code == "PADS":
		return "pads PADS"
	}
	return "other code"
}

// settle lets each cancellation find the customer's latest earlier purchase of
// the thing that has something left to cancel.
func (r *retail) settle() {
	slices.SortStableFunc(r.invoices, func(a, b *invoice) int { return cmp.Compare(a.at, b.at) })
	type key struct {
		customer string
		code     int32
	}
	wanted := map[key][]*sale{}
	for _, v := range r.voids {
		wanted[key{v.customer, v.code}] = nil
	}
	when := map[*sale]int64{}
	for _, in := range r.invoices {
		if in.left || in.customer == "" {
			continue
		}
		for i := range in.lines {
			k := key{in.customer, in.lines[i].code}
			if list, ok := wanted[k]; ok {
				wanted[k] = append(list, &in.lines[i])
				when[&in.lines[i]] = in.at
			}
		}
	}
	slices.SortStableFunc(r.voids, func(a, b cancellation) int { return cmp.Compare(a.at, b.at) })
	for _, v := range r.voids {
		applied := false
		if v.customer != "" {
			list := wanted[key{v.customer, v.code}]
			for i := len(list) - 1; i >= 0 && v.qty > 0; i-- {
				take := min(v.qty, list[i].qty-list[i].gone)
				if when[list[i]] > v.at || take <= 0 {
					continue
				}
				list[i].gone += take
				v.qty -= take
				applied = true
			}
		}
		r.sum.Skipped[map[bool]string{true: skipCancelled, false: skipNoOrder}[applied]]++
	}
	for _, in := range r.invoices {
		switch {
		case in.left:
			r.skip(skipLeftOut, len(in.lines)+in.postages)
		case len(in.lines) == 0:
			r.skip(skipPostageOnly, in.postages)
		default:
			r.skip(skipPostage, in.postages)
			if in.customer == "" {
				r.skip(keptGuest, len(in.lines))
			}
		}
	}
}

func (r *retail) skip(why string, n int) {
	if n > 0 {
		r.sum.Skipped[why] += n
	}
}

// hash stands for everything an invoice became, so that importing again knows
// it without reading its lines.
func (r *retail) hash(in *invoice) string {
	h := sha256.New()
	var b []byte
	str := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	str("1")
	str(in.customer)
	str(in.country)
	b = binary.AppendVarint(binary.AppendVarint(b, in.at), in.postage)
	for _, l := range in.lines {
		str(r.codes[l.code].code)
		str(r.words[l.words])
		b = binary.AppendVarint(binary.AppendVarint(binary.AppendVarint(b, int64(l.qty)), l.price), int64(l.gone))
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// countries are the names that Online Retail II uses. What is no country has
// no code.
var countries = map[string]string{
	"united kingdom": "GB", "eire": "IE", "germany": "DE", "france": "FR", "netherlands": "NL", "spain": "ES", "switzerland": "CH",
	"belgium": "BE", "portugal": "PT", "australia": "AU", "italy": "IT", "sweden": "SE", "norway": "NO", "cyprus": "CY", "finland": "FI",
	"austria": "AT", "denmark": "DK", "greece": "GR", "japan": "JP", "usa": "US", "poland": "PL", "united arab emirates": "AE",
	"israel": "IL", "hong kong": "HK", "singapore": "SG", "malta": "MT", "canada": "CA", "iceland": "IS", "rsa": "ZA", "lithuania": "LT",
	"bahrain": "BH", "brazil": "BR", "thailand": "TH", "korea": "KR", "lebanon": "LB", "bermuda": "BM", "nigeria": "NG",
	"czech republic": "CZ", "saudi arabia": "SA",
}
