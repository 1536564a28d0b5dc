package storefront

import (
	"container/list"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	photo "regulars/internal/picture"
)

const forEver = "public, max-age=31536000, immutable"

// artPolicy is for a drawing opened by itself: it needs nothing at all, so it
// may do nothing at all.
const artPolicy = "default-src 'none'; sandbox; frame-ancestors 'none'"

// art draws the picture its address names. An address carries a mark of what
// is in the file and may be kept for ever; one without it, or with that of an
// earlier drawing (in an old mail, on somebody's page), shows today's.
func (s *Shop) art(c echo.Context) error {
	spec, sum, width, err := art.ParseFile(c.Param("spec"))
	if err != nil {
		return ended()
	}
	drawing, err := art.Draw(spec)
	if errors.Is(err, art.ErrUnknown) {
		return ended()
	}
	if err != nil {
		return wrap("draw "+spec, err)
	}
	h := c.Response().Header()
	h.Set("Cache-Control", "public, max-age=3600")
	if sum == art.Sum(drawing) {
		h.Set("Cache-Control", forEver)
	}
	h.Set("Content-Security-Policy", artPolicy)
	if width == 0 {
		return c.Blob(http.StatusOK, "image/svg+xml", drawing)
	}
	picture, err := s.prints.of(spec, drawing, width)
	if err != nil {
		return wrap("print "+spec, err)
	}
	return c.Blob(http.StatusOK, "image/png", picture)
}

// prints are drawings as PNG, the last asked for kept. One is made at a time:
// a large one takes a tenth of a second, and whoever asks for many must not
// take the shop's time from those who buy.
type prints struct {
	recent
	press sync.Mutex
}

func (p *prints) of(spec string, drawing []byte, width int) ([]byte, error) {
	k := strconv.Itoa(width) + " " + spec
	if data := p.find(k); data != nil {
		return data, nil
	}
	p.press.Lock()
	defer p.press.Unlock()
	if data := p.find(k); data != nil {
		return data, nil
	}
	w, h := art.SizeOf(spec)
	data, err := art.PNG(drawing, width, width*h/w)
	if err == nil {
		p.keep(k, data)
	}
	return data, err
}

// recent keeps the files that were asked for last.
type recent struct {
	mu    sync.Mutex
	kept  map[string]*list.Element
	order *list.List
	bytes int
}

// mostRecent bounds the memory; a file has 4 to 250 KB.
const mostRecent = 16 << 20

type keptFile struct {
	key  string
	data []byte
}

func (r *recent) find(key string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.kept[key]
	if e == nil {
		return nil
	}
	r.order.MoveToFront(e)
	return e.Value.(*keptFile).data
}

func (r *recent) keep(key string, data []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.kept == nil {
		r.kept, r.order = map[string]*list.Element{}, list.New()
	}
	if r.kept[key] != nil {
		return
	}
	r.kept[key] = r.order.PushFront(&keptFile{key, data})
	for r.bytes += len(data); r.bytes > mostRecent && r.order.Len() > 1; {
		last := r.order.Remove(r.order.Back()).(*keptFile)
		r.bytes -= len(last.data)
		delete(r.kept, last.key)
	}
}

// mediaName is what somebody may have called a picture in the data folder; SVG is not among them,
// since it can carry script.
var mediaName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.(png|jpg|jpeg|webp|gif)$`)

func (s *Shop) media(c echo.Context) error {
	name := c.Param("file")
	if n, side, ok := photo.Parse(name); ok {
		return s.photo(c, n, side)
	}
	if s.Folder == "" || !mediaName.MatchString(name) {
		return ended()
	}
	f, err := os.Open(filepath.Join(s.Folder, "media", name))
	if errors.Is(err, os.ErrNotExist) {
		return ended()
	}
	if err != nil {
		return wrap("open a picture", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.IsDir() {
		return ended()
	}
	c.Response().Header().Set("Cache-Control", "public, max-age=86400")
	http.ServeContent(c.Response(), c.Request(), name, info.ModTime(), f)
	return nil
}
