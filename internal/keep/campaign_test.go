package keep_test

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/doctor"
	"regulars/internal/i18n"
	"regulars/internal/keep"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/setting"
)

// After its time a campaign names nobody, and says to the figure what it said
// before, also once the decisions about its mails are gone; one that is young
// keeps its people.
func TestACampaignLetsItsPeopleGoAndKeepsItsSums(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		mailer, err := outreach.Open("", t.TempDir(), func() time.Time { return now })
		if err != nil {
			t.Fatal(err)
		}
		live := &setting.Live{}
		if err := live.Refresh(ctx, d); err != nil {
			t.Fatal(err)
		}
		k := &keep.Keeper{DB: d, Settings: live, Now: func() time.Time { return now }, Desk: &outreach.Desk{DB: d, Mailer: mailer, Settings: live, Log: slog.Default()}}
		err = d.InTx(ctx, func(tx *db.Tx) error {
			_, _, ids, err := catalog.Put(ctx, tx, catalog.Draft{Product: catalog.Product{Code: "A", Name: i18n.Text{En: "A"}, Published: true},
				Variants: []catalog.DraftVariant{{Variant: catalog.Variant{SKU: "A", Active: true}, Prices: map[money.Currency]catalog.PriceIn{"USD": {Amount: 1000}}}}}, now)
			if err != nil {
				return err
			}
			exec := func(sql string, args ...any) error { return tx.Query(ctx).Exec(sql, args...).Error }
			for c, days := range map[int]int{1: 800, 2: 100} {
				at := ago(days)
				if err := exec("INSERT INTO campaigns (id, token, name, state, subject, words, salt, held, cost_fixed, cost_each, credit_days, listed, started_at, ended_at, created_at, updated_at) VALUES (?, ?, ?, 'done', '{}', '{}', 's', 2000, 5000, 3, 14, TRUE, ?, ?, ?, ?)", c, fmt.Sprint("t", c), fmt.Sprint("C", c), at, at+86400000, at, at); err != nil {
					return err
				}
				for i := range 30 {
					who, key := 100*c+i, fmt.Sprintf("campaign:%d:%d", c, 100*c+i)
					arm, state := "sent", "sent"
					if i%5 == 0 {
						arm, state = "held", "withheld"
					}
					if err := exec("INSERT INTO customers (id, email, email_key, created_at, updated_at) VALUES (?, ?, ?, 1, 1)", who, fmt.Sprint(who, "@x.example"), fmt.Sprint(who, "@x.example")); err != nil {
						return err
					}
					if err := exec("INSERT INTO campaign_people (campaign_id, customer_id, send_key, arm, assigned_at, due_at) VALUES (?, ?, ?, ?, ?, 0)", c, who, key, arm, at); err != nil {
						return err
					}
					if err := exec("INSERT INTO sends (key, class, template, customer_id, email, lang, message_id, state, due_at, sent_at, created_at, updated_at) VALUES (?, 'marketing', 'campaign', ?, ?, 'en', ?, ?, ?, ?, ?, ?)", key, who, fmt.Sprint(who, "@x.example"), key, state, at, at, at, at); err != nil {
						return err
					}
					if i%3 != 0 {
						continue
					}
					number := fmt.Sprintf("N%d", who)
					if err := exec(`INSERT INTO orders (id, number, place_key, access_hash, customer_id, email, lang, currency, subtotal, total, payment_state, placed_at, paid_at)
						VALUES (?, ?, ?, ?, ?, '', 'en', 'USD', ?, ?, 'paid', ?, ?)`, who, number, number, number, who, 1000+i, 1000+i, at+3600000, at+3600000); err != nil {
						return err
					}
					if err := exec(`INSERT INTO order_lines (order_id, position, product_id, variant_id, sku, name, qty, unit_price, total) VALUES (?, 1, (SELECT product_id FROM variants WHERE id = ?), ?, 'A', '{"en":"A"}', 1, ?, ?)`, who, int64(ids["A"]), int64(ids["A"]), 1000+i, 1000+i); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if err := campaign.Credit(ctx, d); err != nil {
			t.Fatal(err)
		}
		said := func() (all string) {
			t.Helper()
			for _, token := range []string{"t1", "t2"} {
				c, err := campaign.ByToken(ctx, d, token)
				if err != nil {
					t.Fatal(err)
				}
				r, err := campaign.ResultOf(ctx, d, *c, "USD", now)
				if err != nil {
					t.Fatal(err)
				}
				if token == "t2" && r.LetGo.Milli() > 0 {
					t.Error("a young campaign let its people go")
				}
				all += fmt.Sprintln(r.Sum, r.How, r.People, r.Mails, r.Waits, r.Withheld, r.Without, r.Clicks, r.Cost, r.Effect.Shown, r.Effect.Held, r.Effect.Verdict)
			}
			return all
		}
		before := said()
		if strings.Contains(before, "{0 0 0 0}") || !strings.Contains(before, " 30 24 0 0 6 ") {
			t.Fatalf("the campaigns say\n%s", before)
		}
		for range 2 {
			if err := k.Run(ctx); err != nil {
				t.Fatal(err)
			}
			if err := campaign.Credit(ctx, d); err != nil {
				t.Fatal(err)
			}
			if after := said(); after != before {
				t.Errorf("the campaigns said\n%s\nand say\n%s", before, after)
			}
		}
		for sql, want := range map[string]int{
			"SELECT count(*) FROM campaign_people WHERE campaign_id = 1 AND (customer_id IS NOT NULL OR send_key LIKE 'campaign:%')": 0,
			"SELECT count(*) FROM campaign_people WHERE campaign_id = 1":                                                             30,
			"SELECT count(*) FROM campaign_people WHERE campaign_id = 2 AND customer_id IS NOT NULL":                                 30,
			"SELECT count(*) FROM sends": 30,
		} {
			var n int
			if err := d.Query(ctx).Raw(sql).Scan(&n).Error; err != nil || n != want {
				t.Errorf("%s: %d, want %d (%v)", sql, n, want, err)
			}
		}
		report, err := doctor.Check(ctx, d, doctor.Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range report.Broken {
			if b.Code[0] == 'J' || b.Code == "E10" {
				t.Errorf("doctor: %s %s %v", b.Code, b.Means, b.IDs)
			}
		}
	})
}
