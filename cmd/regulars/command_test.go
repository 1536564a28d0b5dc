package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// told is what a command said and how it ended.
type told struct {
	code     int
	out, err string
}

func command(t *testing.T, environ []string, stdin string, args ...string) told {
	t.Helper()
	var out, errOut bytes.Buffer
	code := run(context.Background(), args, environ, strings.NewReader(stdin), &out, &errOut)
	return told{code, out.String(), errOut.String()}
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestWrongUseIsToldInOneLine(t *testing.T) {
	notCSV := file(t, "picture.csv", []byte("\x89PNG\r\n\x1a\n\x00\x00"))
	empty := file(t, "empty.csv", nil)
	var cut bytes.Buffer
	zip := gzip.NewWriter(&cut)
	zip.Write(bytes.Repeat([]byte("order_id,customer_id,product_id,ordered_at\n1,1,1,2020-01-01\n"), 2000))
	zip.Close()
	torn := file(t, "torn.csv.gz", cut.Bytes()[:cut.Len()/2])
	foreign := t.TempDir()
	os.WriteFile(filepath.Join(foreign, "thesis.doc"), []byte("years of work"), 0o600)
	readOnly := filepath.Join(file(t, "a-file", []byte("x")), "below")

	for name, c := range map[string]struct {
		env  []string
		args []string
		code int
		says string
	}{
		"no command":                  {nil, nil, exitWrongUse, "expected one of"},
		"unknown command":             {nil, []string{"sell"}, exitWrongUse, "sell"},
		"unknown flag":                {nil, []string{"serve", "--fast"}, exitWrongUse, "--fast"},
		"bad address":                 {nil, []string{"serve", "--addr", "8080"}, exitWrongUse, "127.0.0.1:8080"},
		"bad role":                    {nil, []string{"serve", "--role", "boss"}, exitWrongUse, "role"},
		"role without Postgres":       {nil, []string{"serve", "--role", "web"}, exitWrongUse, "Postgres"},
		"misspelt environment":        {[]string{"REGULARS_ADRESS=x"}, []string{"version"}, exitWrongUse, "REGULARS_ADRESS"},
		"base URL with a path":        {[]string{"REGULARS_BASE_URL=https://shop.example/x"}, []string{"version"}, exitWrongUse, "without a path"},
		"a server that is no address": {[]string{"MEILI_URL=localhost:7700"}, []string{"version"}, exitWrongUse, "MEILI_URL should look like"},
		"a password in its address":   {[]string{"MEILI_URL=http://a:secret@host:7700"}, []string{"version"}, exitWrongUse, "MEILI_MASTER_KEY"},
		"short secret":                {[]string{"REGULARS_SECRET=abc"}, []string{"version"}, exitWrongUse, "32"},
		"not a Postgres URL":          {[]string{"DATABASE_URL=mysql://x"}, []string{"version"}, exitWrongUse, "postgres://"},
		"bad log level":               {[]string{"REGULARS_LOG=loud"}, []string{"version"}, exitWrongUse, "loud"},
		"bad proxy":                   {[]string{"REGULARS_TRUSTED_PROXIES=everybody"}, []string{"version"}, exitWrongUse, "everybody"},
		"stripe without webhook":      {[]string{"STRIPE_SECRET_KEY=sk_live_x"}, []string{"version"}, exitWrongUse, "STRIPE_WEBHOOK_SECRET"},
		"folder below a file":         {nil, []string{"settings", "list", "--data", readOnly}, exitFailed, "data folder"},
		"unreachable Postgres":        {[]string{"DATABASE_URL=postgres://nobody@127.0.0.1:1/none"}, []string{"settings", "list"}, exitFailed, "Postgres"},
		"unknown setting":             {nil, []string{"settings", "get", "colour"}, exitFailed, "colour"},
		"bad setting":                 {nil, []string{"settings", "set", "quiet.hours", "late"}, exitFailed, "21-09"},
		"bad currency":                {nil, []string{"settings", "set", "currency", "usd"}, exitFailed, "USD"},
		"unknown import":              {nil, []string{"import", "dreams", empty}, exitWrongUse, "dreams"},
		"absent file":                 {nil, []string{"import", "products", "absent.csv"}, exitFailed, "absent.csv"},
		"empty file":                  {nil, []string{"import", "orders", empty}, exitFailed, "empty"},
		"not a CSV":                   {nil, []string{"import", "orders", notCSV}, exitFailed, ""},
		"torn archive":                {nil, []string{"import", "orders", torn}, exitFailed, ""},
		"folder as file":              {nil, []string{"import", "orders", foreign}, exitFailed, ""},
		"eval without protocol":       {nil, []string{"eval", torn}, exitWrongUse, "protocol"},
		"eval unknown protocol":       {nil, []string{"eval", torn, "--protocol", "magic"}, exitWrongUse, "magic"},
		"eval bad k":                  {nil, []string{"eval", torn, "--protocol", "basket", "--k", "0"}, exitWrongUse, "--k"},
		"eval torn":                   {nil, []string{"eval", torn, "--protocol", "basket"}, exitFailed, ""},
		"eval empty":                  {nil, []string{"eval", empty, "--protocol", "basket"}, exitFailed, ""},
		"eval profiles missing":       {nil, []string{"eval", empty, "--protocol", "profile"}, exitWrongUse, "--profiles"},
		"demo on a foreign folder":    {nil, []string{"demo", "--data", foreign}, exitFailed, "no demo made"},
		"demo with a negative crowd":  {nil, []string{"demo", "--shoppers", "-5"}, exitWrongUse, "shoppers"},
		"demo with live keys":         {[]string{"STRIPE_SECRET_KEY=sk_live_x", "STRIPE_WEBHOOK_SECRET=whsec_0123456789abcdef"}, []string{"demo"}, exitFailed, "unset"},
		"staff unknown role":          {nil, []string{"staff", "add", "a@shop.example", "--role", "king"}, exitWrongUse, "role"},
		"staff bad address":           {nil, []string{"staff", "add", "nobody", "--role", "owner"}, exitFailed, ""},
		"restore garbage":             {nil, []string{"restore", notCSV}, exitFailed, "not a backup"},
		"restore nothing":             {nil, []string{"restore", "absent.db"}, exitFailed, "absent.db"},
		"backup of nothing":           {nil, []string{"backup", "b.db"}, exitFailed, "no shop"},
		"backup of Postgres":          {[]string{"DATABASE_URL=postgres://x/y"}, []string{"backup", "b.db"}, exitFailed, "pg_dump"},
		"rebuild what":                {nil, []string{"rebuild", "rome"}, exitWrongUse, "rome"},
	} {
		t.Run(name, func(t *testing.T) {
			env := append([]string{"REGULARS_DATA=" + filepath.Join(t.TempDir(), "data")}, c.env...)
			got := command(t, env, "", c.args...)
			if got.code != c.code || !strings.Contains(got.err, c.says) {
				t.Errorf("exit %d, said %q; want exit %d and %q", got.code, got.err, c.code, c.says)
			}
			if lines := strings.Count(strings.TrimSpace(got.err), "\n") + 1; lines != 1 || !strings.HasPrefix(got.err, "regulars: ") {
				t.Errorf("not one clear line: %q", got.err)
			}
			if strings.Contains(got.err, "goroutine") || strings.Contains(got.out, "goroutine") {
				t.Errorf("panicked: %s%s", got.out, got.err)
			}
		})
	}
	if b, err := os.ReadFile(filepath.Join(foreign, "thesis.doc")); err != nil || string(b) != "years of work" {
		t.Error("a foreign folder was touched")
	}
}

func TestHelpOfEveryCommandEndsWell(t *testing.T) {
	for _, name := range []string{"", "demo", "serve", "migrate", "import", "export", "train", "eval", "doctor", "rebuild", "settings", "staff", "backup", "restore", "version"} {
		args := strings.Fields(name + " --help")
		if got := command(t, nil, "", args...); got.code != exitDone || !strings.Contains(got.out, "Usage: regulars") {
			t.Errorf("regulars %s --help: exit %d, %q %q", name, got.code, got.out, got.err)
		}
	}
	if got := command(t, nil, "", "serve", "--help"); !strings.Contains(got.out, "SMTP_URL") || !strings.Contains(got.out, "REGULARS_TRUSTED_PROXIES") {
		t.Error("serve --help does not list the environment")
	}
}

func TestShopMovesByBackupAndRestore(t *testing.T) {
	from, to := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	backup := filepath.Join(t.TempDir(), "copy.db")
	must := func(args ...string) told {
		t.Helper()
		got := command(t, nil, "a long enough passphrase\n", args...)
		if got.code != exitDone {
			t.Fatalf("%v: exit %d: %s", args, got.code, got.err)
		}
		return got
	}
	must("settings", "set", "shop.name", "Corner Shop", "--data", from)
	must("staff", "add", "ann@shop.example", "--role", "owner", "--password-stdin", "--data", from)
	must("backup", backup, "--data", from)
	if got := command(t, nil, "", "backup", backup, "--data", from); got.code != exitFailed {
		t.Error("a backup was overwritten")
	}
	must("settings", "set", "shop.name", "Elsewhere", "--data", to)
	must("restore", backup, "--data", to)
	if got := must("settings", "get", "shop.name", "--data", to); got.out != "Corner Shop\n" {
		t.Errorf("restored shop is called %q", got.out)
	}
	if kept, _ := filepath.Glob(filepath.Join(to, "shop.db.before-*")); len(kept) == 0 {
		t.Error("the former database is gone")
	}
	if got := command(t, nil, "a long enough passphrase\n", "staff", "add", "ANN@shop.example", "--role", "owner", "--password-stdin", "--data", to); got.code != exitFailed {
		t.Error("one address became two staff accounts")
	}
	if got := must("doctor", "--json", "--data", to); !json.Valid([]byte(got.out)) || !strings.Contains(got.out, `"ok":true`) {
		t.Errorf("doctor: %s", got.out)
	}
}

func TestImportTrainExportOnAnEmptyShop(t *testing.T) {
	data := filepath.Join(t.TempDir(), "shop")
	var csv strings.Builder
	csv.WriteString("invoice,stock_code,description,quantity,invoice_date,unit_price,customer_id,country\n")
	for i := range 12 {
		n := string(rune('A'+i)) + "00"
		csv.WriteString("53" + n + ",22697,GREEN TEACUP,2,2010-0" + string(rune('1'+i%9)) + "-05T10:00,2.95,1785" + string(rune('0'+i%10)) + ",United Kingdom\n")
		csv.WriteString("53" + n + ",22698,PINK TEACUP,1,2010-0" + string(rune('1'+i%9)) + "-05T10:00,2.95,1785" + string(rune('0'+i%10)) + ",United Kingdom\n")
	}
	csv.WriteString("C53999,22698,PINK TEACUP,-1,2010-12-05T10:00,2.95,17850,United Kingdom\n")
	history := file(t, "history.csv", []byte(csv.String()))
	var first, second struct {
		Rows, Created, Updated, Unchanged int
		Skipped                           map[string]int
	}
	for i, into := range []any{&first, &second} {
		got := command(t, nil, "", "import", "orders", history, "--data", data, "--json")
		if err := json.Unmarshal([]byte(got.out), into); got.code != exitDone || err != nil {
			t.Fatalf("import %d: exit %d, %v: %s%s", i+1, got.code, err, got.out, got.err)
		}
	}
	if first.Rows != 25 || first.Created != 12 || second.Created != 0 || second.Updated != 0 || second.Unchanged != 12 {
		t.Errorf("first %+v, second %+v", first, second)
	}
	if got := command(t, nil, "", "settings", "get", "currency", "--data", data); got.out != "GBP\n" {
		t.Errorf("an empty shop takes the file's currency, has %q", got.out)
	}
	got := command(t, nil, "", "train", "--json", "--data", data)
	var trained training
	if err := json.Unmarshal([]byte(got.out), &trained); err != nil || !trained.Accepted || trained.Products != 2 || trained.Orders != 12 {
		t.Errorf("train: %s%s", got.out, got.err)
	}
	for _, kind := range []string{"products", "customers", "orders", "feed"} {
		out := filepath.Join(t.TempDir(), kind)
		if got := command(t, nil, "", "export", kind, "--out", out, "--data", data); got.code != exitDone {
			t.Errorf("export %s: %s", kind, got.err)
		}
		if kind == "feed" {
			continue
		}
		got := command(t, nil, "", "import", kind, out, "--data", data, "--json")
		var again struct{ Created, Updated int }
		if err := json.Unmarshal([]byte(got.out), &again); err != nil || again.Created != 0 || again.Updated != 0 {
			t.Errorf("%s exported and read back: %s%s", kind, got.out, got.err)
		}
	}
}
