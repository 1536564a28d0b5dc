package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"testing"

	"regulars/internal/fault"
	"regulars/internal/picture"
)

var (
	red  = color.RGBA{200, 30, 30, 255}
	blue = color.RGBA{30, 30, 200, 255}
)

// halves is red on the left and blue on the right.
func halves(w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			k := red
			if x >= w/2 {
				k = blue
			}
			img.SetRGBA(x, y, k)
		}
	}
	return img
}

func asPNG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asJPEG(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// held is a JPEG as a telephone writes it: how it was held, and where.
func held(t *testing.T, img image.Image, way uint16) []byte {
	t.Helper()
	tiff := []byte("II*\x00\x08\x00\x00\x00\x02\x00")
	entry := func(tag, kind uint16, count, value uint32) {
		tiff = binary.LittleEndian.AppendUint16(tiff, tag)
		tiff = binary.LittleEndian.AppendUint16(tiff, kind)
		tiff = binary.LittleEndian.AppendUint32(tiff, count)
		tiff = binary.LittleEndian.AppendUint32(tiff, value)
	}
	entry(0x0112, 3, 1, uint32(way))
	entry(0x8825, 4, 1, 38) // the directory of places
	tiff = append(tiff, "\x00\x00\x00\x00GPS 52.5200N 13.4050E Canon EOS"...)
	part := append([]byte("Exif\x00\x00"), tiff...)
	whole := asJPEG(t, img)
	out := append([]byte{0xff, 0xd8, 0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(part)+2))...)
	return append(append(out, part...), whole[2:]...)
}

func taken(t *testing.T, file []byte) (*picture.Made, image.Image) {
	t.Helper()
	made, err := picture.Make(file)
	if err != nil {
		t.Fatal(err)
	}
	img, err := jpeg.Decode(bytes.NewReader(made.Files[0]))
	if err != nil {
		t.Fatal(err)
	}
	if b := img.Bounds(); b.Dx() != made.Name.Width || b.Dy() != made.Name.Height {
		t.Errorf("the name %s says another size than the file has: %v", made.Name.File(), b)
	}
	return made, img
}

func near(t *testing.T, img image.Image, x, y int, want color.RGBA) {
	t.Helper()
	r, g, b, _ := img.At(x, y).RGBA()
	for i, d := range []int{int(r>>8) - int(want.R), int(g>>8) - int(want.G), int(b>>8) - int(want.B)} {
		if d < -24 || d > 24 {
			t.Errorf("at %d,%d channel %d is off by %d", x, y, i, d)
		}
	}
}

func TestAPhotographIsTurnedUprightAndLosesWhereItWasTaken(t *testing.T) {
	file := held(t, halves(300, 200), 6) // held so that its left is the top
	made, img := taken(t, file)
	if made.Name.Width != 200 || made.Name.Height != 300 {
		t.Fatalf("not upright: %s", made.Name.File())
	}
	near(t, img, 100, 40, red)
	near(t, img, 100, 260, blue)
	for side, data := range made.Files {
		for _, trace := range []string{"Exif", "GPS", "Canon", "II*"} {
			if bytes.Contains(data, []byte(trace)) {
				t.Errorf("the file of side %d still says %q", side, trace)
			}
		}
	}
	for way, at := range map[uint16][2]int{3: {250, 100}, 8: {100, 250}, 2: {250, 10}} {
		_, img := taken(t, held(t, halves(300, 200), way))
		near(t, img, at[0], at[1], red)
	}
}

func TestSizesAreMadeAndNeverLargerThanThePicture(t *testing.T) {
	made, _ := taken(t, asPNG(t, halves(1500, 1000)))
	if n := made.Name; n.Width != 1280 || n.Height != 853 || len(made.Files) != 3 {
		t.Errorf("%s with %d files", n.File(), len(made.Files))
	}
	for _, s := range made.Name.Sizes() {
		n, side, ok := picture.Parse(s.File)
		if !ok || n != made.Name {
			t.Fatalf("%s is not read as %v", s.File, made.Name)
		}
		img, err := jpeg.DecodeConfig(bytes.NewReader(made.Files[side]))
		if err != nil || img.Width != s.Width || img.Height != s.Height {
			t.Errorf("%s is %d × %d, not %d × %d (%v)", s.File, img.Width, img.Height, s.Width, s.Height, err)
		}
	}
	if made, _ := taken(t, asPNG(t, halves(200, 100))); made.Name.Width != 200 || len(made.Files) != 1 {
		t.Errorf("a small one was made larger: %s", made.Name.File())
	}
}

