package exchange

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"regulars/internal/fault"
)

// Limits of one record: a quote that is never closed must not swallow the
// rest of a file.
const (
	maxRecord      = 1 << 20
	maxRecordLines = 1000
)

// badRow is a record that cannot be read; those after it can.
type badRow struct {
	line  int
	words string
	args  []any
}

func (b *badRow) Error() string { return b.words }

// reader reads CSV records as RFC 4180 has them. It differs from encoding/csv
// in what an import needs: it goes on behind a broken record, bounds a
// record's size, keeps the bytes inside quotes as they are, and is fast.
type reader struct {
	br      *bufio.Reader
	line    int // of the record last returned
	next    int // physical lines taken so far
	buf     []byte
	ends    []int    // where each physical line of buf ends
	pending [][]byte // lines given back
	fields  [][]byte
	comma   byte
}

// physical appends the next line with its end to buf.
func (r *reader) physical() (long bool, err error) {
	if len(r.pending) > 0 {
		r.buf = append(r.buf, r.pending[0]...)
		r.pending = r.pending[1:]
	} else if long, err = r.fresh(); err != nil {
		return long, err
	}
	r.next++
	r.ends = append(r.ends, len(r.buf))
	return long, nil
}

func (r *reader) fresh() (long bool, err error) {
	start := len(r.buf)
	for {
		part, err := r.br.ReadSlice('\n')
		if !long {
			r.buf = append(r.buf, part...)
			if long = len(r.buf)-start > maxRecord; long {
				r.buf = r.buf[:start]
			}
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(r.buf) > start || long):
			return long, nil
		}
		return long, err
	}
}

// read returns the fields of the next record, good until the next call. The
// error is io.EOF, a *badRow, or the file's own.
func (r *reader) read() ([][]byte, error) {
	for {
		r.buf, r.ends = r.buf[:0], r.ends[:0]
		long, err := r.physical()
		r.line = r.next
		if err != nil {
			return nil, err
		}
		if long {
			return nil, &badRow{r.line, "exchange.row.long", nil}
		}
		if len(bytes.TrimRight(r.buf, "\r\n")) > 0 {
			break
		}
	}
	if bytes.IndexByte(r.buf, '"') < 0 {
		r.fields = r.fields[:0]
		rest := trimEnd(r.buf)
		for {
			i := bytes.IndexByte(rest, r.comma)
			if i < 0 {
				r.fields = append(r.fields, rest)
				return r.sound()
			}
			r.fields = append(r.fields, rest[:i])
			rest = rest[i+1:]
		}
	}
	if err := r.whole(); err != nil {
		return nil, err
	}
	if !r.split() {
		return nil, &badRow{r.line, "exchange.row.quote", nil}
	}
	return r.sound()
}

func trimEnd(b []byte) []byte {
	b = bytes.TrimSuffix(b, []byte("\n"))
	return bytes.TrimSuffix(b, []byte("\r"))
}

// whole takes further lines while a quote is open.
func (r *reader) whole() error {
	const start, plain, quoted, closing = 0, 1, 2, 3
	state, at := start, 0
	for {
		for ; at < len(r.buf); at++ {
			c := r.buf[at]
			switch {
			case state == quoted && c == '"':
				state = closing
			case state == quoted:
			case state == closing && c == '"':
				state = quoted
			case state == start && c == '"':
				state = quoted
			case c == r.comma:
				state = start
			default:
				state = plain
			}
		}
		if state != quoted {
			return nil
		}
		long, err := false, io.EOF
		if len(r.ends) < maxRecordLines && len(r.buf) < maxRecord {
			long, err = r.physical()
		}
		if err == nil && !long {
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		// Give back all but the first line: they may be sound.
		var back [][]byte
		for i := 1; i < len(r.ends); i++ {
			back = append(back, bytes.Clone(r.buf[r.ends[i-1]:r.ends[i]]))
		}
		r.pending = append(back, r.pending...)
		r.next = r.line
		return &badRow{r.line, "exchange.row.open", nil}
	}
}

// split cuts buf into fields, undoing quotes in place.
func (r *reader) split() bool {
	r.fields = r.fields[:0]
	b := trimEnd(r.buf)
	for {
		if len(b) == 0 || b[0] != '"' {
			i := bytes.IndexByte(b, r.comma)
			if i < 0 {
				r.fields = append(r.fields, b)
				return true
			}
			r.fields = append(r.fields, b[:i])
			b = b[i+1:]
			continue
		}
		out, i := 0, 1
		for {
			if i >= len(b) {
				return false
			}
			if b[i] == '"' {
				if i+1 >= len(b) || b[i+1] != '"' {
					break
				}
				i++
			}
			b[out] = b[i]
			out++
			i++
		}
		r.fields = append(r.fields, b[:out])
		if i+1 == len(b) {
			return true
		}
		if b[i+1] != r.comma {
			return false
		}
		b = b[i+2:]
	}
}

func (r *reader) sound() ([][]byte, error) {
	for _, f := range r.fields {
		if !utf8.Valid(f) {
			return nil, &badRow{r.line, "exchange.row.utf8", nil}
		}
		if bytes.IndexByte(f, 0) >= 0 {
			return nil, &badRow{r.line, "exchange.row.nul", nil}
		}
	}
	return r.fields, nil
}

// counting tells how far the file is read.
type counting struct {
	r    io.Reader
	n    int64
	told int64
	tell func(int64)
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.tell != nil && (c.n-c.told > 1<<18 || err == io.EOF) {
		c.told = c.n
		c.tell(c.n)
	}
	return n, err
}

// text is the file's content, unpacked and as UTF-8. With check set it is read
// to its end first, so that a cut-off archive is refused as a whole.
func text(src io.ReadSeeker, check bool, tell func(int64)) (io.Reader, error) {
	if _, err := src.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	count := &counting{r: src}
	if !check {
		count.tell = tell
	}
	raw := bufio.NewReaderSize(count, 1<<16)
	magic, _ := raw.Peek(4)
	packed := len(magic) >= 2 && magic[0] == 0x1f && magic[1] == 0x8b
	switch {
	case len(magic) == 0:
		return nil, fault.New(fault.Invalid, "exchange.file.empty")
	case bytes.HasPrefix(magic, []byte("PK\x03\x04")), bytes.HasPrefix(magic, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, fault.New(fault.Invalid, "exchange.file.sheet")
	case packed:
		z, err := gzip.NewReader(raw)
		if err == nil && check {
			_, err = io.Copy(io.Discard, z)
		}
		if err != nil {
			return nil, damaged(err)
		}
		raw = bufio.NewReaderSize(z, 1<<16)
	}
	if check {
		return text(src, false, tell)
	}
	mark, _ := raw.Peek(3)
	switch {
	case bytes.HasPrefix(mark, []byte("\xef\xbb\xbf")):
		raw.Discard(3)
	case bytes.HasPrefix(mark, []byte{0xff, 0xfe}), bytes.HasPrefix(mark, []byte{0xfe, 0xff}):
		return transform.NewReader(raw, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder()), nil
	}
	return raw, nil
}

func damaged(err error) error {
	f := fault.New(fault.Invalid, "exchange.file.damaged")
	f.Cause = err
	return f
}

// table is a file with its header.
type table struct {
	*reader
	columns map[string]int // folded name → place
	width   int
}

// fold makes header names comparable: Shopify writes "Variant SKU", we
// "variant_sku".
func fold(name string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '_', '-', '\t':
			return -1
		}
		return r
	}, strings.ToLower(strings.TrimSpace(name)))
}

