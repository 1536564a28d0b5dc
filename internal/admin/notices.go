package admin

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/owner"
	"regulars/internal/web"
)

type (
	noticePage struct {
		web.Page
		Owners, Code, Path string
		Kind, KindText     string
		What               string
		Release, Recall    bool
		In                 inputs
		Errors             web.FormErrors
		Write, Personal    bool
		Fresh, Draft       bool
		Seen               string // when the draft was written last
		Facts              []noticeTick
		Remedies           []noticeTick
		All                int
		Steps              []ownerStep
		State, StateTag    string
		Tallies            []ownerStep
		States             []chip
		People             []noticePerson
		Unreached          int
		File, Switch       string // the button's words, "" without one
	}
	noticeTick struct {
		Field, Text string
		On          bool
	}
	noticePerson struct {
		ID                              int64
		Who, URL, Phone, Order, OrderAt string
		State, Tag                      string
		Simulated, Call, Called         bool
	}
)

// mostNoticePeople is how many people the page lists; the file has all.
const mostNoticePeople = 100

var noticeInputs = []string{"kind", "title_en", "title_zh", "body_en", "body_zh", "steps_en", "steps_zh", "to", "version", "sku", "from", "until", "seen"}

func (o *Office) newNotice(c echo.Context) error {
	k, err := catalog.ByCode(c.Request().Context(), o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	in := inputs{"kind": c.QueryParam("kind")}
	follows, err := owner.Successors(c.Request().Context(), o.DB, []catalog.ProductID{k.ID})
	if err != nil {
		return err
	}
	if to := follows[k.ID]; to != 0 {
		next, err := catalog.ByID(c.Request().Context(), o.DB, to)
		if err != nil {
			return err
		}
		in["to"] = next.Code
	}
	n := &owner.Notice{Kind: noticeKind(in["kind"]), ProductID: k.ID, ToID: follows[k.ID], State: owner.Draft}
	return o.showNotice(c, http.StatusOK, k, n, in, nil)
}

func noticeKind(s string) owner.Kind {
	for _, k := range owner.Kinds {
		if string(k) == s {
			return k
		}
	}
	return owner.Release
}

// theNotice is the one of the address, of this product.
func (o *Office) theNotice(c echo.Context) (*catalog.Product, *owner.Notice, error) {
	ctx := c.Request().Context()
	k, err := catalog.ByCode(ctx, o.DB, param(c, "code"))
	if err != nil {
		return nil, nil, err
	}
	n, err := owner.ByToken(ctx, o.DB, param(c, "notice"))
	if err == nil && n.ProductID != k.ID {
		err = nowhere()
	}
	return k, n, err
}

func (o *Office) notice(c echo.Context) error {
	k, n, err := o.theNotice(c)
	if err != nil {
		return err
	}
	in, err := o.noticeIn(c.Request().Context(), n)
	if err != nil {
		return err
	}
	return o.showNotice(c, http.StatusOK, k, n, in, nil)
}

func (o *Office) noticeIn(ctx context.Context, n *owner.Notice) (inputs, error) {
	in := inputs{"kind": string(n.Kind), "title_en": n.Title.En, "title_zh": n.Title.Zh, "body_en": n.Body.En, "body_zh": n.Body.Zh, "steps_en": n.Steps.En, "steps_zh": n.Steps.Zh, "version": n.Version}
	zone := o.Settings.Now().Zone()
	if !n.BoughtFrom.IsZero() {
		in["from"] = n.BoughtFrom.In(zone).Format(time.DateOnly)
	}
	if !n.BoughtUntil.IsZero() {
		in["until"] = n.BoughtUntil.Add(-1).In(zone).Format(time.DateOnly)
	}
	if n.ToID != 0 {
		to, err := catalog.ByID(ctx, o.DB, n.ToID)
		if err != nil {
			return nil, err
		}
		in["to"] = to.Code
	}
	if n.VariantID != 0 {
		there, err := catalog.Buyables(ctx, o.DB, []catalog.VariantID{n.VariantID}, o.Settings.Now().Currency())
		if err != nil {
			return nil, err
		}
		in["sku"] = there[n.VariantID].SKU
	}
	for _, f := range n.FactKeys() {
		in["fact:"+f] = "1"
	}
	for _, r := range n.Offers() {
		in["remedy:"+r] = "1"
	}
	return in, nil
}

func (o *Office) showNotice(c echo.Context, status int, k *catalog.Product, n *owner.Notice, in inputs, failed error) error {
	p := noticePage{Page: page(c, "owner.kind."+string(n.Kind)), Owners: ownersPath(k), Code: k.Code, Path: ownersPath(k) + "/new", Kind: string(n.Kind), KindText: t(c, "owner.kind."+string(n.Kind)), What: t(c, "owner.kind."+string(n.Kind)+".what"),
		Release: n.Kind == owner.Release, Recall: n.Kind == owner.Recall, In: in, Errors: wrong(c, failed), Write: o.may(c, "products.write"), Personal: o.may(c, "personal.read"), Fresh: n.ID == 0, Draft: n.State == owner.Draft}
	if n.ID != 0 {
		p.Path, p.Seen = ownersPath(k)+"/"+n.Token, strconv.FormatInt(n.UpdatedAt.Milli(), 10)
		p.State = t(c, "owner.state."+string(n.State))
	}
	var err error
	if p.Facts, err = o.noticeFacts(c, n, in); err != nil {
		return err
	}
	for _, r := range owner.Remedies {
		p.Remedies = append(p.Remedies, noticeTick{"remedy:" + r, t(c, "owner.remedy."+r), in.On("remedy:" + r)})
	}
	if p.All, p.Steps, err = o.ownerSteps(c, n); err != nil {
		return err
	}
	if n.ID != 0 && !p.Draft {
		if err := o.noticePeople(c, &p, n); err != nil {
			return err
		}
	}
	return web.Render(c, status, "admin/notice", p)
}

// noticeFacts are the differences that the catalog knows of two versions; in a
// new draft all are ticked but the way itself.
func (o *Office) noticeFacts(c echo.Context, n *owner.Notice, in inputs) ([]noticeTick, error) {
	if n.Kind != owner.Release || n.ToID == 0 || n.ToID == n.ProductID {
		return nil, nil
	}
	ctx, currency := c.Request().Context(), o.Settings.Now().Currency()
	was, err := catalog.Detailed(ctx, o.DB, n.ProductID, currency)
	if err != nil {
		return nil, err
	}
	now, err := catalog.Detailed(ctx, o.DB, n.ToID, currency)
	if err != nil {
		return nil, err
	}
	var out []noticeTick
	for _, d := range owner.Differences(was.Facts, now.Facts) {
		text := t(c, "mail.owner.change", "name", d.Name, "was", d.Was, "now", d.Now)
		if d.Was == (i18n.Text{}) {
			text = t(c, "mail.owner.fact", "name", d.Name, "now", d.Now)
		}
		out = append(out, noticeTick{"fact:" + d.Key, text, in.On("fact:"+d.Key) || n.ID == 0 && in["title_en"] == "" && d.Key != "upgrade"})
	}
	return out, nil
}

// noticePeople says how far a notice is, and who could not be told.
func (o *Office) noticePeople(c echo.Context, p *noticePage, n *owner.Notice) error {
	ctx := c.Request().Context()
	tallies, err := owner.Count(ctx, o.DB, n.ID)
	if err != nil {
		return err
	}
	for _, y := range tallies {
		text := t(c, "owner.told."+string(y.State))
		if y.Reason != "" {
			text = t(c, "owner.told.because", "state", text, "reason", o.whyNot(c, y.Reason))
		}
		p.Tallies = append(p.Tallies, ownerStep{Text: text, Count: y.Count})
		if y.State == owner.Withheld {
			p.Unreached += y.Count
		}
	}
	state := c.QueryParam("state")
	p.States = chips(c, "state", state, "owner.told.", "", "waiting", "told", "withheld", "gone")
	people, err := owner.People(ctx, o.DB, n.ID, owner.Told(state), 0, mostNoticePeople)
	if err != nil {
		return err
	}
	for _, x := range people {
		row := noticePerson{ID: x.ID, Who: masked(x.Email), State: t(c, "owner.told."+string(x.State)), Simulated: x.Simulated, Order: x.OrderNumber, Call: x.State == owner.Withheld && n.Kind.Owed(), Called: !x.CalledAt.IsZero()}
		if x.Reason != "" {
			row.State = t(c, "owner.told.because", "state", row.State, "reason", o.whyNot(c, x.Reason))
		}
		if p.Personal {
			row.Who, row.Phone = strings.TrimSpace(x.Name+" "+x.Email), x.Phone
		}
		if x.Number != "" {
			row.URL = customerPath(x.Number)
		}
		p.People = append(p.People, row)
	}
	if p.Unreached > 0 && n.Kind.Owed() && p.Personal {
		p.File = ownersPath(&catalog.Product{Code: p.Code}) + "/" + n.Token + "/call.csv"
	}
	switch n.State {
	case owner.Sending:
		p.Switch = t(c, "owner.admin.stop")
	case owner.Stopped:
		p.Switch = t(c, "owner.admin.go-on")
	}
	return nil
}

// whyNot is a reason in words: of owning, or of the gate of mails.
func (o *Office) whyNot(c echo.Context, reason string) string {
	if i18n.Has(lang(c), "owner.less."+reason) {
		return t(c, "owner.less."+reason)
	}
	return t(c, "outreach.reason."+reason)
}

// saveNotice writes the draft. A draft may lack things; starting it asks for all.
func (o *Office) saveNotice(c echo.Context) error {
	ctx := c.Request().Context()
	k, err := catalog.ByCode(ctx, o.DB, param(c, "code"))
	if err != nil {
		return err
	}
	n := &owner.Notice{ProductID: k.ID, State: owner.Draft, CreatedBy: o.by(c)}
	if param(c, "notice") != "" {
		if k, n, err = o.theNotice(c); err != nil {
			return err
		}
	}
	in, err := o.noticeForm(c, n)
	if err != nil {
		return err
	}
	failed := o.fillNotice(ctx, n, in)
	if failed == nil {
		failed = o.change(c, "notice.save", k.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return string(n.Kind) + ": " + n.Title.En, owner.Put(ctx, tx, n, now)
		})
	}
	if fault.Kind(failed) == fault.Invalid {
		return o.showNotice(c, http.StatusUnprocessableEntity, k, n, in, failed)
	}
	if failed != nil {
		return failed
	}
	return done(c, ownersPath(k)+"/"+n.Token, "owner.admin.kept")
}

