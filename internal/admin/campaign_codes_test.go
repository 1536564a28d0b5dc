package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/pricing"
	"regulars/internal/staff"
)

// A campaign with fewer codes than people says so on its page and does not
// start; with enough it does.
func TestACampaignNeedsACodeForEach(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.readers(12)
	p := pricing.Promotion{Token: "own", Name: i18n.Text{En: "Own codes", Zh: "专属"}, Kind: pricing.Percent, Value: 1000, NeedsCode: true}
	var few, many string
	f.tx(func(ctx context.Context, tx *db.Tx) (err error) {
		if err = pricing.Put(ctx, tx, &p, f.now); err != nil {
			return err
		}
		if few, err = pricing.AddBatch(ctx, tx, p.ID, 3, f.now); err == nil {
			many, err = pricing.AddBatch(ctx, tx, p.ID, 12, f.now)
		}
		return err
	})
	f.as(staff.Merchant)
	form := url.Values{"name": {"Own"}, "subject_en": {"Look"}, "subject_zh": {"看看"}, "words_en": {"New"}, "words_zh": {"上新"}, "pick": {"hand"}, "code": {"NONE"}, "batch": {batchKey(p.ID, few)},
		"cost_fixed": {"0"}, "cost_each": {"0"}, "held": {"0"}, "hour": {"-1"}, "days": {"7"}, "credit_days": {"14"}}
	if r := f.post("/admin/campaigns/new", form); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "One code for all") || !strings.Contains(r.Body.String(), "batch "+few+": 3 left") {
		t.Fatalf("two kinds of codes: %d\n%s", r.Code, r.Body)
	}
	form.Del("code")
	for _, bad := range []string{"nothing", "0:none", batchKey(p.ID, "none")} {
		form.Set("batch", bad)
		if r := f.post("/admin/campaigns/new", form); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "no code left") {
			t.Errorf("batch %q: %d", bad, r.Code)
		}
	}
	form.Set("batch", batchKey(p.ID, few))
	path := f.post("/admin/campaigns/new", form).Header().Get("Location")
	body := f.get(path).Body.String()
	if !strings.Contains(body, "Codes left in the batch: 3, for 12 people.") || !strings.Contains(body, "it cannot start like this") || !strings.Contains(body, "each reader") {
		t.Fatalf("the draft's page:\n%s", body)
	}
	if r := f.post(path+"/do", url.Values{"do": {"schedule"}, "version": {"1"}}); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "3 codes are left for 12 people") {
		t.Errorf("it started with too few codes: %d", r.Code)
	}
	form.Set("batch", batchKey(p.ID, many))
	form.Set("version", "1")
	if r := f.post(path, form); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if r := f.post(path+"/do", url.Values{"do": {"schedule"}, "version": {"2"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	f.must(f.Mails.SendCampaigns(context.Background(), f.now))
	body = f.get(path).Body.String()
	if !strings.Contains(body, "Codes given") || f.counts("SELECT count(*) FROM campaign_codes") != f.counts("SELECT count(*) FROM sends WHERE template = 'campaign' AND state IN ('sent', 'claimed')") {
		t.Errorf("codes given: %d\n%s", f.counts("SELECT count(*) FROM campaign_codes"), body)
	}
}
