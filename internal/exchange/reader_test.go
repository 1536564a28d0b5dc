package exchange

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"slices"
	"strings"
	"testing"
)

func records(t *testing.T, data []byte) (rows [][]string, bad int) {
	t.Helper()
	r := &reader{br: bufio.NewReaderSize(bytes.NewReader(data), 16), comma: ','}
	last := 0
	for {
		fields, err := r.read()
		if err == io.EOF {
			return rows, bad
		}
		if r.line <= last {
			t.Fatalf("line %d follows line %d", r.line, last)
		}
		last = r.line
		if err != nil {
			bad++
			continue
		}
		row := make([]string, len(fields))
		for i, f := range fields {
			row[i] = string(f)
		}
		rows = append(rows, row)
	}
}

func TestRecordsBehindABrokenOneAreStillRead(t *testing.T) {
	rows, bad := records(t, []byte("\"x\"y,z\nd,\"e\r\nf\"\"g\"\r\n\n,\nlast,1"))
	want := [][]string{{"d", "e\r\nf\"g"}, {"", ""}, {"last", "1"}}
	if !slices.EqualFunc(rows, want, slices.Equal) || bad != 1 {
		t.Errorf("%q, %d bad", rows, bad)
	}
	rows, bad = records(t, []byte("a,\"open\nb,c\nd,e\n"))
	if len(rows) != 2 || bad != 1 || rows[0][0] != "b" {
		t.Errorf("%q, %d bad", rows, bad)
	}
}

func TestCellsAreGuardedAndComeBack(t *testing.T) {
	for _, s := range []string{"", "'", "''", "=1", "'=1", "''=1", "'x", "+49", "-1", "@a", "\tb", "\rc", "plain", "a=b"} {
		g := guard(s)
		if g != "" && strings.IndexByte("=+-@\t\r", g[0]) >= 0 {
			t.Errorf("%q is written as %q", s, g)
		}
		if back := unguard(g); back != s {
			t.Errorf("%q comes back as %q", s, back)
		}
	}
}

// The reader never panics, never hangs and never goes back; what it and
// encoding/csv both read, they read alike.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{"a,b\n1,2\n", "\"a\n", "\"a\"b,c\n", "\"a\"\"b\",\r\n", "\xff,\x00\n", ",,,\n\n\n\"\"", "a\rb\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, bad := records(t, data)
		std := csv.NewReader(bytes.NewReader(data))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil || bad > 0 || bytes.ContainsRune(data, '\r') {
			return
		}
		if len(rows) != len(want) {
			t.Fatalf("%d rows, encoding/csv reads %d", len(rows), len(want))
		}
		for i := range rows {
			if strings.Join(rows[i], "\x01") != strings.Join(want[i], "\x01") {
				t.Fatalf("row %d: %q, encoding/csv reads %q", i, rows[i], want[i])
			}
		}
	})
}

func TestPricesAndTimesAreReadExactly(t *testing.T) {
	for in, want := range map[string]int64{"0": 0, "1": 100, "1.5": 150, "12.34": 1234, ".5": 50, "-3.00": -300, "1.230": 123, " 7 ": 700} {
		if got, ok := parsePence([]byte(in)); !ok || got != want {
			t.Errorf("%q: %d, %v", in, got, ok)
		}
	}
	for _, in := range []string{"", ".", "-", "1.234", "1,5", "1e3", "0x1", "1.2.3", "٣", "99999999999999999999"} {
		if got, ok := parsePence([]byte(in)); ok {
			t.Errorf("%q is read as %d", in, got)
		}
	}
}