// noticeForm reads the form; its boxes depend on what the two versions differ in.
func (o *Office) noticeForm(c echo.Context, n *owner.Notice) (inputs, error) {
	in, err := read(c, noticeInputs)
	if err != nil {
		return nil, err
	}
	probe := &owner.Notice{Kind: noticeKind(in["kind"]), ProductID: n.ProductID}
	if to, err := catalog.ByCode(c.Request().Context(), o.DB, strings.TrimSpace(in["to"])); err == nil {
		probe.ToID = to.ID
	}
	facts, err := o.noticeFacts(c, probe, inputs{})
	if err != nil {
		return nil, err
	}
	names := noticeInputs
	for _, f := range facts {
		names = append(names[:len(names):len(names)], f.Field)
	}
	for _, r := range owner.Remedies {
		names = append(names[:len(names):len(names)], "remedy:"+r)
	}
	return read(c, names)
}

func (o *Office) fillNotice(ctx context.Context, n *owner.Notice, in inputs) error {
	if n.ID == 0 {
		n.Kind = noticeKind(in["kind"])
	}
	n.Title, n.Body, n.Steps = i18n.Text{En: in["title_en"], Zh: in["title_zh"]}, i18n.Text{En: in["body_en"], Zh: in["body_zh"]}, i18n.Text{En: in["steps_en"], Zh: in["steps_zh"]}
	n.Version, n.ToID, n.VariantID, n.Facts, n.Remedies = strings.TrimSpace(in["version"]), 0, 0, "", ""
	var form fault.Form
	if code := strings.TrimSpace(in["to"]); code != "" && n.Kind == owner.Release {
		to, err := catalog.ByCode(ctx, o.DB, code)
		switch {
		case fault.Kind(err) == fault.NotFound:
			form.Wrong("to", "owner.wrong.code")
		case err != nil:
			return err
		default:
			n.ToID = to.ID
		}
	}
	if sku := strings.TrimSpace(in["sku"]); sku != "" {
		v, err := catalog.VariantBySKU(ctx, o.DB, sku)
		switch {
		case fault.Kind(err) == fault.NotFound || err == nil && v.ProductID != n.ProductID:
			form.Wrong("sku", "owner.wrong.sku")
		case err != nil:
			return err
		default:
			n.VariantID = v.ID
		}
	}
	n.BoughtFrom, n.BoughtUntil = o.noticeDay(&form, in, "from", 0), o.noticeDay(&form, in, "until", 1)
	for name := range in {
		if key, ok := strings.CutPrefix(name, "fact:"); ok && in.On(name) {
			n.Facts += key + ","
		}
	}
	for _, r := range owner.Remedies {
		if in.On("remedy:"+r) && n.Kind == owner.Recall {
			n.Remedies += r + ","
		}
	}
	return form.Err()
}

