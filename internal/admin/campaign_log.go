package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/campaign"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

type (
	campaignPeoplePage struct {
		web.Page
		Name, Path, File string
		Rows             []campaignPersonRow
		Prev, Next       string
	}
	campaignPersonRow struct {
		URL, Email, Mail, Why, Sent, Clicked, Asked, Bought, BoughtURL string
		State                                                          tag
		Simulated                                                      bool
	}
)

const (
	campaignPer  = 100
	mostInAFile  = 200_000
	notYetOfMail = "waiting"
)

// campaignPeople lists what became of it for each person; addresses are as the
// reader's role may see them.
func (o *Office) campaignPeople(c echo.Context) error {
	k, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	in, err := list(c)
	if err != nil {
		return err
	}
	people, err := k.Recipients(c.Request().Context(), o.DB, (in.Page-1)*campaignPer, campaignPer+1)
	if err != nil {
		return err
	}
	p := campaignPeoplePage{Page: page(c, "campaign.people"), Name: k.Name, Path: campaignPath(k.Token)}
	if o.may(c, "campaign-files.read") {
		p.File = campaignsPath + "/file/" + k.Token
	}
	if in.Page > 1 {
		p.Prev = campaignsPath + "/people/" + k.Token + "?page=" + strconv.Itoa(in.Page-1)
	}
	if len(people) > campaignPer {
		people, p.Next = people[:campaignPer], p.Path+"/people?page="+strconv.Itoa(in.Page+1)
	}
	for i := range people {
		p.Rows = append(p.Rows, o.campaignPerson(c, &people[i]))
	}
	return web.Render(c, http.StatusOK, "admin/campaign-people", p)
}

func (o *Office) campaignPerson(c echo.Context, r *campaign.Recipient) campaignPersonRow {
	zone := o.Settings.Now().Zone()
	at := func(a db.Time) string {
		if a.Milli() == 0 {
			return "–"
		}
		return i18n.DateTime(lang(c), a.In(zone))
	}
	row := campaignPersonRow{URL: customerPath(r.Number), Email: o.address(c, r.Email), Sent: at(r.SentAt), Clicked: at(r.ClickedAt), Asked: at(r.AskedAt), Bought: "–", Simulated: r.Simulated}
	state := outreach.State(r.State)
	switch {
	case r.Arm == campaign.Held:
		row.State = tag{"", t(c, "campaign.side.held")}
	case r.State == "":
		row.State = tag{"", t(c, "campaign.person."+notYetOfMail)}
	default:
		row.State = tag{map[outreach.State]string{outreach.Sent: "ok", outreach.Withheld: "warn", outreach.Failed: "error"}[state], t(c, "outreach.state."+r.State)}
		row.Why = (&outreach.Send{Reason: r.Reason}).Words(lang(c))
	}
	if r.Orders > 0 {
		row.Bought, row.BoughtURL = t(c, "campaign.person.orders", "count", r.Orders), "/admin/orders/"+r.Bought
	}
	return row
}

// campaignFile hands the same over as a file, to roles that may take people
// away; each is noted and says who made it.
func (o *Office) campaignFile(c echo.Context) error {
	if !web.Session(c).StaffProved() {
		return o.toProof(c)
	}
	k, err := o.oneCampaign(c)
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	people, err := k.Recipients(c.Request().Context(), o.DB, 0, mostInAFile)
	if err != nil {
		return err
	}
	err = o.change(c, "campaign.export", k.Name, func(context.Context, *db.Tx, time.Time) (string, error) {
		return fmt.Sprintf("%d people", len(people)), nil
	})
	if err != nil {
		return err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"number", "name", "email", "language", "side", "mail", "reason", "delivered_at", "opened", "clicked_at", "asked_at", "orders", "first_order", "simulated", "made_by", "made_at"}) // a buffer takes everything
	now := o.Now().UTC().Format(time.RFC3339)
	at := func(a db.Time) string {
		if a.Milli() == 0 {
			return ""
		}
		return a.UTC().Format(time.RFC3339)
	}
	for _, r := range people {
		w.Write([]string{r.Number, guarded(r.Name), guarded(r.Email), r.Lang, string(r.Arm), r.State, guarded(r.Reason), at(r.SentAt), "not measured", at(r.ClickedAt), at(r.AskedAt), strconv.Itoa(r.Orders), r.Bought, yesNo(r.Simulated), who.Email, now})
	}
	w.Flush()
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="campaign-%s-%s.csv"`, k.Token[:min(8, len(k.Token))], o.Now().UTC().Format(time.DateOnly)))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
