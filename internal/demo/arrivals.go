package demo

import (
	"context"
	"time"

	"regulars/internal/cart"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/slot"
)

// way is one way by which the crowd comes to the shop; parts are of a hundred.
// Campaigns run in their own months.
type way struct {
	part     float64
	referrer string
	source   string
	medium   string
	campaign string
	landing  string
}

var ways = map[i18n.Lang][]way{
	i18n.English: {{part: 34}, {part: 22, referrer: "google.com", landing: "product"}, {part: 7, referrer: "google.com", landing: "category"}, {part: 5, referrer: "duckduckgo.com", landing: "product"},
		{part: 9, referrer: "instagram.com", landing: "product"}, {part: 6, referrer: "reddit.com", landing: "product"}, {part: 7, source: "letter", medium: "email", campaign: "news", landing: "home"},
		{part: 6, referrer: "google.com", source: "google", medium: "cpc", campaign: "brand", landing: "home"}, {part: 4, referrer: "slowtools.example", landing: "product"}},
	i18n.Chinese: {{part: 30}, {part: 24, referrer: "baidu.com", landing: "product"}, {part: 16, referrer: "xiaohongshu.com", landing: "product"}, {part: 12, referrer: "weixin.qq.com", landing: "home"},
		{part: 7, source: "letter", medium: "email", campaign: "news", landing: "home"}, {part: 6, referrer: "bing.com", landing: "category"}, {part: 5, referrer: "zhihu.com", landing: "product"}},
}

var browsers = map[string][]struct {
	part   float64
	family string
}{
	"phone":   {{46, "safari"}, {38, "chrome"}, {9, "samsung"}, {7, "firefox"}},
	"desktop": {{58, "chrome"}, {17, "edge"}, {14, "safari"}, {11, "firefox"}},
	"tablet":  {{70, "safari"}, {30, "chrome"}},
}

// occasion is the campaign of a month.
func occasion(at time.Time) string {
	switch at.Month() {
	case time.May:
		return "may"
	case time.September:
		return "term"
	case time.November:
		return "november"
	}
	return "news"
}

// led deals out what led a simulated visit here. It draws nothing: quotas are
// filled, so that the rest of the crowd is the same with it and without.
func (t *teller) led(s *shopper, c *told, first *good, at time.Time) cart.Arrival {
	next := func(key string, parts func() []float64) int {
		if t.ledBy[key] == nil {
			t.ledBy[key] = newQuota(parts()...)
		}
		return t.ledBy[key].next()
	}
	list := ways[s.lang]
	w := list[next("way "+string(s.lang), func() (parts []float64) {
		for _, w := range list {
			parts = append(parts, w.part/100)
		}
		return parts
	})]
	kind := browsers[s.device]
	a := cart.Arrival{Referrer: w.referrer, Source: w.source, Medium: w.medium, Campaign: w.campaign, Landing: w.landing}
	if w.campaign == "news" {
		a.Campaign = occasion(at)
	}
	switch w.landing {
	case "product":
		a.Entry = first.Slug
	case "category":
		a.Entry = t.slugs[first.shelf]
	}
	a = a.Clean()
	a.Browser = kind[next("browser "+s.device, func() (parts []float64) {
		for _, k := range kind {
			parts = append(parts, k.part/100)
		}
		return parts
	})].family
	if a.Referrer == "weixin.qq.com" && s.device != "desktop" {
		a.Browser = "wechat"
	}
	if !at.Before(t.tested()) {
		a.Arm = string(t.side(slot.Home, s, c))
	}
	return a
}

// writeArrivals writes what led to the carts of a batch.
func (t *teller) writeArrivals(ctx context.Context, tx *db.Tx, all []told) error {
	led := make([]cart.Arrival, len(all))
	for i := range all {
		led[i] = all[i].arrival
		led[i].CartID = all[i].cart.ID
	}
	return cart.ArriveMany(ctx, tx, led)
}
