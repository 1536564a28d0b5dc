package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/fault"
)

// assetTree is the whole static tree in memory. One digest of it stands in
// every address, so that relative imports between modules just work and every
// file may be kept for ever.
type assetTree struct {
	digest string
	files  map[string]asset
}

type asset struct {
	kind        string
	plain, zips []byte // zips is nil where it would save nothing
}

var assetKinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
	".png": "image/png", ".jpg": "image/jpeg", ".webp": "image/webp", ".ico": "image/x-icon", ".woff2": "font/woff2",
	".json": "application/json", ".webmanifest": "application/manifest+json", ".txt": "text/plain; charset=utf-8",
}

// The first and the last sheets, in the order of their layers; the components
// between them overlap nowhere and stand in the order of their names.
var (
	firstSheets = []string{"00-layers.css", "reset.css", "tokens.css", "base.css", "layout.css"}
	lastSheets  = []string{"states.css", "print.css"}
)

func readAssets(files fs.FS) (*assetTree, error) {
	t := &assetTree{files: map[string]asset{}}
	sheets := map[string][]byte{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		kind := assetKinds[path.Ext(name)]
		if err != nil || d.IsDir() || kind == "" {
			return err
		}
		b, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if sheet, ok := strings.CutPrefix(name, "css/"); ok {
			sheets[sheet] = b
			return nil
		}
		t.files[name] = asset{kind: kind, plain: b}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read static files: %w", err)
	}
	shop, admin := joinSheets(sheets)
	t.files["shop.css"] = asset{kind: assetKinds[".css"], plain: shop}
	t.files["admin.css"] = asset{kind: assetKinds[".css"], plain: admin}

	names := make([]string, 0, len(t.files))
	for name := range t.files {
		names = append(names, name)
	}
	slices.Sort(names)
	sum := sha256.New()
	for _, name := range names {
		a := t.files[name]
		fmt.Fprintf(sum, "%s\x00%d\x00", name, len(a.plain))
		sum.Write(a.plain)
		if compressible(a.kind) {
			a.zips = zipped(a.plain)
			t.files[name] = a
		}
	}
	t.digest = hex.EncodeToString(sum.Sum(nil))[:16]
	return t, nil
}

func joinSheets(sheets map[string][]byte) (shop, admin []byte) {
	var middle []string
	for name := range sheets {
		if !slices.Contains(firstSheets, name) && !slices.Contains(lastSheets, name) {
			middle = append(middle, name)
		}
	}
	slices.Sort(middle)
	for _, name := range slices.Concat(firstSheets, middle, lastSheets) {
		sheet := withoutComments(sheets[name])
		admin = append(admin, sheet...)
		if !strings.HasPrefix(name, "admin-") {
			shop = append(shop, sheet...)
		}
	}
	return shop, admin
}

// withoutComments takes comments and indentation out of a sheet: each opens
// with the markup it styles, which is for its writers alone.
func withoutComments(css []byte) []byte {
	var out bytes.Buffer
	for i := 0; i < len(css); {
		switch c := css[i]; {
		case c == '"' || c == '\'':
			end := i + 1
			for end < len(css) && css[end] != c {
				if css[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end+1, len(css))
			out.Write(css[i:end])
			i = end
		case bytes.HasPrefix(css[i:], []byte("/*")):
			end := bytes.Index(css[i+2:], []byte("*/"))
			if end < 0 {
				return out.Bytes()
			}
			i += end + 4
		case c == '\n':
			for i < len(css) && (css[i] == '\n' || css[i] == ' ' || css[i] == '\t' || css[i] == '\r') {
				i++
			}
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
		default:
			out.WriteByte(c)
			i++
		}
	}
	return out.Bytes()
}

func zipped(b []byte) []byte {
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		panic(err)
	}
	w.Write(b) // a buffer takes everything
	w.Close()
	if out.Len() >= len(b) {
		return nil
	}
	return out.Bytes()
}

// Asset is the address of a static file: shop.css and admin.css are the joined
// sheets, everything else stands under its own name ("js/enhance.js").
func Asset(c echo.Context, name string) string { return of(c).server.Asset(name) }

// Asset is the same where there is no request: mails, the feed.
func (s *Server) Asset(name string) string { return "/static/" + s.tree.Load().digest + "/" + name }

func (s *Server) serveAsset(c echo.Context) error {
	tree := s.tree.Load()
	name := c.Param("*")
	a, ok := tree.files[name]
	if !ok {
		return fault.New(fault.NotFound, "error.not-found")
	}
	h := c.Response().Header()
	if c.Param("digest") != tree.digest {
		// A page from before the last start: the newest file will do.
		h.Set("Cache-Control", "no-cache")
		return c.Redirect(http.StatusFound, s.Asset(name))
	}
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+tree.digest+`"`)
	if c.Request().Header.Get("If-None-Match") == `"`+tree.digest+`"` {
		return c.NoContent(http.StatusNotModified)
	}
	body := a.plain
	if a.zips != nil {
		h.Add("Vary", "Accept-Encoding")
		if acceptsGzip(c.Request()) {
			h.Set("Content-Encoding", "gzip")
			body = a.zips
		}
	}
	return c.Blob(http.StatusOK, a.kind, body)
}
