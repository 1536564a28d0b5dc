package outreach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	html "html/template"
	"io/fs"
	"slices"
	"strings"
	"sync"
	text "text/template"
	"time"

	"regulars/internal/art"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/money"
)

// letter holds every placeholder that a mail may use; there are no others,
// and no text of a person's making is ever a template.
type letter struct {
	Lang     i18n.Lang
	Shop     string
	Shelf    *shelfWords
	Name     string // how the person is greeted; "" where the name is not proved to be theirs
	Link     string
	Hours    int      // how long the link works
	Wishes   []string // the kinds of mail that the link confirms
	Goods    []string
	things   []art.Piece // the goods that the mail shows
	More     int         // goods not named here
	Order    *orderWords
	Card     *cardWords
	Return   *returnWords
	Tier     *tierWords
	Report   *reportWords
	Words    string // an answer, as staff wrote it
	Asked    string // the question it answers
	Number   string // what people call that question
	By       string // when it has its answer at the latest
	Status   []string
	Help     []helpWords
	Saved    string // leads to the cart it was asked from
	Again    string // where one writes to the shop
	When     string // the moment a page failed
	Coupon   *couponWords
	Need     *needWords
	Campaign *campaignWords
	Owner    *ownerWords
	footer   footer
	wares    // of cards, refills and goods of the week
}

type orderWords struct {
	Number, Placed, Total    string
	Sums                     []string // goods, what takes off by name, delivery, tax and total
	Paid                     bool
	By                       string
	Address                  []string
	Cause                    string // who cancelled: hold, shopper, shop
	Carrier, Tracking, Track string // of a parcel; Track is a link
	Waits                    bool   // not all of it is here yet
	Part                     bool   // the parcel is not the whole order
	Credit, Due              string // what gift cards and credit paid, and the rest; "" if nothing
	After                    string // what the shopper has to do for the rest
	Pay                      []string
	Door                     bool   // paid where it arrives
	Back                     string // what of the money went back; "" if none
	Owed                     string // what the shop still has of it; "" if none
	How                      string // the way it goes back
}

// returnWords is goods that come back: At and By are of the declaration.
type returnWords struct {
	Number, Reason, Answer, Address, At, Zone, By string
	Wish, Credit                                  string // what was asked for; what became credit
	Whole, Card                                   bool   // nothing had left the house; the credit is a gift card
}

// helpWords is an article that may help until there is an answer.
type helpWords struct{ Title, URL string }

type footer struct {
	why         string // message key
	unsubscribe string
}

// block is one paragraph of a mail as the HTML twin shows it.
type block struct {
	Text string
	List []string
	Link string // with Text as its label
}

type frame struct {
	Tag, Subject, Shop string
	Body, Foot         []block
	Table              string // not "": the picture of the goods lies beside
}

var errTemplate = errors.New("mail template")

// Check reads every template, so that a broken one stops the start and not a
// mail.
func (d *Desk) Check() error {
	names := slices.Clone(Templates)
	for _, what := range abouts {
		names = append(names, FollowUpMail+"-"+what)
	}
	for _, name := range names {
		for _, lang := range i18n.Langs {
			if _, err := d.template(name, lang); err != nil {
				return err
			}
		}
	}
	if err := d.lint(); err != nil {
		return err
	}
	_, err := d.frame()
	return err
}

func (d *Desk) template(name string, lang i18n.Lang) (*text.Template, error) {
	b, err := fs.ReadFile(d.Templates, "mail/"+name+"."+string(lang)+".txt")
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", errTemplate, name, err)
	}
	t, err := parsed(name+"."+string(lang), string(b), func() (any, error) { return text.New(name).Option("missingkey=error").Parse(string(b)) })
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", errTemplate, name, err)
	}
	return t.(*text.Template), nil
}

