// Package fault is the shop's small vocabulary of failure: a kind for the
// program, words for the person, and the fields of a form that were wrong.
// Every layer adds what it was doing with fmt.Errorf and %w; one place at the
// HTTP edge turns a kind into a status and a page.
package fault

import "errors"

// The kinds. They are errors themselves: errors.Is(err, fault.NotFound).
var (
	Invalid     error = kind("invalid")     // 422: the request's content cannot be accepted
	NotFound    error = kind("not found")   // 404: no such thing, or not for this person
	Conflict    error = kind("conflict")    // 409: true a moment ago, no longer
	Forbidden   error = kind("forbidden")   // 403: signed in, but not allowed
	SignIn      error = kind("sign in")     // 303 to /signin: nobody is signed in
	TooMany     error = kind("too many")    // 429: again later
	Gone        error = kind("gone")        // 410: was here, will not come back
	Unavailable error = kind("unavailable") // 503: a part of the shop is away
	TooLarge    error = kind("too large")   // 413
)

type kind string

func (k kind) Error() string { return string(k) }

// Fault is a failure with something to say to a person.
type Fault struct {
	Kind   error   // one of the kinds above
	Words  string  // message key of package i18n, never raw text
	Args   []any   // its placeholders, name and value in turn
	Fields []Field // for a form: what was wrong where
	Cause  error   // for the log only
}

// Field names one wrong input of a form.
type Field struct {
	Name  string // the input's name
	Words string // message key
	Args  []any
}

func (f *Fault) Error() string {
	s := f.Kind.Error() + ": " + f.Words
	for _, field := range f.Fields {
		s += " [" + field.Name + ": " + field.Words + "]"
	}
	if f.Cause != nil {
		s += ": " + f.Cause.Error()
	}
	return s
}

// Unwrap makes errors.Is see both the kind and the cause.
func (f *Fault) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Kind}
	}
	return []error{f.Kind, f.Cause}
}

// New is a failure of a kind with the message key words.
func New(kind error, words string, args ...any) *Fault {
	return &Fault{Kind: kind, Words: words, Args: args}
}

// Form collects the wrong inputs of one form; Err is nil while there are none.
type Form struct{ fields []Field }

// Wrong notes that the input name is wrong, in the words of a message key.
// The first complaint about an input stands: one cure at a time.
func (f *Form) Wrong(name, words string, args ...any) {
	for _, have := range f.fields {
		if have.Name == name {
			return
		}
	}
	f.fields = append(f.fields, Field{Name: name, Words: words, Args: args})
}

// Err is nil, or an Invalid fault that carries every wrong input.
func (f *Form) Err() error {
	if len(f.fields) == 0 {
		return nil
	}
	return &Fault{Kind: Invalid, Words: "error.form", Fields: f.fields}
}

// Fields returns the wrong inputs that err carries, if any.
func Fields(err error) []Field {
	var f *Fault
	if errors.As(err, &f) {
		return f.Fields
	}
	return nil
}

// Kind returns the kind that err carries, or nil for a failure of ours.
func Kind(err error) error {
	for _, k := range []error{Invalid, NotFound, Conflict, Forbidden, SignIn, TooMany, Gone, Unavailable, TooLarge} {
		if errors.Is(err, k) {
			return k
		}
	}
	return nil
}
