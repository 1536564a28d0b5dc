package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/analytics"
	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/pricing"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type (
	campaignsPage struct {
		web.Page
		Ahead              []campaignRow
		Rows               []campaignRow
		Sums               []campaignRow
		Simulated          []chip
		IsSimulated, Write bool
		Counted            []string
		Days               int
	}
	campaignRow struct {
		URL, Name, Whom, When                                       string
		Mails, Cost, Orders, Revenue, Margin, Back, Effect, Without string
		State                                                       tag
		Simulated                                                   bool
	}
)

const campaignsPath = "/admin/campaigns"

// campaignDays is how far back the list of what came back looks.
const campaignDays = 180

func (o *Office) campaignRoutes(g *echo.Group) {
	g.GET("/campaigns", o.campaigns)
	g.GET("/campaigns/new", o.newCampaign)
	g.POST("/campaigns/new", o.saveCampaign)
	g.GET("/campaigns/banners", o.banners)
	g.GET("/campaigns/banners/new", o.newBanner)
	g.POST("/campaigns/banners/new", o.saveBanner)
	g.GET("/campaigns/banners/:banner", o.banner)
	g.POST("/campaigns/banners/:banner", o.saveBanner)
	g.GET("/campaigns/:campaign", o.campaign)
	g.GET("/campaigns/:campaign/html", o.campaignHTML)
	g.POST("/campaigns/:campaign", o.saveCampaign)
	g.POST("/campaigns/:campaign/do", o.moveCampaign)
	g.POST("/campaigns/:campaign/test", o.testCampaign)
	g.GET("/campaigns/people/:campaign", o.campaignPeople)
	g.GET("/campaigns/file/:campaign", o.campaignFile)
}

func campaignPath(token string) string { return campaignsPath + "/" + token }

func campaignState(c echo.Context, s campaign.State) tag {
	return tag{map[campaign.State]string{campaign.Running: "ok", campaign.Paused: "warn", campaign.Stopped: "error"}[s], t(c, "campaign.state."+string(s))}
}

// campaigns lists what is under way, and what came back of what went out.
func (o *Office) campaigns(c echo.Context) error {
	ctx, simulated := c.Request().Context(), o.simulated(c.QueryParam("simulated"))
	p := campaignsPage{Page: page(c, "staff.area.campaigns"), Write: o.may(c, "campaigns.write"), IsSimulated: simulated, Days: campaignDays,
		Simulated: chips(c, "simulated", yesNo(simulated), "admin.simulated.", "no", "yes")}
	names, err := o.segmentNames(c)
	if err != nil {
		return err
	}
	for _, kind := range []bool{false, true} {
		all, err := campaign.List(ctx, o.DB, kind)
		if err != nil {
			return err
		}
		for i := range all {
			if !all[i].State.Over() {
				p.Ahead = append(p.Ahead, o.campaignRow(c, &campaign.Result{Campaign: all[i]}, names))
			}
		}
	}
	r, err := campaign.Reported(ctx, o.DB, simulated, campaignDays, o.Settings.Now().Currency(), o.Now())
	if err != nil {
		return err
	}
	for i := range r.Rows {
		p.Rows = append(p.Rows, o.campaignRow(c, &r.Rows[i], names))
	}
	for _, sum := range []struct {
		key string
		campaign.Sum
	}{{"earlier", r.Earlier}, {"none", r.None}, {"total", r.Total}} {
		if sum.key != "earlier" || sum.Orders > 0 {
			p.Sums = append(p.Sums, o.sumRow(c, t(c, "campaign.sum."+sum.key), sum.Sum))
		}
	}
	for _, key := range []string{"touch", "money", "return", "caused", "opens"} {
		p.Counted = append(p.Counted, t(c, "campaign.counted."+key, "people", experiment.FewestPeople, "buyers", experiment.FewestBuyers))
	}
	return web.Render(c, http.StatusOK, "admin/campaigns", p)
}

func (o *Office) segmentNames(c echo.Context) (map[string]string, error) {
	all, err := segment.List(c.Request().Context(), o.DB)
	names := map[string]string{"": t(c, "campaign.everybody")}
	for _, s := range all {
		names[s.Key] = s.Name.In(lang(c))
	}
	return names, err
}

