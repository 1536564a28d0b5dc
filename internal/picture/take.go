package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	stddraw "image/draw"
	"image/gif"
	"image/jpeg"
	"image/png"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"regulars/internal/fault"
)

// Made is a picture ready to be kept: its files by the longer side.
type Made struct {
	Name  Name
	Files map[int][]byte // 0 = the largest
}

// quality is what the eye no longer tells from the original at these sizes.
const quality = 84

// paper is what is seen through a picture that is not opaque: the ground that
// drawings stand on, since JPEG has no holes and mails show no other file.
var paper = image.NewUniform(color.RGBA{0xfb, 0xfa, 0xf7, 0xff})

// press lets one picture be taken apart at a time: the largest needs some 200 MB
// for two seconds, and a shop is no place to run out of memory.
var press sync.Mutex

type format struct {
	magic  func([]byte) bool
	header func([]byte) (image.Config, error)
	decode func([]byte) (image.Image, error)
}

func starts(s string) func([]byte) bool {
	return func(b []byte) bool { return bytes.HasPrefix(b, []byte(s)) }
}

// formats are told by their first bytes, never by what a file is called. Of an
// animation the first picture is taken.
var formats = []format{
	{starts("\xff\xd8\xff"), func(b []byte) (image.Config, error) { return jpeg.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return jpeg.Decode(bytes.NewReader(b)) }},
	{starts("\x89PNG\r\n\x1a\n"), func(b []byte) (image.Config, error) { return png.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return png.Decode(bytes.NewReader(b)) }},
	{starts("GIF8"), func(b []byte) (image.Config, error) { return gif.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return gif.Decode(bytes.NewReader(b)) }},
	{func(b []byte) bool { return len(b) > 12 && string(b[:4]) == "RIFF" && string(b[8:12]) == "WEBP" },
		func(b []byte) (image.Config, error) { return webp.DecodeConfig(bytes.NewReader(b)) },
		func(b []byte) (image.Image, error) { return webp.Decode(bytes.NewReader(b)) }},
}

// Make reads an uploaded file and makes the shop's own files of it. Nothing of
// the file itself is kept: no place, no camera, no thumbnail, nothing that
// hangs behind its end. What is no picture, or too large, is fault.Invalid
// with the field "file" and the cure in its words.
func Make(file []byte) (*Made, error) {
	if len(file) > MostBytes {
		return nil, refused("picture.bytes", "most", MostBytes>>20)
	}
	for _, f := range formats {
		if f.magic(file) {
			return shaped(f, file)
		}
	}
	return nil, refused("picture.kind")
}

func shaped(f format, file []byte) (*Made, error) {
	size, err := f.header(file)
	if err != nil {
		return nil, refused("picture.broken")
	}
	if err := bounded(size); err != nil {
		return nil, err
	}
	press.Lock()
	defer press.Unlock()
	whole, err := decoded(f, file)
	if err != nil {
		return nil, refused("picture.broken")
	}
	// The first picture of an animation may be smaller than what it plays on.
	if err := bounded(image.Config{Width: whole.Bounds().Dx(), Height: whole.Bounds().Dy()}); err != nil {
		return nil, err
	}
	largest := upright(reduced(whole, Largest), orientation(file))
	whole = nil
	b := largest.Bounds()
	made := &Made{Name: Name{Sum: sumOf(file), Width: b.Dx(), Height: b.Dy()}, Files: map[int][]byte{}}
	for _, side := range append([]int{0}, Sides...) {
		if side >= max(b.Dx(), b.Dy()) {
			continue
		}
		small := largest
		if side > 0 {
			small = reduced(largest, side)
		}
		var out bytes.Buffer
		if err := jpeg.Encode(&out, small, &jpeg.Options{Quality: quality}); err != nil {
			return nil, refused("picture.broken")
		}
		made.Files[side] = out.Bytes()
	}
	return made, nil
}

func bounded(size image.Config) error {
	w, h := size.Width, size.Height
	deep := 4
	if size.ColorModel == color.NRGBA64Model || size.ColorModel == color.RGBA64Model {
		deep = 8
	}
	switch {
	case w < 1 || h < 1:
		return refused("picture.broken")
	case w > MostPixels || h > MostPixels || w*h > MostPixels || w*h*deep > mostPlane:
		return refused("picture.pixels", "width", w, "height", h, "most", MostPixels/1_000_000)
	case w < LeastSide || h < LeastSide:
		return refused("picture.small", "least", LeastSide)
	case w > mostRatio*h || h > mostRatio*w:
		return refused("picture.long", "most", mostRatio)
	}
	return nil
}

