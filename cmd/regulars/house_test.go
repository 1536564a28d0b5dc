package main

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
)

// The rules of the house that a machine can check. Each failure says what to do.

const root = "../.."

// floors, lowest first. A package may import packages of lower floors only.
var floors = [][]string{
	{"money", "fault", "art", "experiment"},
	{"i18n"},
	{"db"},
	{"setting"},
	{"event", "jobs"},
	{"catalog", "customer", "staff"},
	{"inventory", "credit", "search", "recommend", "picture"},
	{"segment", "trait", "value", "slot"},
	{"homepage"},
	{"pricing"},
	{"cart"},
	{"order"},
	{"payment", "analytics", "ask", "survey", "person", "occasion", "owner", "shoplist"},
	{"review", "restock", "campaign", "lookout"},
	{"checkout", "outreach"},
	{"roster"},
	{"exchange", "keep", "doctor", "demo"},
	{"web"},
	{"storefront", "admin"},
}

func TestImportsPointDown(t *testing.T) {
	floorOf := map[string]int{}
	for i, names := range floors {
		for _, n := range names {
			floorOf[n] = i
		}
	}
	for file, f := range sources(t, "internal") {
		here := strings.Split(filepath.ToSlash(file), "/")[1]
		if strings.HasSuffix(file, "_test.go") || here == "shoptest" || strings.Contains(file, "dbtest") {
			continue // tests may reach for what they need; shoptest is imported by tests only
		}
		floor, known := floorOf[here]
		if !known {
			t.Errorf("%s: package %s has no floor; give it one in ARCHITECTURE.md and in this test", file, here)
			continue
		}
		for _, imp := range f.Imports {
			path := strings.Trim(imp.Path.Value, `"`)
			name, ours := strings.CutPrefix(path, "regulars/internal/")
			if !ours {
				if strings.HasPrefix(path, "regulars/") {
					t.Errorf("%s imports %s: only cmd/regulars and tests may; take an fs.FS instead", file, path)
				}
				continue
			}
			if name = strings.Split(name, "/")[0]; name != here && floorOf[name] >= floor {
				t.Errorf("%s imports %s, which is not below it; pass a value, or leave a job", file, name)
			}
			if name == "shoptest" || strings.HasSuffix(path, "dbtest") {
				t.Errorf("%s imports %s, which is for tests", file, path)
			}
		}
	}
}

