package storefront

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
)

const forEver = "public, max-age=31536000, immutable"

// art draws the picture its address names. The same address gives the same
// bytes for ever, so browsers need to ask once.
func (s *Shop) art(c echo.Context) error {
	spec, ok := strings.CutSuffix(c.Param("spec"), ".svg")
	if !ok {
		return ended()
	}
	p, scene, dark, err := art.ParsePath(spec)
	if err != nil {
		return ended()
	}
	drawing, err := art.SVG(p, scene, dark)
	if errors.Is(err, art.ErrUnknown) {
		return ended()
	}
	if err != nil {
		return wrap("draw "+spec, err)
	}
	c.Response().Header().Set("Cache-Control", forEver)
	return c.Blob(http.StatusOK, "image/svg+xml", drawing)
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
