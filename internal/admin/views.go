package admin

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/staff"
	"regulars/internal/web"
)

// savedList is a list whose filters can be kept: where it is, and which parts
// of its address are kept. The words of a search are kept only where nobody
// searches for people.
type savedList struct {
	path string
	keep []string
}

var savedLists = map[string]savedList{
	"orders":      {"/admin/orders", []string{"state", "simulated", "since", "until"}},
	"products":    {"/admin/products", []string{"q", "state", "sort"}},
	"customers":   {"/admin/customers", []string{"state", "tier", "class", "country", "in", "consent", "last", "sort"}},
	"stock":       {"/admin/stock", []string{"q", "state"}},
	"abandonment": {reportPath, []string{"f", "a", "b"}},
}

// kept is what of an address a view of the list keeps, in one order.
func (l savedList) kept(q url.Values) string {
	out := url.Values{}
	for _, name := range l.keep {
		for _, v := range q[name] {
			if v = strings.TrimSpace(v); v != "" && len(v) <= 200 {
				out.Add(name, v)
			}
		}
	}
	return out.Encode()
}

// saved is the row of views above a list: the chips, and where one is made.
type saved struct {
	Chips []chip
	New   string
}

// views reads the views of a list for whoever is at work.
func (o *Office) views(c echo.Context, list string) (saved, error) {
	who, err := o.who(c)
	if err != nil || who == nil {
		return saved{}, err
	}
	all, err := staff.Views(c.Request().Context(), o.DB, who.ID, list)
	l := savedLists[list]
	now := l.kept(c.QueryParams())
	var s saved
	if now != "" || len(all) > 0 {
		s.New = "/admin/views?" + url.Values{"list": {list}, "keep": {now}}.Encode()
	}
	if len(all) > 0 {
		s.Chips = append(s.Chips, chip{l.path + "?view=all", t(c, "view.all"), now == "" && c.QueryParam("q") == ""})
	}
	for _, v := range all {
		s.Chips = append(s.Chips, chip{l.at(c, v), v.Name, v.Query == now && now != ""})
	}
	return s, err
}

// at is the address of a list under a view. Its token keeps the address from
// being that of the bare list, which opens with somebody's own.
func (l savedList) at(c echo.Context, v staff.View) string {
	q, _ := url.ParseQuery(v.Query)
	if l.path == reportPath {
		for _, name := range []string{"from", "to", "simulated"} { // a view of the report is laid over the days at hand
			if day := c.QueryParam(name); day != "" {
				q.Set(name, day)
			}
		}
	}
	q.Set("view", v.Token)
	return l.path + "?" + q.Encode()
}

// opensWith is where the bare address of a list leads for somebody who chose a
// view for it; "" is the list itself.
func (o *Office) opensWith(c echo.Context, list string) (string, error) {
	q := c.QueryParams()
	for name := range q {
		if name != "lang" { // guard has kept it
			return "", nil
		}
	}
	who, err := o.who(c)
	if err != nil || who == nil {
		return "", err
	}
	all, err := staff.Views(c.Request().Context(), o.DB, who.ID, list)
	if i := slices.IndexFunc(all, func(v staff.View) bool { return v.First }); i >= 0 {
		return savedLists[list].at(c, all[i]), err
	}
	return "", err
}

type (
	viewsPage struct {
		web.Page
		Errors          web.FormErrors
		List, Path      string // the list by its key, and where it is
		ListName        string
		Keep, Says      string // what the new view would keep
		Name            string
		Everybody, Open bool
		MayShare        bool
		Rows            []savedRow
	}
	savedRow struct {
		Token, URL, Name, Whose, Says string
		First, Drop                   bool
	}
)

// allViews shows the views of a list and the form of a new one.
func (o *Office) allViews(c echo.Context) error {
	keep, _ := url.ParseQuery(c.QueryParam("keep"))
	return o.showViews(c, http.StatusOK, viewIn{List: c.QueryParam("list"), Query: keep.Encode()}, nil)
}

type viewIn struct {
	List  string `form:"list,max=20"`
	Name  string `form:"name,max=200"`
	Query string `form:"query,max=2000"`
	Whose string `form:"whose,max=20"`
	First bool   `form:"first"`
}