func TestWhatIsSeenThroughIsPaper(t *testing.T) {
	_, img := taken(t, asPNG(t, image.NewNRGBA(image.Rect(0, 0, 100, 100))))
	near(t, img, 50, 50, color.RGBA{0xfb, 0xfa, 0xf7, 255})
}

func TestOnlyThePixelsOfAFileAreKept(t *testing.T) {
	zip := append(asPNG(t, halves(100, 100)), "PK\x03\x04<script>alert(1)</script>"...)
	made, _ := taken(t, zip)
	if bytes.Contains(made.Files[0], []byte("PK")) && bytes.Contains(made.Files[0], []byte("script")) {
		t.Error("what hung behind the picture was kept")
	}
	pal := color.Palette{red, blue}
	first, second := image.NewPaletted(image.Rect(0, 0, 80, 80), pal), image.NewPaletted(image.Rect(0, 0, 80, 80), pal)
	for i := range second.Pix {
		second.Pix[i] = 1
	}
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: []*image.Paletted{first, second}, Delay: []int{10, 10}}); err != nil {
		t.Fatal(err)
	}
	_, img := taken(t, b.Bytes())
	near(t, img, 40, 40, red)
}

// claims is a PNG whose head says a size that its body does not have.
func claims(t *testing.T, w, h uint32) []byte {
	t.Helper()
	file := asPNG(t, halves(80, 80))
	binary.BigEndian.PutUint32(file[16:], w)
	binary.BigEndian.PutUint32(file[20:], h)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func TestWhatIsNoPictureOrTooMuchIsRefusedWithItsCure(t *testing.T) {
	whole := asJPEG(t, halves(300, 200))
	deep := asPNG(t, image.NewNRGBA64(image.Rect(0, 0, 70, 70)))
	binary.BigEndian.PutUint32(deep[16:], 3900)
	binary.BigEndian.PutUint32(deep[20:], 3900)
	binary.BigEndian.PutUint32(deep[29:], crc32.ChecksumIEEE(deep[12:29]))
	for name, c := range map[string]struct {
		file  []byte
		words string
	}{
		"drawing called .png":  {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`), "picture.kind"},
		"nothing":              {nil, "picture.kind"},
		"page":                 {[]byte("<!doctype html><p>no"), "picture.kind"},
		"head without a body":  {[]byte("\xff\xd8\xff\xe0"), "picture.broken"},
		"half of a photograph": {whole[:len(whole)/2], "picture.broken"},
		"65,535 each way":      {claims(t, 65535, 65535), "picture.pixels"},
		"more than an int":     {claims(t, 0x7fffffff, 0x7fffffff), "picture.broken"},
		"claims more than has": {claims(t, 2000, 2000), "picture.broken"},
		"deep and large":       {deep, "picture.pixels"},
		"a stamp":              {asPNG(t, halves(20, 20)), "picture.small"},
		"a strip":              {asPNG(t, halves(900, 70)), "picture.long"},
		"too many bytes":       {append(whole, make([]byte, picture.MostBytes)...), "picture.bytes"},
		"broken WebP":          {[]byte("RIFF\x20\x00\x00\x00WEBPVP8 \x10\x00\x00\x00aaaaaaaaaaaaaaaa"), "picture.broken"},
	} {
		made, err := picture.Make(c.file)
		if made != nil || !errors.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if f := fault.Fields(err); len(f) != 1 || f[0].Words != c.words {
			t.Errorf("%s: %v, not %s", name, f, c.words)
		}
	}
}

func FuzzMake(f *testing.F) {
	f.Add([]byte("GIF89a\x01\x00\x01\x00"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, file []byte) {
		made, err := picture.Make(file)
		if (made == nil) == (err == nil) {
			t.Errorf("%v and %v", made, err)
		}
	})
}