// noticeDay is the beginning of a day of the shop's, or of the one after it.
func (o *Office) noticeDay(form *fault.Form, in inputs, field string, after int) db.Time {
	typed := strings.TrimSpace(in[field])
	if typed == "" {
		return db.Time{}
	}
	day, err := time.ParseInLocation(time.DateOnly, typed, o.Settings.Now().Zone())
	if err != nil {
		form.Wrong(field, "survey.day")
		return db.Time{}
	}
	return db.At(day.AddDate(0, 0, after))
}

// startNotice lets a draft go out, as it was seen.
func (o *Office) startNotice(c echo.Context) error {
	in, err := read(c, []string{"seen"})
	if err != nil {
		return err
	}
	k, n, err := o.theNotice(c)
	if err != nil {
		return err
	}
	count := 0
	err = o.change(c, "notice.start", k.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		if in["seen"] != strconv.FormatInt(n.UpdatedAt.Milli(), 10) {
			return "", fault.New(fault.Conflict, "owner.wrong.started")
		}
		var err error
		count, err = owner.Start(ctx, tx, n.Token, o.by(c), now)
		return fmt.Sprintf("%s %s: %d people", n.Kind, n.Token, count), err
	})
	switch fault.Kind(err) {
	case nil:
	case fault.Invalid:
		kept, readErr := o.noticeIn(c.Request().Context(), n)
		if readErr != nil {
			return readErr
		}
		return o.showNotice(c, http.StatusUnprocessableEntity, k, n, kept, err)
	case fault.Conflict:
		web.Flash(c, "error", "admin.flash", "text", words(c, err))
		return c.Redirect(http.StatusSeeOther, ownersPath(k)+"/"+n.Token)
	}
	if err != nil {
		return err
	}
	return done(c, ownersPath(k)+"/"+n.Token, "owner.admin.started", "count", count)
}

