package storefront

import (
	"cmp"
	"context"
	"crypto/subtle"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/ask"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/outreach"
	"regulars/internal/web"
)

// So many receipts a day go to one address: whoever types a stranger's cannot
// fill their mailbox. What was asked is kept all the same.
const (
	receiptsMost   = 5
	receiptsWindow = 24 * time.Hour
)

func (s *Shop) mayReceipt(c echo.Context, m ask.Message) (bool, error) {
	if m.Email == "" && m.Person.SignedIn() {
		m.Email = m.Person.Customer.Email
	}
	if customer.CheckEmail(m.Email) != nil {
		return false, nil
	}
	ok, _, err := customer.Try(c.Request().Context(), s.DB, "receipt to "+customer.EmailKey(m.Email), receiptsMost, receiptsWindow, s.Now())
	return ok, err
}

// keepToken leads this browser, and nobody else's, to the conversation.
func (s *Shop) keepToken(c echo.Context, q *ask.Question) {
	tokens := slices.DeleteFunc(strings.Split(web.Cookie(c, askedCookie), "."), func(t string) bool { return t == "" || t == q.Token })
	tokens = append([]string{q.Token}, tokens[:min(len(tokens), askedMost-1)]...)
	web.SetCookie(c, askedCookie, strings.Join(tokens, "."), askedAge)
}

// conversation finds the first question of a conversation for whoever may read
// it: the browser that asked, the account that did, or who has its mail.
func (s *Shop) conversation(c echo.Context, key string) (*ask.Question, error) {
	token := c.Param("token")
	p, err := s.person(c)
	if err != nil {
		return nil, err
	}
	q, err := ask.ByToken(c.Request().Context(), s.DB, token)
	if err == nil && q.ThreadID != 0 {
		q, err = ask.ByID(c.Request().Context(), s.DB, q.ThreadID)
	}
	if err != nil {
		return nil, err
	}
	mine := q.CustomerID != nil && p.CustomerID() == *q.CustomerID
	mailed := key != "" && subtle.ConstantTimeCompare([]byte(key), []byte(order.AccessKey(s.Desk.Secret, outreach.QuestionKey(q.Token)))) == 1
	if !mine && !mailed && !slices.Contains(strings.Split(web.Cookie(c, askedCookie), "."), q.Token) {
		return nil, fault.New(fault.NotFound, "ask.unknown")
	}
	return q, nil
}

// question shows a conversation. That its answer was shown is noted, so that
// it is not mailed, too; a browser that only fetches ahead shows nothing.
func (s *Shop) question(c echo.Context) error {
	key := c.QueryParam("key")
	first, err := s.conversation(c, key)
	if err != nil {
		return err
	}
	page, err := s.talk(c, first, key)
	if err != nil {
		return err
	}
	if !strings.Contains(c.Request().Header.Get("Sec-Purpose"), "prefetch") && page.unseen {
		if err := s.InTx(c, func(ctx context.Context, tx *db.Tx) error { return ask.Seen(ctx, tx, first, s.Now()) }); err != nil {
			return err
		}
	}
	web.Private(c)
	return web.Render(c, http.StatusOK, "storefront/question", page)
}

