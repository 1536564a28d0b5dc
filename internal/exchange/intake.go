package exchange

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
)

// The states of an intake.
const (
	Columns = "columns" // its header is nobody's: somebody must say what is what
	Looking = "looking"
	Looked  = "looked" // what an import would do is known
	Running = "running"
	Done    = "done"
	Undoing = "undoing"
	Undone  = "undone"
	Failed  = "failed"
)

const (
	// MostIntake is how long a file may be, unpacked.
	MostIntake = 64 << 20
	// mostRowsWrong is how many bad rows an intake names.
	mostRowsWrong = 20_000
	keepIntake    = 30 * 24 * time.Hour
)

// Intake is a file that staff bring in through the office: looked through
// first, then imported, and the last one of products can be undone.
type Intake struct {
	ID        int64
	Token     string
	Kind      string // Products or Stock
	Name      string // of the file, as it was called
	State     string
	Format    string            // as it was recognized; "" = by Columns
	Columns   map[string]string `gorm:"serializer:json"` // our name → the file's
	Bytes     int64             // of the packed file
	Read      int64             // of these, by the look or the import that runs
	StaffID   int64
	Looked    *Summary `gorm:"serializer:json"`
	Result    *Summary `gorm:"serializer:json"`
	Failure   string
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
	EndedAt   db.Time
	UndoneAt  db.Time
}

// TableName is the table of the row.
func (Intake) TableName() string { return "intakes" }

// Busy reports whether something is being done with it.
func (in *Intake) Busy() bool {
	return in.State == Looking || in.State == Running || in.State == Undoing
}

// task is what is to be done with an intake.
type task struct {
	ID   int64  `json:"id"`
	Do   string `json:"do"` // the state that says so
	Lang string `json:"lang"`
}

// Kind names the job.
func (task) Kind() string { return "exchange.intake" }

// Register lets the runner look through, import and undo.
func Register(r *jobs.Runner, d *db.DB, now func() time.Time) {
	jobs.Work(r, func(ctx context.Context, t task) error { return work(ctx, d, t, now()) })
}

// Pack reads a file as it was sent, packed or not, and packs it. What is no CSV
// of a length we take is fault.Invalid or fault.TooLarge.
func Pack(r io.ReadSeeker) ([]byte, error) {
	content, err := text(r, false, nil)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	n, err := io.Copy(z, io.LimitReader(content, MostIntake+1))
	if err != nil {
		return nil, damaged(err)
	}
	if n > MostIntake {
		return nil, fault.New(fault.TooLarge, "error.too-large", "size", fmt.Sprintf("%d MB", MostIntake>>20))
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack a file: %w", err)
	}
	return b.Bytes(), nil
}

// Head is the beginning of a file: its header, its first rows, and the format
// it has, "" where the header is nobody's.
type Head struct {
	Columns []string
	Rows    [][]string
	Format  string
}

// mostHead is how many rows a Head shows.
const mostHead = 3

// HeadOf reads the beginning of a file of a kind.
func HeadOf(kind string, body []byte) (*Head, error) {
	t, err := open(bytes.NewReader(body), nil, nil)
	if err != nil {
		return nil, err
	}
	h := &Head{Columns: make([]string, t.width)}
	z, err := text(bytes.NewReader(body), false, nil)
	if err != nil {
		return nil, err
	}
	first, err := csv.NewReader(z).Read()
	if err != nil || len(first) != t.width {
		return nil, fault.New(fault.Invalid, "exchange.file.header")
	}
	copy(h.Columns, first)
	for len(h.Rows) < mostHead {
		fields, err := t.read()
		if err != nil {
			break // a broken row is the look's to name
		}
		row := make([]string, len(fields))
		for i, f := range fields {
			row[i] = cut(string(f), 60)
		}
		h.Rows = append(h.Rows, row)
	}
	for _, f := range readers[kind] {
		if len(t.missing(f.needs)) == 0 {
			h.Format = f.name
			break
		}
	}
	return h, nil
}

// Header is the columns of our own files of a kind.
func Header(kind string) []string {
	if kind == Stock {
		return []string{"sku", "on_hand"}
	}
	return ProductHeader
}

// called lists what other programs and people call our columns.
var called = map[string][]string{
	"code":     {"handle", "product id", "product code", "item", "item number", "article", "商品编号", "商品编码", "货号"},
	"sku":      {"variant sku", "sku code", "article number", "规格编码", "商品sku"},
	"name_en":  {"name", "title", "product name", "item name", "product", "英文名称"},
	"name_zh":  {"名称", "商品名称", "品名", "标题", "chinese name"},
	"line_en":  {"subtitle", "short description", "summary"},
	"line_zh":  {"副标题", "卖点", "简介"},
	"about_en": {"description", "body", "long description", "body (html)"},
	"about_zh": {"描述", "商品描述", "详情"},
	"brand":    {"vendor", "manufacturer", "maker", "品牌"},
	"category": {"type", "product type", "department", "类目", "分类"},
	"price":    {"variant price", "retail price", "unit price", "sale price", "价格", "售价", "单价"},
	"was":      {"compare at price", "list price", "rrp", "msrp", "原价", "划线价"},
	"cost":     {"cost per item", "cost price", "purchase price", "成本", "进价"},
	"stock":    {"qty", "quantity", "inventory", "on hand", "in stock", "库存", "数量"},
	"on_hand":  {"stock", "qty", "quantity", "inventory", "available", "库存", "数量"},
	"currency": {"币种", "货币"},
	"synonyms": {"tags", "keywords", "关键词", "标签"},
}

