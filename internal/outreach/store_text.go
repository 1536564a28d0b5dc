package outreach

import (
	"context"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/staff"
)

// Text is the words of a mail as staff wrote them: version 0 is the draft, the
// newest other one is in force. Original: the shop's own words again.
type Text struct {
	Template      string
	Lang          i18n.Lang
	Version       int
	Subject, Body string
	Original      bool
	At            db.Time
}

// TableName is mail_texts.
func (Text) TableName() string { return "mail_texts" }

// TextInForce is what staff wrote for a mail, nil where its own words hold.
func TextInForce(ctx context.Context, q db.Q, template string, lang i18n.Lang) (*Text, error) {
	t, err := newestText(ctx, q, template, lang)
	if t != nil && t.Original {
		t = nil
	}
	return t, err
}

func newestText(ctx context.Context, q db.Q, template string, lang i18n.Lang) (*Text, error) {
	var found []Text
	err := q.Query(ctx).Raw("SELECT * FROM mail_texts WHERE template = ? AND lang = ? AND version > 0 ORDER BY version DESC LIMIT 1", template, string(lang)).Scan(&found).Error
	if err != nil || len(found) == 0 {
		return nil, wrapped("read the words of mail "+template, err)
	}
	return &found[0], nil
}

// Texts are all versions of a mail's words, the newest first, and the draft,
// nil if there is none.
func Texts(ctx context.Context, q db.Q, template string, lang i18n.Lang) (draft *Text, versions []Text, err error) {
	err = q.Query(ctx).Where("template = ? AND lang = ?", template, string(lang)).Order("version DESC").Find(&versions).Error
	if err != nil {
		return nil, nil, fmt.Errorf("read the versions of mail %s: %w", template, err)
	}
	if n := len(versions); n > 0 && versions[n-1].Version == 0 {
		draft, versions = &versions[n-1], versions[:n-1]
	}
	return draft, versions, nil
}

// TextsInForce lists what staff wrote and is in force, and the drafts.
func TextsInForce(ctx context.Context, q db.Q) (live, drafts []Text, err error) {
	var all []Text
	err = q.Query(ctx).Raw(`SELECT * FROM mail_texts t WHERE version = 0 OR original = FALSE AND version =
		(SELECT max(version) FROM mail_texts n WHERE n.template = t.template AND n.lang = t.lang) ORDER BY template, lang, version`).Scan(&all).Error
	for _, t := range all {
		if t.Version == 0 {
			drafts = append(drafts, t)
		} else {
			live = append(live, t)
		}
	}
	return live, drafts, wrapped("read the words of mails", err)
}

// BrokenTexts are those in force that cannot be sent any more, since the mail
// they are of was changed by a new release. Their mails go out in the shop's
// own words.
func (d *Desk) BrokenTexts(ctx context.Context, q db.Q) ([]Text, error) {
	live, _, err := TextsInForce(ctx, q)
	var broken []Text
	for _, t := range live {
		f, wrong := d.Form(t.Template, t.Lang)
		if wrong == nil {
			wrong = d.Lint(f, t.Subject, t.Body)
		}
		if wrong != nil {
			broken = append(broken, t)
		}
	}
	return broken, err
}

