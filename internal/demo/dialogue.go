package demo

import (
	"strings"

	"regulars/internal/i18n"
)

// dialogues are questions people ask about anything, with answers that hold
// for everything the shop carries.
var dialogues = []Question{
	{Text{"How long does {name} take to arrive?", "{name}多久能到？"},
		Text{"Standard delivery takes two to five days, express one or two. The checkout names the day.", "标准配送两到五天，加急一到两天。结算时会写明日期。"}},
	{Text{"Is {name} still in stock?", "{name}还有货吗？"},
		Text{"What can be put into the cart is in stock. The page counts down when few are left.", "能加入购物车的就有货。数量不多时，页面会写剩余件数。"}},
	{Text{"Can I pay for {name} in yuan?", "{name}可以用人民币付款吗？"},
		Text{"Yes. Each price is in US dollars or in yuan, as you choose.", "可以。每件商品都有美元价和人民币价，由你选。"}},
}

var digitalDialogue = Question{Text{"How do I receive {name}?", "{name}怎么收货？"},
	Text{"By mail, within minutes of the payment. Nothing is sent by parcel.", "付款后几分钟内用邮件发出，不寄包裹。"}}

// dialogue is the nth thing to ask about a product, and the answer: its own
// authored question first.
func (g *good) dialogue(n int, l i18n.Lang) (question, answer string) {
	d := g.Question
	switch {
	case n > 0 && g.Digital:
		d = digitalDialogue
	case n > 0:
		d = dialogues[n-1]
	}
	return strings.ReplaceAll(d.Ask.text().In(l), "{name}", g.Name.text().In(l)), d.Answer.text().In(l)
}
