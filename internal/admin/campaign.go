package admin

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/campaign"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/outreach"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type (
	campaignPage struct {
		web.Page
		Path, Token, Version    string // Path of the form; Token "" for a new one
		In                      inputs
		Errors                  web.FormErrors
		State                   tag
		Write, Draft, Started   bool
		Simulated               bool
		Audiences, Picks, Hours []choice
		Batches                 []choice
		Steps                   []statRow
		Goes, Note, Codes       string
		Few                     bool // fewer codes than people
		Show                    *campaignShow
		Acts                    []choice // what may be done with it now
		Stats                   []stat
		Says                    []string
		Sides                   []campaignSide
		How                     []statRow
		People, TestKey         string
		Plain                   []statRow // what is fixed, once it is no draft
	}
	campaignShow struct {
		Lang, Subject string
		Text          string
		Light, Dark   string // addresses of its HTML
		Langs         []chip
		Person        string
		Asks          bool
		Notice        string
	}
	campaignSide struct{ Name, People, Buyers, Mean string }
)

// acts are what may be done with a campaign in each state.
var acts = map[campaign.State][]string{
	campaign.Draft:     {"schedule", "copy"},
	campaign.Scheduled: {"unschedule", "stop"},
	campaign.Running:   {"pause", "stop"},
	campaign.Paused:    {"resume", "stop"},
	campaign.Stopped:   {"copy"},
	campaign.Done:      {"copy"},
}

