package customer

import (
	_ "embed"
	"net/mail"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"regulars/internal/fault"
)

// EmailKey is the form in which addresses are compared: trimmed, NFC, lower.
func EmailKey(email string) string {
	return strings.ToLower(norm.NFC.String(strings.TrimSpace(email)))
}

// CheckEmail returns an Invalid fault for the input "email", or nil.
func CheckEmail(email string) error {
	var form fault.Form
	if words := wrongEmail(email); words != "" {
		form.Wrong("email", words)
	}
	return form.Err()
}

// CheckPassword returns an Invalid fault for the input "password", or nil.
// email may be empty; a password equal to it or its first part is refused.
func CheckPassword(password, email string) error {
	var form fault.Form
	if words := wrongPassword(password, email); words != "" {
		form.Wrong("password", words)
	}
	return form.Err()
}

// CheckSignUp checks the whole sign-up form at once.
func CheckSignUp(email, password, name string) error {
	var form fault.Form
	if words := wrongEmail(email); words != "" {
		form.Wrong("email", words)
	}
	if words := wrongPassword(password, email); words != "" {
		form.Wrong("password", words)
	}
	checkLine(&form, "name", name, nameRunes)
	return form.Err()
}

// wrongEmail returns the message that names the cure, or "". The shape is
// RFC 5321's without quotes and comments, which no mail provider hands out.
func wrongEmail(email string) string {
	s := EmailKey(email)
	if s == "" {
		return "customer.email.empty"
	}
	at := strings.LastIndexByte(s, '@')
	if len(s) > 254 || at < 1 || at > 64 {
		return "customer.email.invalid"
	}
	local, domain := s[:at], s[at+1:]
	if strings.ContainsAny(local, "\"(),:;<>@[\\]") || strings.ContainsFunc(s, badRune) {
		return "customer.email.invalid"
	}
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s {
		return "customer.email.invalid"
	}
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return "customer.email.invalid"
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
			}) {
			return "customer.email.invalid"
		}
	}
	return ""
}

func badRune(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) || r == utf8.RuneError }

//go:embed common.txt
var commonText string

// The passwords that guessing starts with.
var common = func() map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(commonText) {
		set[word] = true
	}
	return set
}()

const (
	passwordLeast = 8
	passwordMost  = 128
)

func wrongPassword(password, email string) string {
	n := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return "customer.password.empty"
	case n < passwordLeast:
		return "customer.password.short"
	case n > passwordMost:
		return "customer.password.long"
	case !utf8.ValidString(password) || strings.ContainsFunc(password, unicode.IsControl):
		return "customer.password.letters"
	}
	folded := strings.ToLower(norm.NFKC.String(password))
	key := EmailKey(email)
	local, _, _ := strings.Cut(key, "@")
	if key != "" && (folded == key || folded == local) {
		return "customer.password.email"
	}
	if common[folded] || isRun(folded) {
		return "customer.password.common"
	}
	return ""
}

// isRun catches what no list holds in full: one character repeated, or a
// straight run such as 23456789 or hgfedcba.
func isRun(s string) bool {
	runes := []rune(s)
	step := runes[1] - runes[0]
	if step < -1 || step > 1 {
		return false
	}
	for i := 1; i < len(runes); i++ {
		if runes[i]-runes[i-1] != step {
			return false
		}
	}
	return true
}

// Longest texts, in characters.
const (
	nameRunes       = 80
	lineRunes       = 120
	occupationRunes = 60
	labelRunes      = 60
	postcodeRunes   = 16
)

// checkLine complains about text that is too long or not one clean line.
func checkLine(form *fault.Form, input, s string, most int) {
	if utf8.RuneCountInString(s) > most {
		form.Wrong(input, "customer.text.long", "most", most)
	} else if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		form.Wrong(input, "customer.text.line")
	}
}

// clean is a line as it is stored: one way to write each letter, no blanks
// around it.
func clean(s string) string { return norm.NFC.String(strings.TrimSpace(s)) }

// checkPhone folds full-width digits and complains about what no network
// dials. An empty number is fine.
func checkPhone(form *fault.Form, input, s string) string {
	s = clean(norm.NFKC.String(s))
	if s == "" {
		return ""
	}
	digits := 0
	for i, r := range s {
		switch {
		case r >= '0' && r <= '9':
			digits++
		case strings.ContainsRune(" -().", r), r == '+' && i == 0:
		default:
			form.Wrong(input, "customer.phone.invalid")
			return s
		}
	}
	if digits < 7 || digits > 15 || len(s) > 30 {
		form.Wrong(input, "customer.phone.invalid")
	}
	return s
}

// checkBirthDate wants a day that was, of somebody who may be alive.
func checkBirthDate(form *fault.Form, s string, now time.Time) string {
	s = clean(norm.NFKC.String(s))
	if s == "" {
		return ""
	}
	born, err := time.Parse(time.DateOnly, s)
	switch {
	case err != nil:
		form.Wrong("birth_date", "customer.birth.invalid")
	case born.After(now):
		form.Wrong("birth_date", "customer.birth.future")
	case born.Year() < now.Year()-120:
		form.Wrong("birth_date", "customer.birth.old")
	}
	return s
}
