package admin

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/campaign"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/experiment"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/slot"
	"regulars/internal/web"
)

type (
	bannersPage struct {
		web.Page
		Places             []bannerPlace
		Simulated          []chip
		IsSimulated, Write bool
		Counted            []string
	}
	bannerPlace struct {
		Name, Says, Test string
		Sides            []bannerSideRow
		Rows             []bannerRow
	}
	bannerSideRow struct{ Name, People, Views, Clicks, Sales, Cost, PerMille, Back string }
	bannerRow     struct {
		URL, Name, Whom, Days, Views, Clicks string
		State                                tag
	}
	bannerPage struct {
		web.Page
		Path                       string
		In                         inputs
		Errors                     web.FormErrors
		Places, Shelves, Audiences []choice
		Write                      bool
	}
)

const bannersPath = campaignsPath + "/banners"

// banners lists the banners of each place and lays the two sides beside each
// other: who saw one by segment, and who saw one at random.
func (o *Office) banners(c echo.Context) error {
	simulated := o.simulated(c.QueryParam("simulated"))
	p := bannersPage{Page: page(c, "banner.title"), Write: o.may(c, "campaigns.write"), IsSimulated: simulated, Simulated: chips(c, "simulated", yesNo(simulated), "admin.simulated.", "no", "yes")}
	names, err := o.segmentNames(c)
	if err != nil {
		return err
	}
	names[""] = t(c, "banner.anybody")
	for _, place := range campaign.Places {
		r, err := campaign.ReportBanners(c.Request().Context(), o.DB, place, simulated, o.Settings.Now(), o.Now())
		if err != nil {
			return err
		}
		p.Places = append(p.Places, o.bannerPlace(c, r, names))
	}
	for _, key := range []string{"sides", "sales", "ratio", "consent"} {
		p.Counted = append(p.Counted, t(c, "banner.counted."+key, "people", experiment.FewestPeople, "buyers", experiment.FewestBuyers))
	}
	return web.Render(c, http.StatusOK, "admin/banners", p)
}

func (o *Office) bannerPlace(c echo.Context, r *campaign.BannerReport, names map[string]string) bannerPlace {
	currency := o.Settings.Now().Currency()
	p := bannerPlace{Name: r.Place.Name(lang(c)), Says: t(c, "banner.early", "outside", number(r.Outside), "least", experiment.FewestBuyers), Test: "/admin/experiments/" + string(r.Place)}
	if r.Says {
		f := func(v float64) string { return strconv.FormatFloat(v, 'f', 2, 64) }
		key := "banner.ratio"
		if r.Ratio.Low <= 1 && r.Ratio.High >= 1 {
			key = "banner.ratio.none"
		}
		p.Says = t(c, key, "ratio", f(r.Ratio.Est), "low", f(r.Ratio.Low), "high", f(r.Ratio.High))
	}
	if r.Result.Verdict == experiment.Uneven {
		p.Says = t(c, "campaign.effect.uneven")
	}
	for _, side := range []struct {
		key string
		campaign.BannerSide
	}{{"targeted", r.Targeted}, {"random", r.Random}} {
		row := bannerSideRow{t(c, "banner.side."+side.key), number(side.People), number(side.Views), number(side.Clicks), cash(c, side.Sales, currency), cash(c, side.Cost, currency), "–", "–"}
		if a, ok := side.PerMille(); ok {
			row.PerMille = cash(c, a, currency)
		}
		if back, ok := side.Return(); ok {
			row.Back = strconv.FormatFloat(back, 'f', 2, 64)
		}
		p.Sides = append(p.Sides, row)
	}
	for _, b := range r.Banners {
		row := bannerRow{bannersPath + "/" + b.Token, b.Name(lang(c)), names[b.Audience], strings.TrimSpace(b.StartsOn + " – " + b.EndsOn), number(b.Views), number(b.Clicks), tag{"", t(c, "banner.off")}}
		if row.Whom == "" {
			row.Whom = t(c, "campaign.gone", "key", b.Audience)
		}
		if b.Live(o.today()) {
			row.State = tag{"ok", t(c, "banner.on")}
		}
		p.Rows = append(p.Rows, row)
	}
	return p
}

var bannerNames = []string{"version", "place", "title_en", "title_zh", "words_en", "words_zh", "label_en", "label_zh", "shelf", "audience", "starts_on", "ends_on", "cost_fixed", "cost_mille", "active"}