func (o *Office) showCampaign(c echo.Context, status int, k *campaign.Campaign, in inputs, failure error) error {
	p := campaignPage{Page: page(c, "campaign.new"), Path: campaignsPath + "/new", In: in, Errors: wrong(c, failure), Write: o.may(c, "campaigns.write"), Draft: true}
	if err := o.campaignChoices(c, &p); err != nil {
		return err
	}
	if k == nil {
		return web.Render(c, status, "admin/campaign", p)
	}
	p.Page, p.Path, p.Token, p.Version, p.Simulated = web.NewPage(c, k.Name), campaignPath(k.Token), k.Token, strconv.Itoa(k.Version), k.Simulated
	p.State, p.Draft, p.Started, p.TestKey = campaignState(c, k.State), k.State == campaign.Draft, k.StartedAt.Milli() > 0, rand.Text()
	if p.Write {
		p.Acts = choices("", acts[k.State], func(a string) string { return t(c, "campaign.act."+a) })
	}
	if !p.Draft || !p.Write {
		if err := o.campaignPlain(c, k, &p); err != nil {
			return err
		}
	}
	if !k.State.Over() && !k.Listed {
		if err := o.campaignAudience(c, k, &p); err != nil {
			return err
		}
	}
	if err := o.campaignShows(c, k, &p); err != nil {
		return err
	}
	if p.Started {
		if err := o.campaignResult(c, k, &p); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/campaign", p)
}

func (o *Office) campaignChoices(c echo.Context, p *campaignPage) error {
	all, err := segment.List(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	names, keys := map[string]string{"": t(c, "campaign.everybody")}, []string{""}
	for _, s := range all {
		if s.Key != segment.Default && s.Purpose == segment.Audience && s.ArchivedAt.IsZero() {
			keys, names[s.Key] = append(keys, s.Key), s.Name.In(lang(c))
		}
	}
	p.Audiences = choices(p.In["audience"], keys, func(k string) string { return names[k] })
	p.Picks = choices(p.In["pick"], []string{campaign.ByHand, campaign.ToFit}, func(k string) string { return t(c, "campaign.pick."+k) })
	if p.Batches, err = o.batchChoices(c, p.In["batch"]); err != nil {
		return err
	}
	hours := []string{strconv.Itoa(campaign.AnyHour)}
	for h := range 24 {
		hours = append(hours, strconv.Itoa(h))
	}
	p.Hours = choices(p.In["hour"], hours, func(k string) string {
		h, _ := strconv.Atoi(k) // they are ours
		if h == campaign.AnyHour {
			return t(c, "campaign.hour.any")
		}
		return clockHour(h)
	})
	return nil
}

// campaignPlain lists what a campaign is, where it cannot be changed any more.
func (o *Office) campaignPlain(c echo.Context, k *campaign.Campaign, p *campaignPage) error {
	names, err := o.segmentNames(c)
	if err != nil {
		return err
	}
	currency := o.Settings.Now().Currency()
	whom := names[k.Audience]
	if whom == "" {
		whom = t(c, "campaign.gone", "key", k.Audience)
	}
	add := func(key, value string) {
		if value != "" {
			p.Plain = append(p.Plain, statRow{Name: t(c, "campaign.field."+key), Value: value})
		}
	}
	add("audience", whom)
	add("held", shareText(k.Share()))
	add("when", o.campaignWhen(c, k))
	add("days", t(c, "admin.span.days", "count", k.Days))
	add("credit", t(c, "admin.span.days", "count", k.CreditDays))
	add("products", strings.Join(k.Codes(), ", "))
	add("code", k.Code)
	if k.Batch != "" {
		add("batch", k.Batch)
	}
	if k.WeighedAt.Milli() > 0 {
		add("worth", t(c, "campaign.worth", "worth", cash(c, money.Amount(k.Worth), currency)))
	}
	add("cost", t(c, "campaign.cost", "fixed", cash(c, k.CostFixed, currency), "each", cash(c, k.CostEach, currency)))
	return nil
}

// campaignAudience shows whom it would reach now, as steps of subtraction.
func (o *Office) campaignAudience(c echo.Context, k *campaign.Campaign, p *campaignPage) error {
	looked, err := o.lookAt(c, k)
	if err != nil {
		return err
	}
	p.Steps = append(p.Steps, statRow{Name: t(c, "campaign.step.all"), Value: o.people(c, looked.All)})
	if o.guarded(c) && looked.All < smallCell {
		p.Note = t(c, "campaign.small", "least", smallCell)
		return nil
	}
	other := looked.All - looked.Goes - looked.Held
	for _, key := range []string{campaign.PartSimulated, campaign.PartExcluded, outreach.ReachYoung, outreach.ReachWish, outreach.ReachTold, outreach.ReachNone, outreach.ReachOut, outreach.ReachMatrix, outreach.ReachHeld, campaign.PartKept} {
		n := looked.Parts[key]
		other -= n
		if n > 0 {
			p.Steps = append(p.Steps, statRow{Name: t(c, "campaign.step."+key), Value: o.less(c, n)})
		}
	}
	if other > 0 {
		p.Steps = append(p.Steps, statRow{Name: t(c, "campaign.step.other"), Value: o.less(c, other)})
	}
	if looked.Held > 0 {
		p.Steps = append(p.Steps, statRow{Name: t(c, "campaign.step.without"), Value: o.less(c, looked.Held)})
	}
	p.Goes = o.people(c, looked.Goes)
	if looked.Later > 0 {
		p.Note = t(c, "campaign.later", "count", looked.Later)
	}
	if k.Batch != "" {
		left, err := k.CodesLeft(c.Request().Context(), o.DB)
		if err != nil {
			return err
		}
		p.Codes, p.Few = t(c, "campaign.codes.left", "codes", number(left), "people", o.people(c, looked.Goes)), left < looked.Goes
	}
	return nil
}

func (o *Office) less(c echo.Context, n int) string {
	if n < smallCell && o.guarded(c) {
		return "−" + o.people(c, n)
	}
	return "−" + number(n)
}

func (o *Office) lookAt(c echo.Context, k *campaign.Campaign) (*campaign.Looked, error) {
	ctx, set, now := c.Request().Context(), o.Settings.Now(), o.Now()
	kept, err := outreach.KeptFrom(ctx, o.DB, set)
	if err != nil {
		return nil, err
	}
	return k.Look(ctx, o.DB, outreach.ReachOf(set, k, now), outreach.ReachCapped, kept, now)
}

// campaignShows writes the mail as somebody gets it: nobody in particular, or a
// person whom the role may see. As HTML it stands in frames that may do nothing.
func (o *Office) campaignShows(c echo.Context, k *campaign.Campaign, p *campaignPage) error {
	l := i18n.ParseLang(c.QueryParam("mail"))
	mail, found, err := o.campaignMail(c, k)
	if err != nil {
		return err
	}
	s := &campaignShow{Lang: l.Tag(), Person: strings.TrimSpace(c.QueryParam("person")), Asks: o.may(c, "customers.read"), Subject: mail.Subject, Text: mail.Text}
	s.Langs = []chip{{with(c, "mail", "en") + "#mail", t(c, "campaign.lang.en"), l == i18n.English}, {with(c, "mail", "zh") + "#mail", t(c, "campaign.lang.zh"), l == i18n.Chinese}}
	if !found {
		s.Notice = t(c, "campaign.person.none")
	}
	at := url.Values{"mail": {string(l)}}
	if s.Person != "" && found {
		at.Set("person", s.Person)
	}
	base := campaignsPath + "/" + k.Token + "/html?"
	s.Light = base + at.Encode()
	at.Set("dark", "1")
	s.Dark = base + at.Encode()
	p.Show = s
	return nil
}

// campaignMail is the mail in the language and for the person that the page asks
// for; false where nobody has that address.
func (o *Office) campaignMail(c echo.Context, k *campaign.Campaign) (outreach.Mail, bool, error) {
	ctx, found := c.Request().Context(), true
	var who *customer.Customer
	if email := strings.TrimSpace(c.QueryParam("person")); email != "" && o.may(c, "customers.read") {
		person, err := customer.ByEmail(ctx, o.DB, email)
		if found = fault.Kind(err) != fault.NotFound; err != nil && found {
			return outreach.Mail{}, true, err
		}
		who = person
	}
	mail, err := o.Mails.ShowCampaign(ctx, k, who, i18n.ParseLang(c.QueryParam("mail")), o.Now())
	return mail, found, err
}

// campaignHTML is the mail's HTML as a page of its own, like a text's (textHTML).
func (o *Office) campaignHTML(c echo.Context) error {
	k, err := campaign.ByToken(c.Request().Context(), o.DB, param(c, "campaign"))
	if err != nil {
		return err
	}
	mail, _, err := o.campaignMail(c, k)
	if err != nil {
		return err
	}
	return mailPage(c, mail)
}

// campaignResult shows what it cost and what came back.
func (o *Office) campaignResult(c echo.Context, k *campaign.Campaign, p *campaignPage) error {
	currency := o.Settings.Now().Currency()
	r, err := campaign.ResultOf(c.Request().Context(), o.DB, *k, currency, o.Now())
	if err != nil {
		return err
	}
	sum := o.sumRow(c, "", r.Sum)
	if r.LetGo.Milli() == 0 && o.may(c, "campaign-people.read") {
		p.People = campaignsPath + "/people/" + k.Token
	}
	p.Stats = []stat{
		{"", t(c, "campaign.stat.mails"), number(r.Mails), t(c, "campaign.stat.mails.of", "people", number(r.People), "withheld", number(r.Withheld), "without", number(r.Without), "waits", number(r.Waits))},
		{"", t(c, "campaign.stat.cost"), cash(c, r.Cost, currency), t(c, "campaign.cost", "fixed", cash(c, k.CostFixed, currency), "each", cash(c, k.CostEach, currency))},
		{"", t(c, "campaign.stat.clicks"), number(r.Clicks), t(c, "campaign.stat.clicks.of", "people", number(r.Clickers))},
		{"", t(c, "campaign.stat.orders"), sum.Orders, t(c, "campaign.stat.orders.of", "revenue", sum.Revenue, "margin", sum.Margin)},
		{"", t(c, "campaign.stat.back"), returned(c, r), t(c, "campaign.stat.back.of")},
	}
	if k.Batch != "" {
		given, err := k.CodesGiven(c.Request().Context(), o.DB)
		if err != nil {
			return err
		}
		p.Stats = append(p.Stats, stat{"", t(c, "campaign.stat.codes"), number(given.Codes), t(c, "campaign.stat.codes.of", "used", number(given.Used))})
	}
	for _, how := range []string{campaign.ByCode, campaign.ByLink, campaign.ByMail} {
		p.How = append(p.How, statRow{Name: t(c, "campaign.how."+how), Value: outOf(c, r.How[how], r.Orders)})
	}
	p.Says = []string{o.caused(c, r)}
	if r.LetGo.Milli() > 0 {
		p.Says = append(p.Says, t(c, "campaign.let-go", "day", i18n.Date(lang(c), r.LetGo.In(o.Settings.Now().Zone()))))
	}
	if r.Held > 0 {
		if r.Young > 0 {
			p.Says = append(p.Says, t(c, "campaign.young", "young", r.Young, "days", k.CreditDays))
		}
		for _, side := range []struct {
			key string
			experiment.Sample
		}{{"sent", r.Effect.Shown}, {"held", r.Effect.Held}} {
			p.Sides = append(p.Sides, campaignSide{t(c, "campaign.side."+side.key), number(side.N), outOf(c, side.Buyers, side.N), cash(c, rounded(side.Mean()), currency)})
		}
	}
	return nil
}

// moveCampaign takes a campaign a step on: what the button says.
func (o *Office) moveCampaign(c echo.Context) error {
	k, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"do", "version"})
	if err != nil {
		return err
	}
	if !slices.Contains(acts[k.State], in["do"]) {
		return o.refuseMove(c, k, fault.New(fault.Conflict, "campaign.newer"))
	}
	k.Version, _ = strconv.Atoi(in["version"]) // none is no version, and refused as such
	to := k.Token
	if in["do"] == "schedule" {
		if err := o.mayStart(c, k); err != nil {
			return o.refuseMove(c, k, err)
		}
	}
	err = o.change(c, "campaign."+in["do"], k.Name, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch in["do"] {
		case "schedule":
			return "scheduled", campaign.Schedule(ctx, tx, k, o.Settings.Now().Zone(), now)
		case "unschedule":
			return "draft", campaign.Unschedule(ctx, tx, k, now)
		case "pause":
			return "paused", campaign.Pause(ctx, tx, k, now)
		case "resume":
			return "running", campaign.Resume(ctx, tx, k, now)
		case "stop":
			return "stopped", o.Mails.StopCampaign(ctx, tx, k, now)
		}
		n, err := campaign.Copy(ctx, tx, k, t(c, "campaign.copy.name", "name", k.Name), now)
		if err == nil {
			to = n.Token
		}
		return "copied", err
	})
	if err != nil {
		return o.refuseMove(c, k, err)
	}
	return done(c, campaignPath(to), "campaign.did."+in["do"])
}