func (o *Office) sumRow(c echo.Context, name string, s campaign.Sum) campaignRow {
	currency := o.Settings.Now().Currency()
	row := campaignRow{Name: name, Orders: number(s.Orders), Revenue: cash(c, s.Revenue, currency), Margin: t(c, "campaign.margin.unknown")}
	if s.Costed > 0 {
		row.Margin = cash(c, s.Margin, currency)
		if s.Costed < s.Revenue {
			row.Margin = t(c, "campaign.margin.part", "margin", row.Margin, "of", cash(c, s.Costed, currency))
		}
	}
	return row
}

func (o *Office) campaignRow(c echo.Context, r *campaign.Result, names map[string]string) campaignRow {
	row := o.sumRow(c, r.Name, r.Sum)
	row.URL, row.State, row.Simulated = campaignPath(r.Token), campaignState(c, r.State), r.Simulated
	if row.Whom = names[r.Audience]; row.Whom == "" {
		row.Whom = t(c, "campaign.gone", "key", r.Audience)
	}
	currency := o.Settings.Now().Currency()
	row.Mails, row.Without, row.Cost = number(r.Mails), number(r.Without), cash(c, r.Cost, currency)
	row.Back = returned(c, r)
	row.Effect = o.caused(c, r)
	switch zone := o.Settings.Now().Zone(); {
	case r.StartedAt.Milli() > 0:
		row.When = i18n.DateTime(lang(c), r.StartedAt.In(zone))
	case r.State == campaign.Scheduled:
		row.When = o.campaignWhen(c, &r.Campaign)
	}
	return row
}

func (o *Office) campaignWhen(c echo.Context, k *campaign.Campaign) string {
	switch {
	case k.StartsOn == "":
		return t(c, "campaign.when.now")
	case k.Hour == campaign.AnyHour:
		return k.StartsOn
	}
	return t(c, "campaign.when.hour", "day", k.StartsOn, "hour", clockHour(k.Hour))
}

func clockHour(h int) string { return strconv.Itoa(h/10) + strconv.Itoa(h%10) + ":00" }

// returned is what came back for each unit of money that was spent: sales, and
// what of them is margin where that is known.
func returned(c echo.Context, r *campaign.Result) string {
	sales, ok := r.Return(r.Revenue)
	if !ok {
		return t(c, "campaign.return.none")
	}
	text := strconv.FormatFloat(sales, 'f', 2, 64)
	if margin, ok := r.Return(r.Margin); ok && r.Costed > 0 {
		text = t(c, "campaign.return.both", "sales", text, "margin", strconv.FormatFloat(margin, 'f', 2, 64))
	}
	return text
}

// caused says what a campaign brought that would not have come without it:
// never a figure where the range holds zero.
func (o *Office) caused(c echo.Context, r *campaign.Result) string {
	currency, caused := o.Settings.Now().Currency(), r.Caused()
	low, high := cash(c, rounded(caused.Low), currency), cash(c, rounded(caused.High), currency)
	switch {
	case r.Held == 0:
		return t(c, "campaign.effect.off")
	case r.Effect.Verdict == experiment.Early:
		return t(c, "campaign.effect.early", "people", r.Effect.Shown.N+r.Effect.Held.N, "young", r.Young, "buyers", min(r.Effect.Shown.Buyers, r.Effect.Held.Buyers), "least", experiment.FewestBuyers)
	case r.Effect.Verdict == experiment.Uneven:
		return t(c, "campaign.effect.uneven")
	case r.Effect.Verdict == experiment.None:
		return t(c, "campaign.effect.none", "low", low, "high", high)
	}
	return t(c, "campaign.effect.some", "est", cash(c, rounded(caused.Est), currency), "low", low, "high", high)
}

var campaignNames = []string{"version", "name", "audience", "subject_en", "subject_zh", "words_en", "words_zh", "products", "pick", "code", "batch", "cost_fixed", "cost_each", "held", "starts_on", "hour", "days", "credit_days", "do"}

func (o *Office) newCampaign(c echo.Context) error {
	in := inputs{"pick": campaign.ByHand, "hour": "10", "days": "7", "credit_days": "14", "held": "10", "cost_fixed": "0", "cost_each": "0"}
	return o.showCampaign(c, http.StatusOK, nil, in, nil)
}

