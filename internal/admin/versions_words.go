package admin

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// saying is one thing that a product says of itself, in words.
type saying struct{ key, label, value string }

// sayings puts a whole product into words, one line a thing that can change.
func sayings(c echo.Context, d catalog.Draft, tree *catalog.Tree) []saying {
	var out []saying
	add := func(key, label, value string) { out = append(out, saying{key, label, value}) }
	field := func(name, value string) { add(name, t(c, "admin.field."+name), value) }
	field("name_en", d.Name.En)
	field("name_zh", d.Name.Zh)
	field("line_en", d.Line.En)
	field("line_zh", d.Line.Zh)
	field("about_en", d.About.En)
	field("about_zh", d.About.Zh)
	field("slug", d.Slug)
	field("brand", d.Brand)
	field("synonyms", d.Synonyms)
	field("category", categoryWay(c, tree, d.CategoryID))
	field("tier", t(c, "admin.tier."+d.Tier))
	field("tax_class", t(c, "admin.tax-class."+d.TaxClass))
	field("max_qty", strconv.Itoa(d.MaxQty))
	field("refill_days", strconv.Itoa(d.RefillDays))
	for _, flag := range []struct {
		name string
		on   bool
	}{{"published", d.Published}, {"durable", d.Durable}, {"sensitive", d.Sensitive}, {"gift", d.Gift}, {"digital", d.Digital}, {"gift_card", d.GiftCard}} {
		add(flag.name, t(c, "admin.flag."+flag.name), yesOrNo(c, flag.on))
	}
	for _, o := range d.Options {
		var names []string
		for _, k := range o.Choices {
			names = append(names, bothWays(k.Name))
		}
		add("option:"+o.Code, t(c, "version.option", "name", o.Name), bothWays(o.Name)+": "+strings.Join(names, ", "))
	}
	out = append(out, variantSayings(c, d)...)
	facts := map[string][]string{}
	var keys []string
	names := map[string]i18n.Text{}
	for _, f := range d.Facts {
		if _, ok := facts[f.Key]; !ok {
			keys = append(keys, f.Key)
			names[f.Key] = f.Name
		}
		facts[f.Key] = append(facts[f.Key], bothWays(f.Value))
	}
	for _, k := range keys {
		add("fact:"+k, t(c, "version.fact", "name", names[k]), strings.Join(facts[k], ", "))
	}
	var pictures []string
	for _, i := range d.Images {
		pictures = append(pictures, i.Src+" "+bothWays(i.Alt))
	}
	add("pictures", t(c, "version.pictures"), strings.Join(pictures, "; "))
	return out
}

func variantSayings(c echo.Context, d catalog.Draft) []saying {
	var out []saying
	for _, v := range d.Variants {
		words := catalog.ChoiceText(d.Options, v.Choices).In(lang(c))
		if words == "" {
			words = v.SKU
		}
		if !v.Active {
			words += " — " + t(c, "version.unsold")
		}
		out = append(out, saying{"variant:" + v.SKU, t(c, "version.variant", "sku", v.SKU), words})
		currencies := make([]money.Currency, 0, len(v.Prices))
		for k := range v.Prices {
			currencies = append(currencies, k)
		}
		slices.Sort(currencies)
		for _, k := range currencies {
			price := v.Prices[k]
			asked := i18n.Money(lang(c), money.Price{Amount: price.Amount, Currency: k})
			if price.Was > 0 {
				asked = t(c, "version.price.was", "price", asked, "was", i18n.Money(lang(c), money.Price{Amount: price.Was, Currency: k}))
			}
			out = append(out, saying{fmt.Sprintf("price:%s:%s", v.SKU, k), t(c, "version.price", "sku", v.SKU, "currency", string(k)), asked})
		}
	}
	return out
}

// bothWays is a text in both languages where they differ.
func bothWays(text i18n.Text) string {
	if text.Zh == "" || text.Zh == text.En {
		return text.En
	}
	if text.En == "" {
		return text.Zh
	}
	return text.En + " / " + text.Zh
}

func yesOrNo(c echo.Context, on bool) string {
	if on {
		return t(c, "admin.yes")
	}
	return t(c, "admin.no")
}

// categoryWay is a category with those above it.
func categoryWay(c echo.Context, tree *catalog.Tree, id *catalog.CategoryID) string {
	if id == nil {
		return ""
	}
	var names []string
	for _, k := range tree.Path(*id) {
		names = append(names, k.Name.In(lang(c)))
	}
	if names == nil {
		return t(c, "version.category.gone")
	}
	return strings.Join(names, " › ")
}

// different lists what an earlier and a later state say otherwise, in the
// order of the later one, with what only the earlier had at the end.
func different(before, after []saying) []difference {
	had, has := map[string]saying{}, map[string]bool{}
	for _, s := range before {
		had[s.key] = s
	}
	var out []difference
	for _, s := range after {
		has[s.key] = true
		if was := had[s.key]; was.value != s.value {
			out = append(out, difference{s.label, was.value, s.value})
		}
	}
	for _, s := range before {
		if !has[s.key] && s.value != "" {
			out = append(out, difference{s.label, s.value, ""})
		}
	}
	return out
}

// firstLabels names the first three of what changed and counts the rest.
func firstLabels(c echo.Context, all []difference) (string, int) {
	var names []string
	for _, d := range all[:min(3, len(all))] {
		names = append(names, d.Label)
	}
	return strings.Join(names, t(c, "shop.comma")), max(0, len(all)-3)
}

func wayOf(way string) string {
	switch way {
	case "office", "import", "undo", "schedule":
		return way
	}
	return "other"
}

func dateTime(c echo.Context, at db.Time, zone *time.Location) string {
	return i18n.DateTime(lang(c), at.In(zone))
}
