package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// family is one kind of page: where it is found and who opens it. What reads
// every page (axe, the contact sheets) walks the list; a new page joins it here.
type family struct {
	name string
	who  string // "" a guest with a full cart, "empty" a guest with nothing, else somebody of the demo
	path string // with {order} of the guest
	link string // a link of that page to follow to the page meant, "" for the page itself
	do   func(v *visitor)

	fails bool // it answers with what is wrong
}

const (
	parent  = "parent@demo.example"
	owner   = "owner@demo.example"
	easy    = "easy@demo.example"
	emptied = "empty"
	asked   = "two-questions" // the survey of townToLookAt
	letter  = "letter"        // its campaign
)

var shopFamilies = []family{
	{name: "home", path: "/"},
	{name: "home of a parent", who: parent, path: "/"},
	{name: "department", path: "/c/baby"},
	{name: "shelf with filters", path: "/c/books?stock=1"},
	{name: "search", path: "/search?q=bottel"},
	{name: "search without a hit", path: "/search?q=zzzzqqq"},
	{name: "shelf for a parent", who: parent, path: "/c/baby"},
	{name: "comparison", path: "/compare?p=calm-bottle&p=bottle-warmer"},
	{name: "nothing to compare", path: "/compare"},
	{name: "product", path: "/p/calm-bottle?size=240"},
	{name: "product with words to suggest", path: "/p/calm-bottle", do: func(v *visitor) {
		v.do("type half a word", chromedp.Focus(chromedp.ID("site-search")), chromedp.KeyEvent("bot"), chromedp.WaitVisible(chromedp.CSS(".search-words img")))
	}},
	{name: "added to the cart", path: "/p/calm-bottle", do: func(v *visitor) { v.press(".buy > .button", ".drawer[open]") }},
	{name: "cart", path: "/cart"},
	{name: "empty cart", who: emptied, path: "/cart"},
	{name: "checkout", path: "/checkout"},
	{name: "checkout with mistakes", path: "/checkout", fails: true, do: func(v *visitor) {
		v.do("send an empty form", chromedp.Click(chromedp.CSS(".checkout .split-side .button-wide")), chromedp.WaitVisible(chromedp.CSS(".error-summary")))
	}},
	{name: "order", path: "{order}"},
	{name: "withdraw", path: "{order}/withdraw"},
	{name: "find an order", path: "/orders"},
	{name: "gift cards", path: "/gift-cards"},
	{name: "sign in", path: "/signin"},
	{name: "sign up", path: "/signup"},
	{name: "forgot", path: "/forgot"},
	{name: "privacy", path: "/privacy"},
	{name: "delivery", path: "/delivery"},
	{name: "returns", path: "/returns"},
	{name: "terms", path: "/terms"},
	{name: "imprint", path: "/imprint"},
	{name: "contact", path: "/contact"},
	{name: "help", path: "/help"},
	{name: "help article", path: "/help", link: `main a[href*="/help/"]`},
	{name: "order list", path: "/order-list"},
	{name: "not found", path: "/p/nothing-of-the-kind", fails: true},
	{name: "account", who: parent, path: "/account"},
	{name: "details", who: parent, path: "/account/details"},
	{name: "interests", who: parent, path: "/account/interests"},
	{name: "dates", who: parent, path: "/account/dates"},
	{name: "occasions", who: "gifter@demo.example", path: "/account/occasions"},
	{name: "addresses", who: parent, path: "/account/addresses"},
	{name: "loyalty", who: parent, path: "/account/loyalty"},
	{name: "preferences", who: parent, path: "/account/preferences"},
	{name: "consents", who: parent, path: "/account/consents"},
	{name: "what is known", who: parent, path: "/account/privacy"},
	{name: "bought often", who: "loyal@demo.example", path: "/account/often"},
	{name: "no shopping list", who: easy, path: "/account/lists"},
	{name: "shopping list", who: parent, path: "/account/lists", do: func(v *visitor) {
		if len(v.texts(".account-main .rows a")) > 0 {
			v.follow(".account-main .rows a")
			return
		}
		v.do("make a list", chromedp.SendKeys(chromedp.CSS("#name"), "Each Saturday"), chromedp.Click(chromedp.CSS(".account-main .form .button")), chromedp.WaitVisible(chromedp.CSS("#remind")))
	}},
	{name: "saved for later", who: parent, path: "/account/saved"},
	{name: "nothing saved", who: easy, path: "/account/saved"},
	{name: "saved searches", who: easy, path: "/account/searches"},
	{name: "what somebody owns", who: parent, path: "/account/owned"},
	{name: "reviews", path: "/p/calm-bottle/reviews"},
	{name: "review to write", who: parent, path: "/p/calm-bottle/review"},
	{name: "survey", path: "/s/" + asked},
	{name: "question of a survey", path: "/s/" + asked, do: func(v *visitor) { v.follow("main form .button") }},
	{name: "order of an account", who: parent, path: "/account", link: `main a[href*="/orders/"]`},
}

