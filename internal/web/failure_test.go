package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
	"regulars/internal/i18n"
)

func TestFailuresBecomeAnswers(t *testing.T) {
	sh := small(t)
	var failure error
	fails := func(c echo.Context) error { return failure }
	for _, path := range []string{"/fail", "/api/v1/fail", "/admin/fail"} {
		sh.Echo.GET(path, fails)
	}
	sh.Echo.GET("/panic", func(echo.Context) error { panic("boom") })
	deep := func(kind error) error { return fmt.Errorf("place order X: %w", fault.New(kind, "")) }
	for _, row := range []struct {
		err         error
		status, api int
		retry       string
	}{
		{deep(fault.Invalid), 422, 422, ""},
		{deep(fault.NotFound), 404, 404, ""},
		{deep(fault.Conflict), 409, 409, ""},
		{deep(fault.Forbidden), 403, 403, ""},
		{deep(fault.SignIn), 303, 401, ""},
		{fault.TooMany, 429, 429, "60"},
		{fault.New(fault.TooMany, "error.too-many", "seconds", 9), 429, 429, "9"},
		{deep(fault.Gone), 410, 410, ""},
		{deep(fault.Unavailable), 503, 503, "60"},
		{deep(fault.TooLarge), 413, 413, ""},
		{context.DeadlineExceeded, 503, 503, "60"},
		{errors.New("disk on fire"), 500, 500, ""},
		{echo.ErrBadRequest, 400, 400, ""},
		{echo.ErrNotFound, 404, 404, ""},
		{echo.ErrUnsupportedMediaType, 415, 415, ""},
		{&fault.Fault{Kind: fault.Invalid, Words: "error.form", Cause: echo.ErrBadRequest}, 422, 422, ""},
		{fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 5}), 413, 413, ""},
	} {
		failure = row.err
		w := sh.ask("GET", "/fail?a=1", "")
		want(t, row.err.Error(), w.Code, row.status)
		want(t, row.err.Error()+" Retry-After", w.Header().Get("Retry-After"), row.retry)
		if strings.Contains(w.Body.String(), "disk on fire") || strings.Contains(w.Body.String(), "place order X") {
			t.Errorf("%v: the page shows the inside: %s", row.err, w.Body)
		}
		if row.status != 303 && !strings.Contains(w.Body.String(), "<main>") {
			t.Errorf("%v: not in the shop's frame: %s", row.err, w.Body)
		}
		want(t, "admin "+row.err.Error(), sh.ask("GET", "/admin/fail", "").Code, row.status)

		api := sh.ask("GET", "/zh/api/v1/fail", "")
		want(t, "api "+row.err.Error(), api.Code, row.api)
		want(t, "api type", api.Header().Get("Content-Type"), "application/problem+json")
		var doc struct {
			Type, Title, Detail string
			Status              int
		}
		if err := json.Unmarshal(api.Body.Bytes(), &doc); err != nil || doc.Status != row.api || doc.Title != http.StatusText(row.api) || doc.Type != "about:blank" || doc.Detail == "" || strings.HasPrefix(doc.Detail, "error.") {
			t.Errorf("%v: problem %s (%v)", row.err, api.Body, err)
		}
	}
	failure = fault.SignIn
	want(t, "where a guest is sent", sh.ask("GET", "/zh/fail?a=1", "").Header().Get("Location"), "/zh/signin?next=%2Fzh%2Ffail%3Fa%3D1")

	w := sh.ask("DELETE", "/fail", "", own)
	want(t, "wrong method", w.Code, 405)
	if allow := w.Header().Get("Allow"); !strings.Contains(allow, "GET") {
		t.Errorf("Allow: %q", allow)
	}
	want(t, "unknown admin page", sh.ask("GET", "/admin/unknown", "").Code, 404)

	sh.log.Reset()
	w = sh.ask("GET", "/panic", "")
	want(t, "panic", w.Code, 500)
	code := w.Header().Get("X-Request-Id")
	if !strings.Contains(w.Body.String(), "<code>"+code+"</code>") {
		t.Errorf("the page does not name the code %s: %s", code, w.Body)
	}
	if n := strings.Count(sh.log.String(), "level=ERROR"); n != 1 || !strings.Contains(sh.log.String(), code) || !strings.Contains(sh.log.String(), "boom") {
		t.Errorf("a failure of ours is logged %d times: %s", n, &sh.log)
	}
}

func TestFieldsOfAFormFailure(t *testing.T) {
	sh := small(t)
	var form fault.Form
	form.Wrong("qty", "error.number")
	sh.Echo.GET("/api/v1/fail", func(echo.Context) error { return form.Err() })
	sh.Echo.GET("/errors", func(c echo.Context) error {
		e := Errors(c, fmt.Errorf("add: %w", form.Err()))
		return c.String(200, e.Title+"|"+e.Items[0].Field+"|"+e.At("qty").Prefix+e.At("qty").Text+"|"+e.At("sku").Text)
	})
	if body := sh.ask("GET", "/api/v1/fail", "").Body.String(); !strings.Contains(body, `"errors":[{"field":"qty","detail":"Enter a whole number, such as 2"}]`) {
		t.Error(body)
	}
	want(t, "errors", sh.ask("GET", "/errors", "").Body.String(), "One thing to fix|qty|Error: Enter a whole number, such as 2|")
}

func TestABrokenErrorPageFallsBackToWords(t *testing.T) {
	sh := small(t)
	sh.OnPage(func(echo.Context, *Page) { panic("no departments") })
	w := sh.ask("GET", "/nothing", "")
	want(t, "status", w.Code, 404)
	want(t, "words", w.Body.String(), "There is nothing at this address\nCheck the address, search, or start from the home page.\n")
}

func TestEveryFailureHasItsWords(t *testing.T) {
	keys := []string{"error.internal", "error.internal.next"}
	for _, k := range kinds {
		keys = append(keys, k.words, k.words+".next")
	}
	for _, words := range byStatus {
		keys = append(keys, words, words+".next")
	}
	for _, key := range keys {
		for _, l := range i18n.Langs {
			if !i18n.Has(l, key) {
				t.Errorf("%s is not written in %s", key, l)
			}
		}
	}
}
