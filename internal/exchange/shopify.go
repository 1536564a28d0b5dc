package exchange

import (
	"fmt"
	"strings"

	"golang.org/x/net/html"

	"regulars/internal/catalog"
)

// shopify reads a product export of Shopify with its classic header or the
// current one. Rows of one handle are one product; a row without a variant is
// one more picture. Pictures on other hosts are not fetched: the shop shows
// nothing from elsewhere.
func (j *job) shopify() error {
	last, variants := "", 0
	return j.productRows(func(r row) (string, []cells) {
		either := func(names ...string) (string, bool) {
			for _, n := range names {
				if r.has(n) {
					return strings.TrimPrefix(strings.TrimSpace(string(r.raw(n))), "'"), true
				}
			}
			return "", false
		}
		get := func(names ...string) string { s, _ := either(names...); return s }
		handle, title := get("handle", "urlhandle"), get("title")
		code := handle
		if code == "" && title != "" {
			code = catalog.Slug(title)
		}
		first := code != "" && code != last
		if code == "" {
			code = last
		}
		if first {
			last, variants = code, 0
		}
		if src := get("imagesrc", "productimageurl"); src != "" && !r.broken {
			j.sum.Skipped["picture on another host, not fetched"]++
		}
		price, sku := get("variantprice", "price"), get("variantsku", "sku")
		if !first && price == "" && sku == "" && get("option1value") == "" {
			return code, nil
		}
		variants++
		c := cells{r.line, map[string]string{}}
		copyTo := func(name string, from ...string) {
			if s, ok := either(from...); ok {
				c.m[name] = s
			}
		}
		if first {
			c.m["slug"] = catalog.Slug(code)
			copyTo("name_en", "title")
			copyTo("brand", "vendor")
			copyTo("synonyms", "tags")
			if s, ok := c.m["synonyms"]; ok {
				c.m["synonyms"] = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ',' }), " ")
			}
			if s, ok := either("body(html)", "description"); ok {
				c.m["about_en"] = plainText(s)
			}
			if kind := get("type", "producttype"); kind != "" {
				c.m["category"] = kind
			} else {
				copyTo("category", "productcategory")
			}
			if on, ok := shopifyPublished(either); ok {
				c.m["published"] = on
			}
			if g := strings.ToLower(get("giftcard")); g == "true" {
				c.m["digital"], c.m["gift_card"] = "yes", "yes"
			}
		}
		for n := 1; n <= 3; n++ {
			name, value := get(fmt.Sprintf("option%dname", n)), get(fmt.Sprintf("option%dvalue", n))
			if name == "Title" && value == "Default Title" {
				name, value = "", ""
			}
			c.m[fmt.Sprintf("option%d_name", n)], c.m[fmt.Sprintf("option%d_value", n)] = name, value
		}
		if sku == "" {
			sku = code
			if variants > 1 {
				sku = fmt.Sprintf("%s-%d", code, variants)
			}
		}
		c.m["sku"] = sku
		copyTo("price", "variantprice", "price")
		copyTo("was", "variantcompareatprice", "compareatprice")
		copyTo("cost", "costperitem")
		if qty, ok := either("variantinventoryqty", "inventoryquantity"); ok {
			c.m["stock"] = shopifyStock(qty, either)
		}
		return code, []cells{c}
	})
}

type lookup func(...string) (string, bool)

func shopifyPublished(either lookup) (string, bool) {
	published, hasFlag := either("published", "publishedononlinestore")
	status, hasStatus := either("status")
	on := (!hasFlag || !strings.EqualFold(published, "false")) && (!hasStatus || status == "" || strings.EqualFold(status, "active"))
	return yes(on), hasFlag || hasStatus
}

// shopifyStock: a variant that nobody counts there, or that is sold when it
// is out, is not counted here.
func shopifyStock(qty string, either lookup) string {
	if tracker, ok := either("variantinventorytracker", "inventorytracker"); ok && tracker == "" {
		return ""
	}
	if policy, _ := either("variantinventorypolicy", "continuesellingwhenoutofstock"); strings.EqualFold(policy, "continue") || strings.EqualFold(policy, "true") {
		return ""
	}
	if strings.HasPrefix(qty, "-") {
		return "0" // oversold there
	}
	return qty
}

// plainText is the text of a piece of HTML: paragraphs and list items on lines
// of their own, no markup, nothing of scripts and styles.
func plainText(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	var b strings.Builder
	hidden := 0
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tidyLines(b.String())
		case html.TextToken:
			if hidden == 0 {
				b.WriteString(strings.Join(strings.FieldsFunc(string(z.Text()), func(r rune) bool { return r == '\n' || r == '\r' }), " "))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style", "iframe", "noscript", "template":
				hidden++
			case "br", "p", "div", "ul", "ol", "table", "tr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote":
				b.WriteByte('\n')
			case "li":
				b.WriteString("\n- ")
			case "td", "th":
				b.WriteByte(' ')
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			switch string(name) {
			case "script", "style", "iframe", "noscript", "template":
				hidden = max(0, hidden-1)
			case "p", "div", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote":
				b.WriteByte('\n')
			}
		}
	}
}

func tidyLines(s string) string {
	var lines []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" && line != "-" {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
