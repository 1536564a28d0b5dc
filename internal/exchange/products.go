package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
	"regulars/internal/setting"
)

// ProductHeader is the header of our product files: one row a variant, the
// rows of a product together, what belongs to the product in its first row.
// code alone is needed. A column that is not there keeps what the shop has, an
// empty cell clears it; a price cannot be cleared. A new product is published
// unless the file says no. stock is what lies on the shelf, empty = not
// counted. category is a path of English names, "Home > Candles", made where
// it does not exist. images are art: or media: names with blanks between.
// components make a variant a bundle: "CUP SPOON*2" are a cup and two spoons.
// cost is what a unit costs the shop, in its own currency.
// Facts and moments are not in the file and stay as they are.
var ProductHeader = []string{"code", "slug", "category", "name_en", "name_zh", "line_en", "line_zh", "about_en", "about_zh", "brand", "published",
	"option1_name", "option1_name_zh", "option1_value", "option1_value_zh", "option2_name", "option2_name_zh", "option2_value", "option2_value_zh",
	"option3_name", "option3_name_zh", "option3_value", "option3_value_zh", "sku", "active", "accent", "price", "was", "currency", "cost", "stock",
	"tier", "durable", "refill_days", "sensitive", "gift", "digital", "gift_card", "max_qty", "tax_class", "synonyms", "images", "components"}

const productBatch = 200

// cells are the columns of one row that the file has, by our names.
type cells struct {
	line int
	m    map[string]string
}

func (c cells) has(name string) bool   { _, ok := c.m[name]; return ok }
func (c cells) key(name string) string { return strings.TrimSpace(c.m[name]) }

// group is the rows of one product.
type group struct {
	code string
	rows []cells
	bad  bool
}

func (j *job) products() error {
	return j.productRows(func(r row) (string, []cells) {
		c := cells{r.line, map[string]string{}}
		for _, name := range ProductHeader {
			if f := fold(name); r.has(f) {
				c.m[name] = r.text(f)
			}
		}
		return r.key("code"), []cells{c}
	})
}

// productRows gathers the rows of each product, as turn makes them, and writes
// products in batches.
func (j *job) productRows(turn func(row) (string, []cells)) error {
	var batch []group
	seen := map[string]bool{}
	err := j.each(func(r row) error {
		code, rows := "", []cells(nil)
		if r.fields != nil {
			code, rows = turn(r)
		}
		last := len(batch) - 1
		switch {
		case r.broken:
			if last >= 0 && (code == "" || batch[last].code == code) {
				batch[last].bad = true
			} else if code != "" {
				batch = append(batch, group{code: code, bad: true})
			}
			return nil
		case code == "":
			j.sum.wrong(r.line, "exchange.product.code")
			return nil
		case last >= 0 && batch[last].code == code:
			batch[last].rows = append(batch[last].rows, rows...)
			return nil
		case seen[code]:
			j.sum.wrong(r.line, "exchange.product.apart", "code", code)
			return nil
		}
		seen[code] = true
		if len(batch) >= productBatch {
			if err := j.writeProducts(batch); err != nil {
				return err
			}
			batch = batch[:0]
		}
		batch = append(batch, group{code: code, rows: rows})
		return nil
	})
	if err != nil {
		return err
	}
	if err := j.writeProducts(batch); err != nil {
		return err
	}
	return j.linkAll()
}

