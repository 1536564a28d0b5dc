package shoplist

import (
	"fmt"
	"strings"
	"testing"
)

func TestLinesAreReadAsPeopleWriteThem(t *testing.T) {
	for text, want := range map[string]string{
		"3 x BB01-SAGE":            "3 BB01-SAGE",
		"3x BB01-SAGE":             "3 BB01-SAGE",
		"3×BB01-SAGE":              "3 BB01-SAGE",
		"BB01-SAGE x 3":            "3 BB01-SAGE",
		"BB01-SAGE x3":             "3 BB01-SAGE",
		"BB01-SAGE":                "1 BB01-SAGE",
		"milk bottle 240ml, 2":     "2 milk bottle 240ml",
		"2, milk bottle 240ml":     "2 milk bottle 240ml",
		"2 奶瓶":                     "2 奶瓶",
		"两个奶瓶":                     "2 奶瓶",
		"奶瓶，2":                     "2 奶瓶",
		"奶瓶 2个":                    "2 奶瓶",
		"3 个奶瓶":                    "3 奶瓶",
		"BB01-SAGE\t4":             "4 BB01-SAGE",
		"BB01-SAGE;Calm Bottle;4":  "4 BB01-SAGE Calm Bottle",
		`"BB01-SAGE","4"`:          "4 BB01-SAGE",
		"- 2 pcs teats":            "2 teats",
		"1. teats":                 "1 teats",
		"240 ml bottle":            "1 240 ml bottle",
		"６×奶瓶":                     "6 奶瓶",
		"0 teats":                  "1 teats",
		"5000 teats":               "99 teats",
		"bottle, sage, 240 ml":     "1 bottle sage 240 ml",
		"[ ] drill driver 2":       "2 drill driver",
		"  \t ":                    "",
		"12 months puzzle":         "1 12 months puzzle",
		strings.Repeat("a", 300):   "1 " + strings.Repeat("a", 200),
		"Qty 4":                    "4 Qty",
		"bottle\x00 \x1bwarmer, 2": "2 bottle warmer",
	} {
		lines, more := Read(text)
		got := ""
		if len(lines) > 0 {
			got = fmt.Sprint(lines[0].Qty, " ", lines[0].Words)
		}
		if got != want || more != 0 || len(lines) > 1 {
			t.Errorf("%q is %q, not %q (%d more)", text, got, want, more)
		}
	}
	if lines, more := Read("sku,qty\r\nBB01-SAGE,2\r\n\r\n" + strings.Repeat("teats\n", 205)); len(lines) != MostLines || more != 6 || lines[0].Words != "BB01-SAGE" {
		t.Errorf("%d lines, %d more, first %+v", len(lines), more, lines[0])
	}
	if l := (Line{Words: "bottle 240 ml wide 2"}); l.Bare() != "bottle wide" {
		t.Errorf("bare: %q", l.Bare())
	}
	if lines, _ := Read("Plotline 4"); lines[0].Whole != "Plotline 4" || lines[0].Qty != 4 {
		t.Errorf("a name that ends in a number: %+v", lines[0])
	}
}

func FuzzRead(f *testing.F) {
	f.Add("3 x BB01\n2 奶瓶;x\t")
	f.Fuzz(func(t *testing.T, text string) {
		lines, _ := Read(text)
		if len(lines) > MostLines {
			t.Fatal("too many")
		}
		for _, l := range lines {
			if l.Qty < 1 || l.Qty > 99 || strings.TrimSpace(l.Words) == "" || len(l.Cells) == 0 {
				t.Fatalf("%+v", l)
			}
		}
	})
}
