package admin

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/outreach"
	"regulars/internal/staff"
	"regulars/internal/web"
)

const teamPath = "/admin/settings/staff"

func (o *Office) teamRoutes(g *echo.Group) {
	g.GET("/settings/staff", o.team)
	g.POST("/settings/staff", o.invite)
	g.GET("/settings/staff/:staff", o.member)
	g.POST("/settings/staff/:staff", o.changeMember)
	g.GET("/me", o.me)
	g.POST("/me", o.changeMe)
	g.GET("/me/proof", o.proofForm)
	g.POST("/me/proof", o.proof)
}

type (
	teamPage struct {
		web.Page
		Rows   []teamRow
		Form   inputs
		Roles  []choice
		Proof  bool
		Errors web.FormErrors
	}
	teamRow struct {
		URL, Name, Email, Role string
		State                  tag
		Factor                 string
		Seen                   db.Time
	}
	memberPage struct {
		web.Page
		Row      teamRow
		Roles    []choice
		Rooms    []string // what the role reaches
		Sessions []sessionRow
		Active   bool
		Open     bool // some session is
		Factor   bool
		Proof    bool
		Errors   web.FormErrors
	}
	sessionRow struct {
		Key, Browser, Network string
		Began, Seen           db.Time
		State                 tag
		Open, Own             bool
	}
)

// team lists who may enter the back office, and asks for one more.
func (o *Office) team(c echo.Context) error {
	return o.showTeam(c, http.StatusOK, inputs{"role": string(staff.Support)}, nil)
}

func (o *Office) showTeam(c echo.Context, status int, in inputs, failure error) error {
	ctx := c.Request().Context()
	all, err := staff.List(ctx, o.DB)
	if err != nil {
		return err
	}
	seen, err := staff.LastSeen(ctx, o.DB)
	if err != nil {
		return err
	}
	p := teamPage{Page: page(c, "team.title"), Form: in, Roles: roleChoices(c, in["role"]), Proof: !web.Session(c).StaffProved(), Errors: wrong(c, failure)}
	factors, err := staff.Factors(ctx, o.DB)
	if err != nil {
		return err
	}
	for i := range all {
		row := colleagueRow(c, &all[i], seen[all[i].ID])
		if row.Factor = t(c, "team.factor.no"); factors[all[i].ID] {
			row.Factor = t(c, "team.factor.yes")
		}
		p.Rows = append(p.Rows, row)
	}
	return web.Render(c, status, "admin/team", p)
}

func colleagueRow(c echo.Context, s *staff.Staff, seen db.Time) teamRow {
	row := teamRow{URL: teamPath + "/" + strconv.FormatInt(int64(s.ID), 10), Name: s.Name, Email: s.Email, Role: s.Role.Name(lang(c)), Seen: seen, State: tag{"ok", t(c, "team.state.on")}}
	if row.Name == "" {
		row.Name = s.Email
	}
	switch {
	case !s.Active:
		row.State = tag{"plain", t(c, "team.state.off")}
	case s.PasswordHash == "":
		row.State = tag{"warn", t(c, "team.state.invited")}
	}
	return row
}

func roleChoices(c echo.Context, chosen string) []choice {
	names := make([]string, len(staff.Roles))
	for i, r := range staff.Roles {
		names[i] = string(r)
	}
	return choices(chosen, names, func(r string) string { return staff.Role(r).Name(lang(c)) })
}