func (o *Office) switchNotice(c echo.Context) error {
	k, n, err := o.theNotice(c)
	if err != nil {
		return err
	}
	err = o.change(c, "notice.switch", k.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		return n.Token, owner.Switch(ctx, tx, n.Token, n.State == owner.Stopped, now)
	})
	if err != nil {
		return err
	}
	return done(c, ownersPath(k)+"/"+n.Token, "owner.admin.saved")
}

// calledOwner notes that somebody whom no mail reached was spoken to.
func (o *Office) calledOwner(c echo.Context) error {
	in, err := read(c, []string{"person"})
	if err != nil {
		return err
	}
	k, n, err := o.theNotice(c)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(in["person"], 10, 64)
	if err != nil {
		return fault.New(fault.Invalid, "error.unreadable")
	}
	err = o.change(c, "notice.called", k.Code, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		ok, err := owner.Called(ctx, tx, n.ID, id, now)
		if !ok {
			return "", err
		}
		return n.Token, err
	})
	if err != nil {
		return err
	}
	return done(c, ownersPath(k)+"/"+n.Token, "owner.admin.saved")
}

// callFile lists whom no mail reached, for those who may see addresses.
func (o *Office) callFile(c echo.Context) error {
	ctx := c.Request().Context()
	k, n, err := o.theNotice(c)
	if err != nil {
		return err
	}
	if !o.may(c, "personal.read") || !n.Kind.Owed() {
		return nowhere()
	}
	if !web.Session(c).StaffProved() {
		return o.toProof(c)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	w.Write([]string{"name", "phone", "email", "order", "reason", "called", "simulated"}) // a buffer takes everything
	count := 0
	for after := int64(0); ; {
		people, err := owner.People(ctx, o.DB, n.ID, owner.Withheld, after, 500)
		if err != nil {
			return err
		}
		for _, p := range people {
			after, count = p.ID, count+1
			w.Write([]string{guarded(p.Name), guarded(p.Phone), guarded(p.Email), p.OrderNumber, o.whyNot(c, p.Reason), yesNo(!p.CalledAt.IsZero()), yesNo(p.Simulated)})
		}
		if len(people) < 500 {
			break
		}
	}
	w.Flush()
	err = o.change(c, "notice.export", k.Code, func(context.Context, *db.Tx, time.Time) (string, error) {
		return fmt.Sprintf("%s: %d people", n.Token, count), nil
	})
	if err != nil {
		return err
	}
	c.Response().Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="to-call-%s.csv"`, strings.ToLower(k.Code)))
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", b.Bytes())
}
