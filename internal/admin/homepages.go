package admin

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/homepage"
	"regulars/internal/i18n"
	"regulars/internal/segment"
	"regulars/internal/web"
)

type homepagesPage struct {
	web.Page
	Rows      []homeRow
	Write     bool
	Free      int
	In        inputs
	Errors    web.FormErrors
	Audiences []choice
	Starts    []choice
}

type homeRow struct {
	Key, URL, Name, Audience, Who, Sections, Days string
	Members                                       int // -1: everybody else
	State                                         tag
	Draft, First, Last                            bool
}

func homePath(key string) string { return "/admin/homepages/" + key }

// homepages lists the home pages in the order in which they are asked.
func (o *Office) homepages(c echo.Context) error {
	return o.showHomepages(c, http.StatusOK, inputs{}, nil)
}

func (o *Office) showHomepages(c echo.Context, status int, in inputs, failure error) error {
	ctx := c.Request().Context()
	all, err := homepage.List(ctx, o.DB)
	if err != nil {
		return err
	}
	kinds, err := segment.List(ctx, o.DB)
	if err != nil {
		return err
	}
	members, err := segment.Counts(ctx, o.DB)
	if err != nil {
		return err
	}
	tree, err := catalog.LoadTree(ctx, o.DB)
	if err != nil {
		return err
	}
	p := homepagesPage{Page: page(c, "staff.area.homepages"), Write: o.may(c, "homepages.write"), Free: homepage.Most - len(all), In: in, Errors: wrong(c, failure)}
	p.Audiences = audienceChoices(c, kinds, in["audience"])
	p.Starts = []choice{{"", t(c, "admin.home.start.audience"), in["start"] == ""}}
	for i, v := range all {
		row := o.homeRow(c, &all[i], kinds, tree)
		row.Members = members[v.Audience]
		if v.Audience == "" {
			row.Members = -1
		}
		row.First, row.Last = i == 0, i >= len(all)-2
		p.Rows = append(p.Rows, row)
		p.Starts = append(p.Starts, choice{v.Key, t(c, "admin.home.start.copy", "name", row.Name), in["start"] == v.Key})
	}
	return web.Render(c, status, "admin/homepages", p)
}

func (o *Office) homeRow(c echo.Context, v *homepage.Variant, kinds []segment.Segment, tree *catalog.Tree) homeRow {
	l := lang(c)
	row := homeRow{Key: v.Key, URL: homePath(v.Key), Name: v.Name.In(l), Draft: !v.DraftAt.IsZero(), Members: -1}
	row.State = o.homeState(c, v, kinds)
	row.Audience, row.Who = audience(c, v, kinds, tree)
	var names []string
	for _, s := range v.Page.Sections {
		names = append(names, sectionName(c, s))
	}
	row.Sections = listed(l, names)
	if v.StartsOn != "" || v.EndsOn != "" {
		row.Days = t(c, "admin.home.days", "from", cmpDay(c, v.StartsOn), "to", cmpDay(c, v.EndsOn))
	}
	return row
}

func cmpDay(c echo.Context, day string) string {
	if day == "" {
		return t(c, "admin.home.open")
	}
	return day
}

// listed joins names as the language does.
func listed(l i18n.Lang, names []string) (out string) {
	sep := ", "
	if l == i18n.Chinese {
		sep = "、"
	}
	for i, n := range names {
		if i > 0 {
			out += sep
		}
		out += n
	}
	return out
}

func sectionName(c echo.Context, s homepage.Section) string {
	if name := s.Title.In(lang(c)); name != "" && !homepage.Own(s.Kind) {
		return name
	}
	return t(c, "admin.shelf."+s.Kind)
}

// audience says for whom a variant is: a name, and the rule as a sentence.
func audience(c echo.Context, v *homepage.Variant, kinds []segment.Segment, tree *catalog.Tree) (name, who string) {
	switch i := slices.IndexFunc(kinds, func(g segment.Segment) bool { return g.Key == v.Audience }); {
	case v.Key == homepage.Default:
		return t(c, "admin.home.rest"), t(c, "admin.rule.default")
	case v.Audience == "":
		return t(c, "admin.home.everybody"), ""
	case i < 0:
		return v.Audience, t(c, "admin.home.gone")
	default:
		return kinds[i].Name.In(lang(c)), segment.NewBook(kinds, tree).Sentence(lang(c), kinds[i].Rule)
	}
}