func (d *Desk) frame() (*html.Template, error) {
	b, err := fs.ReadFile(d.Templates, "mail/frame.html")
	if err == nil {
		var t any
		if t, err = parsed("frame", string(b), func() (any, error) { return html.New("frame.html").Parse(string(b)) }); err == nil {
			return t.(*html.Template), nil
		}
	}
	return nil, fmt.Errorf("%w frame: %w", errTemplate, err)
}

// read is a template as it was read from the text that stands beside it.
type read struct {
	source string
	made   any
}

var keptTemplates sync.Map // of read, by name

// parsed keeps what parse made of a text: reading one takes longer than
// filling it in.
func parsed(name, source string, parse func() (any, error)) (any, error) {
	if kept, ok := keptTemplates.Load(name); ok && kept.(read).source == source {
		return kept.(read).made, nil
	}
	made, err := parse()
	if err == nil {
		keptTemplates.Store(name, read{source, made})
	}
	return made, err
}

// compose writes the message in both forms. The HTML is made from the words
// of the plain one, so the twins cannot say different things; it fetches no
// picture (that of the goods lies in the mail) and nothing tells when it was
// opened.
func (d *Desk) compose(ctx context.Context, q db.Q, name string, s *Send, to Address, w letter, at time.Time) (Mail, error) {
	w = d.dressed(s.Lang, w)
	words, err := TextInForce(ctx, q, name, s.Lang)
	if err != nil {
		return Mail{}, err
	}
	var subject, body string
	if words != nil {
		if subject, body, err = d.written(words, w); err != nil {
			d.Log.Error("words that staff wrote cannot be sent, the mail goes out in the shop's own", "mail", name, "lang", string(s.Lang), "version", words.Version, "error", err)
			words = nil
		}
	}
	if words == nil {
		if subject, body, err = d.own(name, w); err != nil {
			return Mail{}, err
		}
	}
	mail, err := d.bothForms(subject, body, w)
	mail.ID, mail.To, mail.Lang, mail.Date, mail.Personal = s.MessageID, to, s.Lang, at, name == QuestionAnswered
	return mail, err
}

func (d *Desk) dressed(l i18n.Lang, w letter) letter {
	w.Lang, w.Shop, w.Name = l, d.shopName(l), short(w.Name, mostOfName)
	return w
}

// own is the letter in the words of the shop's template.
func (d *Desk) own(name string, w letter) (subject, body string, err error) {
	t, err := d.template(name, w.Lang)
	if err != nil {
		return "", "", err
	}
	var b bytes.Buffer
	if err := t.Execute(&b, w); err != nil {
		return "", "", fmt.Errorf("%w %s: %w", errTemplate, name, err)
	}
	head, body, ok := strings.Cut(strings.ReplaceAll(b.String(), "\r\n", "\n"), "\n\n")
	subject, isSubject := strings.CutPrefix(head, "Subject: ")
	if !ok || !isSubject {
		return "", "", fmt.Errorf("%w %s begins with no subject", errTemplate, name)
	}
	return subject, body, nil
}

// written is the letter in words of staff's, if these can be sent: a release
// may have changed the mail since they were written.
func (d *Desk) written(t *Text, w letter) (subject, body string, err error) {
	f, err := d.Form(t.Template, t.Lang)
	if err == nil {
		err = d.Lint(f, t.Subject, t.Body)
	}
	if err != nil {
		return "", "", err
	}
	values, err := f.values(w)
	if err != nil {
		return "", "", err
	}
	if subject, err = fill(t.Subject, values); err == nil {
		body, err = fill(t.Body, values)
	}
	return subject, body, err
}

