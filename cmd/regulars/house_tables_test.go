package main

import (
	"context"
	"go/ast"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
)

// shared lists the tables that a second package writes, and why it may.
var shared = []struct{ table, owner, also, why string }{
	{"sessions", "web", "customer", "what has run out is swept in one place, and web knows no jobs"},
}

var writes = regexp.MustCompile(`(?i)\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+([a-z_]+)\b`)

// TestOnlyTheOwnerWritesATable finds, in the text of the statements, every
// package that writes a table: there is one a table.
func TestOnlyTheOwnerWritesATable(t *testing.T) {
	var tables []string
	if err := dbtest.SQLite(t).Query(context.Background()).Raw("SELECT name FROM sqlite_master WHERE type = 'table'").Scan(&tables).Error; err != nil {
		t.Fatal(err)
	}
	writers := map[string]map[string]string{} // table → package → a file
	note := func(table, file string) {
		slash := filepath.ToSlash(file)
		if !slices.Contains(tables, table) || strings.HasPrefix(slash, "internal/db/") {
			return // the kernel writes for whoever calls it
		}
		if writers[table] == nil {
			writers[table] = map[string]string{}
		}
		writers[table][strings.TrimPrefix(filepath.ToSlash(filepath.Dir(file)), "internal/")] = slash
	}
	for file, f := range sources(t, "internal", "cmd") {
		if strings.HasSuffix(file, "_test.go") || strings.Contains(file, "shoptest") {
			continue
		}
		bulk := false // the file inserts rows by the name of their table
		columns := map[ast.Node]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Insert" || len(call.Args) != 5 {
				return true
			}
			bulk = true
			if list, ok := call.Args[2].(*ast.CompositeLit); ok {
				for _, name := range list.Elts {
					columns[name] = true // a column may be called as a table is
				}
			}
			return true
		})
		ast.Inspect(f, func(n ast.Node) bool {
			lit, ok := n.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return true
			}
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatalf("%s: %s: %v", file, lit.Value, err)
			}
			for _, m := range writes.FindAllStringSubmatch(text, -1) {
				note(strings.ToLower(m[1]), file)
			}
			if bulk && !columns[lit] {
				note(text, file)
			}
			return true
		})
	}
	for _, s := range shared {
		if writers[s.table][s.also] == "" || writers[s.table][s.owner] == "" || s.why == "" {
			t.Errorf("%s does not write %s beside %s any more; take it off the list", s.also, s.table, s.owner)
		}
		delete(writers[s.table], s.also)
	}
	for _, table := range slices.Sorted(maps.Keys(writers)) {
		if len(writers[table]) > 1 {
			t.Errorf("%s is written by several packages; let them call its owner: %v", table, writers[table])
		}
	}
	if len(writers) < 30 {
		t.Errorf("only %d tables are seen written", len(writers))
	}
}
