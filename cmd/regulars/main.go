// Command regulars is the whole shop in one program: it serves, works in the
// background, imports, trains, checks itself and shows a demo.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// The exit codes of contract and shell alike.
const (
	exitDone     = 0
	exitFailed   = 1
	exitWrongUse = 2
)

// cli is every command with its flags; kong reads it.
type cli struct {
	Demo     demoCmd     `cmd:"" help:"Show a whole shop with simulated shoppers; needs nothing else."`
	Serve    serveCmd    `cmd:"" help:"Run the shop."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the configured database's schema up to date, or say where it stands."`
	Import   importCmd   `cmd:"" help:"Read products, customers, orders or stock from .csv or .csv.gz."`
	Export   exportCmd   `cmd:"" help:"Write products, customers, orders or the product feed."`
	Train    trainCmd    `cmd:"" help:"Build the recommendation model from the orders now."`
	Eval     evalCmd     `cmd:"" help:"Measure the recommender on a history file, without a database."`
	Doctor   doctorCmd   `cmd:"" help:"Recompute every invariant of the shop from its rows."`
	Rebuild  rebuildCmd  `cmd:"" help:"Derive search, segments or reports again from the truth."`
	Settings settingsCmd `cmd:"" help:"Read and change the shop's settings."`
	Staff    staffCmd    `cmd:"" help:"Add staff accounts."`
	Backup   backupCmd   `cmd:"" help:"Write a consistent copy of the embedded database while the shop runs."`
	Restore  restoreCmd  `cmd:"" help:"Put a backup in the place of the embedded database."`
	Version  versionCmd  `cmd:"" help:"Say which version this is."`
}

// world is what a command may touch outside itself.
type world struct {
	ctx    context.Context
	env    environment
	now    func() time.Time
	in     io.Reader
	out    io.Writer
	errOut io.Writer
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Environ(), os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

type exited int

// run does one command and returns the exit code.
func run(ctx context.Context, args, environ []string, in io.Reader, out, errOut io.Writer) (code int) {
	defer func() {
		if r := recover(); r != nil { // kong leaves --help through Exit
			e, ok := r.(exited)
			if !ok {
				panic(r)
			}
			code = int(e)
		}
	}()
	var commands cli
	vars, environmentErr := split(environ)
	parser, err := kong.New(&commands,
		kong.Name("regulars"), kong.Description("A storefront that knows its regulars."),
		kong.Writers(out, errOut), kong.Exit(func(code int) { panic(exited(code)) }),
		kong.Resolvers(vars), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Vars{"environment": environmentHelp})
	if err != nil {
		panic(err)
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(errOut, "regulars: %s; regulars --help lists the commands\n", oneLine(err.Error()))
		return exitWrongUse
	}
	env, err := readEnvironment(vars, environmentErr)
	if err != nil {
		fmt.Fprintf(errOut, "regulars: %s\n", oneLine(err.Error()))
		return exitWrongUse
	}
	w := &world{ctx: ctx, env: env, now: time.Now, in: in, out: out, errOut: errOut}
	if err := command.Run(w); err != nil {
		if errors.Is(err, errSaid) {
			return exitFailed
		}
		fmt.Fprintf(errOut, "regulars: %s\n", oneLine(words(err)))
		var wrong *wrongUse
		if errors.As(err, &wrong) {
			return exitWrongUse
		}
		return exitFailed
	}
	return exitDone
}

// errSaid ends a command as failed after it has said everything itself.
var errSaid = errors.New("said")

// wrongUse is a mistake in how a command was called.
type wrongUse struct{ words string }

func (w *wrongUse) Error() string { return w.words }

// words puts a failure into English: faults carry message keys.
func words(err error) string {
	var f *fault.Fault
	if !errors.As(err, &f) {
		return err.Error()
	}
	text := i18n.T(i18n.English, f.Words, f.Args...)
	for _, field := range f.Fields {
		if field.Words != f.Words {
			text += "; " + field.Name + ": " + i18n.T(i18n.English, field.Words, field.Args...)
		}
	}
	if f.Cause != nil {
		text += ": " + f.Cause.Error()
	}
	return text
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