func (o *Office) showViews(c echo.Context, status int, in viewIn, failure error) error {
	l, who, err := o.room(c, &in.List)
	if err != nil {
		return err
	}
	typed, _ := url.ParseQuery(in.Query)
	p := viewsPage{Page: page(c, "view.title"), Errors: wrong(c, failure), List: in.List, Path: l.path + "?view=all", ListName: t(c, "staff.area."+in.List),
		Keep: l.kept(typed), Name: in.Name, Everybody: in.Whose == "everybody", Open: in.First, MayShare: o.may(c, staff.Permission(in.List+".write"))}
	p.Says = filterWords(c, in.List, p.Keep)
	all, err := staff.Views(c.Request().Context(), o.DB, who.ID, in.List)
	for _, v := range all {
		row := savedRow{Token: v.Token, URL: l.at(c, v), Name: v.Name, Whose: t(c, "view.whose.mine"), Says: filterWords(c, in.List, v.Query), First: v.First, Drop: v.Whose == who.ID || p.MayShare}
		if v.Whose == 0 {
			row.Whose = t(c, "view.whose.everybody")
		}
		p.Rows = append(p.Rows, row)
	}
	if err != nil {
		return err
	}
	return web.Render(c, status, "admin/views", p)
}

// filterWords writes filters for people: the name of each and what it is set to.
func filterWords(c echo.Context, list, query string) string {
	q, _ := url.ParseQuery(query)
	var parts []string
	for _, name := range savedLists[list].keep {
		for _, v := range q[name] {
			for _, key := range []string{"admin." + list + "." + v, "admin." + name + "." + v} {
				if (name == "state" || name == "simulated") && i18n.Has(lang(c), key) {
					v = t(c, key)
				}
			}
			parts = append(parts, t(c, "view.says", "name", t(c, "view.filter."+name), "value", v))
		}
	}
	if len(parts) == 0 {
		return t(c, "view.says.all")
	}
	return strings.Join(parts, " · ")
}

// room is a list that whoever is at work may read; else it does not exist.
// Without a name it is the first they may.
func (o *Office) room(c echo.Context, list *string) (savedList, *staff.Staff, error) {
	for _, name := range []string{"orders", "products", "customers", "stock", "abandonment"} {
		if *list == "" && o.may(c, staff.Permission(name+".read")) {
			*list = name
		}
	}
	l, ok := savedLists[*list]
	who, err := o.who(c)
	if err == nil && (!ok || who == nil || !o.may(c, staff.Permission(*list+".read"))) {
		err = nowhere()
	}
	return l, who, err
}

// saveView keeps the filters of a list under a name.
func (o *Office) saveView(c echo.Context) error {
	var in viewIn
	if err := web.Form(c, &in); err != nil {
		return err
	}
	l, who, err := o.room(c, &in.List)
	if err != nil {
		return err
	}
	typed, _ := url.ParseQuery(in.Query)
	v := staff.View{List: in.List, Name: in.Name, Query: l.kept(typed), MadeBy: who.ID, Whose: who.ID}
	if in.Whose == "everybody" {
		if v.Whose = 0; !o.may(c, staff.Permission(in.List+".write")) {
			return nowhere()
		}
	}
	err = o.change(c, "view.save", in.List, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		var err error
		if v.Token, err = staff.SaveView(ctx, tx, v, now); err == nil && in.First {
			err = staff.OpenWith(ctx, tx, who.ID, in.List, v.Token)
		}
		return strings.TrimSpace(in.Name) + ": " + v.Query, err
	})
	if fault.Kind(err) == fault.Invalid {
		return o.showViews(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, l.at(c, v), "view.done", "name", strings.TrimSpace(in.Name))
}

// actOnView takes a view away, or makes it the one with which its list opens.
func (o *Office) actOnView(c echo.Context) error {
	who, err := o.who(c)
	if err != nil {
		return err
	}
	v, err := staff.ViewBy(c.Request().Context(), o.DB, who.ID, c.Param("view"))
	if fault.Kind(err) == fault.NotFound { // gone is what was asked, also by a second click
		return done(c, "/admin", "view.gone")
	}
	if err != nil {
		return err
	}
	if _, _, err := o.room(c, &v.List); err != nil {
		return err
	}
	act := c.Param("act")
	mayDrop := v.Whose == who.ID || o.may(c, staff.Permission(v.List+".write"))
	if !slices.Contains([]string{"drop", "first", "last"}, act) || act == "drop" && !mayDrop {
		return nowhere()
	}
	err = o.change(c, "view."+act, v.List, func(ctx context.Context, tx *db.Tx, _ time.Time) (string, error) {
		switch act {
		case "drop":
			return v.Name, staff.DropView(ctx, tx, v.Token)
		case "first":
			return v.Name, staff.OpenWith(ctx, tx, who.ID, v.List, v.Token)
		}
		return v.Name, staff.OpenWith(ctx, tx, who.ID, v.List, "")
	})
	if err != nil {
		return err
	}
	return done(c, "/admin/views?"+url.Values{"list": {v.List}}.Encode(), "view."+act+".done", "name", v.Name)
}
