package art

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestAStripHoldsEachPieceAsItStandsAlone(t *testing.T) {
	s := Strip{{Form: "bottle", Hue: 25, Seed: "BB01"}, {Form: "book", Hue: 285, Seed: "BK01"}, {Form: "bottle", Hue: 25, Accent: "rose", Seed: "BB01"}}
	if forms["book"] == nil {
		s[1].Form = "box"
	}
	for _, dark := range []bool{false, true} {
		spec := s.Path(dark)
		back, was, err := ParseStrip(spec)
		if err != nil || was != dark || fmt.Sprint(back) != fmt.Sprint(s) {
			t.Fatalf("%s: %v, %v, %v", spec, back, was, err)
		}
		svg, err := Draw(spec)
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]bool{}
		for d := xml.NewDecoder(bytes.NewReader(svg)); ; {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := token.(xml.StartElement); ok {
				for _, a := range e.Attr {
					if a.Name.Local == "id" && ids[a.Value] {
						t.Errorf("%s stands in it twice", a.Value)
					} else if a.Name.Local == "id" {
						ids[a.Value] = true
					}
				}
			}
		}
		if w, h := SizeOf(spec); w != 600 || h != 1800 {
			t.Errorf("%d × %d", w, h)
		}
		alone, err := SVG(s[1], Whole, dark)
		if err != nil {
			t.Fatal(err)
		}
		wall := string(alone[strings.Index(string(alone), "<path"):][:60])
		if !strings.Contains(string(svg), `<svg y="600" width="600" height="600">`+wall) {
			t.Errorf("the second piece does not begin with its own wall %s", wall)
		}
	}
	for _, bad := range []string{"strip~", "strip~nothing-25-_-X", "strip" + strings.Repeat("~bottle-25-_-BB01", MostInStrip+1), "strip-x~bottle-25-_-BB01", "strip~bottle-025-_-BB01"} {
		if _, err := Draw(bad); !errors.Is(err, ErrUnknown) {
			t.Errorf("%.60s: %v", bad, err)
		}
	}
	if _, _, _, err := ParseFile(s.Path(false) + ".0123456789.1200.png"); !errors.Is(err, ErrUnknown) {
		t.Errorf("a strip may be printed, however long it is: %v", err)
	}
}
