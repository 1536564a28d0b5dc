// Package slot is the places of the shop that suggest something: their names,
// who goes without one so that its effect can be measured, and the mark that
// leads from what was shown to what was bought.
package slot

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
)

// Key names a place; it is kept with every line it led to and never changes.
type Key string

// The places. Home is the home page of a segment as a whole; what stands on it
// has a key a kind of section.
const (
	Complements  Key = "product.complements"
	Complex      Key = "product.complex"
	Alternatives Key = "product.alternatives"
	Looked       Key = "product.looked"
	CartChain    Key = "cart.chain"
	Added        Key = "cart.added"
	Confirmation Key = "confirmation"
	Reply        Key = "reply"           // by staff, to a question; its page is the question's number
	Campaign     Key = "campaign"        // a mail of a campaign; its page is the campaign's token
	BannerHome   Key = "banner.home"     // its page is the banner's token
	BannerShelf  Key = "banner.category" // likewise
	BannerCart   Key = "banner.cart"     // likewise
	Home         Key = "home"
	sections     Key = "home."
	other        Key = "home.other"
)

// Slot is a place and what becomes of it for whoever goes without.
type Slot struct {
	Key  Key
	Code string // what a link says
	Held Held
}

// Held is what stands there for people who go without.
type Held string

const (
	Nothing  Held = "nothing" // the block is left out
	Shelf    Held = "shelf"   // what else stands on the same shelf
	Neutral  Held = "neutral" // the page of people we do not know
	AtRandom Held = "random"  // one of the same places, chosen without knowing who looks
	Always   Held = ""        // nobody goes without
)

// Slots lists every place, in the order of reports.
var Slots = []Slot{
	{Home, "h", Neutral},
	{Complements, "pc", Shelf},
	{Complex, "px", Nothing},
	{Looked, "pl", Nothing},
	{CartChain, "cc", Nothing},
	{Added, "ca", Nothing},
	{Confirmation, "oc", Nothing},
	{Alternatives, "pa", Always},
	{Reply, "rq", Always},
	{Campaign, "mc", Always},
	{BannerHome, "bh", AtRandom},
	{BannerShelf, "bc", AtRandom},
	{BannerCart, "bt", AtRandom},
	{"home.again", "ha", Nothing},
	{"home.goes", "hg", Nothing},
	{"home.continue", "hu", Nothing},
	{"home.looked", "hl", Nothing},
	{"home.like", "hk", Nothing},
	{"home.category", "hc", Always},
	{"home.best", "hb", Always},
	{"home.new", "hn", Always},
	{"home.picked", "hp", Always},
	{"home.reduced", "hr", Always},
	{other, "ho", Always},
}

// Of finds a place by its key.
func Of(key Key) (Slot, bool) {
	i := slices.IndexFunc(Slots, func(s Slot) bool { return s.Key == key })
	if i < 0 {
		return Slot{}, false
	}
	return Slots[i], true
}

// Section is the key of a kind of section of the home page.
func Section(kind string) Key {
	if s, ok := Of(sections + Key(kind)); ok {
		return s.Key
	}
	return other
}

// OnHome reports whether a place is a section of the home page.
func (k Key) OnHome() bool { return strings.HasPrefix(string(k), string(sections)) }

// Banner reports whether a place is one of banners.
func (k Key) Banner() bool { return k == BannerHome || k == BannerShelf || k == BannerCart }

// Name is the place for people.
func (k Key) Name(l i18n.Lang) string { return i18n.T(l, "slot."+string(k)) }

// Arm is the side of a test somebody is on.
type Arm string

const (
	Outside Arm = ""      // in no test: a stranger, or somebody who did not agree
	Shown   Arm = "shown" // sees the place as it is
	Without Arm = "held"  // goes without
)

// Arms lists every side.
var Arms = []Arm{Outside, Shown, Without}

// Mark says where something came from: the place, the side whoever saw it was
// on, and the product's code or the segment whose page it stood on.
type Mark struct {
	Slot Key
	Arm  Arm
	Page string
}

// mostPage bounds what a mark takes from an address.
const mostPage = 80

// String is the mark as rows keep it, "" for none.
func (m Mark) String() string {
	if m.Slot == "" {
		return ""
	}
	return string(m.Slot) + "/" + string(m.Arm) + "/" + m.Page
}

// Parse reads what String wrote; false for anything else.
func Parse(s string) (Mark, bool) {
	part := strings.SplitN(s, "/", 3)
	if len(part) != 3 {
		return Mark{}, false
	}
	m := Mark{Key(part[0]), Arm(part[1]), part[2]}
	_, known := Of(m.Slot)
	return m, known && slices.Contains(Arms, m.Arm) && plain(m.Page)
}