// invite makes an account and mails the link by which its password is chosen.
func (o *Office) invite(c echo.Context) error {
	in, err := read(c, []string{"email", "name", "role", "password,raw"})
	if err == nil {
		err = o.prove(c, in["password,raw"])
	}
	if err == nil {
		err = o.change(c, "staff.invite", in["email"], func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			who, err := staff.Invite(ctx, tx, in["email"], in["name"], staff.Role(in["role"]), now)
			if fault.Kind(err) == fault.Conflict {
				err = under("email", asInvalid(err))
			}
			if err != nil {
				return "", err
			}
			return "role: " + in["role"], o.mailStaffLink(ctx, tx, c, who, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showTeam(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, teamPath, "team.invited", "email", in["email"])
}

// asInvalid is a refusal as something wrong with the form that asked.
func asInvalid(err error) error {
	var f *fault.Fault
	if errors.As(err, &f) {
		return fault.New(fault.Invalid, f.Words, f.Args...)
	}
	return err
}

func (o *Office) mailStaffLink(ctx context.Context, tx *db.Tx, c echo.Context, who *staff.Staff, now time.Time) error {
	token, err := staff.Link(ctx, tx, who.ID, outreach.LinkFor(outreach.StaffLink), now)
	if err != nil {
		return err
	}
	return outreach.Enqueue(ctx, tx, outreach.AccountMail{Email: who.Email, Template: outreach.StaffLink, Token: token, Lang: string(lang(c))}, now)
}

// someStaff is the account whose page was asked for.
func (o *Office) someStaff(c echo.Context) (*staff.Staff, error) {
	all, err := staff.List(c.Request().Context(), o.DB)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if strconv.FormatInt(int64(all[i].ID), 10) == c.Param("staff") {
			return &all[i], nil
		}
	}
	return nil, nowhere()
}

// member shows what somebody may do, and where they are signed in.
func (o *Office) member(c echo.Context) error {
	who, err := o.someStaff(c)
	if err != nil {
		return err
	}
	return o.showMember(c, http.StatusOK, who, string(who.Role), nil)
}

const sessionsShown = 20

func (o *Office) showMember(c echo.Context, status int, who *staff.Staff, role string, failure error) error {
	ctx := c.Request().Context()
	open, err := staff.Sessions(ctx, o.DB, who.ID, sessionsShown)
	if err != nil {
		return err
	}
	p := memberPage{Page: page(c, "team.title"), Roles: roleChoices(c, role), Active: who.Active, Proof: !web.Session(c).StaffProved(), Errors: wrong(c, failure)}
	p.Sessions, p.Open = sessionRows(c, open, o.Now())
	if p.Factor, err = staff.HasFactor(ctx, o.DB, who.ID); err != nil {
		return err
	}
	var seen db.Time
	if len(open) > 0 {
		seen = open[0].SeenAt
	}
	p.Row = colleagueRow(c, who, seen)
	p.Page.Title = p.Row.Name
	for _, area := range staff.Areas {
		if !i18n.Has(lang(c), "staff.area."+area.Name) { // what everybody may needs no name
			continue
		}
		if staff.May(who.Role, staff.Permission(area.Name+".read")) {
			room := t(c, "staff.area."+area.Name)
			if !staff.May(who.Role, staff.Permission(area.Name+".write")) {
				room = t(c, "team.room.read", "room", room)
			}
			p.Rooms = append(p.Rooms, room)
		}
	}
	return web.Render(c, status, "admin/member", p)
}

// sessionRows are sign-ins as people read them, and whether one is open.
func sessionRows(c echo.Context, all []staff.Session, now time.Time) (rows []sessionRow, some bool) {
	for i := range all {
		s := &all[i]
		row := sessionRow{Key: s.Key, Browser: staff.Browser(s.Agent), Network: s.Network, Began: s.BeganAt, Seen: s.SeenAt, Open: s.Open(now),
			Own: s.Key == web.Session(c).StaffKey(), State: tag{"plain", t(c, "team.session.over")}}
		if row.Browser == "" {
			row.Browser = t(c, "team.session.unknown")
		}
		switch {
		case row.Own:
			row.State = tag{"ok", t(c, "team.session.own")}
		case row.Open:
			row.State, some = tag{"ok", t(c, "team.session.open")}, true
		case !s.EndedAt.IsZero():
			row.State = tag{"plain", t(c, "team.session.ended")}
		}
		rows = append(rows, row)
	}
	return rows, some
}

// changeMember does what the button says, once the owner typed the password.
func (o *Office) changeMember(c echo.Context) error {
	who, err := o.someStaff(c)
	if err != nil {
		return err
	}
	in, err := read(c, []string{"do", "role", "password,raw"})
	if err == nil {
		err = o.prove(c, in["password,raw"])
	}
	if err == nil {
		err = o.act(c, who, in)
	}
	if fault.Kind(err) == fault.Conflict {
		err = under("role", asInvalid(err))
	}
	if errors.Is(err, fault.Invalid) {
		return o.showMember(c, http.StatusUnprocessableEntity, who, in["role"], err)
	}
	if err != nil {
		return err
	}
	return done(c, teamPath+"/"+c.Param("staff"), "team.done."+in["do"], "name", who.Email)
}

func (o *Office) act(c echo.Context, who *staff.Staff, in inputs) error {
	deed := map[string]func(ctx context.Context, tx *db.Tx, now time.Time) (string, error){
		"role": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			if in["role"] == string(who.Role) {
				return "", nil
			}
			return "role: " + string(who.Role) + " → " + in["role"], staff.SetRole(ctx, tx, who.ID, staff.Role(in["role"]), now)
		},
		"off": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "active: on → off", staff.SetActive(ctx, tx, who.ID, false, now)
		},
		"on": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "active: off → on", staff.SetActive(ctx, tx, who.ID, true, now)
		},
		"link": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "a link to choose a password", o.mailStaffLink(ctx, tx, c, who, now)
		},
		"end": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			n, err := staff.EndOthers(ctx, tx, who.ID, web.Session(c).StaffKey(), now)
			return "sign-ins ended: " + strconv.FormatInt(n, 10), err
		},
		"factor": func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			return "second factor: on → off", staff.DropFactor(ctx, tx, who.ID)
		},
	}[in["do"]]
	if deed == nil {
		return fault.New(fault.Invalid, "error.invalid")
	}
	return o.change(c, "staff."+strings.TrimSpace(in["do"]), who.Email, deed)
}
