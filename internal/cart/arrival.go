package cart

import (
	"net"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Arrival is what led a visit to the shop and how its cart began: the site it
// came from (never the page there), the campaign that its link named, the first
// page it saw, and the kind of browser. It is kept once a cart, names nobody,
// and no profile or rule reads it.
type Arrival struct {
	CartID   ID
	Channel  string // one of Channels, "" where it may not be known
	Referrer string // a host
	Source   string // utm_source
	Medium   string // utm_medium
	Campaign string // utm_campaign
	Landing  string // one of Landings
	Entry    string // the slug of that page's category or product
	Browser  string // the family
	Version  string // of the shop's program
	Arm      string // the side of the home page's test
}

// Channels are the ways to the shop, the surest sign first: what a campaign
// says of itself, then the kind of site.
var Channels = []string{"paid", "mail", "social", "search", "campaign", "referral", "direct"}

// Landings are the kinds of first pages.
var Landings = []string{"home", "category", "product", "search", "mail", "other"}

const (
	mostHost  = 80
	mostWords = 40
	mostSlug  = 80
	longRun   = 7 // as many digits may be a telephone or somebody's number
)

// CleanHost is the name of the site in a referrer's host, "" for what is no name:
// an address of numbers could be somebody's own.
func CleanHost(host string) string {
	host = strings.ToLower(host)
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimPrefix(strings.TrimSuffix(host, "."), "www.")
	if len(host) > mostHost || !strings.Contains(host, ".") || net.ParseIP(host) != nil {
		return ""
	}
	for _, r := range host {
		if !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' || r == '.') {
			return ""
		}
	}
	return host
}

// CleanWords is what a campaign calls itself, in small letters: letters, digits,
// dots, lines. Anything else in it, or a long number, and it is nothing: links
// in mails are known to carry whom they were sent to.
func CleanWords(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if !utf8.ValidString(s) || utf8.RuneCountInString(s) > mostWords {
		return ""
	}
	run := 0
	for _, r := range s {
		if run++; !unicode.IsDigit(r) {
			run = 0
		}
		if run >= longRun || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" ._-+", r) {
			return ""
		}
	}
	return strings.NewReplacer(" ", "-", "+", "-").Replace(s)
}

func cleanSlug(s string) string {
	if len(s) > mostSlug || strings.ContainsFunc(s, func(r rune) bool { return !(r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-') }) {
		return ""
	}
	return s
}

// Clean keeps of an arrival what may be kept, whoever said it.
func (a Arrival) Clean() Arrival {
	a.Referrer, a.Entry = CleanHost(a.Referrer), cleanSlug(a.Entry)
	a.Source, a.Medium, a.Campaign = CleanWords(a.Source), CleanWords(a.Medium), CleanWords(a.Campaign)
	if !slices.Contains(Landings, a.Landing) {
		a.Landing, a.Entry = "", ""
	}
	a.Channel = a.channel()
	return a
}

// Known sites by their first label or their whole name.
var (
	engines = []string{"google", "bing", "duckduckgo", "baidu", "yandex", "sogou", "so.com", "ecosia", "yahoo", "qwant", "naver", "startpage", "brave"}
	socials = []string{"facebook", "instagram", "t.co", "x.com", "twitter", "weibo", "xiaohongshu", "douyin", "tiktok", "pinterest", "linkedin", "lnkd.in", "reddit",
		"youtube", "weixin", "zhihu", "bilibili", "threads", "vk.com", "whatsapp", "mastodon"}
	mails = []string{"mail", "outlook", "webmail"}
)

// site reports whether a host is one of these: its name, or one of its labels
// but the last.
func site(host string, of []string) bool {
	labels := strings.Split(host, ".")
	for _, name := range of {
		if host == name || strings.HasSuffix(host, "."+name) || !strings.Contains(name, ".") && slices.Contains(labels[:len(labels)-1], name) {
			return true
		}
	}
	return false
}

func (a Arrival) channel() string {
	for _, way := range []struct {
		channel string
		mediums []string
	}{{"paid", []string{"cpc", "ppc", "paid", "cpm", "display", "banner", "ads", "paid-social", "paid_social", "paidsearch", "affiliate"}},
		{"mail", []string{"email", "mail", "e-mail", "newsletter"}}, {"social", []string{"social", "social-media", "social_media"}}} {
		if slices.Contains(way.mediums, a.Medium) {
			return way.channel
		}
	}
	switch {
	case a.Landing == "mail" || a.Referrer != "" && site(a.Referrer, mails):
		return "mail"
	case site(a.Referrer, socials):
		return "social"
	case site(a.Referrer, engines):
		return "search"
	case a.Source != "" || a.Campaign != "" || a.Medium != "":
		return "campaign"
	case a.Referrer != "":
		return "referral"
	}
	return "direct"
}

// Browsers are the families that reports tell apart.
var Browsers = []string{"chrome", "safari", "firefox", "edge", "wechat", "samsung", "opera", "other"}

// BrowserOf is the family of a browser by what it calls itself. The order is
// that of who pretends to be whom.
func BrowserOf(agent string) string {
	agent = strings.ToLower(agent)
	for _, known := range []struct{ word, family string }{{"micromessenger", "wechat"}, {"edg/", "edge"}, {"edga/", "edge"}, {"edgios/", "edge"}, {"opr/", "opera"},
		{"samsungbrowser", "samsung"}, {"firefox/", "firefox"}, {"fxios/", "firefox"}, {"crios/", "chrome"}, {"chrome/", "chrome"}, {"chromium/", "chrome"}, {"safari/", "safari"}} {
		if strings.Contains(agent, known.word) {
			return known.family
		}
	}
	return "other"
}
