package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"

	"regulars/internal/analytics"
	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/doctor"
	"regulars/internal/exchange"
	"regulars/internal/review"
	"regulars/internal/search"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/templates"
)

type importCmd struct {
	folder
	Kind   string `arg:"" enum:"products,customers,orders,stock" help:"products, customers, orders or stock."`
	File   string `arg:"" help:".csv or .csv.gz"`
	Format string `default:"auto" enum:"auto,regulars,shopify,online-retail" help:"Layout of the file; auto tells by its header."`
	DryRun bool   `help:"Say what would happen and change nothing."`
	JSON   bool   `help:"Print one JSON object."`
}

func (c importCmd) Run(w *world) error {
	file, size, err := exchange.OpenFile(c.File)
	if err != nil {
		return err
	}
	defer file.Close()
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	set, err := setting.Read(w.ctx, d)
	if err != nil {
		return err
	}
	opt := exchange.Options{Format: c.Format, DryRun: c.DryRun, Now: w.now(), Currency: set.Currency()}
	if bar := terminal(w.errOut); bar != nil && size > 0 {
		last := int64(-1)
		opt.Progress = func(read int64) {
			if percent := read * 100 / size; percent != last {
				last = percent
				fmt.Fprintf(bar, "\r%s %3d%%", c.File, percent)
			}
		}
		defer fmt.Fprintln(bar)
	}
	summary, err := exchange.Import(w.ctx, d, c.Kind, file, opt)
	if err != nil {
		return err
	}
	if !c.DryRun && (summary.Created > 0 || summary.Updated > 0) {
		if err := derive(w, d, c.Kind); err != nil {
			return err
		}
	}
	if c.JSON {
		return json.NewEncoder(w.out).Encode(summary)
	}
	sayImported(w.out, summary, c.DryRun)
	return nil
}

// derive brings the copies of what was imported up to date, so that a shop
// need not be running for them to be right.
func derive(w *world, d *db.DB, kind string) error {
	switch kind {
	case "products":
		return search.Rebuild(w.ctx, d)
	case "customers": // somebody may have said no
		if err := reneed(w.ctx, d, w.now()); err != nil {
			return err
		}
		return revalue(w.ctx, d, w.now())
	case "orders":
		if err := research(w.ctx, d, w.now()); err != nil {
			return err
		}
		if err := retrait(w.ctx, d, w.now()); err != nil {
			return err
		}
		if err := reneed(w.ctx, d, w.now()); err != nil {
			return err
		}
		if err := revalue(w.ctx, d, w.now()); err != nil {
			return err
		}
		// Last, since rules ask for traits and tiers.
		return segment.Renew(w.ctx, d, segment.ByRebuild, w.now())
	}
	return nil
}

// terminal returns out if a person watches it.
func terminal(out io.Writer) io.Writer {
	f, ok := out.(*os.File)
	if !ok {
		return nil
	}
	if info, err := f.Stat(); err != nil || info.Mode()&os.ModeCharDevice == 0 {
		return nil
	}
	return f
}

func sayImported(out io.Writer, s *exchange.Summary, dry bool) {
	if dry {
		fmt.Fprintln(out, "dry run: nothing was changed; it would be")
	}
	fmt.Fprintf(out, "%d rows: %d created, %d updated, %d unchanged\n", s.Rows, s.Created, s.Updated, s.Unchanged)
	for _, reason := range slices.Sorted(maps.Keys(s.Skipped)) {
		fmt.Fprintf(out, "  skipped %7d  %s\n", s.Skipped[reason], reason)
	}
	for i, e := range s.Errors {
		if i == 20 {
			fmt.Fprintf(out, "  … and %d more; --json lists them\n", s.ErrorsTotal-i)
			break
		}
		fmt.Fprintf(out, "  line %d: %s\n", e.Line, e.Reason)
	}
}

type exportCmd struct {
	folder
	Kind string `arg:"" enum:"products,customers,orders,feed,clicks,history,profiles" help:"products, customers, orders, feed (Google Merchant), or what eval measures by: history, profiles, clicks (of consenting visitors)."`
	Out  string `help:"File to write; standard output without it."`
}

func (c exportCmd) Run(w *world) (err error) {
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	set, err := setting.Read(w.ctx, d)
	if err != nil {
		return err
	}
	out := w.out
	if c.Out != "" {
		// Written beside and renamed, so that a half file never looks whole.
		f, err := os.Create(c.Out + ".part")
		if err != nil {
			return fmt.Errorf("write %s: %w", c.Out, plain(err))
		}
		out = f
		defer func() {
			err = errors.Join(err, f.Close())
			if err == nil {
				err = os.Rename(c.Out+".part", c.Out)
			} else {
				os.Remove(c.Out + ".part")
			}
		}()
	}
	buffered := bufio.NewWriterSize(out, 1<<16)
	base := w.env.BaseURL
	if base == "" {
		base = "http://127.0.0.1:8080"
	}
	if err := exchange.Export(w.ctx, d, c.Kind, buffered, exchange.ExportOptions{BaseURL: base, Currency: set.Currency(), Now: w.now()}); err != nil {
		return err
	}
	return buffered.Flush()
}

type doctorCmd struct {
	folder
	JSON bool `help:"Print one JSON object."`
}

func (c doctorCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	report, err := doctor.Check(w.ctx, d, doctor.Options{Now: w.now(), Templates: templates.Files})
	if err != nil {
		return err
	}
	if c.JSON {
		if err := json.NewEncoder(w.out).Encode(report); err != nil {
			return err
		}
	} else {
		for _, b := range report.Broken {
			fmt.Fprintf(w.out, "%-4s broken %d times: %s\n", b.Code, b.Count, strings.Join(b.IDs, " "))
		}
		fmt.Fprintf(w.out, "%d invariants checked, %d broken\n", report.Checked, len(report.Broken))
	}
	if !report.OK {
		return errSaid
	}
	return nil
}

type rebuildCmd struct {
	folder
	What string `arg:"" enum:"search,segments,reports,prices,reviews,all" help:"search, segments, reports, prices, reviews or all."`
}

func (c rebuildCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	set, err := setting.Read(w.ctx, d)
	if err != nil {
		return err
	}
	for _, part := range []struct {
		name string
		do   func() error
	}{
		{"search", func() error { return resent(w, d) }},
		{"segments", func() error {
			if err := retrait(w.ctx, d, w.now()); err != nil {
				return err
			}
			if err := reneed(w.ctx, d, w.now()); err != nil {
				return err
			}
			if err := revalue(w.ctx, d, w.now()); err != nil {
				return err
			}
			// Last, since rules ask for traits and tiers.
			return segment.Renew(w.ctx, d, segment.ByRebuild, w.now())
		}},
		{"prices", func() error { return catalog.Reprice(w.ctx, d, set.Zone(), w.now) }},
		{"reviews", func() error {
			return d.InTx(w.ctx, func(tx *db.Tx) error {
				if err := review.Recheck(w.ctx, tx, w.now()); err != nil {
					return err
				}
				return review.Count(w.ctx, tx)
			})
		}},
		{"reports", func() error { return errors.Join(analytics.Rebuild(w.ctx, d, set, w.now()), campaign.Credit(w.ctx, d)) }},
	} {
		if c.What != part.name && c.What != "all" {
			continue
		}
		if err := part.do(); err != nil {
			return err
		}
		fmt.Fprintf(w.out, "%s rebuilt\n", part.name)
	}
	return nil
}
