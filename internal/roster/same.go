package roster

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/customer"
)

// What speaks for two accounts being one person; each is the message
// admin.duplicate.sign.<sign>. Cards are not asked: the shop keeps nothing that
// tells one card from another.
const (
	signMailbox = "mailbox" // the provider takes both ways of writing for one mailbox
	signTag     = "tag"     // they differ by what follows a plus sign; the provider's rule is not known
	signPhone   = "phone"
	signHome    = "home" // same name at the same address
	signBorn    = "born" // same name and birth date
	signName    = "name" // adds to the others
	signUnlike  = "unlike-born"
)

// weight is how far each goes, in percent; several add up like independent
// witnesses. By itself a name says nothing.
var weight = map[string]int{signMailbox: 90, signTag: 60, signPhone: 50, signHome: 70, signBorn: 60, signName: 30}

// A number or an address that more people share is a house, a firm or a school.
const mostShare = 8

// known is a person as they are compared.
type known struct {
	id        customer.ID
	email     string
	name      string
	phones    []string
	homes     []string // name and place
	born      string
	simulated bool
}

func (k *known) lives(a customer.Address) {
	name := nameKey(a.Name)
	if place := placeKey(a); place != "" && name != "" {
		k.homes = append(k.homes, name+"\n"+place)
	}
	k.phones = append(k.phones, phoneKey(a.Phone))
}

type pair struct {
	low, high customer.ID
	score     int
	signs     []string
}

// pairsOf finds the pairs by what they share; nobody is compared with
// everybody. Simulated people are paired with each other alone.
func pairsOf(people map[customer.ID]*known) []pair {
	shared := map[string]map[string][]customer.ID{}
	put := func(sign, key string, k *known) {
		if key == "" {
			return
		}
		if k.simulated {
			key = "simulated\n" + key
		}
		if shared[sign] == nil {
			shared[sign] = map[string][]customer.ID{}
		}
		if all := shared[sign][key]; !slices.Contains(all[max(0, len(all)-1):], k.id) {
			shared[sign][key] = append(all, k.id)
		}
	}
	for _, k := range people {
		mailbox, _ := customer.MailboxOf(k.email)
		put(signMailbox, mailbox, k)
		slices.Sort(k.phones)
		for _, p := range slices.Compact(k.phones) {
			put(signPhone, p, k)
		}
		slices.Sort(k.homes)
		for _, h := range slices.Compact(k.homes) {
			put(signHome, h, k)
		}
		if k.name != "" && k.born != "" {
			put(signBorn, k.name+"\n"+k.born, k)
		}
	}
	found := map[[2]customer.ID][]string{}
	for sign, keys := range shared {
		for _, ids := range keys {
			if len(ids) < 2 || len(ids) > mostShare {
				continue
			}
			slices.Sort(ids)
			for i, low := range ids {
				for _, high := range ids[i+1:] {
					if s := sign; low != high {
						if s == signMailbox && !sure(people[low], people[high]) {
							s = signTag
						}
						found[[2]customer.ID{low, high}] = append(found[[2]customer.ID{low, high}], s)
					}
				}
			}
		}
	}
	all := make([]pair, 0, len(found))
	for ids, signs := range found {
		slices.Sort(signs)
		all = append(all, judgePair(people[ids[0]], people[ids[1]], slices.Compact(signs)))
	}
	slices.SortFunc(all, func(a, b pair) int {
		if a.score != b.score {
			return b.score - a.score
		}
		if a.low != b.low {
			return int(a.low - b.low)
		}
		return int(a.high - b.high)
	})
	return all
}

func sure(a, b *known) bool {
	_, one := customer.MailboxOf(a.email)
	_, other := customer.MailboxOf(b.email)
	return one && other
}

// judgePair adds up what speaks for a pair; two birth dates that differ speak
// against it.
func judgePair(a, b *known, signs []string) pair {
	if a.name != "" && a.name == b.name {
		signs = append(signs, signName)
	}
	doubt := 100.0
	for _, s := range signs {
		doubt = doubt * float64(100-weight[s]) / 100
	}
	score := 100 - int(doubt+0.5)
	if a.born != "" && b.born != "" && a.born != b.born {
		signs = append(signs, signUnlike)
		score /= 2
	}
	return pair{a.id, b.id, min(max(score, 1), 99), signs}
}

// letters folds what people write in several ways: width, case, accents, signs.
// Ideographs stay one by one, since Chinese needs no blanks.
func letters(s string) []string {
	s = strings.ReplaceAll(strings.ReplaceAll(strings.ToLower(norm.NFKC.String(s)), "ß", "ss"), "ø", "o")
	var b strings.Builder
	for _, r := range norm.NFD.String(s) {
		switch {
		case unicode.Is(unicode.Mn, r) || r == '\'' || r == '’':
		case unicode.Is(unicode.Han, r):
			b.WriteString(" " + string(r) + " ")
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		default:
			b.WriteByte(' ')
		}
	}
	return strings.Fields(b.String())
}

// nameKey is a name without its order: "Li Na" and "Na, Li" are one. A Chinese
// name keeps its order, which says which part is the family's.
func nameKey(name string) string {
	words := letters(name)
	if len(words) < 2 {
		return "" // one word or sign names nobody
	}
	if !slices.ContainsFunc(words, func(w string) bool { return unicode.Is(unicode.Han, []rune(w)[0]) }) {
		slices.Sort(words)
	}
	return strings.Join(words, " ")
}

// What a street is called in short.
var short = map[string]string{"street": "st", "road": "rd", "avenue": "ave", "av": "ave", "lane": "ln", "drive": "dr", "square": "sq", "boulevard": "blvd",
	"apartment": "apt", "flat": "apt", "unit": "apt", "strasse": "str", "号": "", "號": ""}

// placeKey is an address by country, postcode (or city) and the words of its
// first line, in any order.
func placeKey(a customer.Address) string {
	var words []string
	for _, w := range letters(a.Line1) {
		if s, ok := short[w]; ok {
			w = s
		} else if rest, ok := strings.CutSuffix(w, "strasse"); ok && rest != "" {
			w = rest + "str"
		}
		if w != "" {
			words = append(words, w)
		}
	}
	town := strings.Join(letters(a.Postcode), "")
	if town == "" {
		town = strings.Join(letters(a.City), "")
	}
	if len(words) == 0 || town == "" {
		return ""
	}
	slices.Sort(words)
	return strings.ToLower(a.Country) + " " + town + " " + strings.Join(words, " ")
}

// phoneKey is the end of a number, which country codes and zeros leave alone.
func phoneKey(phone string) string {
	var b strings.Builder
	for _, r := range norm.NFKC.String(phone) {
		if r >= '0' && r <= '9' {
			b.WriteRune(r)
		}
	}
	digits := strings.TrimLeft(b.String(), "0")
	if len(digits) < 7 {
		return ""
	}
	return digits[max(0, len(digits)-9):]
}
