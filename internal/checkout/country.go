package checkout

import (
	"slices"
	"strings"

	"regulars/internal/i18n"
)

// Country is one of the countries an address can be in. Region and Postcode
// say which parts an address there cannot do without; line 1 and the city are
// needed everywhere.
type Country struct {
	Code     string // ISO 3166-1 alpha-2
	Name     i18n.Text
	Region   bool
	Postcode bool
}

// Countries lists the countries: in English by name, in Chinese by code, since
// characters have no order that a reader would look for.
func Countries(l i18n.Lang) []Country {
	all := slices.Clone(countries)
	slices.SortStableFunc(all, func(a, b Country) int {
		if l == i18n.Chinese {
			return strings.Compare(a.Code, b.Code)
		}
		return strings.Compare(a.Name.En, b.Name.En)
	})
	return all
}

// CountryOf finds a country by its code in capitals.
func CountryOf(code string) (Country, bool) {
	i := slices.IndexFunc(countries, func(c Country) bool { return c.Code == code })
	if i < 0 {
		return Country{}, false
	}
	return countries[i], true
}

// The last two columns are Region and Postcode, as the countries' own address
// formats ask for them.
var countries = []Country{
	{"US", i18n.Text{En: "United States", Zh: "美国"}, true, true},
	{"CA", i18n.Text{En: "Canada", Zh: "加拿大"}, true, true},
	{"MX", i18n.Text{En: "Mexico", Zh: "墨西哥"}, true, true},
	{"BR", i18n.Text{En: "Brazil", Zh: "巴西"}, true, true},
	{"AR", i18n.Text{En: "Argentina", Zh: "阿根廷"}, false, true},
	{"CL", i18n.Text{En: "Chile", Zh: "智利"}, false, false},
	{"CO", i18n.Text{En: "Colombia", Zh: "哥伦比亚"}, false, false},
	{"PE", i18n.Text{En: "Peru", Zh: "秘鲁"}, false, false},
	{"GB", i18n.Text{En: "United Kingdom", Zh: "英国"}, false, true},
	{"IE", i18n.Text{En: "Ireland", Zh: "爱尔兰"}, false, false},
	{"DE", i18n.Text{En: "Germany", Zh: "德国"}, false, true},
	{"AT", i18n.Text{En: "Austria", Zh: "奥地利"}, false, true},
	{"CH", i18n.Text{En: "Switzerland", Zh: "瑞士"}, false, true},
	{"LI", i18n.Text{En: "Liechtenstein", Zh: "列支敦士登"}, false, true},
	{"FR", i18n.Text{En: "France", Zh: "法国"}, false, true},
	{"BE", i18n.Text{En: "Belgium", Zh: "比利时"}, false, true},
	{"NL", i18n.Text{En: "Netherlands", Zh: "荷兰"}, false, true},
	{"LU", i18n.Text{En: "Luxembourg", Zh: "卢森堡"}, false, true},
	{"ES", i18n.Text{En: "Spain", Zh: "西班牙"}, false, true},
	{"PT", i18n.Text{En: "Portugal", Zh: "葡萄牙"}, false, true},
	{"IT", i18n.Text{En: "Italy", Zh: "意大利"}, true, true},
	{"MT", i18n.Text{En: "Malta", Zh: "马耳他"}, false, true},
	{"GR", i18n.Text{En: "Greece", Zh: "希腊"}, false, true},
	{"CY", i18n.Text{En: "Cyprus", Zh: "塞浦路斯"}, false, true},
	{"DK", i18n.Text{En: "Denmark", Zh: "丹麦"}, false, true},
	{"SE", i18n.Text{En: "Sweden", Zh: "瑞典"}, false, true},
	{"NO", i18n.Text{En: "Norway", Zh: "挪威"}, false, true},
	{"FI", i18n.Text{En: "Finland", Zh: "芬兰"}, false, true},
	{"IS", i18n.Text{En: "Iceland", Zh: "冰岛"}, false, true},
	{"PL", i18n.Text{En: "Poland", Zh: "波兰"}, false, true},
	{"CZ", i18n.Text{En: "Czechia", Zh: "捷克"}, false, true},
	{"SK", i18n.Text{En: "Slovakia", Zh: "斯洛伐克"}, false, true},
	{"HU", i18n.Text{En: "Hungary", Zh: "匈牙利"}, false, true},
	{"SI", i18n.Text{En: "Slovenia", Zh: "斯洛文尼亚"}, false, true},
	{"HR", i18n.Text{En: "Croatia", Zh: "克罗地亚"}, false, true},
	{"RS", i18n.Text{En: "Serbia", Zh: "塞尔维亚"}, false, true},
	{"RO", i18n.Text{En: "Romania", Zh: "罗马尼亚"}, false, true},
	{"BG", i18n.Text{En: "Bulgaria", Zh: "保加利亚"}, false, true},
	{"EE", i18n.Text{En: "Estonia", Zh: "爱沙尼亚"}, false, true},
	{"LV", i18n.Text{En: "Latvia", Zh: "拉脱维亚"}, false, true},
	{"LT", i18n.Text{En: "Lithuania", Zh: "立陶宛"}, false, true},
	{"UA", i18n.Text{En: "Ukraine", Zh: "乌克兰"}, false, true},
	{"TR", i18n.Text{En: "Türkiye", Zh: "土耳其"}, false, true},
	{"IL", i18n.Text{En: "Israel", Zh: "以色列"}, false, true},
	{"AE", i18n.Text{En: "United Arab Emirates", Zh: "阿拉伯联合酋长国"}, true, false},
	{"SA", i18n.Text{En: "Saudi Arabia", Zh: "沙特阿拉伯"}, false, true},
	{"QA", i18n.Text{En: "Qatar", Zh: "卡塔尔"}, false, false},
	{"KW", i18n.Text{En: "Kuwait", Zh: "科威特"}, false, true},
	{"BH", i18n.Text{En: "Bahrain", Zh: "巴林"}, false, false},
	{"OM", i18n.Text{En: "Oman", Zh: "阿曼"}, false, true},
	{"JO", i18n.Text{En: "Jordan", Zh: "约旦"}, false, true},
	{"EG", i18n.Text{En: "Egypt", Zh: "埃及"}, false, true},
	{"MA", i18n.Text{En: "Morocco", Zh: "摩洛哥"}, false, true},
	{"TN", i18n.Text{En: "Tunisia", Zh: "突尼斯"}, false, true},
	{"KE", i18n.Text{En: "Kenya", Zh: "肯尼亚"}, false, false},
	{"NG", i18n.Text{En: "Nigeria", Zh: "尼日利亚"}, true, false},
	{"GH", i18n.Text{En: "Ghana", Zh: "加纳"}, false, false},
	{"ZA", i18n.Text{En: "South Africa", Zh: "南非"}, false, true},
	{"IN", i18n.Text{En: "India", Zh: "印度"}, true, true},
	{"PK", i18n.Text{En: "Pakistan", Zh: "巴基斯坦"}, false, true},
	{"BD", i18n.Text{En: "Bangladesh", Zh: "孟加拉国"}, false, true},
	{"LK", i18n.Text{En: "Sri Lanka", Zh: "斯里兰卡"}, false, true},
	{"NP", i18n.Text{En: "Nepal", Zh: "尼泊尔"}, false, true},
	{"CN", i18n.Text{En: "China", Zh: "中国"}, true, false},
	{"HK", i18n.Text{En: "Hong Kong SAR", Zh: "中国香港特别行政区"}, false, false},
	{"MO", i18n.Text{En: "Macao SAR", Zh: "中国澳门特别行政区"}, false, false},
	{"TW", i18n.Text{En: "Taiwan", Zh: "台湾"}, false, true},
	{"JP", i18n.Text{En: "Japan", Zh: "日本"}, true, true},
	{"KR", i18n.Text{En: "South Korea", Zh: "韩国"}, false, true},
	{"MN", i18n.Text{En: "Mongolia", Zh: "蒙古"}, false, true},
	{"SG", i18n.Text{En: "Singapore", Zh: "新加坡"}, false, true},
	{"MY", i18n.Text{En: "Malaysia", Zh: "马来西亚"}, true, true},
	{"TH", i18n.Text{En: "Thailand", Zh: "泰国"}, true, true},
	{"VN", i18n.Text{En: "Vietnam", Zh: "越南"}, false, true},
	{"PH", i18n.Text{En: "Philippines", Zh: "菲律宾"}, false, true},
	{"ID", i18n.Text{En: "Indonesia", Zh: "印度尼西亚"}, true, true},
	{"KH", i18n.Text{En: "Cambodia", Zh: "柬埔寨"}, false, true},
	{"KZ", i18n.Text{En: "Kazakhstan", Zh: "哈萨克斯坦"}, false, true},
	{"AU", i18n.Text{En: "Australia", Zh: "澳大利亚"}, true, true},
	{"NZ", i18n.Text{En: "New Zealand", Zh: "新西兰"}, false, true},
}