// talk is the page of a conversation, from the first question to the last turn.
func (s *Shop) talk(c echo.Context, first *ask.Question, key string) (*questionPage, error) {
	ctx := c.Request().Context()
	turns, err := ask.Thread(ctx, s.DB, first)
	if err != nil {
		return nil, err
	}
	page := &questionPage{Page: s.page(c, "shop.ask.yours"), Back: web.URL(c, "/cart"), BackText: t(c, "shop.ask.back.cart"), Key: key}
	page.NoIndex = true
	here := web.URL(c, "/questions/"+first.Token)
	for i := range turns {
		q := &turns[i]
		page.unseen = page.unseen || !q.AnsweredAt.IsZero() && q.SeenAt.IsZero()
		v, err := s.sent(c, q, i == len(turns)-1)
		if err != nil {
			return nil, err
		}
		if v.URL = here; key != "" {
			v.URL += "?key=" + key
		}
		if i == len(turns)-1 {
			page.Ask.Sent = v
			if v.Expect == "" {
				page.Reply = here
			}
		} else {
			page.Turns = append(page.Turns, *v)
		}
	}
	if first.ProductID != nil {
		if d, err := s.shelves.Detailed(ctx, s.DB, *first.ProductID, s.currency(c)); err == nil {
			page.Ask.Action = web.URL(c, "/p/"+d.Slug+"/questions#questions")
			if c.QueryParam("from") == "" {
				page.Back, page.BackText = web.URL(c, "/p/"+d.Slug), t(c, "shop.ask.back.product", "name", d.Name)
			}
		}
	}
	page.Ask.Action = cmp.Or(page.Ask.Action, web.URL(c, "/cart/questions#ask"))
	if page.Reply != "" {
		page.Ask.Action = "" // say it here, not anew
	}
	return page, nil
}

// sayBack keeps what somebody answers: staff see it as a question that waits.
func (s *Shop) sayBack(c echo.Context) error {
	var in struct {
		Body string `form:"body,max=5000"`
		Key  string `form:"key,max=60"`
	}
	formErr := web.Form(c, &in)
	first, err := s.conversation(c, in.Key)
	if err != nil {
		return err
	}
	ok, after, err := customer.Try(c.Request().Context(), s.DB, "question from "+c.RealIP(), askTries, askWindow, s.Now())
	if err != nil {
		return err
	}
	if !ok {
		return fault.New(fault.TooMany, "shop.ask.many", "count", max(1, int((after+time.Minute-1)/time.Minute)))
	}
	m := ask.Message{Lang: web.Lang(c), Body: in.Body, Shop: s.Settings.Now()}
	if m.Person, err = s.person(c); err != nil {
		return err
	}
	m.FormKey = s.formKey(c, "back "+first.Token, 0, m)
	if first.CustomerID == nil || m.Person.CustomerID() != *first.CustomerID {
		m.Person = nil // theirs by the link or the browser: it stays with who asked first
	}
	if formErr == nil {
		formErr = s.InTx(c, func(ctx context.Context, tx *db.Tx) error {
			_, err := ask.FollowUp(ctx, tx, first, m, s.Now())
			return err
		})
	}
	if formErr != nil {
		if fault.Kind(formErr) != fault.Invalid {
			return formErr
		}
		page, err := s.talk(c, first, in.Key)
		if err != nil {
			return err
		}
		page.Body, page.Errors = in.Body, web.Errors(c, formErr)
		web.Private(c)
		return web.Render(c, http.StatusUnprocessableEntity, "storefront/question", page)
	}
	to := "/questions/" + first.Token
	if in.Key != "" {
		to += "?key=" + in.Key
	}
	return web.Redirect(c, to)
}

// sent words what a question that is with staff has come to; nearby, where
// else one may look meanwhile.
func (s *Shop) sent(c echo.Context, q *ask.Question, nearby bool) (*sentView, error) {
	v := &sentView{URL: web.URL(c, "/questions/"+q.Token), Body: q.Body, Answer: q.Answer, Mail: q.Email, Number: q.Called()}
	if !q.AnsweredAt.IsZero() {
		shop := s.Settings.Now().Get("shop.name")
		if name := s.Settings.Now().Get("shop.name.zh"); web.Lang(c) == i18n.Chinese && name != "" {
			shop = name
		}
		v.By, v.Parts = t(c, "shop.ask.answered", "shop", shop), ask.Pieces(strings.TrimSuffix(s.Web.AbsoluteURL(i18n.English, "/"), "/"), q.Answer)
		return v, nil
	}
	usual, ok, err := ask.Usual(c.Request().Context(), s.DB, s.Now().AddDate(0, 0, -90))
	v.Expect = t(c, "shop.ask.expect")
	if ok {
		v.Expect = t(c, "shop.ask.expect.usual", "time", lasting(c, usual))
	}
	if !q.DueAt.IsZero() {
		key := "shop.ask.expect.by"
		if q.Late(s.Now()) {
			key = "shop.ask.expect.late"
		}
		v.Expect += " " + t(c, key, "when", i18n.DateTime(web.Lang(c), q.DueAt.In(s.Settings.Now().Zone())))
	}
	if err == nil && nearby && q.ProductID != nil {
		d, derr := s.shelves.Detailed(c.Request().Context(), s.DB, *q.ProductID, s.currency(c))
		if derr == nil {
			v.Near, err = s.nearby(c.Request().Context(), c, d.ID, q.Body, &library{names: []string{d.Name.En, d.Name.Zh}})
		}
	}
	return v, err
}