// bothForms lays out both forms of a letter, with its foot.
func (d *Desk) bothForms(subject, body string, w letter) (Mail, error) {
	body, foot := tidyParagraphs(body), tidyParagraphs(d.foot(w))
	page := frame{Tag: w.Lang.Tag(), Subject: short(subject, mostOfSubject), Shop: w.Shop, Body: d.blocks(body), Foot: d.blocks(foot), Table: w.table()}
	h, err := d.frame()
	if err != nil {
		return Mail{}, err
	}
	var twin bytes.Buffer
	if err := h.Execute(&twin, page); err != nil {
		return Mail{}, fmt.Errorf("%w frame: %w", errTemplate, err)
	}
	return Mail{From: Address{w.Shop, d.Settings.Now().Get("shop.email")}, Subject: page.Subject,
		Text: body + "\n\n-- \n" + foot + "\n", HTML: twin.String(), Table: page.Table}, nil
}

func (d *Desk) shopName(l i18n.Lang) string {
	if l == i18n.Chinese {
		return d.Settings.Now().Get("shop.name.zh")
	}
	return d.Settings.Now().Get("shop.name")
}

// foot says who writes, from where, why, and how to stop it.
func (d *Desk) foot(w letter) string {
	from := d.Settings.Now().Get("shop.address")
	if !strings.HasPrefix(from, w.Shop) {
		from = i18n.T(w.Lang, "mail.foot.shop", "shop", w.Shop, "address", from)
	}
	parts := []string{from, i18n.T(w.Lang, w.footer.why, "shop", w.Shop)}
	if w.footer.unsubscribe != "" {
		parts = append(parts, i18n.T(w.Lang, "mail.foot.stop")+"\n"+w.footer.unsubscribe)
	}
	if d.Demo {
		parts = append(parts, i18n.T(w.Lang, "mail.foot.demo"))
	}
	return strings.Join(parts, "\n\n")
}

// tidyParagraphs drops what empty template lines leave behind.
func tidyParagraphs(s string) string {
	var out []string
	blank := true
	for line := range strings.SplitSeq(strings.TrimSpace(s), "\n") {
		line = strings.TrimRight(line, " \t")
		if line == "" && blank {
			continue
		}
		blank = line == ""
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}

// blocks reads the plain mail's shape: lines that begin with "- " are a list,
// a label with one of our own addresses under it is a link. An address that
// is not ours never becomes one.
func (d *Desk) blocks(s string) []block {
	var all []block
	for paragraph := range strings.SplitSeq(s, "\n\n") {
		lines := strings.Split(paragraph, "\n")
		if len(lines) == 2 && strings.HasPrefix(lines[1], d.BaseURL+"/") && !strings.ContainsAny(lines[1], " \t") {
			all = append(all, block{Text: strings.TrimRight(lines[0], ":："), Link: lines[1]})
			continue
		}
		var plain, list []string
		for _, line := range lines {
			if item, ok := strings.CutPrefix(line, "- "); ok {
				list = append(list, item)
			} else {
				plain = append(plain, line)
			}
		}
		if len(plain) > 0 {
			all = append(all, block{Text: strings.Join(plain, "\n")})
		}
		if len(list) > 0 {
			all = append(all, block{List: list})
		}
	}
	return all
}

// url is an address of the shop in the reader's language.
func (d *Desk) url(l i18n.Lang, path string) string {
	if l == i18n.Chinese {
		return d.BaseURL + "/zh" + path
	}
	return d.BaseURL + path
}

func goodsLine(l i18n.Lang, name, choices i18n.Text, qty int, price money.Price) string {
	words := headerLine(name.In(l))
	if c := headerLine(choices.In(l)); c != "" {
		words += i18n.T(l, "mail.goods.choices", "choices", c)
	}
	return i18n.T(l, "mail.goods", "qty", fmt.Sprint(qty), "name", words, "price", price)
}

func parcelLine(l i18n.Lang, name, choices i18n.Text, qty int) string {
	words := headerLine(name.In(l))
	if c := headerLine(choices.In(l)); c != "" {
		words += i18n.T(l, "mail.goods.choices", "choices", c)
	}
	return i18n.T(l, "mail.goods.parcel", "qty", fmt.Sprint(qty), "name", words)
}