// carried begins a tag that was counted as a click already.
const carried = "~"

// Tag is what a link says: the place and the page, never the person.
func (m Mark) Tag() string {
	s, ok := Of(m.Slot)
	if !ok {
		return ""
	}
	if m.Page == "" || m.Slot.OnHome() {
		return s.Code
	}
	return s.Code + "." + m.Page
}

// Carry is the tag for links that lead on from what was clicked.
func (m Mark) Carry() string {
	if tag := m.Tag(); tag != "" {
		return carried + tag
	}
	return ""
}

// ParseTag reads a tag, and whether it comes from a click on the place itself.
// What is no place of the shop is nothing.
func ParseTag(s string) (m Mark, clicked bool) {
	s, on := strings.CutPrefix(s, carried)
	code, page, _ := strings.Cut(s, ".")
	i := slices.IndexFunc(Slots, func(s Slot) bool { return s.Code == code })
	if i < 0 || !plain(page) || Slots[i].Key.OnHome() && page != "" {
		return Mark{}, false
	}
	return Mark{Slot: Slots[i].Key, Page: page}, !on
}

// plain reports whether a page's name may go into links and rows as it is.
func plain(s string) bool {
	if len(s) > mostPage {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_' {
			return false
		}
	}
	return true
}

// Page is a product's code as a mark may carry it; "" where it may not.
func Page(code string) string {
	if !plain(code) {
		return ""
	}
	return code
}

// Seen is what an impression keeps: the mark, and the products in the order in
// which they stood there.
func (m Mark) Seen(products []int64) string {
	var b strings.Builder
	b.WriteString(m.String())
	for i, id := range products {
		b.WriteByte(" ,"[min(i, 1)])
		b.WriteString(strconv.FormatInt(id, 10))
	}
	return b.String()
}

// ParseSeen reads what Seen wrote.
func ParseSeen(s string) (Mark, []int64, bool) {
	mark, list, _ := strings.Cut(s, " ")
	m, ok := Parse(mark)
	if !ok || list == "" {
		return m, nil, ok
	}
	var products []int64
	for _, part := range strings.Split(list, ",") {
		id, err := strconv.ParseInt(part, 10, 64)
		if err != nil {
			return m, nil, false
		}
		products = append(products, id)
	}
	return m, products, true
}

// BasisPoints of a share: 500 are five percent.
const (
	usualHeld = 500
	MostHeld  = 5000
	whole     = 10_000
)

// Test is how a place is tested: a row of slots, or what holds without one.
type Test struct {
	Key       Key `gorm:"primaryKey"`
	Held      int // hundredths of a percent of people who go without
	Salt      string
	Planned   int     // people at which the interval is tightest
	Since     db.Time // the first moment that counts; never = everything
	UpdatedAt db.Time `gorm:"autoUpdateTime:false"`
}

// TableName is slots.
func (Test) TableName() string { return "slots" }

// Rules are all tests.
type Rules struct{ tests map[Key]Test }

// Of is how a place is tested.
func (r *Rules) Of(key Key) Test {
	if t, ok := r.tests[key]; ok {
		return t
	}
	t := Test{Key: key, Salt: string(key)}
	switch s, _ := Of(key); s.Held {
	case Always:
	case AtRandom: // nothing is kept from anybody: half tells soonest
		t.Held = MostHeld
	default:
		t.Held = usualHeld
	}
	return t
}

// Share is the part of people who go without.
func (t Test) Share() float64 { return float64(t.Held) / whole }

// Arm is the side of a test on which somebody is, always the same one for an
// account, and for a browser that nobody signed in with. Who did not agree to
// personal pages is outside: no cookie is set and nothing is kept to find out.
func (r *Rules) Arm(key Key, p *customer.Person) Arm {
	if p == nil || p.Staff || p.Bot || p.Visitor != nil && p.Visitor.Bot || !p.Personalized() {
		return Outside
	}
	unit := ""
	switch {
	case p.SignedIn():
		unit = "c" + strconv.FormatInt(int64(p.CustomerID()), 10)
	case p.Visitor.CustomerID != nil:
		unit = "c" + strconv.FormatInt(int64(*p.Visitor.CustomerID), 10)
	default:
		unit = "v" + strconv.FormatInt(int64(p.VisitorID()), 10)
	}
	t := r.Of(key)
	sum := sha256.Sum256([]byte(t.Salt + "/" + unit))
	if int(binary.BigEndian.Uint64(sum[:8])%whole) < t.Held {
		return Without
	}
	return Shown
}
