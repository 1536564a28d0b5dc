package outreach_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/outreach"
)

// asked keeps every statement that goes through a database while it listens,
// each once, with the values of its first time.
type asked struct {
	on   bool
	sqls []string
	vars map[string][]any
}

func listen(s *shop) *asked {
	s.Helper()
	a := &asked{vars: map[string][]any{}}
	hear := func(g *gorm.DB) {
		sql := g.Statement.SQL.String()
		if _, known := a.vars[sql]; !a.on || known || sql == "" || strings.HasPrefix(sql, "EXPLAIN") {
			return
		}
		a.sqls, a.vars[sql] = append(a.sqls, sql), slices.Clone(g.Statement.Vars)
	}
	to := func(g *gorm.DB) {
		c := g.Callback()
		for _, err := range []error{c.Query().After("gorm:query").Register("asked", hear), c.Row().After("gorm:row").Register("asked", hear),
			c.Raw().After("gorm:raw").Register("asked", hear), c.Update().After("gorm:update").Register("asked", hear), c.Delete().After("gorm:delete").Register("asked", hear)} {
			s.must(err)
		}
	}
	to(s.db.Query(ctx))
	s.tx(func(tx *db.Tx) error { to(tx.Query(ctx)); return nil })
	return a
}

// A sweep looks every minute whether there is something to say. With a million
// people it must find that by an index: no statement of any of them reads a
// table that grows with people, orders or time from one end to the other. What
// is allowed is what grows with the goods or with what staff wrote.
func TestSweepsFindByIndex(t *testing.T) {
	s := open(t, dbtest.SQLite(t))
	p := sellsDrafting(s)
	for _, code := range []string{"CUP", "PLATE", "SPOON"} {
		s.product(code, nil)
	}
	s.set("specials.day", "mon")
	s.set("specials.hour", "11")
	var people []*customer.Person
	for _, email := range []string{"ann@mail.test", "bob@mail.test", "cleo@mail.test", "dan@mail.test"} {
		k := s.everything(email, nil)
		people = append(people, k)
		s.tx(func(tx *db.Tx) error { return outreach.Subscribe(ctx, tx, email, outreach.Specials, true, monday) })
	}
	s.confirmed("guest@mail.test")
	s.born(people[0], "1990-03-10")
	s.pays(people[1], monday.AddDate(-1, 0, 0), monday.AddDate(0, -2, 0), monday.AddDate(0, -1, 0))
	s.leaves(people[2], monday.Add(-26*hour))
	p.bought(people[3], "dan@mail.test", p.old, p.three, "paid", monday.AddDate(-1, 0, 0))
	n := p.release()
	if _, err := p.start(n, monday); err != nil {
		t.Fatal(err)
	}
	s.keeps(people[0], "Weekly", 1, "CUP")
	s.keeps(people[1], "Empty", 1)
	c := s.campaign(nil)
	s.tx(func(tx *db.Tx) error { return campaign.Schedule(ctx, tx, c, time.UTC, monday) })
	heard := listen(s)
	heard.on = true
	for _, at := range []time.Time{monday, monday.Add(hour), monday.Add(26 * hour), monday.AddDate(0, 0, 5), monday.AddDate(0, 0, 12)} {
		for _, sweep := range s.desk.Sweeps() {
			if err := sweep.Do(ctx, at); err != nil {
				t.Errorf("%s: %v", sweep.Name, err)
			}
		}
	}
	heard.on = false
	if len(heard.sqls) < 80 {
		t.Errorf("only %d statements were heard", len(heard.sqls))
	}
	var names []string
	s.must(s.db.Query(ctx).Raw("SELECT name FROM sqlite_master WHERE type = 'table'").Scan(&names).Error)
	tables := "\n" + strings.Join(names, "\n") + "\n"
	for _, sql := range heard.sqls {
		var steps []struct{ Detail string }
		if err := s.db.Query(ctx).Raw("EXPLAIN QUERY PLAN "+sql, heard.vars[sql]...).Scan(&steps).Error; err != nil {
			t.Errorf("explain %s: %v", sql, err)
		}
		for _, step := range steps {
			m := scans.FindStringSubmatch(step.Detail)
			if m == nil {
				continue
			}
			table := tableOf(sql, m[1])
			if table == "CONSTANT" || !strings.Contains(tables, "\n"+table+"\n") || slices.Contains(smallTables, table) {
				continue // no row, one made by the statement itself, or few
			}
			t.Errorf("%s: %s reads all of it in\n\t%s", step.Detail, table, sql)
		}
	}
	t.Logf("%d statements", len(heard.sqls))
}

var scans = regexp.MustCompile(`^SCAN (\w+)`)

// tableOf is the table behind the name that a statement gives it.
func tableOf(sql, name string) string {
	if strings.Contains(sql, ") "+name+"\n") || strings.Contains(sql, ") "+name+" ") || strings.Contains(sql, ") "+name+")") {
		return "" // a statement within the statement
	}
	if m := regexp.MustCompile(`(?i)(?:FROM|JOIN|UPDATE|,)\s+["` + "`" + `]?(\w+)["` + "`" + `]?\s+(?:AS\s+)?` + name + `\b`).FindStringSubmatch(sql); m != nil && !slices.Contains([]string{"from", "join"}, strings.ToLower(m[1])) {
		return m[1]
	}
	return name
}

// smallTables grow with what the shop sells or says, not with who comes.
var smallTables = []string{"segments", "products", "variants", "prices", "categories", "upgrades", "home_variants", "delivery_methods", "notices", "campaigns", "settings", "mail_holdout_runs"}
