package outreach

import (
	"bytes"
	"testing"
	"time"

	"regulars/internal/i18n"
	"regulars/internal/setting"
	"regulars/templates"
)

// The words that staff find on the page are those of the template: written
// with a letter's values they are the same mail, whatever the letter says.
func TestTheShopsOwnWordsAreTheTemplatesOwn(t *testing.T) {
	d := &Desk{Templates: templates.Files, Settings: new(setting.Live), BaseURL: "https://shop.example", Now: func() time.Time { return time.Time{} }}
	for _, name := range Editable() {
		for _, lang := range i18n.Langs {
			f, err := d.Form(name, lang)
			if err != nil {
				t.Errorf("%s %s: %v", name, lang, err)
				continue
			}
			for kind, w := range map[string]letter{"full": d.sample(lang), "bare": d.bare(lang)} {
				w.Shop = "Shop"
				tpl, err := d.template(name, lang)
				if err != nil {
					t.Fatal(err)
				}
				var b bytes.Buffer
				if err := tpl.Execute(&b, w); err != nil {
					t.Errorf("%s %s, a %s letter: %v", name, lang, kind, err)
					continue
				}
				values, err := f.values(w)
				if err != nil {
					t.Errorf("%s %s: %v", name, lang, err)
					continue
				}
				got, err := fill("Subject: "+f.Subject+"\n\n"+f.Body, values)
				if err != nil {
					t.Errorf("%s %s: %v", name, lang, err)
				}
				if want := tidyParagraphs(b.String()); tidyParagraphs(got) != want {
					t.Errorf("%s %s, a %s letter:\n%s\n\nwant\n%s", name, lang, kind, tidyParagraphs(got), want)
				}
			}
		}
	}
}
