package admin

import (
	"bytes"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/exchange"
	"regulars/internal/jobs"
	"regulars/internal/search"
	"regulars/internal/staff"
)

// bring sends a file by the form of the page.
func (f *office) bring(kind, name, body string) *httptest.ResponseRecorder {
	f.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f.must(m.WriteField("kind", kind))
	part, err := m.CreateFormFile("file", name)
	f.must(err)
	_, err = io.WriteString(part, body)
	f.must(err)
	f.must(m.Close())
	r := httptest.NewRequest("POST", intakesPath, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.AddCookie(&http.Cookie{Name: "session", Value: f.session})
	w := httptest.NewRecorder()
	f.Web.ServeHTTP(w, r)
	return w
}

func (f *office) runner() *jobs.Runner {
	r := jobs.NewRunner(f.DB, slog.New(slog.DiscardHandler))
	search.Register(r, f.DB)
	exchange.Register(r, f.DB, func() time.Time { f.now = f.now.Add(time.Minute); return f.now })
	return r
}

func TestAFileIsLookedThroughImportedAndUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := open(t, d).as(staff.Merchant)
		r := f.runner()
		work := func() {
			t.Helper()
			_, err := r.RunDue(t.Context(), time.Now().Add(time.Hour))
			f.must(err)
		}
		work()
		f.want(f.get(intakesPath), 200, "Bring in a file", "No file yet", "Export products")
		f.want(f.bring("products", "x.csv", ""), 422, "Choose a file")
		f.want(f.bring("products", "x.xlsx", "PK\x03\x04rest"), 422, "This is a spreadsheet")
		f.want(f.bring("people", "x.csv", "email\n"), 422, "nothing to import called")

		w := f.bring("products", "<b>cups.csv", "code,name_en,sku,price\nBB01,Still Bottle,BB01-S,20.00\nCUP,Cup,CUP,5.00\nJUG,Jug,JUG,abc\n")
		f.want(w, 303)
		path := w.Header().Get("Location")
		f.want(f.get(path), 200, "Looking", `http-equiv="refresh"`, "&lt;b&gt;cups")
		work()
		f.want(f.get(path), 200, "Looked through", "To be changed", "Import it", "abc", "Rows to mend", "!http-equiv=\"refresh\"")
		f.want(f.get(path+"?lang=zh"), 200, "已检查", "开始导入", "无法导入的行")
		f.want(f.get(path+"/rows.csv"), 200, "JUG,Jug,JUG,abc", "!CUP,Cup")
		f.want(f.get("/admin/products/CUP?lang=en"), 404)

		f.want(f.post(path, url.Values{"do": {"run"}}), 303)
		f.want(f.post(path, url.Values{"do": {"run"}}), 303) // a second click finds it moved
		work()
		f.want(f.get(path), 200, "Imported", "Undo this import", "One changed product goes", "one new one is")
		f.want(f.get("/admin/products/BB01"), 200, "Still Bottle", "20.00")
		f.want(f.get("/admin/products/products.csv"), 200, "Still Bottle", "CUP")

		f.want(f.post(path, url.Values{"do": {"undo"}}), 303)
		work()
		f.want(f.get(path), 200, "Undone", "!Undo this import")
		f.want(f.get("/admin/products/BB01"), 200, "Calm Bottle", "19.00")
		for action, n := range map[string]int{"import.take": 1, "import.run": 1, "import.undo": 1, "export.products": 1} {
			if got := f.audited(action); len(got) != n {
				t.Errorf("%s stands %d times in the audit, not %d", action, len(got), n)
			}
		}
		f.want(f.as(staff.Marketer).get(path), 404)
	})
}

func TestColumnsOfAStrangersFileAreAsked(t *testing.T) {
	f := open(t, dbtest.SQLite(t)).as(staff.Merchant)
	r := f.runner()
	w := f.bring("products", "export.csv", "Art.,Product name,Retail price\nA1,Cup,12.00\n")
	f.want(w, 303)
	path := w.Header().Get("Location")
	f.want(f.get(path), 200, "Which column is which", "Columns open", `<option value="Product name" selected>`, `<option value="Art.">`, "12.00")
	f.want(f.post(path, url.Values{"do": {"look"}, "name_en": {"Product name"}}), 422, "Say which column of the file this is", `<option value="Product name" selected>`)
	f.want(f.post(path, url.Values{"do": {"look"}, "code": {"Art."}, "name_en": {"Product name"}, "price": {"Retail price"}}), 303)
	_, err := r.RunDue(t.Context(), time.Now().Add(time.Hour))
	f.must(err)
	f.want(f.get(path), 200, "Looked through", "To be made", "Import it", `<option value="Art." selected>`)
	f.want(f.post(path, url.Values{"do": {"burn"}}), 422)
	if strings.Contains(f.get(intakesPath).Body.String(), "No file yet") {
		t.Error("the list does not know the file")
	}
}