// homeState is what the public sees of a variant today.
func (o *Office) homeState(c echo.Context, v *homepage.Variant, kinds []segment.Segment) tag {
	today := o.Now().In(o.Settings.Now().Zone()).Format(time.DateOnly)
	gone := v.Audience != "" && !slices.ContainsFunc(kinds, func(g segment.Segment) bool { return g.Key == v.Audience && g.ArchivedAt.IsZero() })
	switch {
	case !v.Written() && v.Key != homepage.Default:
		return tag{"", t(c, "admin.home.unpublished")}
	case !v.Active:
		return tag{"", t(c, "admin.home.off")}
	case gone:
		return tag{"error", t(c, "admin.home.gone.tag")}
	case v.Live(today):
		return tag{"ok", t(c, "admin.home.live")}
	case v.EndsOn != "" && v.EndsOn < today:
		return tag{"", t(c, "admin.home.over")}
	}
	return tag{"info", t(c, "admin.home.waits", "day", v.StartsOn)}
}

func audienceChoices(c echo.Context, kinds []segment.Segment, chosen string) []choice {
	out := []choice{{"", t(c, "admin.home.everybody"), chosen == ""}}
	for _, g := range kinds {
		if offered(g, chosen) {
			out = append(out, choice{g.Key, g.Name.In(lang(c)), g.Key == chosen})
		}
	}
	return out
}

// addHomepage makes a new variant, off and as a draft.
func (o *Office) addHomepage(c echo.Context) error {
	in, err := read(c, []string{"name_en", "name_zh", "audience", "start"})
	v := &homepage.Variant{Name: i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, Audience: in["audience"], Key: catalog.Slug(in["name_en"])}
	v.Key = v.Key[:min(len(v.Key), 40)]
	if err == nil {
		err = o.change(c, "home.add", v.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
			v.Page = homepage.Page{}
			if err := o.startPage(ctx, tx, v, in["start"]); err != nil {
				return "", err
			}
			return v.Key, homepage.Add(ctx, tx, v, now)
		})
	}
	if errors.Is(err, fault.Invalid) {
		return o.showHomepages(c, http.StatusUnprocessableEntity, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, homePath(v.Key), "admin.home.added")
}

// startPage is what a new variant's draft begins with: the page of another
// one, or the words that its audience has.
func (o *Office) startPage(ctx context.Context, q db.Q, v *homepage.Variant, from string) error {
	if from != "" {
		other, err := homepage.ByKey(ctx, q, from)
		if err != nil {
			return err
		}
		v.Page = other.Page
	}
	kinds, err := segment.List(ctx, q)
	if err != nil {
		return err
	}
	known := v.Audience == ""
	for _, g := range kinds {
		if g.Key == v.Audience && g.Key != segment.Default {
			v.Page.Title, v.Page.Lead, known = g.Title, g.Why, true
		}
	}
	if !known {
		var form fault.Form
		form.Wrong("audience", "admin.home.gone")
		return form.Err()
	}
	return nil
}

// placeHomepage says for whom and on which days a variant is, turns it on and
// off, moves it among the others, or removes it.
func (o *Office) placeHomepage(c echo.Context) error {
	ctx := c.Request().Context()
	v, err := homepage.ByKey(ctx, o.DB, param(c, "variant"))
	if err != nil {
		return err
	}
	in, err := read(c, []string{"do", "name_en", "name_zh", "audience", "starts_on", "ends_on"})
	if err != nil {
		return err
	}
	act, back := in["do"], homePath(v.Key)
	err = o.change(c, "home.place", v.Name.En, func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		switch act {
		case "on", "off":
			return act, homepage.Switch(ctx, tx, v.Key, act == "on", now)
		case "up", "down":
			back = "/admin/homepages"
			return act, homepage.Move(ctx, tx, v.Key, act == "up", now)
		case "remove":
			back = "/admin/homepages"
			return act, homepage.Drop(ctx, tx, v.Key)
		case "place":
			next := *v
			next.Name, next.Audience, next.StartsOn, next.EndsOn = i18n.Text{En: in["name_en"], Zh: in["name_zh"]}, in["audience"], in["starts_on"], in["ends_on"]
			return next.Audience + " " + next.StartsOn + "–" + next.EndsOn, homepage.Place(ctx, tx, &next, now)
		}
		return "", fault.New(fault.Invalid, "error.invalid")
	})
	if fault.Fields(err) != nil && act == "place" {
		return o.showHome(c, http.StatusUnprocessableEntity, v, nil, in, err)
	}
	if err != nil {
		return err
	}
	return done(c, back, "admin.home.done."+act)
}
