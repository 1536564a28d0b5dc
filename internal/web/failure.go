package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// ErrorPage is the data of the templates storefront/error and admin/error.
type ErrorPage struct {
	Page
	Status int
	Words  string // what happened
	Next   string // what the person can do about it
	Code   string // to name to the shop; only when the failure is ours
	Retry  bool   // the same address may work in a while
}

// statusGone is what the log says of a browser that went away (nginx's 499).
const statusGone = 499

var kinds = []struct {
	kind   error
	status int
	words  string // what happened, when the fault brings no words; its ".next" says what to do
}{
	{fault.Invalid, http.StatusUnprocessableEntity, "error.invalid"},
	{fault.NotFound, http.StatusNotFound, "error.not-found"},
	{fault.Conflict, http.StatusConflict, "error.conflict"},
	{fault.Forbidden, http.StatusForbidden, "error.forbidden"},
	{fault.SignIn, http.StatusSeeOther, "error.sign-in"},
	{fault.TooMany, http.StatusTooManyRequests, "error.too-many"},
	{fault.Gone, http.StatusGone, "error.gone"},
	{fault.Unavailable, http.StatusServiceUnavailable, "error.unavailable"},
	{fault.TooLarge, http.StatusRequestEntityTooLarge, "error.too-large-body"},
}

var byStatus = map[int]string{
	http.StatusBadRequest:           "error.unreadable",
	http.StatusUnauthorized:         "error.sign-in",
	http.StatusMethodNotAllowed:     "error.method",
	http.StatusMisdirectedRequest:   "error.host",
	http.StatusUnsupportedMediaType: "error.unreadable",
}

// verdict is what a failure means to the outside.
type verdict struct {
	status      int
	words, next string // message keys
	args        []any
	fields      []fault.Field
}

// judge finds the verdict on err. Our kind outranks the router's own error: a
// body that could not be read sits inside our Invalid.
func judge(err error) verdict {
	v := verdict{status: http.StatusInternalServerError, words: "error.internal"}
	var tooLarge *http.MaxBytesError
	var routers *echo.HTTPError
	kind := fault.Kind(err)
	switch {
	case kind != nil:
	case errors.As(err, &tooLarge):
		kind = fault.TooLarge
	case errors.As(err, &routers):
		v.status = routers.Code
		switch {
		case byStatus[routers.Code] != "":
			v.words = byStatus[routers.Code]
		case routers.Code == http.StatusNotFound:
			kind = fault.NotFound
		case routers.Code == http.StatusTooManyRequests:
			kind = fault.TooMany
		case routers.Code == http.StatusRequestEntityTooLarge:
			kind = fault.TooLarge
		case routers.Code < 500:
			v.words = "error.unreadable"
		}
	case errors.Is(err, context.DeadlineExceeded):
		kind = fault.Unavailable
	}
	for _, k := range kinds {
		if k.kind == kind {
			v.status, v.words = k.status, k.words
		}
	}
	v.next = v.words + ".next"
	var f *fault.Fault
	if errors.As(err, &f) {
		if f.Words != "" {
			v.words, v.args = f.Words, f.Args
		}
		v.fields = f.Fields
	}
	return v
}

// fail answers a request that failed: a problem document under /api/, a page
// elsewhere. It does not log; observe does, once.
func (s *Server) fail(err error, c echo.Context) {
	if c.Response().Committed {
		return
	}
	if errors.Is(err, context.Canceled) && c.Request().Context().Err() != nil {
		c.NoContent(statusGone)
		return
	}
	v := judge(err)
	api := strings.HasPrefix(of(c).path, "/api/")
	h := c.Response().Header()
	if v.status == http.StatusTooManyRequests || v.status == http.StatusServiceUnavailable {
		h.Set("Retry-After", strconv.Itoa(waitSeconds(v.args)))
	}
	if v.status != http.StatusNotFound && v.status != http.StatusMethodNotAllowed {
		Private(c)
	}
	switch {
	case api:
		err = s.problem(c, v)
	case v.status == http.StatusSeeOther:
		err = Redirect(c, signInAddress(c))
	default:
		err = s.errorPage(c, v)
	}
	if err != nil {
		s.opt.Log.Error("failure page failed", "request", of(c).id, "error", err)
	}
}

