// Package exchange moves the shop's data in and out as CSV files: products,
// customers, orders and stock, in our own format, in Shopify's and in that of
// the Online Retail II history, and the product feed that shopping sites read.
//
// A file is read twice: first to its end, so that a cut-off download changes
// nothing, then row by row. A bad row is reported with its line and left out,
// and with it the whole order or product it belongs to; everything else is
// kept. The same file a second time changes nothing.
package exchange

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// The kinds of things a file can hold.
const (
	Products  = "products"
	Customers = "customers"
	Orders    = "orders"
	Stock     = "stock"
	Clicks    = "clicks" // export only
	Feed      = "feed"   // export only
)

// The formats of files.
const (
	Auto     = "auto"
	Regulars = "regulars"
	Shopify  = "shopify"
	Retail   = "online-retail"
)

// MostErrors is how many bad rows a summary lists; ErrorsTotal counts all.
const MostErrors = 1000

// Options says how to import. The zero value recognises the format.
type Options struct {
	Format   string
	DryRun   bool // look and report, change nothing
	Now      time.Time
	Currency money.Currency // of files that do not name one: the shop's own
	Lang     i18n.Lang      // of the reasons in the summary
	Progress func(bytes int64)
	Columns  map[string]string // our column → that of the file, where its header is nobody's; the format is then our own

	most  int                                   // errors to list; 0 = MostErrors
	wrote func(tx *db.Tx, made []written) error // called in the transaction that wrote these products
}

// written is a product as an import left it, and its rows from before.
type written struct {
	code   string
	made   bool
	before []map[string]string
}

// RowError is one line that was left out, and why.
type RowError struct {
	Line   int    `json:"line"`
	Reason string `json:"reason"`
}

// Summary says what an import did. Rows counts the lines below the header;
// Created, Updated and Unchanged count products, customers, orders or stocked
// variants. Skipped counts lines that were treated apart on purpose, by reason.
type Summary struct {
	Rows        int            `json:"rows"`
	Created     int            `json:"created"`
	Updated     int            `json:"updated"`
	Unchanged   int            `json:"unchanged"`
	Skipped     map[string]int `json:"skipped"`
	Errors      []RowError     `json:"errors"`
	ErrorsTotal int            `json:"errors_total"`
	DryRun      bool           `json:"dry_run,omitempty"`

	lang i18n.Lang
	most int
}

func (s *Summary) wrong(line int, words string, args ...any) {
	s.ErrorsTotal++
	if len(s.Errors) < s.most {
		s.Errors = append(s.Errors, RowError{line, i18n.T(s.lang, words, args...)})
	}
}

// refuse notes an error of another package in the words it has for people. It
// returns an error that is ours, not the file's.
func (s *Summary) refuse(line int, err error) error {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err
	}
	if len(f.Fields) == 0 {
		s.wrong(line, f.Words, f.Args...)
		return nil
	}
	var parts []string
	for _, field := range f.Fields {
		parts = append(parts, field.Name+": "+i18n.T(s.lang, field.Words, field.Args...))
	}
	s.wrong(line, "exchange.row.refused", "why", strings.Join(parts, " "))
	return nil
}

// job is one import in progress.
type job struct {
	own money.Currency // the shop's, once costs were asked for
	ctx context.Context
	d   *db.DB
	opt Options
	sum *Summary
	t   *table

	links []link
}

// errDry undoes the transactions of a dry run.
var errDry = errors.New("dry run")

// inTx runs one batch; a dry run does the same work and takes it back.
func (j *job) inTx(fn func(tx *db.Tx) error) error {
	err := j.d.InTx(j.ctx, func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		if j.opt.DryRun {
			return errDry
		}
		return nil
	})
	if j.opt.DryRun && errors.Is(err, errDry) {
		return nil
	}
	return err
}