// Guess says which columns of a file probably are ours.
func Guess(kind string, columns []string) map[string]string {
	guess := map[string]string{}
	taken := map[string]bool{}
	for _, ours := range Header(kind) {
		for _, name := range append([]string{ours}, called[ours]...) {
			i := slices.IndexFunc(columns, func(c string) bool { return fold(c) == fold(name) && !taken[c] })
			if i >= 0 {
				guess[ours], taken[columns[i]] = columns[i], true
				break
			}
		}
	}
	if kind == Products && guess["code"] == "" && guess["sku"] != "" {
		guess["code"] = guess["sku"] // a product without variants
	}
	return guess
}

// work does one task. A task that comes again after a crash goes on: the same
// file twice changes nothing.
func work(ctx context.Context, d *db.DB, t task, now time.Time) error {
	in, err := byID(ctx, d, t.ID)
	if err != nil || in.State != t.Do {
		return err // done already, or dropped
	}
	if t.Do == Undoing {
		return in.undo(catalog.By(ctx, in.StaffID, "undo"), d, now)
	}
	ctx = catalog.By(ctx, in.StaffID, "import")
	body, err := bodyOf(ctx, d, in.ID)
	if err != nil {
		return err
	}
	opt := Options{Now: now, Lang: i18n.Lang(t.Lang), DryRun: t.Do == Looking, Columns: in.Columns, most: mostRowsWrong, Progress: in.tell(ctx, d)}
	if len(in.Columns) > 0 {
		opt.Format = Regulars
	}
	if t.Do == Running && in.Kind == Products {
		opt.wrote = in.remember(ctx)
	}
	sum, err := Import(ctx, d, in.Kind, bytes.NewReader(body), opt)
	if errors.Is(err, fault.Invalid) {
		return in.end(ctx, d, map[string]any{"state": Failed, "failure": wordsOf(err, opt.Lang)}, now)
	}
	if err != nil {
		return err
	}
	if t.Do == Looking {
		return in.end(ctx, d, map[string]any{"state": Looked, "looked": sum}, now)
	}
	return in.end(ctx, d, map[string]any{"state": Done, "result": sum}, now)
}

func wordsOf(err error, lang i18n.Lang) string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err.Error()
	}
	return i18n.T(lang, f.Words, f.Args...)
}

// undo puts back what the import changed, product by product, where nobody
// changed it since, and takes what it made off the shop. Put back is what a
// file can say, by the same reader as any file.
func (in *Intake) undo(ctx context.Context, d *db.DB, now time.Time) error {
	for _, made := range []bool{false, true} {
		header := undoHeader
		if made {
			header = madeHeader
		}
		var b bytes.Buffer
		rows := 0
		err := exportRows(&b, header, func(put func(map[string]string) error) error {
			return in.untouched(ctx, d, made, func(all []map[string]string) error {
				for _, m := range all {
					rows++
					if err := put(m); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return fmt.Errorf("undo intake %d: %w", in.ID, err)
		}
		if rows == 0 {
			continue
		}
		if _, err := Import(ctx, d, Products, bytes.NewReader(b.Bytes()), Options{Format: Regulars, Now: now}); err != nil {
			return fmt.Errorf("undo intake %d: %w", in.ID, err)
		}
	}
	return in.end(ctx, d, map[string]any{"state": Undone, "undone_at": db.At(now)}, now)
}

// Unsound writes the products of a file that an import leaves out, whole, with
// the reason in a column of its own: mended, the file can be brought in again.
func (in *Intake) Unsound(body []byte, w io.Writer) error {
	if in.Looked == nil {
		return fault.New(fault.Conflict, "exchange.intake.unlooked")
	}
	why := map[int]string{}
	for _, e := range in.Looked.Errors {
		why[e.Line] = strings.TrimSpace(why[e.Line] + " " + e.Reason)
	}
	t, err := open(bytes.NewReader(body), nil, nil)
	if err != nil {
		return err
	}
	head, err := HeadOf(in.Kind, body)
	if err != nil {
		return err
	}
	key := in.keyColumn(t)
	out := csv.NewWriter(w)
	if err := out.Write(append(head.Columns, "reason")); err != nil {
		return err
	}
	var group [][]string
	bad, last := false, ""
	flush := func() error {
		if bad {
			if err := out.WriteAll(group); err != nil {
				return err
			}
		}
		group, bad = group[:0], false
		return nil
	}
	for {
		fields, err := t.read()
		if err == io.EOF {
			break
		}
		var broken *badRow
		if err != nil && !errors.As(err, &broken) {
			return damaged(err)
		}
		row := make([]string, t.width+1)
		for i := range min(len(fields), t.width) {
			row[i] = string(fields[i])
		}
		now := ""
		if key >= 0 && key < len(fields) {
			now = strings.TrimSpace(string(fields[key]))
		}
		if now != "" && now != last || in.Kind != Products {
			if err := flush(); err != nil {
				return err
			}
			last = now
		}
		row[t.width] = why[t.line]
		bad = bad || why[t.line] != ""
		group = append(group, row)
	}
	if err := flush(); err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

// keyColumn is the column whose value says which product a row belongs to.
func (in *Intake) keyColumn(t *table) int {
	for _, name := range []string{in.Columns["code"], "code", "handle", "urlhandle", "title"} {
		if i, ok := t.columns[fold(name)]; ok && name != "" {
			return i
		}
	}
	return -1
}