// decoded also turns what a decoder stumbles over into an error: a file made
// to break it must not end the request of anybody.
func decoded(f format, file []byte) (img image.Image, err error) {
	defer func() {
		if recover() != nil {
			err = refused("picture.broken")
		}
	}()
	return f.decode(file)
}

// reduced brings a picture down to a side, opaque, on paper. It is halved first
// as long as that leaves enough (cheap, and an exact mean), the rest is done by
// a filter that keeps edges.
func reduced(img image.Image, side int) *image.RGBA {
	b := img.Bounds()
	w, h := within(b.Dx(), b.Dy(), side)
	for b.Dx() >= 2*w && b.Dy() >= 2*h && b.Dx() > w {
		half := image.NewRGBA(image.Rect(0, 0, max(b.Dx()/2, w), max(b.Dy()/2, h)))
		draw.ApproxBiLinear.Scale(half, half.Bounds(), img, b, draw.Src, nil)
		img, b = half, half.Bounds()
	}
	out := image.NewRGBA(image.Rect(0, 0, w, h))
	stddraw.Draw(out, out.Bounds(), paper, image.Point{}, stddraw.Src)
	if b.Dx() == w && b.Dy() == h {
		stddraw.Draw(out, out.Bounds(), img, b.Min, stddraw.Over)
		return out
	}
	draw.CatmullRom.Scale(out, out.Bounds(), img, b, draw.Over, nil)
	return out
}

// upright turns a picture as a camera said it was held (Exif 2.32, tag 0x0112).
func upright(img *image.RGBA, way int) *image.RGBA {
	if way < 2 || way > 8 {
		return img
	}
	w, h := img.Bounds().Dx(), img.Bounds().Dy()
	size := image.Rect(0, 0, w, h)
	if way >= 5 {
		size = image.Rect(0, 0, h, w)
	}
	out := image.NewRGBA(size)
	for y := range h {
		for x := range w {
			var to image.Point
			switch way {
			case 2:
				to = image.Pt(w-1-x, y)
			case 3:
				to = image.Pt(w-1-x, h-1-y)
			case 4:
				to = image.Pt(x, h-1-y)
			case 5:
				to = image.Pt(y, x)
			case 6:
				to = image.Pt(h-1-y, x)
			case 7:
				to = image.Pt(h-1-y, w-1-x)
			case 8:
				to = image.Pt(y, w-1-x)
			}
			copy(out.Pix[out.PixOffset(to.X, to.Y):][:4], img.Pix[img.PixOffset(x, y):][:4])
		}
	}
	return out
}

// orientation finds how the camera was held in a JPEG; 1 where it is not said.
func orientation(file []byte) int {
	if !bytes.HasPrefix(file, []byte("\xff\xd8")) {
		return 1
	}
	for at := 2; at+4 <= len(file) && file[at] == 0xff && file[at+1] != 0xda; {
		long := int(binary.BigEndian.Uint16(file[at+2:]))
		if long < 2 || at+2+long > len(file) {
			return 1
		}
		if part := file[at+4 : at+2+long]; file[at+1] == 0xe1 && bytes.HasPrefix(part, []byte("Exif\x00\x00")) {
			return tagged(part[6:])
		}
		at += 2 + long
	}
	return 1
}

// tagged reads the orientation in the first directory of a TIFF header.
func tagged(tiff []byte) int {
	if len(tiff) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if string(tiff[:2]) == "II" {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(tiff[4:]))
	if at+2 > int64(len(tiff)) {
		return 1
	}
	for i := range int64(order.Uint16(tiff[at:])) {
		entry := at + 2 + 12*i
		if entry+12 > int64(len(tiff)) {
			return 1
		}
		if order.Uint16(tiff[entry:]) == 0x0112 {
			return int(order.Uint16(tiff[entry+8:]))
		}
	}
	return 1
}

func refused(words string, args ...any) error {
	var form fault.Form
	form.Wrong("file", words, args...)
	return form.Err()
}