func (o *Office) newBanner(c echo.Context) error {
	return o.showBanner(c, http.StatusOK, nil, inputs{"place": string(slot.BannerHome), "cost_fixed": "0", "cost_mille": "0"}, nil)
}

func (o *Office) banner(c echo.Context) error {
	b, err := campaign.BannerByToken(c.Request().Context(), o.DB, param(c, "banner"))
	if err != nil {
		return err
	}
	currency := o.Settings.Now().Currency()
	in := inputs{"version": version(b.UpdatedAt), "place": string(b.Place), "title_en": b.Title.En, "title_zh": b.Title.Zh, "words_en": b.Words.En, "words_zh": b.Words.Zh, "label_en": b.Label.En, "label_zh": b.Label.Zh,
		"shelf": b.Shelf, "audience": b.Audience, "starts_on": b.StartsOn, "ends_on": b.EndsOn, "cost_fixed": b.CostFixed.Decimal(currency), "cost_mille": b.CostMille.Decimal(currency)}
	if b.Active {
		in["active"] = "1"
	}
	return o.showBanner(c, http.StatusOK, b, in, nil)
}

func (o *Office) showBanner(c echo.Context, status int, b *campaign.Banner, in inputs, failure error) error {
	tree, err := catalog.LoadTree(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	p := bannerPage{Page: page(c, "banner.new"), Path: bannersPath + "/new", In: in, Errors: wrong(c, failure), Write: o.may(c, "campaigns.write"), Shelves: categoryChoices(c, tree, in["shelf"])}
	if b != nil {
		p.Page, p.Path = web.NewPage(c, b.Title.In(lang(c))), bannersPath+"/"+b.Token
	}
	var places []string
	for _, k := range campaign.Places {
		places = append(places, string(k))
	}
	p.Places = choices(in["place"], places, func(k string) string { return slot.Key(k).Name(lang(c)) })
	shared := campaignPage{In: in}
	if err := o.campaignChoices(c, &shared); err != nil {
		return err
	}
	p.Audiences = shared.Audiences
	p.Audiences[0].Text = t(c, "banner.anybody")
	return web.Render(c, status, "admin/banner", p)
}

// saveBanner stores a banner; the shop shows it within half a minute.
func (o *Office) saveBanner(c echo.Context) error {
	ctx := c.Request().Context()
	b := &campaign.Banner{}
	if token := param(c, "banner"); token != "" {
		var err error
		if b, err = campaign.BannerByToken(ctx, o.DB, token); err != nil {
			return err
		}
	}
	before := *b
	in, err := read(c, bannerNames)
	if err == nil {
		err = o.change(c, "banner.save", in["title_en"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			*b = before
			if b.ID != 0 && in["version"] != version(b.UpdatedAt) {
				return "", fault.New(fault.Conflict, "campaign.newer")
			}
			o.fillBanner(b, in)
			return string(b.Place) + " → " + b.Shelf, campaign.PutBanner(ctx, tx, b, before.UpdatedAt, now)
		})
	}
	var shown *campaign.Banner
	if before.ID != 0 {
		shown = &before
	}
	switch kind := fault.Kind(err); {
	case err == nil:
		return done(c, bannersPath, "banner.saved")
	case kind == fault.Invalid:
		return o.showBanner(c, http.StatusUnprocessableEntity, shown, in, err)
	case kind == fault.Conflict:
		var form fault.Form
		form.Wrong("title_en", "campaign.newer")
		return o.showBanner(c, http.StatusConflict, shown, in, form.Err())
	}
	return err
}

func (o *Office) fillBanner(b *campaign.Banner, in inputs) {
	currency := o.Settings.Now().Currency()
	amount := func(name string) money.Amount {
		if strings.TrimSpace(in[name]) == "" {
			return 0
		}
		a, err := money.Parse(in[name], currency)
		if err != nil {
			return -1
		}
		return a
	}
	b.Place, b.Shelf, b.Audience, b.Active = slot.Key(in["place"]), in["shelf"], in["audience"], in.On("active")
	b.Title, b.Words, b.Label = i18n.Text{En: in["title_en"], Zh: in["title_zh"]}, i18n.Text{En: in["words_en"], Zh: in["words_zh"]}, i18n.Text{En: in["label_en"], Zh: in["label_zh"]}
	b.StartsOn, b.EndsOn = strings.TrimSpace(in["starts_on"]), strings.TrimSpace(in["ends_on"])
	b.CostFixed, b.CostMille = amount("cost_fixed"), amount("cost_mille")
}
