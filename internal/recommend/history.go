package recommend

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// longestLine is far above any honest row; it keeps a file without line ends
// from being read into memory whole.
const longestLine = 64 << 10

// click is one row of a history file: a line of an order, or one click.
type click struct {
	order, customer, product uint32 // customer 0 = unknown; the others count from 0
	zone                     int32  // seconds east of UTC, as written
	at                       int64  // Unix milliseconds
}

// past is one order of a history file, or one session.
type past struct {
	customer uint32
	at       int64
	clicks   []click // in time order
}

// history is a whole file, names replaced by numbers.
type history struct {
	clicks    []click // in the order of events: time, then file
	orders    []past  // by their first click
	products  []string
	customers []string // customer n is customers[n-1]
	// left counts rows that say nothing was bought: quantity 0 or less.
	left int
}

// openTable opens a .csv or .csv.gz file; which it is, the content says.
func openTable(path string) (io.Reader, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	buf := bufio.NewReaderSize(f, 1<<16)
	head, _ := buf.Peek(2)
	packed := bytes.Equal(head, []byte{0x1f, 0x8b})
	if !packed && strings.HasSuffix(strings.ToLower(path), ".gz") {
		f.Close()
		return nil, nil, fmt.Errorf("%s: not a gzip file", path)
	}
	if !packed {
		return buf, func() { f.Close() }, nil
	}
	z, err := gzip.NewReader(buf)
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("%s: not a gzip file: %w", path, err)
	}
	return z, func() { f.Close() }, nil
}

func loadHistory(ctx context.Context, path string) (*history, error) {
	r, done, err := openTable(path)
	if err != nil {
		return nil, err
	}
	defer done()
	h, err := readHistory(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return h, nil
}

// limited fails on a line longer than longestLine and remembers a broken
// stream, which the CSV reader would report as bad quoting.
type limited struct {
	r    io.Reader
	line int // bytes since the last line end
	err  error
}

var errLongLine = fmt.Errorf("a line is longer than %d KB", longestLine>>10)

func (l *limited) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	n, err := l.r.Read(p)
	rest := p[:n]
	for {
		at := bytes.IndexByte(rest, '\n')
		if at < 0 {
			l.line += len(rest)
			break
		}
		if l.line+at > longestLine {
			l.line = longestLine + 1
			break
		}
		l.line, rest = 0, rest[at+1:]
	}
	if l.line > longestLine {
		l.err = errLongLine
		return 0, l.err
	}
	if err != nil {
		l.err = err
	}
	return n, err
}

// table reads rows of named columns and puts line numbers on errors.
type table struct {
	in     *limited
	csv    *csv.Reader
	header []string
	last   int // the last line read well
}

func newTable(r io.Reader) (*table, error) {
	t := &table{in: &limited{r: r}}
	buf := bufio.NewReader(t.in)
	if head, _ := buf.Peek(3); string(head) == "\ufeff" {
		buf.Discard(3) // a spreadsheet's byte order mark
	}
	t.csv = csv.NewReader(buf)
	t.csv.ReuseRecord = true
	head, err := t.csv.Read()
	if err == io.EOF {
		return nil, errors.New("the file is empty; a header line is needed")
	}
	if err != nil {
		return nil, t.fail(err)
	}
	for _, name := range head {
		t.header = append(t.header, strings.TrimSpace(name))
	}
	t.last = 1
	return t, nil
}

// column finds a column by name, -1 when the header lacks it.
func (t *table) column(name string) int { return slices.Index(t.header, name) }

// next returns the next row, valid until the next call, and its line number.
// At the end the error is io.EOF.
func (t *table) next() ([]string, int, error) {
	row, err := t.csv.Read()
	if err == io.EOF {
		return nil, 0, io.EOF
	}
	if err != nil {
		return nil, 0, t.fail(err)
	}
	line, _ := t.csv.FieldPos(0)
	t.last = line
	return row, line, nil
}

func (t *table) fail(err error) error {
	if t.in.err != nil && t.in.err != io.EOF {
		err = t.in.err
		if errors.Is(err, io.ErrUnexpectedEOF) {
			err = errors.New("the gzip stream ends too early; the file is cut off")
		}
		return fmt.Errorf("after line %d: %w", t.last, err)
	}
	if bad, ok := errors.AsType[*csv.ParseError](err); ok {
		if errors.Is(bad.Err, csv.ErrFieldCount) {
			return fmt.Errorf("line %d: %d columns expected, as in the header", bad.Line, len(t.header))
		}
		return fmt.Errorf("line %d: %w", bad.StartLine, bad.Err)
	}
	return fmt.Errorf("after line %d: %w", t.last, err)
}

// names gives each different string a number, in order of first sight.
type names struct {
	number map[string]uint32
	list   []string
}

func (n *names) of(s string) uint32 {
	at, ok := n.number[s]
	if !ok {
		if n.number == nil {
			n.number = map[string]uint32{}
		}
		s = strings.Clone(s)
		at = uint32(len(n.list))
		n.number[s] = at
		n.list = append(n.list, s)
	}
	return at
}

