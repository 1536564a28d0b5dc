package exchange

import (
	"bufio"
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/owner"
	"regulars/internal/pricing"
	"regulars/internal/setting"
)

// exportFeed writes the Google Merchant product feed: RSS 2.0 with the g:
// names, one item a variant that is published, active and has a price. The
// price is the one the page shows.
func exportFeed(ctx context.Context, q db.Q, w io.Writer, opt ExportOptions) error {
	values, err := setting.Read(ctx, q)
	if err != nil {
		return err
	}
	if opt.Lang == "" {
		opt.Lang = i18n.English
	}
	prefix, name := strings.TrimRight(opt.BaseURL, "/"), values.Get("shop.name")
	page := prefix
	if opt.Lang == i18n.Chinese {
		page, name = prefix+"/zh", values.Get("shop.name.zh")
	}
	tree, err := catalog.LoadTree(ctx, q)
	if err != nil {
		return err
	}
	ways, err := pricing.Methods(ctx, q, opt.Currency, "", "")
	if err != nil {
		return err
	}
	owners, err := owner.Rules(ctx, q)
	if err != nil {
		return err
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s<rss version=\"2.0\" xmlns:g=\"http://base.google.com/ns/1.0\">\n<channel>\n<title>%s</title>\n<link>%s</link>\n<description>%s</description>\n",
		xml.Header, esc(name), esc(page+"/"), esc(name))
	for after := catalog.ProductID(0); ; {
		products, all, err := productsAfter(ctx, q, after, exportPage)
		if err != nil {
			return err
		}
		if len(products) == 0 {
			break
		}
		levels, err := suppliesOf(ctx, q, products)
		if err != nil {
			return err
		}
		for _, p := range products {
			after = p.ID
			if p.Published {
				f := feed{b, all[p.Code], opt, prefix, page, tree, ways, owners}
				f.items(levels)
			}
		}
		if err := b.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprint(b, "</channel>\n</rss>\n")
	return b.Flush()
}

type feed struct {
	w            *bufio.Writer
	p            *stored
	opt          ExportOptions
	prefix, page string
	tree         *catalog.Tree
	ways         []pricing.Method
	owners       map[catalog.VariantID][]owner.Rule // what strangers cannot buy is not offered to them
}

// mostShipping is how many ways of delivery the feed's readers take of an item.
const mostShipping = 100

// shipping says what the item alone costs to be delivered: for each place of a
// zone, and for the most likely country where a delivery goes everywhere.
func (f feed) shipping(price money.Amount) {
	n := 0
	for i := range f.ways {
		m := &f.ways[i]
		zone := m.Zone()
		if len(zone) == 0 {
			zone = []pricing.Place{{Country: pricing.Home(m.Currency)}}
		}
		for _, p := range zone {
			if n++; n > mostShipping {
				return
			}
			region := ""
			if p.Region != "" {
				region = "<g:region>" + esc(p.Region) + "</g:region>"
			}
			fmt.Fprintf(f.w, "<g:shipping><g:country>%s</g:country>%s<g:service>%s</g:service><g:price>%s %s</g:price></g:shipping>\n",
				esc(p.Country), region, esc(m.Name.In(f.opt.Lang)), m.Cost(price).Decimal(m.Currency), m.Currency)
		}
	}
}

func (f feed) items(left map[catalog.VariantID]catalog.Supply) {
	many := 0
	for _, v := range f.p.Variants {
		if _, priced := v.Prices[f.opt.Currency]; v.Active && priced && len(f.owners[v.ID]) == 0 {
			many++
		}
	}
	for _, v := range f.p.Variants {
		if price, priced := f.p.asked[v.ID][f.opt.Currency]; v.Active && priced && price.Amount > 0 && len(f.owners[v.ID]) == 0 {
			f.item(v, price, left, many > 1)
		}
	}
}

func (f feed) item(v catalog.DraftVariant, price catalog.PriceIn, left map[catalog.VariantID]catalog.Supply, grouped bool) {
	fmt.Fprint(f.w, "<item>\n")
	tag := func(name, value string) {
		if value != "" {
			fmt.Fprintf(f.w, "<g:%s>%s</g:%s>\n", name, esc(value), name)
		}
	}
	title := f.p.Name.In(f.opt.Lang)
	link := f.page + "/p/" + f.p.Slug
	if grouped {
		if words := catalog.ChoiceText(f.p.Options, v.Choices).In(f.opt.Lang); words != "" {
			title += " – " + words
		}
		link += "?sku=" + v.SKU
	}
	about := f.p.About.In(f.opt.Lang)
	if about == "" {
		about = f.p.Line.In(f.opt.Lang)
	}
	if about == "" {
		about = title
	}
	tag("id", v.SKU)
	tag("title", cut(title, 150))
	tag("description", cut(about, 5000))
	tag("link", link)
	if len(f.p.Images) > 0 {
		if src := f.p.Images[0].WithAccent(v.Accent).Src; strings.HasPrefix(src, "media:") {
			tag("image_link", f.prefix+"/media/"+strings.TrimPrefix(src, "media:"))
		} else if piece, ok := strings.CutPrefix(src, "art:"); ok {
			if drawn, _, _, err := art.ParsePath(piece + "-" + string(art.Whole)); err == nil {
				tag("image_link", f.prefix+"/art/"+art.Picture(drawn.Path(art.Whole, false), 1200))
			}
		}
	}
	availability, due := left[v.ID].Listed(f.opt.Now)
	tag("availability", availability)
	if !due.IsZero() {
		tag("availability_date", due.UTC().Format(time.RFC3339))
	}
	shown := func(a money.Amount) string { return a.Decimal(f.opt.Currency) + " " + string(f.opt.Currency) }
	if price.Was > price.Amount {
		tag("price", shown(price.Was))
		tag("sale_price", shown(price.Amount))
	} else {
		tag("price", shown(price.Amount))
	}
	if !f.p.Digital {
		f.shipping(price.Amount)
	}
	tag("condition", "new")
	tag("brand", f.p.Brand)
	tag("mpn", v.SKU)
	if grouped {
		tag("item_group_id", f.p.Code)
	}
	if f.p.Product.CategoryID != nil {
		var path []string
		for _, c := range f.tree.Path(*f.p.Product.CategoryID) {
			path = append(path, c.Name.In(f.opt.Lang))
		}
		tag("product_type", strings.Join(path, " > "))
	}
	fmt.Fprint(f.w, "</item>\n")
}

func esc(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s))
	return b.String()
}