func (j *job) writeProducts(batch []group) error {
	if err := j.ensureCurrency(batch); err != nil {
		return err
	}
	for _, g := range batch {
		if g.bad && len(g.rows) > 0 {
			j.sum.Skipped["row of a product that was left out"] += len(g.rows)
		}
	}
	var created, updated, unchanged int
	sum, links := *j.sum, len(j.links)
	err := j.inTx(func(tx *db.Tx) error {
		*j.sum, created, updated, unchanged = sum, 0, 0, 0 // the batch may be run again
		j.links = j.links[:links]
		tree, err := catalog.LoadTree(j.ctx, tx)
		if err != nil {
			return err
		}
		have, err := storedDrafts(j.ctx, tx, codesOf(batch))
		if err != nil {
			return err
		}
		before, err := j.before(tx, have, tree)
		if err != nil {
			return err
		}
		var drafts []catalog.Draft
		var from []group
		for _, g := range batch {
			if g.bad || len(g.rows) == 0 {
				continue
			}
			m := &merge{job: j, tx: tx, tree: &tree, g: g}
			d, err := m.draft(have[g.code])
			if err != nil {
				return err
			}
			if d != nil {
				drafts, from = append(drafts, *d), append(from, g)
			}
		}
		outcomes, err := catalog.PutMany(j.ctx, tx, drafts, j.opt.Now)
		if err != nil {
			return err
		}
		var made []written
		for i, o := range outcomes {
			if o.Err != nil {
				if err := j.sum.refuse(from[i].rows[0].line, o.Err); err != nil {
					return err
				}
				continue
			}
			moved, err := j.count(tx, drafts[i], from[i], o.Variants)
			if err == nil {
				var dearer bool
				dearer, err = j.costs(tx, drafts[i], from[i], o.Variants)
				moved = moved || dearer
			}
			switch {
			case err != nil:
				return err
			case o.Change == catalog.Created:
				created++
			case o.Change == catalog.Updated || moved:
				updated++
			default:
				unchanged++
			}
			j.inside(drafts[i], from[i], o.Change == catalog.Unchanged && !moved)
			if j.opt.wrote != nil && (o.Change != catalog.Unchanged || moved) {
				made = append(made, j.written(drafts[i], o.Change == catalog.Created, before[drafts[i].Code]))
			}
		}
		if j.opt.wrote != nil && len(made) > 0 {
			return j.opt.wrote(tx, made)
		}
		return nil
	})
	j.sum.Created += created
	j.sum.Updated += updated
	j.sum.Unchanged += unchanged
	return err
}

func codesOf(batch []group) []string {
	codes := make([]string, len(batch))
	for i, g := range batch {
		codes[i] = g.code
	}
	return codes
}

// ensureCurrency settles what currency rows without one are in. A shop that
// sells nothing yet takes the file's as its own.
func (j *job) ensureCurrency(batch []group) error {
	if len(batch) > 0 && len(batch[0].rows) > 0 {
		if c, err := money.ParseCurrency(batch[0].rows[0].key("currency")); err == nil {
			if err := j.takeCurrency(c); err != nil {
				return err
			}
		}
	}
	if j.opt.Currency != "" {
		return nil
	}
	values, err := setting.Read(j.ctx, j.d)
	j.opt.Currency = values.Currency()
	return err
}

// merge puts the rows of one product over what the shop has.
type merge struct {
	*job
	tx    *db.Tx
	tree  **catalog.Tree
	g     group
	d     catalog.Draft
	wrong bool
}

func (m *merge) fail(line int, words string, args ...any) {
	m.wrong = true
	m.sum.wrong(line, words, args...)
}

func (m *merge) draft(old *stored) (*catalog.Draft, error) {
	first := m.g.rows[0]
	if old != nil {
		m.d = old.draft()
	} else {
		m.d.Published = true
	}
	m.d.Code = m.g.code
	for name, into := range map[string]*string{"slug": &m.d.Slug, "brand": &m.d.Brand, "synonyms": &m.d.Synonyms, "tier": &m.d.Tier, "tax_class": &m.d.TaxClass,
		"name_en": &m.d.Name.En, "name_zh": &m.d.Name.Zh, "line_en": &m.d.Line.En, "line_zh": &m.d.Line.Zh, "about_en": &m.d.About.En, "about_zh": &m.d.About.Zh} {
		if first.has(name) {
			*into = first.m[name]
		}
	}
	for name, into := range map[string]*bool{"published": &m.d.Published, "durable": &m.d.Durable, "sensitive": &m.d.Sensitive, "gift": &m.d.Gift, "digital": &m.d.Digital, "gift_card": &m.d.GiftCard} {
		m.flag(first, name, into)
	}
	for name, into := range map[string]*int{"refill_days": &m.d.RefillDays, "max_qty": &m.d.MaxQty} {
		if first.has(name) {
			*into = m.number(first, name)
		}
	}
	if first.has("category") {
		id, err := m.category(first.key("category"))
		if err != nil {
			return nil, err
		}
		m.d.CategoryID = id
	}
	m.images(first)
	m.options(old)
	for i, r := range m.g.rows {
		m.variant(i, r)
	}
	if m.wrong {
		return nil, nil
	}
	return &m.d, nil
}