// mayStart refuses marketing an audience that points at a few persons, and
// anybody a campaign with fewer codes than people to get one.
func (o *Office) mayStart(c echo.Context, k *campaign.Campaign) error {
	if !o.guarded(c) && k.Batch == "" {
		return nil
	}
	looked, err := o.lookAt(c, k)
	if err != nil {
		return err
	}
	var form fault.Form
	if o.guarded(c) && looked.All < smallCell {
		form.Wrong("audience", "campaign.small", "least", smallCell)
		return form.Err()
	}
	if k.Batch == "" {
		return nil
	}
	left, err := k.CodesLeft(c.Request().Context(), o.DB)
	if err == nil && left < looked.Goes {
		form.Wrong("batch", "campaign.codes.few", "codes", left, "people", looked.Goes)
		return form.Err()
	}
	return err
}

// refuseMove shows the campaign as it is with what stood in the way.
func (o *Office) refuseMove(c echo.Context, k *campaign.Campaign, failure error) error {
	kind := fault.Kind(failure)
	if kind != fault.Invalid && kind != fault.Conflict {
		return failure
	}
	status := http.StatusUnprocessableEntity
	if kind == fault.Conflict {
		status = http.StatusConflict
		var form fault.Form
		form.Wrong("name", "campaign.newer")
		failure = form.Err()
	}
	fresh, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	return o.showCampaign(c, status, fresh, o.campaignInputs(fresh), failure)
}

// testCampaign sends the mail to whoever is at work, in both languages.
func (o *Office) testCampaign(c echo.Context) error {
	k, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"key"})
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	if in["key"] == "" || len(in["key"]) > 60 {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	for _, l := range i18n.Langs {
		if err := o.Mails.TestCampaign(c.Request().Context(), k, outreach.Address{Name: who.Name, Email: who.Email}, l, in["key"]+":"+string(l), o.Now()); err != nil {
			return err
		}
	}
	return done(c, campaignPath(k.Token), "campaign.tested", "email", who.Email)
}