// columns are the places of the history columns; -1 for an optional one that is absent.
type columns struct{ order, customer, product, at, quantity, price int }

const wantHeader = "order_id,customer_id,product_id,ordered_at[,quantity,unit_price]"

func (t *table) historyColumns() (columns, error) {
	c := columns{t.column("order_id"), t.column("customer_id"), t.column("product_id"), t.column("ordered_at"),
		t.column("quantity"), t.column("unit_price")}
	for _, must := range []struct {
		at   int
		name string
	}{{c.order, "order_id"}, {c.customer, "customer_id"}, {c.product, "product_id"}, {c.at, "ordered_at"}} {
		if must.at < 0 {
			return c, fmt.Errorf("line 1: the header lacks %s; it must be %s", must.name, wantHeader)
		}
	}
	return c, nil
}

// readHistory reads a history line by line. One bad row is an error that names
// its line: a measure over half a file would be a wrong measure.
func readHistory(ctx context.Context, r io.Reader) (*history, error) {
	t, err := newTable(r)
	if err != nil {
		return nil, err
	}
	col, err := t.historyColumns()
	if err != nil {
		return nil, err
	}
	h := &history{}
	var orders, products, customers names
	var clock stamp
	for {
		row, line, err := t.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if line%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		bought, err := bought(row, col)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		if !bought {
			h.left++
			continue
		}
		if err := clock.read(row[col.at]); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		c := click{order: orders.of(row[col.order]), product: products.of(row[col.product]), zone: clock.zone, at: clock.at}
		if name := row[col.customer]; name != "" {
			c.customer = customers.of(name) + 1
		}
		h.clicks = append(h.clicks, c)
	}
	if len(h.clicks) == 0 {
		return nil, errors.New("the file has a header but no orders")
	}
	h.products, h.customers = products.list, customers.list
	h.group(len(orders.list))
	return h, nil
}

// bought checks what a row must hold and tells whether anything was bought.
func bought(row []string, col columns) (bool, error) {
	if row[col.order] == "" {
		return false, errors.New("order_id is empty")
	}
	if row[col.product] == "" {
		return false, errors.New("product_id is empty")
	}
	some := true
	if col.quantity >= 0 && row[col.quantity] != "" {
		n, err := strconv.ParseFloat(row[col.quantity], 64)
		if err != nil || n != n || n > 1e12 || n < -1e12 {
			return false, fmt.Errorf("quantity %q is not a number", short(row[col.quantity]))
		}
		some = n > 0
	}
	if col.price >= 0 && row[col.price] != "" {
		n, err := strconv.ParseFloat(row[col.price], 64)
		if err != nil || n != n || n > 1e15 || n < -1e15 {
			return false, fmt.Errorf("unit_price %q is not a number", short(row[col.price]))
		}
	}
	return some, nil
}

// short keeps a wild cell from filling the error line.
func short(s string) string {
	if len(s) > 40 {
		return s[:40] + "…"
	}
	return s
}

// group sorts the clicks into the order of events and gathers the orders.
func (h *history) group(orders int) {
	byTime := func(a, b click) int {
		switch {
		case a.at < b.at:
			return -1
		case a.at > b.at:
			return 1
		}
		return 0
	}
	if !slices.IsSortedFunc(h.clicks, byTime) {
		slices.SortStableFunc(h.clicks, byTime)
	}
	place := make([]uint32, orders) // order to its position+1 in h.orders
	sizes := make([]int, 0, orders)
	for i := range h.clicks {
		c := &h.clicks[i]
		if place[c.order] == 0 {
			h.orders = append(h.orders, past{at: c.at})
			sizes = append(sizes, 0)
			place[c.order] = uint32(len(h.orders))
		}
		c.order = place[c.order] - 1
		sizes[c.order]++
		if o := &h.orders[c.order]; o.customer == 0 {
			o.customer = c.customer
		}
	}
	flat := make([]click, len(h.clicks))
	at := 0
	for i, n := range sizes {
		h.orders[i].clicks = flat[at : at : at+n]
		at += n
	}
	for _, c := range h.clicks {
		o := &h.orders[c.order]
		o.clicks = append(o.clicks, c)
	}
}

// stamp reads times; rows of one order repeat theirs, so the last is kept.
type stamp struct {
	text string
	at   int64
	zone int32
}

var layouts = []string{"2006-01-02T15:04:05", time.RFC3339, "2006-01-02", "2006-01-02 15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02T15:04", "2006-01-02T15:04Z07:00"}

func (s *stamp) read(text string) error {
	if text == s.text && text != "" {
		return nil
	}
	for _, layout := range layouts {
		if at, err := time.Parse(layout, text); err == nil {
			if at.Year() < 1 {
				break
			}
			_, zone := at.Zone()
			s.text, s.at, s.zone = strings.Clone(text), at.UnixMilli(), int32(zone)
			return nil
		}
	}
	return fmt.Errorf("ordered_at %q is not a date (2026-01-31) or a time (2026-01-31T18:00:00Z)", short(text))
}