func (m *merge) flag(r cells, name string, into *bool) {
	if !r.has(name) {
		return
	}
	on, ok := parseYes(r.key(name))
	if !ok {
		m.fail(r.line, "exchange.row.switch", "column", name, "value", cut(r.key(name), 40))
	}
	*into = on
}

func (m *merge) number(r cells, name string) int {
	s := r.key(name)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(strings.ReplaceAll(s, " ", ""))
	if err != nil || n < 0 || n > 1_000_000_000 {
		m.fail(r.line, "exchange.row.number", "column", name, "value", cut(s, 40))
		return 0
	}
	return n
}

// category finds a path of English names and makes what is missing of it.
func (m *merge) category(path string) (*catalog.CategoryID, error) {
	var at *catalog.CategoryID
	for part := range strings.SplitSeq(path, ">") {
		name := strings.TrimSpace(part)
		if name == "" {
			continue
		}
		level := (*m.tree).Roots()
		if at != nil {
			level = (*m.tree).Children(*at)
		}
		i := slices.IndexFunc(level, func(c catalog.Category) bool { return strings.EqualFold(c.Name.En, name) })
		if i >= 0 {
			id := level[i].ID
			at = &id
			continue
		}
		slug := catalog.Slug(name)
		if _, taken := (*m.tree).BySlug(slug); taken && at != nil {
			parent, _ := (*m.tree).ByID(*at)
			slug = parent.Slug + "-" + slug
		}
		id, err := catalog.PutCategory(m.ctx, m.tx, catalog.Category{ParentID: at, Slug: slug, Hue: 70, Position: len(level), Name: i18n.Text{En: name}}, m.opt.Now)
		if err != nil {
			m.wrong = true
			return nil, m.sum.refuse(m.g.rows[0].line, err)
		}
		if *m.tree, err = catalog.LoadTree(m.ctx, m.tx); err != nil {
			return nil, err
		}
		at = &id
	}
	return at, nil
}

func (m *merge) images(first cells) {
	if !first.has("images") {
		return
	}
	alts := map[string]i18n.Text{}
	for _, i := range m.d.Images {
		alts[i.Src] = i.Alt
	}
	m.d.Images = nil
	for _, src := range strings.Fields(first.m["images"]) {
		alt, known := alts[src]
		if !known && !strings.HasPrefix(src, "art:") && !strings.HasPrefix(src, "media:") {
			m.fail(first.line, "exchange.product.image", "image", cut(src, 80))
			return
		}
		if !known {
			alt = m.d.Name
		}
		m.d.Images = append(m.d.Images, catalog.Image{Src: src, Alt: alt})
	}
}

// options reads the product's questions from its rows; codes and colours of
// those that the shop knows stay.
func (m *merge) options(old *stored) {
	first := m.g.rows[0]
	if !first.has("option1_name") {
		return
	}
	var known []catalog.Option
	if old != nil {
		known = old.Options
	}
	m.d.Options = nil
	for n := range catalog.MaxOptions {
		col := fmt.Sprintf("option%d_", n+1)
		name := first.key(col + "name")
		if name == "" {
			break
		}
		o := catalog.Option{Code: catalog.Slug(name), Name: i18n.Text{En: name}}
		if o.Code == "" {
			o.Code = fmt.Sprintf("option%d", n+1)
		}
		if n < len(known) && (known[n].Name.En == name || known[n].Code == o.Code) {
			o.Code, o.Name.Zh, o.Choices = known[n].Code, known[n].Name.Zh, slices.Clone(known[n].Choices)
		}
		if first.has(col + "name_zh") {
			o.Name.Zh = first.key(col + "name_zh")
		}
		for _, r := range m.g.rows {
			addChoice(&o, r, col)
		}
		m.d.Options = append(m.d.Options, o)
	}
}

