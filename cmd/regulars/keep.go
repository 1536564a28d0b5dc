package main

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"time"

	"regulars/internal/db"
	"regulars/internal/setting"
	"regulars/migrations"
)

// version is set by the build.
var version = "dev"

type versionCmd struct{}

func (versionCmd) Run(w *world) error {
	commit := "unknown"
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				commit = s.Value
			}
		}
	}
	engine := "unknown"
	if d, err := sql.Open("sqlite", ":memory:"); err == nil {
		d.QueryRowContext(w.ctx, "SELECT sqlite_version()").Scan(&engine)
		d.Close()
	}
	_, err := fmt.Fprintf(w.out, "regulars %s, commit %s, %s, SQLite %s\n", version, commit, runtime.Version(), engine)
	return err
}

type migrateCmd struct {
	Up     migrateUpCmd     `cmd:"" help:"Run what is missing."`
	Status migrateStatusCmd `cmd:"" help:"Say what has run and what is missing."`
}

type migrateUpCmd struct{ folder }

func (c migrateUpCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateAlways, true)
	if err != nil {
		return err
	}
	defer d.Close()
	return sayStatus(w, d)
}

type migrateStatusCmd struct{ folder }

func (c migrateStatusCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateNever, false)
	if err != nil {
		return err
	}
	defer d.Close()
	return sayStatus(w, d)
}

func sayStatus(w *world, d *db.DB) error {
	applied, pending, err := d.Pending(w.ctx, migrations.Files)
	if err != nil {
		return err
	}
	fmt.Fprintf(w.out, "%s: %d migrations applied, %d pending\n", d.Version(), applied, len(pending))
	for _, p := range pending {
		fmt.Fprintf(w.out, "  pending %s\n", p)
	}
	return nil
}

type settingsCmd struct {
	List settingsListCmd `cmd:"" help:"Every setting with its value."`
	Get  settingsGetCmd  `cmd:"" help:"One setting."`
	Set  settingsSetCmd  `cmd:"" help:"Change one setting; a running shop follows within a second."`
}

type settingsListCmd struct{ folder }

func (c settingsListCmd) Run(w *world) error {
	return c.read(w, func(v setting.Values) error {
		for _, k := range setting.Keys {
			fmt.Fprintf(w.out, "%-18s %s\n", k.Name, v.Get(k.Name))
		}
		return nil
	})
}

type settingsGetCmd struct {
	folder
	Key string `arg:"" help:"Name of the setting."`
}

func (c settingsGetCmd) Run(w *world) error {
	return c.read(w, func(v setting.Values) error {
		k, err := setting.Find(c.Key)
		if err == nil {
			_, err = fmt.Fprintln(w.out, v.Get(k.Name))
		}
		return err
	})
}

func (f folder) read(w *world, use func(setting.Values) error) error {
	d, err := f.open(w.ctx, w.env, migrateEmbedded, false)
	if err != nil {
		return err
	}
	defer d.Close()
	v, err := setting.Read(w.ctx, d)
	if err != nil {
		return err
	}
	return use(v)
}

type settingsSetCmd struct {
	folder
	Key   string `arg:"" help:"Name of the setting."`
	Value string `arg:"" help:"Its new value."`
}

func (c settingsSetCmd) Run(w *world) error {
	d, err := c.open(w.ctx, w.env, migrateEmbedded, false)
	if err != nil {
		return err
	}
	defer d.Close()
	return d.InTx(w.ctx, func(tx *db.Tx) error { return setting.Set(w.ctx, tx, c.Key, c.Value, w.now()) })
}

type backupCmd struct {
	folder
	File string `arg:"" help:"The copy to write; it must not exist."`
}

func (c backupCmd) Run(w *world) error {
	if w.env.DatabaseURL != "" {
		return fmt.Errorf("backup copies the embedded database; for Postgres run: pg_dump --format=custom --file=%s \"$DATABASE_URL\"", c.File)
	}
	if _, err := os.Stat(c.File); err == nil {
		return fmt.Errorf("%s is there already; name a new file", c.File)
	}
	if _, err := os.Stat(c.path("shop.db")); err != nil {
		return fmt.Errorf("there is no shop in %s to back up", c.Data)
	}
	d, err := c.open(w.ctx, w.env, migrateEmbedded, true)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Backup(w.ctx, c.File); err != nil {
		return err
	}
	info, err := os.Stat(c.File)
	if err == nil {
		fmt.Fprintf(w.out, "%s holds the shop (%d bytes); restore it with: regulars restore %s\n", c.File, info.Size(), c.File)
	}
	return err
}

type restoreCmd struct {
	folder
	File string `arg:"" help:"A file written by backup."`
}

func (c restoreCmd) Run(w *world) error {
	if w.env.DatabaseURL != "" {
		return fmt.Errorf("restore replaces the embedded database; for Postgres run: pg_restore --clean --dbname=\"$DATABASE_URL\" %s", c.File)
	}
	if err := sound(w.ctx, c.File); err != nil {
		return err
	}
	if err := c.make(); err != nil {
		return err
	}
	lock, err := c.lock()
	if err != nil {
		return err
	}
	defer lock.Close()
	fresh := c.path("shop.db.restoring")
	if err := copyFile(c.File, fresh); err != nil {
		return err
	}
	live := c.path("shop.db")
	if _, err := os.Stat(live); err == nil {
		old := live + ".before-" + w.now().UTC().Format("20060102T150405Z")
		// The write-ahead log belongs to the old file and must go with it.
		for _, suffix := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(live+suffix, old+suffix); err != nil && !os.IsNotExist(err) {
				return fmt.Errorf("put the present database aside: %w", err)
			}
		}
		fmt.Fprintf(w.out, "the former database is kept as %s\n", old)
	}
	if err := os.Rename(fresh, live); err != nil {
		return fmt.Errorf("put the backup in place: %w", err)
	}
	fmt.Fprintf(w.out, "%s is the shop's database now\n", c.File)
	return nil
}

// sound refuses a file that is not a whole database of a shop.
func sound(ctx context.Context, file string) error {
	head := make([]byte, 16)
	f, err := os.Open(file)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	_, err = io.ReadFull(f, head)
	f.Close()
	if err != nil || !bytes.Equal(head, []byte("SQLite format 3\x00")) {
		return fmt.Errorf("%s is not a backup of an embedded database", file)
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	d, err := sql.Open("sqlite", "file:"+abs+"?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	defer d.Close()
	ctx, cancel := context.WithTimeout(ctx, 10*time.Minute)
	defer cancel()
	var verdict string
	if err := d.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&verdict); err != nil || verdict != "ok" {
		return fmt.Errorf("%s is damaged (%s %v); use another backup", file, verdict, err)
	}
	var n int
	if err := d.QueryRowContext(ctx, "SELECT count(*) FROM orders").Scan(&n); err != nil {
		return fmt.Errorf("%s is a database, but not of this shop", file)
	}
	return nil
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", to, err)
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("write %s: %w", to, err)
	}
	if err := out.Sync(); err != nil {
		out.Close()
		return fmt.Errorf("write %s: %w", to, err)
	}
	return out.Close()
}