// RetryLater says in the header of a page of one's own when the request may be
// made again, as the page of a failure does.
func RetryLater(c echo.Context, err error) {
	var f *fault.Fault
	if errors.As(err, &f) {
		c.Response().Header().Set("Retry-After", strconv.Itoa(waitSeconds(f.Args)))
	}
}

// waitSeconds is the fault's own argument "seconds", or a minute.
func waitSeconds(args []any) int {
	for i := 0; i+1 < len(args); i += 2 {
		if n, ok := args[i+1].(int); ok && args[i] == "seconds" {
			return max(n, 1)
		}
	}
	return 60
}

// signInAddress leads back to where the person wanted to go, if that was a
// page and not a change.
func signInAddress(c echo.Context) string {
	if c.Request().Method != http.MethodGet || of(c).path == "/" {
		return "/signin"
	}
	next := URL(c, c.Request().URL.RequestURI())
	if LocalPath(next) != next {
		return "/signin"
	}
	return "/signin?next=" + url.QueryEscape(next)
}

// problem answers by RFC 9457.
func (s *Server) problem(c echo.Context, v verdict) error {
	type wrong struct {
		Field  string `json:"field"`
		Detail string `json:"detail"`
	}
	l := Lang(c)
	doc := struct {
		Type   string  `json:"type"`
		Title  string  `json:"title"`
		Status int     `json:"status"`
		Detail string  `json:"detail"`
		Errors []wrong `json:"errors,omitempty"`
		Code   string  `json:"code,omitempty"`
	}{Type: "about:blank", Status: v.status, Detail: i18n.T(l, v.words, v.args...)}
	if v.status == http.StatusSeeOther {
		doc.Status = http.StatusUnauthorized
	}
	doc.Title = http.StatusText(doc.Status)
	if v.status >= 500 {
		doc.Code = of(c).id
	}
	for _, f := range v.fields {
		doc.Errors = append(doc.Errors, wrong{f.Name, i18n.T(l, f.Words, f.Args...)})
	}
	b, err := json.Marshal(doc)
	if err != nil {
		return fmt.Errorf("write problem: %w", err)
	}
	return c.Blob(doc.Status, "application/problem+json", b)
}

// errorPage shows the failure in the shop's frame, or as plain words when
// even that fails.
func (s *Server) errorPage(c echo.Context, v verdict) (err error) {
	l := Lang(c)
	words, next, code := i18n.T(l, v.words, v.args...), "", ""
	if i18n.Has(l, v.next) {
		next = i18n.T(l, v.next)
	}
	if v.status >= 500 {
		code = of(c).id
	}
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
		if err != nil && !c.Response().Committed {
			plain := words + "\n" + next + "\n"
			if code != "" {
				plain += i18n.T(l, "error.code", "code", code) + "\n"
			}
			err = errors.Join(ignoreMissing(err), c.String(v.status, plain))
		}
	}()
	name := "storefront/error"
	if of(c).path == "/admin" || strings.HasPrefix(of(c).path, "/admin/") {
		if _, ok := s.pages.Load().pages["admin/error"]; ok && Session(c).StaffID() != 0 {
			name = "admin/error"
		}
	}
	if _, ok := s.pages.Load().pages[name]; !ok {
		return errNoErrorPage
	}
	page := NewPage(c, words)
	page.NoIndex = true
	c.Request().Header.Del("X-Fragment") // a failure is always shown whole
	return Render(c, v.status, name, ErrorPage{Page: page, Status: v.status, Words: words, Next: next, Code: code,
		Retry: v.status == http.StatusServiceUnavailable || v.status == http.StatusTooManyRequests})
}

var errNoErrorPage = errors.New("there is no error page")

func ignoreMissing(err error) error {
	if errors.Is(err, errNoErrorPage) {
		return nil
	}
	return err
}
