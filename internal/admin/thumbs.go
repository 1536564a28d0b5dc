package admin

import (
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/art"
	"regulars/internal/picture"
	"regulars/internal/web"
)

// thumb is a product's small picture: a file of its own, or the part of a
// strip that begins at Y, in pixels of the list, where High is not 0. Dark is
// its twin where the device chooses.
type thumb struct {
	Src, Dark string
	Y, High   int
}

// thumbSide is the side of a picture in a list, in pixels.
const thumbSide = 32

// ownThumb is a picture as a file of its own.
func ownThumb(c echo.Context, src string) thumb {
	if n, ok := picture.Named(src); ok {
		return thumb{Src: "/media/" + n.At(0).File}
	}
	if file, ok := strings.CutPrefix(src, "media:"); ok {
		return thumb{Src: "/media/" + file}
	}
	p := thumbPiece(src)
	return inScheme(c, art.File(p.Path(art.Whole, false)), art.File(p.Path(art.Whole, true)))
}

// thumbs are the pictures of a list: what is drawn is one file for all.
func thumbs(c echo.Context, srcs []string) []thumb {
	all := make([]thumb, len(srcs))
	for from := 0; from < len(srcs); from += art.MostInStrip {
		var strip art.Strip
		var at []int
		for i, src := range srcs[from:min(from+art.MostInStrip, len(srcs))] {
			if strings.HasPrefix(src, "media:") {
				all[from+i] = ownThumb(c, src)
				continue
			}
			strip, at = append(strip, thumbPiece(src)), append(at, from+i)
		}
		if len(strip) == 0 {
			continue
		}
		file := inScheme(c, art.File(strip.Path(false)), art.File(strip.Path(true)))
		file.High = thumbSide * len(strip)
		for n, i := range at {
			all[i] = file
			all[i].Y = thumbSide * n
		}
	}
	return all
}

func thumbPiece(src string) art.Piece {
	if p, ok := art.Source(src); ok {
		return p
	}
	return art.Piece{Form: "box", Hue: 70}
}

func inScheme(c echo.Context, light, dark string) thumb {
	switch web.Scheme(c) {
	case "dark":
		return thumb{Src: "/art/" + dark}
	case "light":
		return thumb{Src: "/art/" + light}
	}
	return thumb{Src: "/art/" + light, Dark: "/art/" + dark}
}
