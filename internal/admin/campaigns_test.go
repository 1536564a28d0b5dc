package admin

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/db/dbtest"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/setting"
	"regulars/internal/staff"
)

func (f *office) counts(sql string) (n int) {
	f.t.Helper()
	f.must(f.DB.Query(context.Background()).Raw(sql).Scan(&n).Error)
	return n
}

func (f *office) readers(n int) {
	f.t.Helper()
	ctx := context.Background()
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		for i := range n {
			_, err := customer.SignUp(ctx, tx, customer.SignUpForm{Email: "reader" + string(rune('a'+i)) + "@mail.test", Name: "Reader", PasswordHash: "x", Lang: i18n.English, MailOffers: true, Verified: true}, f.now)
			if err != nil {
				return err
			}
		}
		return setting.Set(ctx, tx, "contact.recommendations", "occasional,loyal,very-loyal", f.now)
	})
	f.must(f.Settings.Refresh(ctx, f.DB))
	f.must(segment.Renew(ctx, f.DB, "rebuild", f.now))
}

// A marketer writes a draft, sees whom it reaches and how it reads, tries it,
// starts it, and afterwards what became of it; each step is noted.
func TestACampaignFromDraftToReport(t *testing.T) {
	f, ctx := open(t, dbtest.SQLite(t)), context.Background()
	f.readers(12)
	f.as(staff.Marketer)
	form := url.Values{"name": {"Spring"}, "subject_en": {"{name}, look"}, "subject_zh": {"{name}，看看"}, "words_en": {"New at {shop} {price}"}, "words_zh": {"上新"}, "pick": {"hand"},
		"cost_fixed": {"100"}, "cost_each": {"0.02"}, "held": {"25"}, "hour": {"-1"}, "days": {"7"}, "credit_days": {"14"}}
	if r := f.post("/admin/campaigns/new", form); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "{price} stands for nothing") || !strings.Contains(r.Body.String(), "New at {shop} {price}") {
		t.Fatalf("a placeholder nobody fills: %d\n%s", r.Code, r.Body)
	}
	form.Set("words_en", "New at {shop}")
	r := f.post("/admin/campaigns/new", form)
	path := r.Header().Get("Location")
	if r.Code != http.StatusSeeOther || !strings.HasPrefix(path, campaignsPath+"/") {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	body := f.get(path).Body.String()
	for _, want := range []string{"In the audience", "Drawn to go without", "Get it", "New at Willowmere", "Start it"} {
		if !strings.Contains(body, want) {
			t.Errorf("the draft's page lacks %q:\n%s", want, body)
		}
	}
	if body := f.get(path + "?mail=zh&person=readera@mail.test").Body.String(); !strings.Contains(body, "Reader，看看") {
		t.Error("the mail is not shown as somebody gets it")
	}
	if r := f.post(path+"/test", url.Values{"key": {"once"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if n := f.counts("SELECT count(*) FROM sends WHERE key LIKE 'campaign-test:%' AND state = 'sent'"); n != 2 {
		t.Errorf("%d tries were sent", n)
	}
	if r := f.post(path+"/do", url.Values{"do": {"schedule"}, "version": {"9"}}); r.Code != http.StatusConflict {
		t.Errorf("an older page started it: %d", r.Code)
	}
	if r := f.post(path+"/do", url.Values{"do": {"schedule"}, "version": {"1"}}); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	if r := f.post(path, form); r.Code != http.StatusConflict {
		t.Errorf("what was started could be changed: %d", r.Code)
	}
	f.must(f.Mails.SendCampaigns(ctx, f.now))
	f.now = f.now.Add(time.Hour)
	f.must(campaign.Credit(ctx, f.DB))
	f.as(staff.Marketer)
	for _, at := range []string{path, campaignsPath, strings.Replace(path, "campaigns/", "campaigns/people/", 1)} {
		for _, lang := range []string{"en", "zh"} {
			if r := f.get(at + "?lang=" + lang + "&simulated=no"); r.Code != http.StatusOK || strings.Contains(r.Body.String(), "campaign.") {
				t.Errorf("%s in %s: %d\n%s", at, lang, r.Code, r.Body)
			}
		}
	}
	for _, scheme := range []string{"", "&dark=1"} { // the mail as HTML, which may do nothing
		if r := f.get(path + "/html?mail=zh" + scheme); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "<html lang=\"zh") || !strings.Contains(r.Header().Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("the mail as HTML%s: %d %.200s", scheme, r.Code, r.Body)
		}
	}
	if r := f.get(strings.Replace(path, "campaigns/", "campaigns/file/", 1)); r.Code != http.StatusNotFound {
		t.Errorf("marketing took people away: %d", r.Code)
	}
	f.as(staff.Merchant)
	f.proves(strings.Replace(path, "campaigns/", "campaigns/file/", 1))
	if r := f.get(strings.Replace(path, "campaigns/", "campaigns/file/", 1)); r.Code != http.StatusOK || !strings.Contains(r.Body.String(), "reader") || !strings.Contains(r.Body.String(), "not measured") {
		t.Errorf("the file: %d\n%s", r.Code, r.Body)
	}
	if n := f.counts("SELECT count(*) FROM audit WHERE action IN ('campaign.save', 'campaign.schedule', 'campaign.export')"); n != 3 {
		t.Errorf("%d entries in the audit", n)
	}
	f.as(staff.Analyst)
	if r := f.get(path); r.Code != http.StatusOK || strings.Contains(r.Body.String(), "Copy into") {
		t.Errorf("an analyst: %d", r.Code)
	}
	if r := f.get(strings.Replace(path, "campaigns/", "campaigns/people/", 1)); r.Code != http.StatusNotFound {
		t.Errorf("an analyst sees people: %d", r.Code)
	}
}

// A few persons are no audience for marketing.
func TestMarketingWritesToNobodyInParticular(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.readers(1)
	f.as(staff.Marketer)
	f.tx(func(ctx context.Context, tx *db.Tx) error {
		rule, _ := segment.Parse(`lang is "zz"`)
		return segment.Put(ctx, tx, segment.Segment{Key: "few", Name: i18n.Text{En: "Few"}, Purpose: segment.Audience, Rule: rule})
	})
	c := campaign.Campaign{Name: "Few", Audience: "few", Subject: i18n.Text{En: "a", Zh: "b"}, Words: i18n.Text{En: "a", Zh: "b"}, Pick: campaign.ByHand, Hour: campaign.AnyHour, Days: 7, CreditDays: 7}
	f.tx(func(ctx context.Context, tx *db.Tx) error { return campaign.Put(ctx, tx, &c, f.now) })
	if r := f.post(campaignPath(c.Token)+"/do", url.Values{"do": {"schedule"}, "version": {"1"}}); r.Code != http.StatusUnprocessableEntity || !strings.Contains(r.Body.String(), "Fewer than 10 people") {
		t.Errorf("%d %s", r.Code, r.Body)
	}
}

func TestABannerIsWrittenAndReported(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.as(staff.Marketer)
	for _, at := range []string{bannersPath, bannersPath + "/new"} {
		f.want(f.get(at), 200, "Banners")
	}
	form := url.Values{"place": {"banner.home"}, "title_en": {"Quiet <nights>"}, "title_zh": {"安静的夜"}, "words_en": {"For small hands"}, "words_zh": {"给小手"}, "label_en": {"See it"}, "label_zh": {"看看"},
		"shelf": {"nowhere"}, "audience": {"parents"}, "active": {"1"}, "cost_mille": {"4"}}
	f.want(f.post(bannersPath+"/new", form), 422, "Choose a shelf", "Quiet &lt;nights&gt;")
	form.Set("shelf", "baby")
	if r := f.post(bannersPath+"/new", form); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	f.want(f.get(bannersPath), 200, "Quiet &lt;nights&gt; → baby", "New parents", "Too early to compare", "Targeted, by segment")
	all, err := campaign.Banners(context.Background(), f.DB)
	f.must(err)
	form.Set("version", "1")
	f.want(f.post(bannersPath+"/"+all[0].Token, form), 409, "changed or has begun meanwhile")
	form.Set("version", version(all[0].UpdatedAt))
	form.Del("active")
	if r := f.post(bannersPath+"/"+all[0].Token, form); r.Code != http.StatusSeeOther {
		t.Fatalf("%d %s", r.Code, r.Body)
	}
	f.want(f.get(bannersPath), 200, "Not shown")
	f.as(staff.Analyst).want(f.get(bannersPath+"/"+all[0].Token), 200, "Quiet")
	if r := f.post(bannersPath+"/new", form); r.Code != http.StatusNotFound {
		t.Errorf("an analyst wrote a banner: %d", r.Code)
	}
}