var officeFamilies = []family{
	{name: "office", who: owner, path: "/admin"},
	{name: "office products", who: owner, path: "/admin/products"},
	{name: "office product", who: owner, path: "/admin/products/BB01"},
	{name: "office options", who: owner, path: "/admin/products/BB01/options"},
	{name: "office facts", who: owner, path: "/admin/products/BB01/facts"},
	{name: "office relations", who: owner, path: "/admin/products/BB01/relations"},
	{name: "office versions", who: owner, path: "/admin/products/BB01/versions"},
	{name: "office pictures", who: owner, path: "/admin/products/SW02/pictures"},
	{name: "office owners", who: owner, path: "/admin/products/SW02/owners"},
	{name: "office new notice", who: owner, path: "/admin/products/SW02/owners/new?kind=release"},
	{name: "office imports", who: owner, path: "/admin/products/imports"},
	{name: "office new product", who: owner, path: "/admin/products/new"},
	{name: "office orders", who: owner, path: "/admin/orders"},
	{name: "office order", who: owner, path: "/admin/orders", link: `td a[href*="/admin/orders/"]`},
	{name: "office packing slip", who: owner, path: "/admin/orders", link: `td a[href*="/admin/orders/"]`, do: func(v *visitor) { v.follow(`main a[href$="/slip"]`) }},
	{name: "office returns", who: owner, path: "/admin/returns"},
	{name: "office gift cards", who: owner, path: "/admin/gift-cards"},
	{name: "office gift card", who: owner, path: "/admin/gift-cards", link: `tbody a[href*="/admin/gift-cards/"]`},
	{name: "office delivery", who: owner, path: "/admin/delivery"},
	{name: "office way of delivery", who: owner, path: "/admin/delivery/new"},
	{name: "office promotions", who: owner, path: "/admin/promotions"},
	{name: "office new promotion", who: owner, path: "/admin/promotions/new"},
	{name: "office new sale", who: owner, path: "/admin/promotions/sales/new"},
	{name: "office new price list", who: owner, path: "/admin/promotions/lists/new"},
	{name: "office shared codes", who: owner, path: "/admin/promotions/shared"},
	{name: "office promotion", who: owner, path: "/admin/promotions", link: `main th a[href^="/admin/promotions/"]:not([href*="/sales/"], [href*="/lists/"])`},
	{name: "office values", who: owner, path: "/admin/values"},
	{name: "office stock", who: owner, path: "/admin/stock"},
	{name: "office views", who: owner, path: "/admin/views?list=orders&keep=state%3Dto-ship"},
	{name: "office search words", who: owner, path: "/admin/search?q=botle&in=en"},
	{name: "office places of stock", who: owner, path: "/admin/stock/places"},
	{name: "office reorder", who: owner, path: "/admin/stock/reorder"},
	{name: "office shelf", who: owner, path: "/admin/stock/BB01-150-AQUA"},
	{name: "office questions", who: owner, path: "/admin/questions"},
	{name: "office question", who: owner, path: "/admin/questions", link: `main a[href*="/admin/questions/"]:not([href*=gaps], [href*=articles])`},
	{name: "office gaps", who: owner, path: "/admin/questions/gaps"},
	{name: "office sales reports", who: owner, path: "/admin/reports?by=category&per=week&simulated=yes"},
	{name: "office find", who: owner, path: "/admin/find?q=bottle"},
	{name: "office trends", who: owner, path: "/admin/products/trends"},
	{name: "office articles", who: owner, path: "/admin/questions/articles"},
	{name: "office new article", who: owner, path: "/admin/questions/articles/new"},
	{name: "office abandonment", who: owner, path: "/admin/abandonment?simulated=yes"},
	{name: "office left carts", who: owner, path: "/admin/abandonment/carts?simulated=yes"},
	{name: "office experiments", who: owner, path: "/admin/experiments"},
	{name: "office experiment", who: owner, path: "/admin/experiments", link: `main a[href*="/admin/experiments/"]:not([href*=csv])`},
	{name: "office yearly needs", who: owner, path: "/admin/messages/occasions?who=gifter@demo.example"},
	{name: "office segments", who: owner, path: "/admin/segments"},
	{name: "office segment", who: owner, path: "/admin/segments", link: `main a[href*="/admin/segments/"]:not([href$=new], [href$=ideas])`},
	{name: "office ideas", who: owner, path: "/admin/segments/ideas"},
	{name: "office home pages", who: owner, path: "/admin/homepages"},
	{name: "office home page", who: owner, path: "/admin/homepages", link: `main a[href*="/admin/homepages/"]`},
	{name: "office chains", who: owner, path: "/admin/chains"},
	{name: "office trait", who: owner, path: "/admin/chains/traits/new"},
	{name: "office messages", who: owner, path: "/admin/messages"},
	{name: "office plan of reminders", who: owner, path: "/admin/messages/plan"},
	{name: "office matrix", who: owner, path: "/admin/messages/matrix"},
	{name: "office words of mails", who: owner, path: "/admin/messages/texts"},
	{name: "office words of a mail", who: owner, path: "/admin/messages/texts/order-confirmation?in=en"},
	{name: "office specials", who: owner, path: "/admin/messages/specials"},
	{name: "office mail", who: owner, path: "/admin/mail"},
	{name: "office mail back", who: owner, path: "/admin/mail/back"},
	{name: "office customers", who: owner, path: "/admin/customers?q=a"},
	{name: "office customer", who: owner, path: "/admin/customers?q=parent%40demo.example"},
	{name: "office new customer", who: owner, path: "/admin/customers/new"},
	{name: "office promises", who: owner, path: "/admin/customers/promises"},
	{name: "office duplicates", who: owner, path: "/admin/customers/duplicates"},
	{name: "office rests", who: owner, path: "/admin/customers/rests"},
	{name: "office keepers", who: owner, path: "/admin/customers/lists/gold"},
	{name: "office health", who: owner, path: "/admin/health"},
	{name: "office consents", who: owner, path: "/admin/settings/consent"},
	{name: "office retention", who: owner, path: "/admin/settings/retention"},
	{name: "office settings", who: owner, path: "/admin/settings"},
	{name: "office staff", who: owner, path: "/admin/settings/staff"},
	{name: "office one of staff", who: owner, path: "/admin/settings/staff/1"},
	{name: "office me", who: owner, path: "/admin/me"},
	{name: "office password again", who: owner, path: "/admin/me/proof?next=/admin"},
	{name: "office alarms", who: owner, path: "/admin/alarms"},
	{name: "office audit", who: owner, path: "/admin/audit"},
	{name: "office reviews", who: owner, path: "/admin/reviews"},
	{name: "office surveys", who: owner, path: "/admin/surveys"},
	{name: "office survey", who: owner, path: "/admin/surveys/" + asked},
	{name: "office complaints with a clock", who: owner, path: "/admin/questions/tickets"},
	{name: "office effect of mails", who: owner, path: "/admin/experiments/followup"},
	{name: "office all mail", who: owner, path: "/admin/experiments/mail"},
	{name: "office sender", who: owner, path: "/admin/mail/sender"},
	{name: "office campaigns", who: owner, path: "/admin/campaigns"},
	{name: "office new campaign", who: owner, path: "/admin/campaigns/new"},
	{name: "office campaign with what it brought", who: owner, path: "/admin/campaigns/" + letter},
	{name: "office banners", who: owner, path: "/admin/campaigns/banners"},
	{name: "office banner", who: owner, path: "/admin/campaigns/banners?simulated=yes", link: `tbody th a[href^="/admin/campaigns/banners/"]`},
	{name: "office new banner", who: owner, path: "/admin/campaigns/banners/new"},
	{name: "components", who: owner, path: "/admin/_components"},
	{name: "components in the shop", who: owner, path: "/admin/_components/shop"},
	{name: "office not found", who: owner, path: "/admin/nothing", fails: true},
}

