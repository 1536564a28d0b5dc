package web

import (
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
)

func TestFormTakesOnlyWhatItNames(t *testing.T) {
	type input struct {
		SKU      string   `form:"sku,max=8"`
		Qty      int      `form:"qty"`
		Age      *int     `form:"age"`
		Gift     bool     `form:"gift"`
		Likes    []string `form:"like"`
		Password string   `form:"password,raw"`
		Price    int64    // no tag: nobody outside sets it
	}
	sh := small(t)
	var in input
	var got error
	sh.Echo.POST("/form", func(c echo.Context) error {
		in = input{Price: 100}
		got = Form(c, &in)
		return got
	})
	send := func(body string) *httptest.ResponseRecorder {
		return sh.ask("POST", "/form?sku=address&qty=9", body, own)
	}

	send("sku=+A-1%0D%0A&qty=%EF%BC%91%EF%BC%92&age=30&gift=on&like=a&like=b&password=+p+&Price=1&price=1&sku=second")
	if got != nil || in.SKU != "A-1" || in.Qty != 12 || in.Age == nil || *in.Age != 30 || !in.Gift || len(in.Likes) != 2 || in.Password != " p " || in.Price != 100 {
		t.Errorf("%+v %v", in, got)
	}
	if log := sh.log.String(); !strings.Contains(log, `fields="[Price price]"`) {
		t.Errorf("fields nobody asked for are not in the log: %s", log)
	}
	send("sku=e%CC%81&age=")
	if got != nil || in.SKU != "é" || in.Qty != 0 || in.Age != nil {
		t.Errorf("NFC, an absent and an empty number: %+v %v", in, got)
	}
	send("sku=%E2%80%AEab%E2%81%A9")
	if got != nil || in.SKU != "ab" {
		t.Errorf("marks that turn the direction stay: %q %v", in.SKU, got)
	}
	for _, row := range []struct {
		name, body, field, words string
		status                   int
	}{
		{"fraction", "qty=1.5", "qty", "error.number", 422},
		{"empty number", "qty=", "qty", "error.number", 422},
		{"words", "qty=two", "qty", "error.number", 422},
		{"too big a number", "qty=99999999999999999999", "qty", "error.number", 422},
		{"optional number, wrong", "age=x", "age", "error.number", 422},
		{"NUL", "sku=a%00b", "sku", "error.text", 422},
		{"invalid UTF-8", "sku=%ff%fe", "sku", "error.text", 422},
		{"NUL in a password", "password=%00", "password", "error.text", 422},
		{"too long", "sku=123456789", "sku", "error.too-long", 422},
		{"longest that passes", "sku=" + url.QueryEscape("一二三四五六七八"), "", "", 200},
		{"cut escape", "sku=%f", "", "", 422},
		{"641 values", strings.Repeat("like=a&", 641), "", "", 422},
		{"640 values", strings.TrimSuffix(strings.Repeat("like=a&", 640), "&"), "", "", 200},
		{"a megabyte and more", "sku=" + strings.Repeat("a", 1<<20), "", "", 413},
	} {
		w := send(row.body)
		want(t, row.name, w.Code, row.status)
		fields := fault.Fields(got)
		if row.field != "" && (len(fields) != 1 || fields[0].Name != row.field || fields[0].Words != row.words) {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}

func TestUploads(t *testing.T) {
	sh := small(t)
	var in struct {
		Name string `form:"name"`
	}
	take := func(c echo.Context) error {
		if err := Form(c, &in); err != nil {
			return err
		}
		_, header, err := c.Request().FormFile("file")
		if err != nil {
			return err
		}
		return c.String(200, fmt.Sprintf("%s %d", in.Name, header.Size))
	}
	sh.Echo.POST("/small", take)
	sh.Echo.POST("/large", take)
	sh.AllowLarge(6<<20, "/large")
	send := func(path string, size int, declared bool) *httptest.ResponseRecorder {
		body := "--x\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nstock\r\n--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n" +
			strings.Repeat("a", size) + "\r\n--x--\r\n"
		r := httptest.NewRequest("POST", path, strings.NewReader(body))
		if !declared {
			r.ContentLength = -1
		}
		r.Header.Set("Content-Type", "multipart/form-data; boundary=x")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		w := httptest.NewRecorder()
		sh.ServeHTTP(w, r)
		return w
	}
	want(t, "small upload", send("/small", 1000, true).Body.String(), "stock 1000")
	want(t, "2 MB where 1 is taken", send("/small", 2<<20, true).Code, 413)
	want(t, "2 MB without saying so", send("/small", 2<<20, false).Code, 413)
	want(t, "2 MB where 6 are taken", send("/large", 2<<20, true).Code, 200)
	want(t, "7 MB", send("/large", 7<<20, false).Code, 413)
}
