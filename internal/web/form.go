package web

import (
	"errors"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
	"golang.org/x/text/unicode/norm"

	"regulars/internal/fault"
)

const (
	formValues  = 640    // more values than any form of ours sends
	formMaxText = 10_000 // runes of one value unless its tag says max=
)

// Form fills in, a small struct made for one form, from the request's body
// alone. Only fields tagged `form:"name"` are touched: string, bool, int,
// int64, *int (nil when left empty) and []string for repeated inputs; of a
// single input that came twice the first counts. Text is trimmed, brought to
// NFC and to LF; `form:"password,raw"` leaves it as typed, `form:"note,max=500"`
// caps its runes (10,000 without). Numbers may be typed full-width. What
// cannot be read is an Invalid fault with its field; in then holds all the
// rest, so that the page can show it again.
func Form(c echo.Context, in any) error {
	r := c.Request()
	if err := parseBody(r); err != nil {
		return err
	}
	return bind(c, in, r.PostForm)
}

// Query fills in from the query of the address by the same rules.
func Query(c echo.Context, in any) error {
	values, err := url.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return &fault.Fault{Kind: fault.Invalid, Words: "error.unreadable", Cause: err}
	}
	return bind(c, in, values)
}

// File is the file that a form sent under a name: what it was called, without
// its folders, and its content. Nothing chosen is fault.Invalid with that field.
func File(c echo.Context, name string) (called string, content multipart.File, err error) {
	r := c.Request()
	if err := parseBody(r); err != nil {
		return "", nil, err
	}
	var form fault.Form
	if r.MultipartForm == nil || len(r.MultipartForm.File[name]) == 0 || r.MultipartForm.File[name][0].Size == 0 {
		form.Wrong(name, "error.file.none")
		return "", nil, form.Err()
	}
	head := r.MultipartForm.File[name][0]
	content, err = head.Open()
	if err != nil {
		return "", nil, fmt.Errorf("open the file %s of a form: %w", name, err)
	}
	return strings.ToValidUTF8(norm.NFC.String(head.Filename), ""), content, nil
}

func parseBody(r *http.Request) error {
	if r.PostForm != nil {
		return nil
	}
	err := r.ParseForm() // by itself: ParseMultipartForm forgets its error for plain forms
	if err == nil && strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/") {
		err = r.ParseMultipartForm(1 << 20)
	}
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &tooLarge):
		return fault.New(fault.TooLarge, "error.too-large", "size", sizeWords(tooLarge.Limit))
	}
	r.PostForm = url.Values{}
	return &fault.Fault{Kind: fault.Invalid, Words: "error.unreadable", Cause: err}
}

func bind(c echo.Context, in any, values url.Values) error {
	target := reflect.ValueOf(in)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("a form fills a pointer to a struct, not %T", in)
	}
	count := 0
	for _, v := range values {
		count += len(v)
	}
	if count > formValues {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	target = target.Elem()
	var form fault.Form
	known := map[string]bool{"_csrf": true}
	for i := range target.NumField() {
		tag, ok := target.Type().Field(i).Tag.Lookup("form")
		if !ok {
			continue
		}
		name, options, _ := strings.Cut(tag, ",")
		known[name] = true
		if sent, ok := values[name]; ok && len(sent) > 0 {
			if err := set(&form, target.Field(i), name, options, sent); err != nil {
				return err
			}
		}
	}
	noteUnknown(c, values, known)
	return form.Err()
}

// noteUnknown logs that a body named fields nobody asked for (a price, a
// role): they are ignored, and somebody may want to know (ASVS 15.3.3).
func noteUnknown(c echo.Context, values url.Values, known map[string]bool) {
	if c.Request().Method == http.MethodGet {
		return
	}
	var names []string
	for name := range values {
		if !known[name] && len(names) < 10 {
			names = append(names, strings.ToValidUTF8(name[:min(len(name), 40)], ""))
		}
	}
	if len(names) > 0 {
		slices.Sort(names)
		v := of(c)
		v.server.opt.Log.Info("form fields ignored", "request", v.id, "route", c.Path(), "fields", names)
		v.server.requests.ignored.WithLabelValues(c.Path()).Add(float64(len(names)))
		if tell := v.server.opt.Ignored; tell != nil {
			tell(c.Path(), names)
		}
	}
}

func set(form *fault.Form, field reflect.Value, name, options string, sent []string) error {
	raw, most := false, formMaxText
	for option := range strings.SplitSeq(options, ",") {
		if option == "raw" {
			raw = true
		} else if n, ok := strings.CutPrefix(option, "max="); ok {
			var err error
			if most, err = strconv.Atoi(n); err != nil {
				return fmt.Errorf("form field %s: %w", name, err)
			}
		}
	}
	if field.Kind() == reflect.Slice && field.Type().Elem().Kind() == reflect.String {
		all := reflect.MakeSlice(field.Type(), 0, len(sent))
		for _, s := range sent {
			if text, ok := clean(form, name, s, raw, most); ok {
				all = reflect.Append(all, reflect.ValueOf(text).Convert(field.Type().Elem()))
			}
		}
		field.Set(all)
		return nil
	}
	text, ok := clean(form, name, sent[0], raw, most)
	if !ok {
		return nil
	}
	return setOne(form, field, name, text)
}

func setOne(form *fault.Form, field reflect.Value, name, text string) error {
	switch field.Kind() {
	case reflect.String:
		field.SetString(text)
	case reflect.Bool:
		field.SetBool(text == "on" || text == "1" || text == "true" || text == "yes")
	case reflect.Int, reflect.Int64:
		n, err := strconv.ParseInt(foldDigits(text), 10, 53)
		if err != nil {
			form.Wrong(name, "error.number")
			return nil
		}
		field.SetInt(n)
	case reflect.Pointer:
		if text == "" {
			return nil
		}
		fresh := reflect.New(field.Type().Elem())
		if err := setOne(form, fresh.Elem(), name, text); err != nil {
			return err
		}
		if !slices.ContainsFunc(fault.Fields(form.Err()), func(f fault.Field) bool { return f.Name == name }) {
			field.Set(fresh)
		}
	default:
		return fmt.Errorf("form field %s: a form cannot fill a %s", name, field.Type())
	}
	return nil
}

// clean brings text to the form it is kept in, or notes what is wrong with it.
func clean(form *fault.Form, name, s string, raw bool, most int) (string, bool) {
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		form.Wrong(name, "error.text")
		return "", false
	}
	if !raw {
		s = strings.TrimSpace(norm.NFC.String(strings.Map(unturned, strings.ReplaceAll(s, "\r\n", "\n"))))
	}
	if n := utf8.RuneCountInString(s); n > most {
		form.Wrong(name, "error.too-long", "max", most, "have", n)
		return "", false
	}
	return s, true
}

// unturned drops the marks that turn the direction of what follows: in a name
// they would turn the words of the page around it, too.
func unturned(r rune) rune {
	if r >= '\u202A' && r <= '\u202E' || r >= '\u2066' && r <= '\u2069' {
		return -1
	}
	return r
}

// foldDigits turns full-width digits and signs into plain ones.
func foldDigits(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '－':
			return '-'
		}
		return r
	}, s)
}
