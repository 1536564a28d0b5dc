package outreach

import (
	"reflect"

	"regulars/internal/i18n"
	"regulars/internal/money"
)

// sample is a letter in which every part of every mail has something to say:
// what a preview shows where no real one is at hand. Its people and numbers
// are made up.
func (d *Desk) sample(l i18n.Lang) letter {
	currency := d.Settings.Now().Currency()
	price := func(a money.Amount) string { return i18n.Money(l, money.Price{Amount: a, Currency: currency}) }
	in := func(en, zh string) string { return i18n.Text{En: en, Zh: zh}.In(l) }
	day := in("3 June 2026", "2026年6月3日")
	goods := []string{goodsLine(l, i18n.Text{En: "Walking jacket", Zh: "徒步外套"}, i18n.Text{En: "moss, M", Zh: "苔绿，M"}, 1, money.Price{Amount: 8900, Currency: currency}),
		goodsLine(l, i18n.Text{En: "Tea tin", Zh: "茶叶罐"}, i18n.Text{}, 2, money.Price{Amount: 2400, Currency: currency})}
	w := letter{Lang: l, Name: in("Ann Example", "安然"), Link: d.url(l, "/"), Hours: 48,
		Wishes: []string{in("Offers and news", "优惠与新品"), in("Reminders of a cart", "购物车提醒")}, Goods: goods, More: 1,
		Shelf: &shelfWords{Name: in("Walking jacket", "徒步外套"), Price: price(8900), Reason: in("It names a person.", "内容提到了具体的人。")},
		Order: &orderWords{Number: "EXAMPLE-1", Placed: day, Total: price(11300), Sums: []string{in("Goods", "商品") + " " + price(11300), in("Delivery", "运费") + " " + price(0)},
			By: day, Address: []string{in("Ann Example", "安然"), in("1 Sample Street", "示例路 1 号"), in("Sampletown", "示例市")}, Cause: "shopper",
			Carrier: in("Parcel post", "快递"), Tracking: "EX 000 000", Track: "https://carrier.example/EX000000", Waits: true, Part: true,
			Credit: price(2000), Due: price(9300), After: in("Please transfer the rest.", "请转账支付余款。"), Pay: []string{"IBAN EX00 0000"}, Back: price(2400), Owed: price(2400), How: in("card", "银行卡")},
		Card: &cardWords{Code: "EXAM-PLE0-0000", Worth: price(5000), Words: in("Happy birthday", "生日快乐")},
		Return: &returnWords{Number: "R-EXAMPLE", Reason: in("Too small", "尺码偏小"), Answer: in("Yes, within 30 days.", "可以，30 天内寄回即可。"), Address: d.Settings.Now().Get("shop.address"),
			At: day + " 10:00", Zone: d.Settings.Now().Zone().String(), By: in("Ann Example", "安然"), Wish: in("money back", "退款"), Credit: price(2400), Whole: true, Card: true},
		Tier:  &tierWords{Tier: i18n.T(l, "value.tier.loyal"), To: i18n.T(l, "value.tier.occasional"), Day: day, Given: true},
		Words: in("Yes, it can be washed at 30 degrees.", "可以，30 度水洗。"), Asked: in("Can it be washed?", "可以水洗吗？"), Number: "Q-EXAMPLE", By: day,
		Status: []string{in("Order EXAMPLE-1: on its way", "订单 EXAMPLE-1：运送中")}, Help: []helpWords{{in("Washing and care", "洗涤与保养"), d.url(l, "/help")}},
		Saved: d.url(l, "/cart"), Again: d.url(l, "/contact"), When: in("On 3 June at 10:00 a page did not work.", "6 月 3 日 10:00 有一个页面出错了。"),
		Coupon: &couponWords{Percent: 10, Code: "EXAMPLE-10", Until: day, Goods: goods[:1]},
		Need: &needWords{Name: in("Mother's birthday", "妈妈的生日"), Day: day, Why: in("You bought a gift around this day in each of the last two years.", "前两年的这个时候您都买过礼物。"),
			Goods: []needGoods{{in("Tea tin", "茶叶罐") + " " + price(2400), d.url(l, "/")}}, Answer: d.url(l, "/")},
		footer: footer{why: "mail.foot.why.order"},
	}
	stuff(reflect.ValueOf(&w).Elem(), in("Example", "示例"))
	return w
}

// stuff puts words into what a mail added to the letter and nothing above
// fills, so that each mail has something to show.
func stuff(v reflect.Value, words string) {
	for i := range v.NumField() {
		f := v.Field(i)
		if v.Type().Field(i).Anonymous && f.Kind() == reflect.Struct {
			stuff(f, words)
		}
		if !f.CanSet() || !f.IsZero() {
			continue
		}
		switch f.Kind() {
		case reflect.String:
			if f.Type() == reflect.TypeFor[string]() {
				f.SetString(words)
			}
		case reflect.Int:
			f.SetInt(2)
		case reflect.Pointer:
			if f.Type().Elem().Kind() == reflect.Struct {
				f.Set(reflect.New(f.Type().Elem()))
				stuff(f.Elem(), words)
			}
		case reflect.Slice:
			one := reflect.New(f.Type().Elem()).Elem()
			if one.Kind() == reflect.Struct {
				stuff(one, words)
			} else if one.Kind() == reflect.String {
				one.SetString(words)
			}
			f.Set(reflect.Append(f, one))
		}
	}
}

// bare is a letter that has as little to say as one can.
func (d *Desk) bare(l i18n.Lang) letter {
	w := d.sample(l)
	least := letter{Lang: l, Link: w.Link, Hours: 1, Shelf: w.Shelf, Order: &orderWords{Number: "EXAMPLE-1", Placed: w.Order.Placed, Total: w.Order.Total, Cause: "hold"},
		Card: &cardWords{Code: w.Card.Code, Worth: w.Card.Worth}, Return: &returnWords{Number: w.Return.Number, Reason: w.Return.Reason, At: w.Return.At, Zone: w.Return.Zone},
		Tier: &tierWords{Tier: w.Tier.Tier, To: w.Tier.To}, footer: w.footer, Words: w.Words, Asked: w.Asked, Number: w.Number, When: w.When, Again: w.Again}
	lend(reflect.ValueOf(&least).Elem(), reflect.ValueOf(&w).Elem())
	return least
}

// lend gives a letter the parts that only one mail asks for, which has them in
// any case.
func lend(have, full reflect.Value) {
	for i := range have.NumField() {
		f, t := have.Field(i), have.Type().Field(i)
		switch {
		case t.Anonymous && f.Kind() == reflect.Struct:
			for k := range f.NumField() {
				if f.Field(k).CanSet() {
					f.Field(k).Set(full.Field(i).Field(k))
				}
			}
		case f.CanSet() && f.Kind() == reflect.Pointer && f.IsNil() && t.Name != "Coupon":
			f.Set(full.Field(i))
		}
	}
}
