package main

import (
	"go/ast"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inShopsFrame is what of a page the shop's frame reads and the office's does
// not: pages of the office may use these names for their own.
var inShopsFrame = []string{"Path", "Other", "Departments", "Currencies", "Preview", "Empty", "Money"}

// TestNoPageHidesAFieldOfEveryPage: a page is a struct that embeds web.Page,
// itself or through another. A field of its own by the name of one of web.Page's
// would silently take its place in the frame (the link to the other language
// led to the number of goods in a cart).
func TestNoPageHidesAFieldOfEveryPage(t *testing.T) {
	reserved := map[string]bool{}
	for _, f := range sources(t, "internal/web") {
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.TypeSpec:
				if s, ok := n.Type.(*ast.StructType); ok && n.Name.Name == "Page" {
					for _, name := range fieldNames(s) {
						reserved[name] = true
					}
				}
			case *ast.FuncDecl:
				if n.Recv != nil && typeName(n.Recv.List[0].Type) == "Page" {
					reserved[n.Name.Name] = true
				}
			}
			return true
		})
	}
	if !reserved["Title"] || !reserved["Menu"] || !reserved["Empty"] {
		t.Fatalf("web.Page is not what this rule reads: %v", reserved)
	}
	found := 0
	for _, room := range []string{"internal/storefront", "internal/admin"} {
		structs, named := map[*ast.StructType]string{}, map[string][]*ast.StructType{} // a name may be a local one of several functions
		for file, f := range sources(t, room) {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			ast.Inspect(f, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.TypeSpec:
					if s, ok := n.Type.(*ast.StructType); ok {
						named[n.Name.Name] = append(named[n.Name.Name], s)
					}
				case *ast.StructType:
					structs[n] = filepath.ToSlash(file)
				}
				return true
			})
		}
		pages := map[*ast.StructType]bool{}
		for more := true; more; {
			more = false
			for s := range structs {
				if !pages[s] && slices.ContainsFunc(embeds(s), func(name string) bool {
					return name == "web.Page" || slices.ContainsFunc(named[name], func(of *ast.StructType) bool { return pages[of] })
				}) {
					pages[s], more = true, true
				}
			}
		}
		for s := range pages {
			for _, name := range fieldNames(s) {
				if reserved[name] && !(room == "internal/admin" && slices.Contains(inShopsFrame, name)) {
					t.Errorf("%s: a page's field %s hides web.Page's; give it another name", structs[s], name)
				}
			}
		}
		found += len(pages)
	}
	if found < 100 {
		t.Errorf("only %d structs are taken for pages", found)
	}
}

// fieldNames are the names a struct declares itself, embedded ones left out.
func fieldNames(s *ast.StructType) (names []string) {
	for _, f := range s.Fields.List {
		for _, n := range f.Names {
			names = append(names, n.Name)
		}
	}
	return names
}

// embeds are the names of the types a struct embeds.
func embeds(s *ast.StructType) (names []string) {
	for _, f := range s.Fields.List {
		if len(f.Names) == 0 {
			names = append(names, typeName(f.Type))
		}
	}
	return names
}

func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return typeName(e.X)
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return typeName(e.X) + "." + e.Sel.Name
	}
	return ""
}
