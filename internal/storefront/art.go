package storefront

import (
	"container/list"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
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
	mu     sync.Mutex
	kept   map[printKey]*list.Element
	recent *list.List
	bytes  int
	press  sync.Mutex
}

// mostPrints bounds the memory; a picture has 4 to 60 KB.
const mostPrints = 16 << 20

type printKey struct {
	spec  string
	width int
}

type print struct {
	key  printKey
	data []byte
}

func (p *prints) find(k printKey) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.kept[k]
	if e == nil {
		return nil
	}
	p.recent.MoveToFront(e)
	return e.Value.(*print).data
}

func (p *prints) of(spec string, drawing []byte, width int) ([]byte, error) {
	k := printKey{spec, width}
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
	if err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept, p.recent = map[printKey]*list.Element{}, list.New()
	}
	p.kept[k] = p.recent.PushFront(&print{k, data})
	for p.bytes += len(data); p.bytes > mostPrints && p.recent.Len() > 1; {
		last := p.recent.Remove(p.recent.Back()).(*print)
		p.bytes -= len(last.data)
		delete(p.kept, last.key)
	}
	return data, nil
}

// mediaName is what the shop calls an uploaded picture; SVG is not among them,
// since it can carry script.
var mediaName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,120}\.(png|jpg|jpeg|webp|gif)$`)

func (s *Shop) media(c echo.Context) error {
	name := c.Param("file")
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