// Unsayable lists the words in force that cannot be sent, by mail and language,
// and those of which a version is missing. It is for the doctor, who knows the
// templates and no address of the shop.
func Unsayable(ctx context.Context, q db.Q, files fs.FS) ([]string, error) {
	broken, err := (&Desk{Templates: files}).BrokenTexts(ctx, q)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, t := range broken {
		all = append(all, t.Template+" "+string(t.Lang))
	}
	var gaps []string
	err = q.Query(ctx).Raw(`SELECT template || ' ' || lang FROM mail_texts WHERE version > 0 GROUP BY template, lang HAVING count(*) <> max(version) ORDER BY 1`).Scan(&gaps).Error
	for _, id := range gaps {
		if !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all, wrapped("look for versions of mails that are missing", err)
}

// KeepText keeps a draft; it need not be right yet.
func (d *Desk) KeepText(ctx context.Context, tx *db.Tx, t Text, now time.Time) error {
	if _, err := d.Form(t.Template, t.Lang); err != nil {
		return err
	}
	var form fault.Form
	for field, words := range map[string]string{"subject": t.Subject, "body": t.Body} {
		if strings.ContainsRune(words, 0) || len(words) > 5*mostOfTextBody {
			form.Wrong(field, "mail.text.long", "most", mostOfTextBody)
		}
	}
	if err := form.Err(); err != nil {
		return err
	}
	body := strings.ReplaceAll(t.Body, "\r\n", "\n")
	err := tx.Query(ctx).Exec(`INSERT INTO mail_texts (template, lang, version, subject, body, original, at) VALUES (?, ?, 0, ?, ?, FALSE, ?)
		ON CONFLICT (template, lang, version) DO UPDATE SET subject = excluded.subject, body = excluded.body, at = excluded.at`,
		t.Template, string(t.Lang), t.Subject, body, db.At(now)).Error
	return wrapped("keep the draft of mail "+t.Template, err)
}

// DropText throws the draft away.
func DropText(ctx context.Context, tx *db.Tx, template string, lang i18n.Lang) error {
	return wrapped("drop the draft of mail "+template, tx.Query(ctx).Exec("DELETE FROM mail_texts WHERE template = ? AND lang = ? AND version = 0", template, string(lang)).Error)
}

// PublishText puts words into force, over the version that whoever did it had
// seen: somebody else's meanwhile is a Conflict. Original words are not looked
// at. The draft is done with.
func (d *Desk) PublishText(ctx context.Context, tx *db.Tx, t Text, seen int, now time.Time) error {
	f, err := d.Form(t.Template, t.Lang)
	if err == nil && !t.Original {
		err = d.Lint(f, t.Subject, t.Body)
	}
	if err != nil {
		return err
	}
	if t.Original {
		t.Subject, t.Body = "", ""
	}
	was, err := newestText(ctx, tx, t.Template, t.Lang)
	if err != nil {
		return err
	}
	t.Version, t.At, t.Body = seen+1, db.At(now), strings.ReplaceAll(t.Body, "\r\n", "\n")
	if seen < 0 || was == nil && seen != 0 || was != nil && was.Version != seen {
		return fault.New(fault.Conflict, "mail.text.meanwhile")
	}
	result := db.IgnoreConflict(tx.Query(ctx)).Create(&t)
	if result.Error == nil && result.RowsAffected == 0 {
		return fault.New(fault.Conflict, "mail.text.meanwhile")
	}
	if result.Error != nil {
		return fmt.Errorf("put the words of mail %s into force: %w", t.Template, result.Error)
	}
	return DropText(ctx, tx, t.Template, t.Lang)
}

// TextTest is the job of a mail with made-up contents to a member of staff.
type TextTest struct {
	Send     int64  `json:"send"`
	Template string `json:"template"`
	Lang     string `json:"lang"`
	Draft    bool   `json:"draft"`
}

// Kind names the job.
func (TextTest) Kind() string { return "mail.text.test" }

// TestMail is the template of such mails in the book of sends.
const TestMail = "text-test"

// mostTests is how many a member of staff may have in an hour.
const mostTests = 10

// AskTest queues a test of a mail's words to the member of staff who asks, at
// their own address and no other.
func (d *Desk) AskTest(ctx context.Context, tx *db.Tx, who *staff.Staff, j TextTest, now time.Time) error {
	if _, err := d.Form(j.Template, i18n.Lang(j.Lang)); err != nil {
		return err
	}
	for n := range mostTests { // the unique key counts
		s := &Send{Key: fmt.Sprintf("%s:%d:%s:%d", TestMail, who.ID, now.UTC().Format("2006-01-02T15"), n), Class: Service, Template: TestMail,
			Email: who.Email, Lang: i18n.Lang(j.Lang), State: Queued}
		ok, err := d.put(ctx, tx, s, now)
		if err != nil {
			return err
		}
		if ok {
			j.Send = s.ID
			return jobs.Enqueue(ctx, tx, j)
		}
	}
	return fault.New(fault.TooMany, "mail.text.tests", "most", mostTests)
}
