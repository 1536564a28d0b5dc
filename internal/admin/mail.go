package admin

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/outreach"
	"regulars/internal/web"
)

type mailsPage struct {
	web.Page
	Folder bool // false: mail goes to a server, and there is nothing to show
	Rows   []mailRow
	Pager  pager
}

type mailRow struct {
	outreach.File
	URL string
}

// folder is where mails lie as files; "" when they go to a mail server.
func (o *Office) folder() string {
	if f, ok := o.Mailer.(*outreach.Folder); ok {
		return f.Dir
	}
	return ""
}

func (o *Office) mails(c echo.Context) error {
	in, err := list(c)
	if err != nil {
		return err
	}
	p := mailsPage{Page: page(c, "staff.area.mail"), Folder: o.folder() != ""}
	if p.Folder {
		files, total, err := outreach.ListFiles(o.folder(), in.Page, 50)
		if err != nil {
			return err
		}
		p.Pager = pages(c, in.Page, 50, total)
		for _, f := range files {
			p.Rows = append(p.Rows, mailRow{f, "/admin/mail/" + url.PathEscape(f.Name)})
		}
	}
	return web.Render(c, http.StatusOK, "admin/mail", p)
}

type letterPage struct {
	web.Page
	Letter     *outreach.Letter
	Paragraphs [][]word // the lines of the text
}

// word is a piece of a line; URL where it is an address to follow.
type word struct{ Text, URL string }

// mail shows one mail as its plain text: what a stranger wrote into it is
// never run as a page of ours.
func (o *Office) mail(c echo.Context) error {
	if o.folder() == "" {
		return nowhere()
	}
	letter, err := outreach.ReadFile(o.folder(), param(c, "file"))
	if err != nil {
		return err
	}
	title := letter.Subject
	if title == "" {
		title = letter.Name
	}
	return web.Render(c, http.StatusOK, "admin/letter", letterPage{Page: web.NewPage(c, title), Letter: letter, Paragraphs: lines(letter.Text)})
}

// lines cuts a text at its lines and finds the addresses in them.
func lines(text string) [][]word {
	var all [][]word
	for line := range strings.Lines(text) {
		var words []word
		for piece := range strings.FieldsSeq(line) {
			k := word{Text: piece + " "}
			if strings.HasPrefix(piece, "https://") || strings.HasPrefix(piece, "http://") {
				k.URL = strings.TrimRight(piece, ".,;)")
			}
			words = append(words, k)
		}
		if len(words) > 0 {
			all = append(all, words)
		}
	}
	return all
}
