package cart

import "testing"

func TestOnlyTheSiteAndTheCampaignOfAnArrivalAreKept(t *testing.T) {
	for in, want := range map[string]string{"www.Example.com": "example.com", "news.example.com:8443": "news.example.com", "127.0.0.1": "", "[::1]:80": "", "localhost": "",
		"a b.com": "", "=cmd.example": "", "xn--fiq.example": "xn--fiq.example", "": ""} {
		if got := CleanHost(in); got != want {
			t.Errorf("host %q is kept as %q", in, got)
		}
	}
	for in, want := range map[string]string{"May Sale": "may-sale", "双十一": "双十一", "ann@example.com": "", "lead-13800138000": "", "2026-11": "2026-11", "<b>": "", "=1+1": "",
		"a\u202eb": "", "spring_2026.v2": "spring_2026.v2", "0123456789012345678901234567890123456789x": ""} {
		if got := CleanWords(in); got != want {
			t.Errorf("campaign %q is kept as %q", in, got)
		}
	}
	for _, c := range []struct {
		a    Arrival
		want string
	}{
		{Arrival{}, "direct"}, {Arrival{Referrer: "blog.example.com"}, "referral"}, {Arrival{Referrer: "www.google.co.uk"}, "search"}, {Arrival{Referrer: "m.baidu.com"}, "search"},
		{Arrival{Referrer: "t.co"}, "social"}, {Arrival{Referrer: "cat.com"}, "referral"}, {Arrival{Referrer: "notgoogle.com"}, "referral"}, {Arrival{Referrer: "www.google.com", Medium: "CPC"}, "paid"},
		{Arrival{Medium: "email", Campaign: "may"}, "mail"}, {Arrival{Campaign: "flyer"}, "campaign"}, {Arrival{Referrer: "mail.example.com"}, "mail"}, {Arrival{Landing: "mail"}, "mail"},
	} {
		if got := c.a.Clean().Channel; got != c.want {
			t.Errorf("%+v came by %s, not %s", c.a, got, c.want)
		}
	}
	if a := (Arrival{Landing: "admin", Entry: "x"}).Clean(); a.Landing != "" || a.Entry != "" {
		t.Errorf("%+v", a)
	}
	for agent, want := range map[string]string{"Mozilla/5.0 (X11) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0": "edge", "Mozilla/5.0 (iPhone) AppleWebKit/605 Version/17 Safari/604": "safari",
		"Mozilla/5.0 (Linux; Android) Chrome/86 MicroMessenger/8.0": "wechat", "curl/8": "other", "": "other", "Mozilla/5.0 (X11; rv:130.0) Gecko Firefox/130.0": "firefox"} {
		if got := BrowserOf(agent); got != want {
			t.Errorf("%q is %s", agent, got)
		}
	}
}