// open reads the header. With columns given, only those are there, under our
// names.
func open(src io.ReadSeeker, tell func(int64), columns map[string]string) (*table, error) {
	content, err := text(src, true, tell)
	if err != nil {
		return nil, err
	}
	t := &table{reader: &reader{br: bufio.NewReaderSize(content, 1<<16), comma: ','}, columns: map[string]int{}}
	head, err := t.read()
	switch bad, _ := err.(*badRow); {
	case bad != nil && bad.words == "exchange.row.nul":
		return nil, fault.New(fault.Invalid, "exchange.file.binary")
	case bad != nil:
		return nil, fault.New(fault.Invalid, "exchange.file.header")
	case err == io.EOF:
		return nil, fault.New(fault.Invalid, "exchange.file.empty")
	case err != nil:
		return nil, damaged(err)
	}
	if len(head) == 1 {
		for name, c := range map[string]string{"semicolons (;)": ";", "tabs": "\t", "bars (|)": "|"} {
			if bytes.Contains(head[0], []byte(c)) {
				return nil, fault.New(fault.Invalid, "exchange.file.delimiter", "found", name)
			}
		}
	}
	for i, h := range head {
		name := fold(string(h))
		if name == "" {
			continue
		}
		if _, twice := t.columns[name]; twice {
			return nil, fault.New(fault.Invalid, "exchange.file.twice", "column", string(h))
		}
		t.columns[name] = i
	}
	t.width = len(head)
	if columns != nil {
		named := map[string]int{}
		for ours, theirs := range columns {
			if i, ok := t.columns[fold(theirs)]; ok {
				named[fold(ours)] = i
			}
		}
		t.columns = named
	}
	return t, nil
}

func (t *table) missing(names []string) []string {
	var missing []string
	for _, n := range names {
		if _, ok := t.columns[n]; !ok {
			missing = append(missing, n)
		}
	}
	return missing
}

// row is one record under its header.
type row struct {
	t      *table
	fields [][]byte
	line   int
	broken bool // reported already; fields may be missing
}

func (r row) has(name string) bool { _, ok := r.t.columns[name]; return ok }

func (r row) raw(name string) []byte {
	i, ok := r.t.columns[name]
	if !ok || i >= len(r.fields) {
		return nil
	}
	return r.fields[i]
}

// text is a cell as it was before export made it safe for spreadsheets.
func (r row) text(name string) string { return unguard(string(r.raw(name))) }

// key is a cell without blanks around it.
func (r row) key(name string) string { return strings.TrimSpace(r.text(name)) }

// each calls fn for every row. A broken one is reported and handed on, so that
// what it belongs to can be left out.
func (j *job) each(fn func(r row) error) error {
	for {
		fields, err := j.t.read()
		if err == io.EOF {
			return nil
		}
		r := row{t: j.t, fields: fields, line: j.t.line}
		bad, isBad := err.(*badRow)
		switch {
		case isBad:
			r.broken = true
			j.sum.wrong(bad.line, bad.words, bad.args...)
		case err != nil:
			return damaged(err)
		case len(fields) != j.t.width:
			r.broken = true
			j.sum.wrong(r.line, "exchange.row.fields", "have", len(fields), "want", j.t.width)
		}
		j.sum.Rows++
		if err := fn(r); err != nil {
			return err
		}
	}
}