// Import reads a CSV file, plain or gzip, of the given kind into the shop. An
// error means that the file as a whole could not be taken (fault.Invalid, in
// words) or that the database failed; rows that could not be taken are in the
// summary. Good rows before a failure of the database stay; importing again
// goes on where it stopped.
func Import(ctx context.Context, d *db.DB, kind string, r io.Reader, opt Options) (*Summary, error) {
	formats, ok := readers[kind]
	if !ok {
		return nil, fault.New(fault.Invalid, "exchange.kind", "kind", kind)
	}
	if opt.Lang == "" {
		opt.Lang = i18n.English
	}
	src, done, err := rereadable(r)
	if err != nil {
		return nil, err
	}
	defer done()
	t, err := open(src, opt.Progress, opt.Columns)
	if err != nil {
		return nil, err
	}
	ctx = catalog.By(ctx, 0, "import")
	j := &job{ctx: ctx, d: d, opt: opt, t: t,
		sum: &Summary{Skipped: map[string]int{}, Errors: []RowError{}, DryRun: opt.DryRun, lang: opt.Lang, most: cmp.Or(opt.most, MostErrors)}}
	read, err := j.choose(kind, formats)
	if err != nil {
		return nil, err
	}
	if err := read(j); err != nil {
		return nil, fmt.Errorf("import %s: %w", kind, err)
	}
	return j.sum, nil
}

type format struct {
	name  string
	needs []string // columns that tell this format from others
	read  func(*job) error
}

var readers = map[string][]format{
	Products:  {{Regulars, []string{"code"}, (*job).products}, {Shopify, []string{"title"}, (*job).shopify}},
	Customers: {{Regulars, []string{"email"}, (*job).customers}},
	Orders:    {{Regulars, []string{"number", "sku", "qty"}, (*job).orders}, {Retail, retailColumns, (*job).retail}},
	Stock:     {{Regulars, []string{"sku", "onhand"}, (*job).stock}},
}

func (j *job) choose(kind string, formats []format) (func(*job) error, error) {
	var names []string
	for _, f := range formats {
		names = append(names, f.name)
		missing := j.t.missing(f.needs)
		if j.opt.Format == f.name && len(missing) > 0 {
			return nil, fault.New(fault.Invalid, "exchange.columns", "columns", strings.Join(missing, ", "), "format", f.name)
		}
		if len(missing) == 0 && (j.opt.Format == f.name || j.opt.Format == "" || j.opt.Format == Auto) {
			return f.read, nil
		}
	}
	if j.opt.Format == "" || j.opt.Format == Auto {
		return nil, fault.New(fault.Invalid, "exchange.header", "kind", kind, "columns", strings.Join(formats[0].needs, ", "), "formats", strings.Join(names, ", "))
	}
	return nil, fault.New(fault.Invalid, "exchange.format", "format", j.opt.Format, "kind", kind, "formats", strings.Join(names, ", "))
}

// OpenFile opens a file for Import, and tells its size for a progress bar.
// Whether it is packed is seen from its first bytes, not from its name.
func OpenFile(path string) (*os.File, int64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("open %s: %w", path, errors.Unwrap(err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = errors.New("it is a folder, not a file")
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("open %s: %w", path, err)
	}
	return f, info.Size(), nil
}

// rereadable makes sure the source can be read twice: a pipe is kept in a
// temporary file first.
func rereadable(r io.Reader) (io.ReadSeeker, func(), error) {
	if s, ok := r.(io.ReadSeeker); ok {
		if _, err := s.Seek(0, io.SeekStart); err == nil {
			return s, func() {}, nil
		}
	}
	f, err := os.CreateTemp("", "regulars-import")
	if err != nil {
		return nil, nil, fmt.Errorf("keep the input: %w", err)
	}
	done := func() { f.Close(); os.Remove(f.Name()) }
	if _, err := io.Copy(f, r); err != nil {
		done()
		return nil, nil, fmt.Errorf("keep the input: %w", err)
	}
	return f, done, nil
}