// scene is the people of the walk, each at a tab of their own.
type scene struct {
	browser func(wide int64) *visitor
	people  map[string]*visitor
	order   string // its path
	key     string // the query that opens it without an account
}

func newScene(t *testing.T, browser func(wide int64) *visitor) *scene {
	t.Helper()
	return &scene{browser: browser, people: map[string]*visitor{}}
}

// shows opens the page of a family in a language and says who looks at it.
func (s *scene) shows(f family, lang string) *visitor {
	v := s.person(f.who)
	path := f.path
	if strings.Contains(path, "{order}") {
		path = strings.ReplaceAll(path, "{order}", s.order) + s.key
	}
	switch {
	case strings.HasPrefix(path, "/admin"):
		mark := "?"
		if strings.Contains(path, "?") {
			mark = "&"
		}
		path += mark + "lang=" + lang
	case lang == "zh":
		path = "/zh" + path
	}
	v.open(path)
	if f.link != "" {
		v.open(say[string](v, fmt.Sprintf(`(document.querySelector(%q) ?? { getAttribute: () => "/no-such-link" }).getAttribute("href")`, f.link)))
	}
	if f.do != nil {
		f.do(v)
	}
	return v
}

// person is one of the cast, signed in or with a full cart when first called.
func (s *scene) person(who string) *visitor {
	if v := s.people[who]; v != nil {
		return v
	}
	v := s.browser(1280)
	s.people[who] = v
	switch who {
	case emptied:
	case "":
		v.open("/p/calm-bottle?size=240")
		v.put(true)
		v.open("/checkout")
		v.fill(map[string]string{"email": "browser@shop.example", "name": "Test Person", "line1": "1 Bank Street", "city": "Riverside", "region": "CA", "postcode": "92501"})
		v.follow(".checkout .split-side .button-wide")
		v.follow("button[value=paid]")
		s.order, s.key = v.path(), say[string](v, "location.search")
		v.open("/p/calm-bottle")
		v.put(true)
	default:
		v.signIn(who)
	}
	return v
}
