package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

// zipper compresses pages, sheets, modules, JSON and drawings on their way
// out. Pictures and what is compressed already pass as they are.
type zipper struct {
	http.ResponseWriter
	accepts bool
	started bool
	zip     *gzip.Writer
}

var zips = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(io.Discard, 4); return w }}

func newZipper(w http.ResponseWriter, r *http.Request) *zipper {
	return &zipper{ResponseWriter: w, accepts: acceptsGzip(r) && r.Method != http.MethodHead}
}

func acceptsGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, q, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			weight, ok := strings.CutPrefix(strings.ReplaceAll(q, " ", ""), "q=")
			if !ok {
				return true
			}
			f, err := strconv.ParseFloat(weight, 64)
			return err == nil && f > 0
		}
	}
	return false
}

func compressible(kind string) bool {
	kind, _, _ = strings.Cut(kind, ";")
	switch kind {
	case "text/html", "text/css", "text/javascript", "text/plain", "text/xml", "text/csv", "application/json",
		"application/problem+json", "application/manifest+json", "application/xml", "image/svg+xml":
		return true
	}
	return false
}

func (z *zipper) WriteHeader(status int) {
	if !z.started && status >= 200 {
		z.started = true
		h := z.Header()
		bodyless := status == http.StatusNoContent || status == http.StatusNotModified
		if !bodyless && h.Get("Content-Encoding") == "" && compressible(h.Get("Content-Type")) {
			h.Add("Vary", "Accept-Encoding")
			if z.accepts {
				h.Set("Content-Encoding", "gzip")
				h.Del("Content-Length")
				z.zip = zips.Get().(*gzip.Writer)
				z.zip.Reset(z.ResponseWriter)
			}
		}
	}
	z.ResponseWriter.WriteHeader(status)
}

func (z *zipper) Write(b []byte) (int, error) {
	if !z.started {
		z.WriteHeader(http.StatusOK)
	}
	if z.zip != nil {
		return z.zip.Write(b)
	}
	return z.ResponseWriter.Write(b)
}

// Flush sends what there is, for long exports.
func (z *zipper) Flush() {
	if z.zip != nil {
		z.zip.Flush()
	}
	http.NewResponseController(z.ResponseWriter).Flush()
}

// Unwrap lets http.ResponseController reach the connection.
func (z *zipper) Unwrap() http.ResponseWriter { return z.ResponseWriter }

func (z *zipper) close() {
	if z.zip != nil {
		z.zip.Close()
		z.zip.Reset(io.Discard)
		zips.Put(z.zip)
		z.zip = nil
	}
}