func addChoice(o *catalog.Option, r cells, col string) {
	value := r.key(col + "value")
	if value == "" {
		return
	}
	i := slices.IndexFunc(o.Choices, func(c catalog.Choice) bool { return c.Name.En == value })
	if i < 0 {
		code := catalog.Slug(value)
		if code == "" || slices.ContainsFunc(o.Choices, func(c catalog.Choice) bool { return c.Code == code }) {
			code = fmt.Sprintf("%s-%d", strings.Trim("choice-"+code, "-"), len(o.Choices)+1)
		}
		i = len(o.Choices)
		o.Choices = append(o.Choices, catalog.Choice{Code: code, Name: i18n.Text{En: value}})
	}
	if r.has(col + "value_zh") {
		o.Choices[i].Name.Zh = r.key(col + "value_zh")
	}
}

func (m *merge) variant(n int, r cells) {
	sku := r.key("sku")
	if sku == "" {
		if len(m.g.rows) > 1 {
			m.fail(r.line, "exchange.product.sku")
			return
		}
		if sku = m.g.code; len(m.d.Variants) == 1 {
			sku = m.d.Variants[0].SKU
		}
	}
	for _, earlier := range m.g.rows[:n] {
		if earlier.key("sku") == sku {
			m.fail(r.line, "exchange.product.twice", "sku", sku)
			return
		}
	}
	i := slices.IndexFunc(m.d.Variants, func(v catalog.DraftVariant) bool { return v.SKU == sku })
	if i < 0 {
		i = len(m.d.Variants)
		m.d.Variants = append(m.d.Variants, catalog.DraftVariant{Variant: catalog.Variant{SKU: sku, Active: true}})
	}
	v := &m.d.Variants[i]
	if v.Prices == nil {
		v.Prices = map[money.Currency]catalog.PriceIn{}
	}
	m.flag(r, "active", &v.Active)
	if r.has("accent") {
		v.Accent = r.key("accent")
	}
	if r.has("option1_name") {
		answers := map[string]string{}
		for n, o := range m.d.Options {
			value := r.key(fmt.Sprintf("option%d_value", n+1))
			for _, c := range o.Choices {
				if c.Name.En == value {
					answers[o.Code] = c.Code
				}
			}
		}
		if v.Active || len(answers) == len(m.d.Options) { // what is not sold keeps its answers to options of former times
			v.Choices = answers
		}
	}
	m.price(r, v)
	if _, err := m.cost(r); err != nil {
		m.fail(r.line, "exchange.row.price", "value", cut(r.key("cost"), 40))
	}
}

func (m *merge) price(r cells, v *catalog.DraftVariant) {
	currency := m.opt.Currency
	if c := r.key("currency"); c != "" {
		known, err := money.ParseCurrency(c)
		if err != nil {
			m.fail(r.line, "exchange.row.currency", "value", cut(c, 20))
			return
		}
		currency = known
	}
	p, priced := v.Prices[currency]
	if s := r.key("price"); s != "" {
		a, err := money.Parse(strings.ReplaceAll(s, " ", ""), currency)
		if err != nil {
			m.fail(r.line, "exchange.row.price", "value", cut(s, 40))
			return
		}
		p.Amount, priced = a, true
	} else if r.has("price") && priced {
		m.fail(r.line, "exchange.product.price")
		return
	}
	if s := r.key("was"); s != "" {
		a, err := money.Parse(strings.ReplaceAll(s, " ", ""), currency)
		if err != nil {
			m.fail(r.line, "exchange.row.price", "value", cut(s, 40))
			return
		}
		p.Was = a
	} else if r.has("was") {
		p.Was = 0
	}
	if priced {
		v.Prices[currency] = p
	}
	if s := r.key("stock"); s != "" {
		n := m.number(r, "stock")
		v.OnHand = &n
	}
}
