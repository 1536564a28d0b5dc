package admin

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/staff"
	"regulars/internal/web"
)

const textsPath = "/admin/messages/texts"

type (
	textsPage struct {
		web.Page
		Langs []string
		Rows  []textsRow
	}
	textsRow struct {
		Name  string
		Cells []textsCell
	}
	textsCell struct {
		URL, Lang string
		State     tag
		Draft     bool
	}
)

// texts lists the mails whose words staff may change, with whose words hold.
func (o *Office) texts(c echo.Context) error {
	live, drafts, err := outreach.TextsInForce(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	broken, err := o.Mails.BrokenTexts(c.Request().Context(), o.DB)
	if err != nil {
		return err
	}
	states := map[string]tag{}
	for _, k := range live {
		states[k.Template+string(k.Lang)] = tag{"ok", t(c, "admin.texts.yours", "version", k.Version)}
	}
	for _, k := range broken {
		states[k.Template+string(k.Lang)] = tag{"error", t(c, "admin.texts.broken")}
	}
	drafted := map[string]bool{}
	for _, k := range drafts {
		drafted[k.Template+string(k.Lang)] = true
	}
	p := textsPage{Page: page(c, "admin.texts.title")}
	for _, l := range i18n.Langs {
		p.Langs = append(p.Langs, t(c, "admin.texts.lang."+string(l)))
	}
	for _, name := range outreach.Editable() {
		row := textsRow{Name: t(c, "admin.mail."+name)}
		for i, l := range i18n.Langs {
			row.Cells = append(row.Cells, textsCell{textPath(name, l), p.Langs[i], states[name+string(l)], drafted[name+string(l)]})
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, http.StatusOK, "admin/texts", p)
}

func textPath(name string, l i18n.Lang) string {
	return textsPath + "/" + url.PathEscape(name) + "?in=" + string(l)
}

type (
	textPage struct {
		web.Page
		Name, TextLang, Tag string
		In                  inputs
		Errors              web.FormErrors
		Write               bool
		Langs               []chip
		Now                 string // whose words hold
		Broken              bool
		Draft, Changed      bool // there is a draft; there are words of staff's
		Seen                int
		Places              []placeRow
		Versions            []textVersion
		Look                textLook
		Mine                string // where a test goes
	}
	placeRow struct {
		Name, Example string
		Must          bool
	}
	textVersion struct {
		Version  int
		At       db.Time
		Subject  string
		Original bool
		Current  bool
	}
	textLook struct {
		Subject, Text string
		Wrong         bool // the draft cannot be shown
		Light, Dark   string
		People        []chip
		As            string
	}
)

var textInputs = []string{"in", "subject", "body", "seen", "do", "version"}

// textAsked is the mail and the language that an address names.
func (o *Office) textAsked(c echo.Context) (string, i18n.Lang, *outreach.Form, error) {
	name, l := param(c, "text"), i18n.Lang(c.QueryParam("in"))
	if l == "" {
		l = lang(c)
	}
	f, err := o.Mails.Form(name, l)
	return name, l, f, err
}

func (o *Office) text(c echo.Context) error {
	name, l, f, err := o.textAsked(c)
	if err != nil {
		return err
	}
	draft, versions, err := outreach.Texts(c.Request().Context(), o.DB, name, l)
	if err != nil {
		return err
	}
	in := inputs{"subject": f.Subject, "body": f.Body, "seen": "0"}
	if len(versions) > 0 {
		if in["seen"] = strconv.Itoa(versions[0].Version); !versions[0].Original {
			in["subject"], in["body"] = versions[0].Subject, versions[0].Body
		}
	}
	if draft != nil {
		in["subject"], in["body"] = draft.Subject, draft.Body
	}
	var failed error
	if draft != nil {
		failed = o.Mails.Lint(f, draft.Subject, draft.Body)
	}
	return o.showText(c, http.StatusOK, f, in, failed)
}

func (o *Office) showText(c echo.Context, status int, f *outreach.Form, in inputs, failed error) error {
	ctx := c.Request().Context()
	draft, versions, err := outreach.Texts(ctx, o.DB, f.Template, f.Lang)
	if err != nil {
		return err
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	p := textPage{Page: page(c, "admin.mail."+f.Template), Name: f.Template, TextLang: string(f.Lang), Tag: f.Lang.Tag(), In: in, Errors: wrong(c, failed),
		Write: o.may(c, "messages.write"), Draft: draft != nil, Mine: who.Email, Now: t(c, "admin.texts.own")}
	for _, l := range i18n.Langs {
		p.Langs = append(p.Langs, chip{textPath(f.Template, l), t(c, "admin.texts.lang."+string(l)), l == f.Lang})
	}
	for i, v := range versions {
		p.Versions = append(p.Versions, textVersion{v.Version, v.At, v.Subject, v.Original, i == 0})
	}
	if len(versions) > 0 && !versions[0].Original {
		p.Changed, p.Now = true, t(c, "admin.texts.yours", "version", versions[0].Version)
		p.Broken = o.Mails.Lint(f, versions[0].Subject, versions[0].Body) != nil
	}
	p.Seen, _ = strconv.Atoi(in["seen"])
	examples, err := o.Mails.Example(f)
	if err != nil {
		return err
	}
	for _, k := range f.Places {
		p.Places = append(p.Places, placeRow{"{" + k.Name + "}", examples[k.Name], k.Must})
	}
	if p.Look, err = o.lookAtText(c, f); err != nil {
		return err
	}
	return web.Render(c, status, "admin/text", p)
}

// lookAtText writes the mail as its reader would get it.
func (o *Office) lookAtText(c echo.Context, f *outreach.Form) (textLook, error) {
	var look textLook
	view, err := o.viewed(c, f)
	if err != nil {
		return look, err
	}
	at := url.Values{"in": {string(f.Lang)}}
	if view.As != nil {
		look.As = view.As.Number
		at.Set("as", look.As)
	}
	base := textsPath + "/" + url.PathEscape(f.Template) + "/html?"
	look.Light = base + at.Encode()
	at.Set("dark", "1")
	look.Dark = base + at.Encode()
	if o.may(c, "customers.read") {
		people, _, err := customer.List(c.Request().Context(), o.DB, customer.Filter{PerPage: 5})
		if err != nil {
			return look, err
		}
		own := textPath(f.Template, f.Lang)
		look.People = append(look.People, chip{own + "#look", t(c, "admin.texts.nobody"), view.As == nil})
		for _, k := range people {
			name := k.Email
			if !o.personal(c) {
				name = masked(k.Email)
			}
			look.People = append(look.People, chip{own + "&as=" + k.Number + "#look", name, k.Number == look.As})
		}
	}
	mail, err := o.Mails.Preview(c.Request().Context(), o.DB, view)
	if errors.Is(err, fault.Invalid) {
		look.Wrong = true
		return look, nil
	}
	look.Subject, look.Text = mail.Subject, mail.Text
	return look, err
}

// viewed says as whose a mail is shown: of a person's own only to who may read
// that, and each look is noted.
func (o *Office) viewed(c echo.Context, f *outreach.Form) (outreach.View, error) {
	view := outreach.View{Template: f.Template, Lang: f.Lang, Draft: true, Masked: !o.personal(c)}
	number := c.QueryParam("as")
	if number == "" {
		return view, nil
	}
	if !o.may(c, "customers.read") {
		return view, nowhere()
	}
	k, err := customer.ByNumber(c.Request().Context(), o.DB, number)
	if err != nil {
		return view, err
	}
	view.As = k
	return view, o.looked(c, k.ID, staff.LookCard)
}

// textHTML is the mail's HTML as a page of its own, which may do nothing: no
// script, no form, no address but our own pictures.
func (o *Office) textHTML(c echo.Context) error {
	_, _, f, err := o.textAsked(c)
	if err != nil {
		return err
	}
	view, err := o.viewed(c, f)
	if err != nil {
		return err
	}
	mail, err := o.Mails.Preview(c.Request().Context(), o.DB, view)
	if err != nil {
		return err
	}
	return mailPage(c, mail)
}

func mailPage(c echo.Context, mail outreach.Mail) error {
	c.Response().Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'; sandbox")
	return c.HTML(http.StatusOK, mail.Shown(c.QueryParam("dark") != ""))
}

// saveText does what the button says: keep the draft, put it into force, throw
// it away, send a test of it, go back to the shop's own words.
func (o *Office) saveText(c echo.Context) error {
	in, err := read(c, textInputs)
	if err != nil {
		return err
	}
	name, l := param(c, "text"), i18n.Lang(in["in"])
	if l == "" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	f, err := o.Mails.Form(name, l)
	if err != nil {
		return err
	}
	seen, err := strconv.Atoi(in["seen"])
	if err != nil {
		seen = -1
	}
	who, err := o.who(c)
	if err != nil {
		return err
	}
	written := outreach.Text{Template: name, Lang: l, Subject: in["subject"], Body: in["body"]}
	notice := map[string]string{"": "admin.texts.kept", "keep": "admin.texts.kept", "publish": "admin.texts.published", "test": "admin.texts.tested", "drop": "admin.texts.dropped", "restore": "admin.texts.restored"}[in["do"]]
	if notice == "" {
		return fault.New(fault.Invalid, "error.invalid")
	}
	err = o.change(c, "messages.text", name+" "+string(l), func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch in["do"] {
		case "drop":
			return "draft dropped", outreach.DropText(ctx, tx, name, l)
		case "restore":
			written.Original = true
			return "the shop's own words", o.Mails.PublishText(ctx, tx, written, seen, now)
		case "publish":
			return fmt.Sprintf("version %d", seen+1), o.Mails.PublishText(ctx, tx, written, seen, now)
		}
		if err := o.Mails.KeepText(ctx, tx, written, now); err != nil || in["do"] != "test" {
			return "draft", err
		}
		if err := o.Mails.Lint(f, written.Subject, written.Body); err != nil {
			return "", err
		}
		return "test to their own address", o.Mails.AskTest(ctx, tx, who, outreach.TextTest{Template: name, Lang: string(l), Draft: true}, now)
	})
	if errors.Is(err, fault.Invalid) || errors.Is(err, fault.Conflict) && len(fault.Fields(err)) == 0 {
		if len(fault.Fields(err)) == 0 {
			var form fault.Form
			form.Wrong("body", wordsKey(err))
			err = form.Err()
		}
		return o.showText(c, http.StatusUnprocessableEntity, f, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, textPath(name, l), notice, "address", who.Email)
}

// wordsKey is the catalogue's name for what a failure says.
func wordsKey(err error) string {
	var f *fault.Fault
	if errors.As(err, &f) && f.Words != "" {
		return f.Words
	}
	return "error.conflict"
}
