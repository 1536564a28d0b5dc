package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

// frames says which layout surrounds a folder's pages. A page file may choose
// another by {{define "frame"}}till{{end}}.
var frames = map[string]string{"storefront": "shop", "admin": "admin"}

type pageSet struct {
	pages  map[string]*parsedPage // "storefront/cart"
	pieces *template.Template     // layout/ alone, for parts without a page
}

type parsedPage struct {
	*template.Template
	frame string
}

// parsePages parses layout/*.html, then each page on top of it. A folder's
// parts.html and parts-*.html are shared by its pages. Whatever would fail at
// the first rendering (a part that is not there, a context that cannot be
// escaped) fails here.
func parsePages(files fs.FS) (*pageSet, error) {
	layout := template.New("").Option("missingkey=error").Funcs(funcs)
	if names, _ := fs.Glob(files, "layout/*.html"); len(names) > 0 {
		if _, err := layout.ParseFS(files, "layout/*.html"); err != nil {
			return nil, fmt.Errorf("parse layout: %w", err)
		}
	}
	set := &pageSet{pages: map[string]*parsedPage{}}
	for folder, frame := range frames {
		names, err := fs.Glob(files, folder+"/*.html")
		if err != nil {
			return nil, fmt.Errorf("list pages of %s: %w", folder, err)
		}
		base := template.Must(layout.Clone())
		pages := slices.DeleteFunc(slices.Clone(names), isPart)
		for _, name := range names {
			if !isPart(name) {
				continue
			}
			if _, err := base.ParseFS(files, name); err != nil {
				return nil, fmt.Errorf("parse %s: %w", name, err)
			}
		}
		for _, name := range pages {
			page, err := parsePage(base, files, name, frame)
			if err != nil {
				return nil, err
			}
			set.pages[strings.TrimSuffix(name, ".html")] = page
		}
	}
	set.pieces = layout
	return set, nil
}

func isPart(name string) bool {
	base := path.Base(name)
	return base == "parts.html" || strings.HasPrefix(base, "parts-")
}

func parsePage(base *template.Template, files fs.FS, name, frame string) (*parsedPage, error) {
	t := template.Must(base.Clone())
	if _, err := t.ParseFS(files, name); err != nil {
		return nil, fmt.Errorf("parse %s: %w", name, err)
	}
	if chosen := t.Lookup("frame"); chosen != nil {
		var b strings.Builder
		if err := chosen.Execute(&b, nil); err != nil {
			return nil, fmt.Errorf("parse %s: its frame: %w", name, err)
		}
		frame = strings.TrimSpace(b.String())
	}
	if t.Lookup("main") == nil || t.Lookup(frame) == nil {
		return nil, fmt.Errorf(`parse %s: a page needs {{define "main"}} and the frame %q`, name, frame)
	}
	for _, part := range t.Templates() {
		if part.Name() != frame && !strings.HasPrefix(part.Name(), fragmentPrefix) {
			continue
		}
		// Escaping happens before the first byte, so no data is needed; what
		// fails for want of data is no fault of the template.
		var escape *template.Error
		if err := t.ExecuteTemplate(io.Discard, part.Name(), nil); errors.As(err, &escape) {
			return nil, fmt.Errorf("parse %s: %w", name, err)
		}
	}
	return &parsedPage{t, frame}, nil
}

const fragmentPrefix = "fragment:"

var fragmentName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,40}$`)

// Fragment is the name of the part that the page's script asked for, or "".
func Fragment(c echo.Context) string {
	name := c.Request().Header.Get("X-Fragment")
	if !fragmentName.MatchString(name) {
		return ""
	}
	return name
}

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// Render answers with the page name ("storefront/cart") in its frame, or with
// its {{define "fragment:NAME"}} alone when the request asks for NAME and the
// page has it. A page that fails half way reaches nobody.
func Render(c echo.Context, status int, name string, data any) error {
	s := of(c).server
	b := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(b)
	b.Reset()
	if err := s.write(b, name, Fragment(c), data); err != nil {
		return err
	}
	s.rendered.Store(name, true)
	h := c.Response().Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
	h.Add("Vary", "X-Fragment")
	return c.Blob(status, echo.MIMETextHTMLCharsetUTF8, b.Bytes())
}

func (s *Server) write(w io.Writer, name, fragment string, data any) error {
	if s.opt.Dev {
		if err := s.reload(); err != nil {
			return err
		}
	}
	page, ok := s.pages.Load().pages[name]
	if !ok {
		return fmt.Errorf("there is no page %s", name)
	}
	part := page.frame
	if fragment != "" && page.Lookup(fragmentPrefix+fragment) != nil {
		part = fragmentPrefix + fragment
	}
	if err := page.ExecuteTemplate(w, part, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	return nil
}

// Piece renders a part of layout/ that needs no page ("card", "price") to
// HTML that may be kept and put into many pages.
func (s *Server) Piece(name string, data any) (template.HTML, error) {
	var b strings.Builder
	if err := s.pages.Load().pieces.ExecuteTemplate(&b, name, data); err != nil {
		return "", fmt.Errorf("render %s: %w", name, err)
	}
	return template.HTML(b.String()), nil
}

// Pages lists every page there is a template for, in order.
func (s *Server) Pages() []string {
	var names []string
	for name := range s.pages.Load().pages {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Rendered lists the pages this server has rendered whole or in part; a test
// compares it with Pages.
func (s *Server) Rendered() []string {
	var names []string
	s.rendered.Range(func(name, _ any) bool { names = append(names, name.(string)); return true })
	slices.Sort(names)
	return names
}

// Private forbids keeping the answer anywhere: account, checkout, orders.
func Private(c echo.Context) { c.Response().Header().Set("Cache-Control", "private, no-store") }

// JSON answers with v for the browser that asked alone, unless the handler
// set another Cache-Control.
func JSON(c echo.Context, status int, v any) error {
	h := c.Response().Header()
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
	return c.JSON(status, v)
}

var funcs = template.FuncMap{
	"money":     func(l i18n.Lang, p money.Price) string { return i18n.Money(l, p) },
	"number":    func(n any) (string, error) { return number(n) },
	"date":      func(l i18n.Lang, t any) (string, error) { return dated(i18n.Date, l, t, utc) },
	"datetime":  func(l i18n.Lang, t any) (string, error) { return dated(i18n.DateTime, l, t, utc) },
	"shortdate": func(l i18n.Lang, t any) (string, error) { return dated(i18n.ShortDate, l, t, utc) },
	"text":      func(l i18n.Lang, t i18n.Text) string { return t.In(l) },
	"dict":      dict,
	"list":      func(items ...any) []any { return items },
	"seq":       seq,
	"add":       func(a, b int) int { return a + b },
	"safeSVG":   safeSVG,
}
