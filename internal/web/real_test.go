package web

import (
	"testing"

	"regulars/static"
	"regulars/templates"
)

func TestTheShopsOwnFiles(t *testing.T) {
	tree, err := readAssets(static.Files)
	if err != nil {
		t.Fatal(err)
	}
	for name, most := range map[string]int{"shop.css": 12 << 10, "admin.css": 16 << 10, "js/enhance.js": 10 << 10} {
		if n := len(tree.files[name].zips); n == 0 || n > most {
			t.Errorf("%s is %d bytes compressed; the budget is %d", name, n, most)
		}
	}
	if _, err := parsePages(templates.Files); err != nil {
		t.Error(err)
	}
}
