package admin

import (
	"bytes"
	"image"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/staff"
)

// upload sends a file by the form of a product's pictures.
func (f *office) upload(code string, file []byte) *httptest.ResponseRecorder {
	f.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, value := range map[string]string{"act": "add", "version": f.versionOf(code), "alt_en": "A bottle on a table"} {
		f.must(m.WriteField(name, value))
	}
	part, err := m.CreateFormFile("file", "a.png")
	f.must(err)
	_, err = part.Write(file)
	f.must(err)
	f.must(m.Close())
	r := httptest.NewRequest("POST", "/admin/products/"+code+"/pictures", &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "session", Value: f.session})
	w := httptest.NewRecorder()
	f.Web.ServeHTTP(w, r)
	return w
}

func (f *office) versionOf(code string) string {
	f.t.Helper()
	var v int
	f.must(f.DB.Query(f.t.Context()).Raw("SELECT version FROM products WHERE code = ?", code).Scan(&v).Error)
	return strconv.Itoa(v)
}

func TestPicturesAreUploadedDescribedOrderedAndTakenAway(t *testing.T) {
	img := image.NewRGBA(image.Rect(0, 0, 400, 300))
	for i := range img.Pix {
		img.Pix[i] = 0xff
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		var code string
		f.must(d.Query(t.Context()).Raw("SELECT code FROM products ORDER BY id LIMIT 1").Scan(&code).Error)
		path := "/admin/products/" + code + "/pictures"
		srcs := func() (all []string) {
			f.must(d.Query(t.Context()).Raw("SELECT i.src FROM product_images i JOIN products p ON p.id = i.product_id WHERE p.code = ? ORDER BY i.position", code).Scan(&all).Error)
			return all
		}
		before := srcs()
		f.want(f.get(path), 200, "Add a photograph")
		f.want(f.upload(code, []byte("<svg></svg>")), 422, "no picture the shop can read", "A bottle on a table")
		f.want(f.upload(code, file.Bytes()), 303)
		if after := srcs(); len(after) != len(before)+1 {
			t.Fatalf("%v became %v", before, after)
		}
		f.want(f.upload(code, file.Bytes()), 422, "has that picture already")
		last := srcs()[len(before)]
		act := func(act, version string) *httptest.ResponseRecorder {
			return f.post(path, url.Values{"act": {act}, "src": {last}, "version": {version}, "alt_en": {"A bottle"}, "alt_zh": {"瓶子"}})
		}
		f.want(act("remove", "0"), 409, "changed this product meanwhile")
		f.want(act("alt", f.versionOf(code)), 303)
		f.want(f.get(path), 200, "瓶子", last)
		for range before {
			f.want(act("up", f.versionOf(code)), 303)
		}
		if srcs()[0] != last {
			t.Errorf("not first: %v", srcs())
		}
		f.want(act("remove", f.versionOf(code)), 303)
		if after := srcs(); len(after) != len(before) {
			t.Errorf("%v became %v", before, after)
		}
	})
}
