package outreach

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"regulars/internal/fault"
)

// What a text may hold at most.
const (
	mostOfTextSubject = 150    // runes
	mostOfTextBody    = 10_000 // runes
	mostOfPlaces      = 60
)

// An offer in a mail that is owed: what makes it advertising.
var offers = regexp.MustCompile(`(?i)\d\s*[%％]|\b(discount|coupon|voucher|promo|sale)\b|优惠|折扣|促销|打折|满减|特价`)

var addressInText = regexp.MustCompile(`(?i)\b(?:https?://|www\.)\S*`)

// Lint says what is wrong with a text that staff wrote, by field and line; nil:
// it can be sent. Its fields are subject and body.
func (d *Desk) Lint(f *Form, subject, body string) error {
	var form fault.Form
	used, places := map[string]bool{}, 0
	own := f.Subject + "\n" + f.Body
	look := func(field, words string) {
		for n, line := range strings.Split(strings.ReplaceAll(words, "\r\n", "\n"), "\n") {
			wrong := scan(line, func(literal, place string) error {
				if place == "" {
					return nil
				}
				if places++; f.place(place) == nil {
					form.Wrong(field, "mail.text.unknown", "line", n+1, "name", short(place, 40))
				} else if field == "body" && place == "link" && strings.Join(strings.Fields(line), "") != "{link}" {
					form.Wrong(field, "mail.text.link", "line", n+1)
				}
				used[place] = true
				return nil
			})
			for err, key := range map[error]string{errUnclosed: "mail.text.unclosed", errNested: "mail.text.nested", errStray: "mail.text.stray"} {
				if errors.Is(wrong, err) {
					form.Wrong(field, key, "line", n+1)
				}
			}
			for _, at := range addressInText.FindAllString(line, -1) {
				if d.BaseURL != "" && !strings.HasPrefix(at, d.BaseURL+"/") && at != d.BaseURL {
					form.Wrong(field, "mail.text.address", "line", n+1, "address", short(at, 60))
				}
			}
			if said := offers.FindString(line); said != "" && !isOffer(f.Template) && !strings.Contains(own, said) {
				form.Wrong(field, "mail.text.offer", "line", n+1, "words", said)
			}
			if strings.ContainsFunc(line, func(r rune) bool { return unicode.IsControl(r) && r != '\t' || r == unicode.ReplacementChar }) {
				form.Wrong(field, "mail.text.control", "line", n+1)
			}
		}
	}
	switch n := len([]rune(subject)); {
	case strings.TrimSpace(subject) == "":
		form.Wrong("subject", "mail.text.empty")
	case n > mostOfTextSubject:
		form.Wrong("subject", "mail.text.long", "most", mostOfTextSubject)
	case strings.ContainsAny(subject, "\r\n"):
		form.Wrong("subject", "mail.text.lines")
	default:
		look("subject", subject)
	}
	switch n := len([]rune(body)); {
	case strings.TrimSpace(body) == "":
		form.Wrong("body", "mail.text.empty")
	case n > mostOfTextBody:
		form.Wrong("body", "mail.text.long", "most", mostOfTextBody)
	default:
		look("body", body)
		for _, p := range f.Places {
			if p.Must && !used[p.Name] && slices.Contains(placesIn(own), p.Name) {
				form.Wrong("body", "mail.text.missing", "name", p.Name)
			}
		}
		if places > mostOfPlaces {
			form.Wrong("body", "mail.text.many", "most", mostOfPlaces)
		}
	}
	return form.Err()
}

// placesIn lists the placeholders of a text as they stand in it.
func placesIn(words string) (all []string) {
	for line := range strings.SplitSeq(words, "\n") {
		_ = scan(line, func(_, place string) error { // what comes before a mistake counts
			if place != "" && !slices.Contains(all, place) {
				all = append(all, place)
			}
			return nil
		})
	}
	return all
}

// Example is what each placeholder of a mail stands for in a letter that is
// made up.
func (d *Desk) Example(f *Form) (map[string]string, error) {
	w := d.sample(f.Lang)
	w.Shop = d.shopName(f.Lang)
	return f.values(w)
}
