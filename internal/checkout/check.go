package checkout

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/credit"
	"regulars/internal/customer"
	"regulars/internal/fault"
	"regulars/internal/pricing"
)

// clean writes the form the way the shop keeps it: no blanks around, composed
// letters, plain digits in numbers, country in capitals.
func (f Form) clean() Form {
	for _, s := range []*string{&f.Email, &f.Name, &f.Country, &f.Line1, &f.Line2, &f.City, &f.Region, &f.Postcode, &f.Phone, &f.Delivery, &f.Payment, &f.Coupon, &f.CardEmail, &f.CardWords} {
		*s = norm.NFC.String(strings.TrimSpace(strings.ToValidUTF8(*s, "\uFFFD")))
	}
	f.Country = strings.ToUpper(f.Country)
	f.Phone = narrow(f.Phone)
	f.Postcode = strings.ToUpper(narrow(f.Postcode))
	return f
}

// narrow folds the full-width digits and signs that Chinese keyboards write.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r >= 'Ａ' && r <= 'Ｚ':
			return r - 'Ａ' + 'A'
		case r == '＋':
			return '+'
		case r == '－':
			return '-'
		case r == '（':
			return '('
		case r == '）':
			return ')'
		case r == '\u3000':
			return ' '
		}
		return r
	}, s)
}

func (f Form) ask(person *customer.Person) Ask {
	return Ask{Country: f.Country, Region: f.Region, Coupon: f.Coupon, Email: f.Email, Person: person, Credit: f.Credit != nil, UseOwn: f.UseOwn}
}

// check notes every input that cannot be accepted. carried says that there
// are goods to bring somewhere; offer is what the page offers for the country.
func (f Form) check(form *fault.Form, offer *Offer, carried bool) {
	f.typed(form)
	switch {
	case !carried:
	case len(offer.Methods) == 0:
		form.Wrong("country", "checkout.delivery.none")
	case f.method(offer.Methods) == nil:
		form.Wrong("delivery", "checkout.delivery")
	}
	f.cards(form)
	if len(offer.Quotes) == 0 { // history told in bulk knows no coupons
		if !offered(offer.Payments, f.Payment) {
			form.Wrong("payment", "checkout.payment")
		}
		return
	}
	quote := offer.With(f.Delivery)
	switch covered := quote.Total > 0 && offer.Due(quote) == 0; {
	case covered: // nobody is asked for money
	case !offered(offer.Payments, f.Payment):
		form.Wrong("payment", "checkout.payment")
	case offer.serves != nil && !offer.serves(f.Payment, offer.bill(quote)):
		form.Wrong("payment", "checkout.payment.not-so")
	}
	if no := offer.With(f.Delivery).Refused; no != nil {
		form.Wrong("coupon", no.Words, no.Args...)
	}
}

// cards looks over where gift cards go, and their words.
func (f Form) cards(form *fault.Form) {
	if f.CardEmail != "" && customer.CheckEmail(f.CardEmail) != nil {
		form.Wrong("card_email", "checkout.card-email")
	}
	if utf8.RuneCountInString(f.CardWords) > credit.MostWords {
		form.Wrong("card_words", "checkout.long", "most", credit.MostWords)
	} else if strings.IndexFunc(f.CardWords, func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\r' || r == utf8.RuneError }) >= 0 {
		form.Wrong("card_words", "checkout.signs")
	}
}

// typed notes what is wrong with the writing alone, whatever the cart holds.
func (f Form) typed(form *fault.Form) {
	if !validKey(f.Key) {
		form.Wrong("key", "checkout.key.missing")
	}
	if customer.CheckEmail(f.Email) != nil {
		form.Wrong("email", "checkout.email")
	}
	f.text(form, "name", f.Name, 120, true)
	f.address(form)
	f.phone(form)
}

func (f Form) address(form *fault.Form) {
	country, known := CountryOf(f.Country)
	if !known {
		form.Wrong("country", "checkout.country")
	}
	f.text(form, "line1", f.Line1, 200, true)
	f.text(form, "line2", f.Line2, 200, false)
	f.text(form, "city", f.City, 100, true)
	f.text(form, "region", f.Region, 100, known && country.Region)
	f.text(form, "postcode", f.Postcode, 16, known && country.Postcode)
	if strings.IndexFunc(f.Postcode, func(r rune) bool { return r != ' ' && r != '-' && !isASCIILetterOrDigit(r) }) >= 0 {
		form.Wrong("postcode", "checkout.postcode.signs")
	}
}

func isASCIILetterOrDigit(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

// text checks one line of text; its messages are checkout.<name>,
// checkout.long and checkout.signs.
func (f Form) text(form *fault.Form, name, value string, most int, needed bool) {
	switch {
	case value == "":
		if needed {
			form.Wrong(name, "checkout."+name)
		}
	case utf8.RuneCountInString(value) > most:
		form.Wrong(name, "checkout.long", "most", most)
	case strings.IndexFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }) >= 0:
		form.Wrong(name, "checkout.signs")
	}
}

// phone is for the courier only: empty, or 7 to 15 digits with the usual
// signs between them.
func (f Form) phone(form *fault.Form) {
	if f.Phone == "" {
		return
	}
	digits := 0
	for i, r := range f.Phone {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case r == '+' && i == 0, strings.ContainsRune(" -().", r):
		default:
			form.Wrong("phone", "checkout.phone")
			return
		}
	}
	if digits < 7 || digits > 15 || len(f.Phone) > 40 {
		form.Wrong("phone", "checkout.phone")
	}
}

func (f Form) method(methods []pricing.Method) *pricing.Method {
	for i := range methods {
		if methods[i].Code == f.Delivery {
			return &methods[i]
		}
	}
	return nil
}

func cut(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return s
}