// The page of all that was said between the shop and an account.
type (
	messagesPage struct {
		accountPage
		Rows []messageRow
		Ask  string
	}
	messageRow struct {
		at                         time.Time
		Title, Text, Note, URL, On string
		Waits                      bool
	}
)

const messagesMost = 100

// messages is one line of everything that was said: questions with their
// answers, and what the shop wrote about orders, the newest first.
func (s *Shop) messages(c echo.Context) error {
	base, p, err := s.accountPage(c, "messages")
	if err != nil {
		return err
	}
	page, ctx := messagesPage{accountPage: base, Ask: web.URL(c, "/contact")}, c.Request().Context()
	asked, err := ask.OfPerson(ctx, s.DB, p.CustomerID(), "", messagesMost)
	if err != nil {
		return err
	}
	threads := map[int64]int{}
	slices.SortFunc(asked, func(a, b ask.Listed) int { return a.CreatedAt.Compare(b.CreatedAt.Time) })
	for _, q := range asked {
		row := messageRow{at: q.CreatedAt.Time, Title: t(c, "shop.messages.question", "number", q.Called()), Text: short(q.Body), URL: web.URL(c, "/questions/"+q.Token), Waits: q.AnsweredAt.IsZero()}
		if q.ProductSlug != "" {
			row.Title = t(c, "shop.messages.about", "number", q.Called(), "name", in(c, q.ProductName))
		}
		if row.Note = t(c, "shop.messages.answered", "answer", short(q.Answer)); row.Waits {
			row.Note = t(c, "shop.messages.waits")
		} else {
			row.at = q.AnsweredAt.Time
		}
		if i, ok := threads[q.ThreadID]; ok && q.ThreadID != 0 { // the conversation stands where it was last spoken in
			row.Title, row.URL = page.Rows[i].Title, page.Rows[i].URL
			page.Rows[i] = row
			continue
		}
		threads[q.ID] = len(page.Rows)
		page.Rows = append(page.Rows, row)
	}
	mails, err := outreach.Sends(ctx, s.DB, outreach.Filter{Customer: p.CustomerID(), State: outreach.Sent, PerPage: messagesMost})
	if err != nil {
		return err
	}
	orders, err := order.OfCustomer(ctx, s.DB, p.CustomerID(), messagesMost)
	if err != nil {
		return err
	}
	for _, m := range mails.Sends {
		if i := slices.IndexFunc(orders, func(o order.Order) bool { return o.ID == m.OrderID }); i >= 0 {
			number := orders[i].Number
			page.Rows = append(page.Rows, messageRow{at: m.SentAt.Time, Title: t(c, "shop.messages.order", "number", number), Text: m.Subject, URL: web.URL(c, "/orders/"+number)})
		}
	}
	slices.SortStableFunc(page.Rows, func(a, b messageRow) int { return b.at.Compare(a.at) })
	for i := range page.Rows {
		page.Rows[i].On = i18n.DateTime(web.Lang(c), page.Rows[i].at.In(s.Settings.Now().Zone()))
	}
	return web.Render(c, http.StatusOK, "storefront/messages", page)
}

func short(s string) string {
	if runes := []rune(s); len(runes) > 160 {
		return string(runes[:160]) + "…"
	}
	return s
}
