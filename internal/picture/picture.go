// Package picture is the photographs of goods as the shop keeps them: what was
// uploaded is read, turned upright, freed of everything but its pixels, made
// small enough and kept in the database, so that every replica has it.
//
// A product names one by "media:" and its name. The name says how large it is,
// so that a page can give its picture's size without asking the database.
package picture

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// What may be uploaded.
const (
	MostBytes  = 5 << 20
	MostPixels = 16_000_000
	LeastSide  = 64 // below it nothing can be seen on a card
	mostRatio  = 8  // a strip longer than that is no picture of goods

	// mostPlane bounds what one decoded picture takes in memory: 16 megapixels
	// of four bytes; pictures of 16 bits a colour may have half as many.
	mostPlane = 64 << 20
)

// Largest is the longer side of the largest size kept, and Sides are the
// smaller ones that a picture longer than them has besides.
const Largest = 1280

// Sides are the longer sides of the smaller files, rising.
var Sides = []int{320, 640}

// Prefix marks a product's picture that is a file, not a drawing.
const Prefix = "media:"

// Name is what a picture is called, everywhere: the sum of the file that was
// uploaded (the same file twice is one picture) and the size of the largest.
type Name struct {
	Sum           string // 32 hexadecimal digits
	Width, Height int
}

var nameShape = regexp.MustCompile(`^([0-9a-f]{32})-([1-9][0-9]{0,3})x([1-9][0-9]{0,3})(?:-(320|640))?\.jpg$`)

// Parse reads the name of a file of ours and the side it is of; 0 is the
// largest. Other names are files of the data folder.
func Parse(file string) (n Name, side int, ok bool) {
	m := nameShape.FindStringSubmatch(file)
	if m == nil {
		return Name{}, 0, false
	}
	n.Sum = m[1]
	n.Width, _ = strconv.Atoi(m[2])
	n.Height, _ = strconv.Atoi(m[3])
	side, _ = strconv.Atoi(m[4])
	return n, side, n.Width <= Largest && n.Height <= Largest && side < max(n.Width, n.Height)
}

// Named reads what a product's picture is called; ok is false for drawings and
// for files of the data folder.
func Named(src string) (n Name, ok bool) {
	file, ok := strings.CutPrefix(src, Prefix)
	if !ok {
		return Name{}, false
	}
	n, side, ok := Parse(file)
	return n, ok && side == 0
}

// File is the name of the largest file.
func (n Name) File() string { return fmt.Sprintf("%s-%dx%d.jpg", n.Sum, n.Width, n.Height) }

// Src is what a product says to name the picture.
func (n Name) Src() string { return Prefix + n.File() }

// Sized is one file of a picture.
type Sized struct {
	File          string
	Width, Height int
}

// Sizes are all files of a picture, the smallest first.
func (n Name) Sizes() []Sized {
	var all []Sized
	for _, side := range Sides {
		if side < max(n.Width, n.Height) {
			w, h := within(n.Width, n.Height, side)
			all = append(all, Sized{fmt.Sprintf("%s-%dx%d-%d.jpg", n.Sum, n.Width, n.Height, side), w, h})
		}
	}
	return append(all, Sized{n.File(), n.Width, n.Height})
}

// At is the smallest file at least as wide as asked, else the largest.
func (n Name) At(width int) Sized {
	all := n.Sizes()
	for _, s := range all {
		if s.Width >= width {
			return s
		}
	}
	return all[len(all)-1]
}

// within is the size of a picture made as large as a side allows, never larger
// than it is.
func within(w, h, side int) (int, int) {
	long := max(w, h)
	if long <= side {
		return w, h
	}
	return max(1, (w*side+long/2)/long), max(1, (h*side+long/2)/long)
}

func sumOf(file []byte) string {
	sum := sha256.Sum256(file)
	return hex.EncodeToString(sum[:16])
}