func TestGORMStaysInItsRooms(t *testing.T) {
	for file, f := range sources(t, "internal", "cmd") {
		base := filepath.Base(file)
		if strings.HasPrefix(filepath.ToSlash(file), "internal/db/") || strings.HasPrefix(base, "store") || strings.HasSuffix(base, "_test.go") {
			continue
		}
		for _, imp := range f.Imports {
			if strings.Contains(imp.Path.Value, "gorm.io/") || imp.Path.Value == `"database/sql"` && !strings.HasPrefix(file, "cmd") && !strings.HasPrefix(file, "internal/jobs/") {
				t.Errorf("%s imports %s: SQL belongs in internal/db or a file named store*.go", file, imp.Path.Value)
			}
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	documented := map[string]bool{}
	for file, f := range sources(t, "internal", "cmd", "migrations", "templates", "static") {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		dir := filepath.Dir(file)
		documented[dir] = documented[dir] || f.Doc != nil && len(strings.TrimSpace(f.Doc.Text())) > 20
	}
	for _, dir := range slices.Sorted(maps.Keys(documented)) {
		if !documented[dir] {
			t.Errorf("%s has no package comment; say what it is for", dir)
		}
	}
}

func TestTheClockIsHandedIn(t *testing.T) {
	for file, f := range sources(t, "internal") {
		slash := filepath.ToSlash(file)
		if strings.HasSuffix(file, "_test.go") || strings.Contains(slash, "internal/recommend/eval") || strings.Contains(slash, "shoptest") || strings.Contains(slash, "dbtest") {
			continue // the evaluator measures durations
		}
		ast.Inspect(f, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			sel, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || sel.Sel.Name != "Now" {
				return true
			}
			if pkg, ok := sel.X.(*ast.Ident); ok && pkg.Name == "time" && pkg.Obj == nil && !measures(slash) {
				t.Errorf("%s calls time.Now; take now as a value or a field", file)
			}
			return true
		})
	}
}

// measures lists the files that read the clock to measure a duration, or to
// name a period of the job queue.
func measures(file string) bool {
	return slices.Contains([]string{"internal/jobs/jobs.go", "internal/web/observe.go", "internal/outreach/followup.go", "internal/outreach/campaign.go", "internal/outreach/smtp.go", "internal/demo/create.go"}, file)
}

func TestSchemasOfBothDatabasesAlike(t *testing.T) {
	type column struct{ table, name, kind string }
	shape := func(rows []struct{ T, C, K string }) map[column]bool {
		set := map[column]bool{}
		for _, r := range rows {
			if strings.HasPrefix(r.T, "river_") || strings.HasPrefix(r.T, "goose_") || strings.HasPrefix(r.T, "sqlite_") {
				continue
			}
			kind := map[string]string{"bigint": "int", "integer": "int", "boolean": "int", "text": "text", "double precision": "real", "real": "real", "bytea": "blob", "blob": "blob"}[strings.ToLower(r.K)]
			set[column{r.T, r.C, kind}] = true
		}
		return set
	}
	var lite, pg []struct{ T, C, K string }
	const liteSQL = `SELECT m.name AS t, p.name AS c, p.type AS k FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table'`
	const pgSQL = `SELECT table_name AS t, column_name AS c, data_type AS k FROM information_schema.columns WHERE table_schema = 'public'`
	if err := dbtest.SQLite(t).Query(context.Background()).Raw(liteSQL).Scan(&lite).Error; err != nil {
		t.Fatal(err)
	}
	if err := dbtest.Postgres(t).Query(context.Background()).Raw(pgSQL).Scan(&pg).Error; err != nil {
		t.Fatal(err)
	}
	a, b := shape(lite), shape(pg)
	for c := range a {
		if !b[c] {
			t.Errorf("only SQLite has %v", c)
		}
		if c.kind == "real" && (strings.Contains(c.name, "amount") || strings.Contains(c.name, "price") || strings.Contains(c.name, "total")) {
			t.Errorf("%v: money is never a float", c)
		}
	}
	for c := range b {
		if !a[c] {
			t.Errorf("only Postgres has %v", c)
		}
	}
	if len(a) < 100 {
		t.Errorf("only %d columns were compared", len(a))
	}
}

var templateKey = regexp.MustCompile(`(?:\.T|\$\.T|\bt)\s+"([a-z0-9.-]+)"`)

func TestEveryMessageIsWrittenInBothLanguages(t *testing.T) {
	for _, key := range i18n.Keys() {
		for _, lang := range i18n.Langs {
			if !i18n.Has(lang, key) {
				t.Errorf("message %s is not written in %s", key, lang)
			}
		}
	}
	used := map[string]string{}
	walk(t, filepath.Join(root, "templates"), ".html", func(file string, b []byte) {
		for _, m := range templateKey.FindAllSubmatch(b, -1) {
			used[string(m[1])] = file
		}
	})
	for key, file := range used {
		if !strings.HasSuffix(key, ".") && !i18n.Has(i18n.English, key) {
			t.Errorf("%s shows message %q, which is not in internal/i18n/messages", file, key)
		}
	}
}

func sources(t *testing.T, dirs ...string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	set := token.NewFileSet()
	for _, dir := range dirs {
		walk(t, filepath.Join(root, dir), ".go", func(file string, b []byte) {
			f, err := parser.ParseFile(set, file, b, parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			rel, err := filepath.Rel(root, file)
			if err != nil {
				t.Fatal(err)
			}
			files[filepath.ToSlash(rel)] = f
		})
	}
	if len(files) == 0 {
		t.Fatalf("no sources under %v", dirs)
	}
	return files
}

func walk(t *testing.T, dir, ext string, visit func(file string, b []byte)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ext {
			return err
		}
		b, err := os.ReadFile(path)
		if err == nil {
			visit(path, b)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