// oneCampaign finds the campaign of the address.
func (o *Office) oneCampaign(c echo.Context) (*campaign.Campaign, error) {
	return campaign.ByToken(c.Request().Context(), o.DB, param(c, "campaign"))
}

func (o *Office) campaign(c echo.Context) error {
	k, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	return o.showCampaign(c, http.StatusOK, k, o.campaignInputs(k), nil)
}

func (o *Office) campaignInputs(k *campaign.Campaign) inputs {
	currency := o.Settings.Now().Currency()
	return inputs{"version": strconv.Itoa(k.Version), "name": k.Name, "audience": k.Audience, "subject_en": k.Subject.En, "subject_zh": k.Subject.Zh, "words_en": k.Words.En, "words_zh": k.Words.Zh,
		"products": strings.Join(k.Codes(), ", "), "pick": k.Pick, "code": k.Code, "batch": batchKey(k.BatchOf, k.Batch), "cost_fixed": k.CostFixed.Decimal(currency), "cost_each": k.CostEach.Decimal(currency),
		"held": asPercent(k.Held), "starts_on": k.StartsOn, "hour": strconv.Itoa(k.Hour), "days": strconv.Itoa(k.Days), "credit_days": strconv.Itoa(k.CreditDays)}
}

// fillCampaign reads the form; what cannot be read is out of bounds, and named
// as that by the campaign's own check.
func (o *Office) fillCampaign(k *campaign.Campaign, in inputs) {
	currency := o.Settings.Now().Currency()
	amount := func(name string) money.Amount {
		a, err := money.Parse(in[name], currency)
		if strings.TrimSpace(in[name]) == "" {
			return 0
		}
		if err != nil {
			return -1
		}
		return a
	}
	count := func(name string) int {
		n, err := strconv.Atoi(strings.TrimSpace(in[name]))
		if err != nil {
			return -2
		}
		return n
	}
	k.Name, k.Audience, k.Pick, k.Code = in["name"], in["audience"], in["pick"], pricing.CodeKey(in["code"])
	k.Subject, k.Words = i18n.Text{En: in["subject_en"], Zh: in["subject_zh"]}, i18n.Text{En: in["words_en"], Zh: in["words_zh"]}
	k.Products = strings.Join(strings.FieldsFunc(strings.ToUpper(in["products"]), func(r rune) bool { return strings.ContainsRune(", ，、\n\r\t", r) }), " ")
	k.CostFixed, k.CostEach, k.StartsOn = amount("cost_fixed"), amount("cost_each"), strings.TrimSpace(in["starts_on"])
	k.Hour, k.Days, k.CreditDays = count("hour"), count("days"), count("credit_days")
	k.BatchOf, k.Batch = batchOf(in["batch"])
	var form fault.Form
	k.Held = int(percentIn(&form, in, "held", "campaign.form.held"))
	if form.Err() != nil {
		k.Held = -1
	}
}

// saveCampaign stores a draft, as it was when staff read it.
func (o *Office) saveCampaign(c echo.Context) error {
	var before *campaign.Campaign
	if param(c, "campaign") != "" {
		var err error
		if before, err = o.oneCampaign(c); err != nil {
			return err
		}
	}
	in, err := read(c, campaignNames)
	var saved campaign.Campaign
	if err == nil {
		err = o.change(c, "campaign.save", in["name"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			saved = campaign.Campaign{}
			if before != nil {
				saved = *before
				saved.Version, _ = strconv.Atoi(in["version"]) // none is no version, and refused as such
			}
			o.fillCampaign(&saved, in)
			return saved.Name + " → " + saved.Audience, campaign.Put(ctx, tx, &saved, now)
		})
	}
	switch kind := fault.Kind(err); {
	case err == nil:
		return done(c, campaignPath(saved.Token), "campaign.saved")
	case kind == fault.Invalid:
		return o.showCampaign(c, http.StatusUnprocessableEntity, before, in, err)
	case kind == fault.Conflict:
		var form fault.Form
		form.Wrong("name", "campaign.newer")
		return o.showCampaign(c, http.StatusConflict, before, in, form.Err())
	}
	return err
}

// outOf is a share with the people it is of.
func outOf(c echo.Context, part, whole int) string {
	return of(c, analytics.Rate{Part: part, Of: whole})
}
