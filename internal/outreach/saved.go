package outreach

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
	"regulars/internal/jobs"
	"regulars/internal/money"
)

// CartMail is the job of a mail with their cart that a shopper asked for. Key
// is one a cart as it is filled, address and hour.
type CartMail struct {
	Cart     int64  `json:"cart"`
	Customer int64  `json:"customer,omitempty"`
	Email    string `json:"email"`
	Lang     string `json:"lang"`
	Key      string `json:"key"`
}

// Kind names the job.
func (CartMail) Kind() string { return "mail.cart" }

// MailCart puts the mail with a cart, asked for by its shopper, into the
// queue. It is a service: no permission for any other mail follows from it, and
// the address is not kept with the cart. The same cart to the same address
// within an hour is one mail. An address that cannot be one is fault.Invalid
// (input "email"), an empty cart fault.Conflict.
func MailCart(ctx context.Context, tx *db.Tx, v *cart.View, owner *customer.Customer, to string, lang i18n.Lang, now time.Time) error {
	if v.Cart == nil || v.Cart.State != cart.StateOpen || len(v.Items) == 0 {
		return fault.New(fault.Conflict, "outreach.saved.empty")
	}
	j := CartMail{Cart: int64(v.Cart.ID), Email: strings.TrimSpace(to), Lang: string(lang)}
	if owner != nil {
		j.Customer, j.Email = int64(owner.ID), owner.Email
	} else if err := customer.CheckEmail(j.Email); err != nil {
		return err
	}
	holds := make([]string, len(v.Items))
	for i, item := range v.Items {
		holds[i] = fmt.Sprintf("%d×%d", item.Line.Qty, item.Line.VariantID)
	}
	slices.Sort(holds)
	// The cart's token makes of it a sum that tells nobody the address.
	sum := sha256.Sum256([]byte(v.Cart.Token + "\n" + customer.EmailKey(j.Email) + "\n" + strings.Join(holds, " ")))
	j.Key = fmt.Sprintf("%s:%d:%s:%d", CartSaved, v.Cart.ID, hex.EncodeToString(sum[:10]), now.Unix()/3600)
	return jobs.Enqueue(ctx, tx, j)
}

// mailCart sends the cart as it is now; nothing, once it was bought or emptied.
func (d *Desk) mailCart(ctx context.Context, j CartMail, now time.Time) error {
	c, err := cart.ByID(ctx, d.DB, cart.ID(j.Cart))
	if errors.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	s := &Send{Key: j.Key, Class: Service, Template: CartSaved, CartID: c.ID, Email: customer.EmailKey(j.Email), Lang: i18n.ParseLang(j.Lang), Simulated: c.Simulated}
	to, ask := Address{Email: j.Email}, Candidate{Class: Service, Email: j.Email, Cart: c, Asked: true}
	if j.Customer != 0 {
		owner, err := customer.ByID(ctx, d.DB, customer.ID(j.Customer))
		if errors.Is(err, fault.NotFound) {
			return nil // erased since
		}
		if err != nil {
			return err
		}
		s.CustomerID, s.Simulated, ask.Customer, to.Name = &owner.ID, s.Simulated || owner.Simulated, owner, owner.Name
	}
	w := letter{Name: to.Name, Hours: int(RestoreFor.Hours()), footer: footer{why: "mail.foot.why.saved"}}
	if w.Link, err = d.savedCart(ctx, s, c.ID, now); err != nil || w.Link == "" {
		return err
	}
	view, err := cart.Items(ctx, d.DB, c)
	if err != nil {
		return err
	}
	w.list(s.Lang, view, c.Currency)
	return d.owe(ctx, s, ask, to, w, now)
}

// list writes what of a cart can be bought. Goods that somebody else at the
// table should not read of are counted, not named.
func (w *letter) list(lang i18n.Lang, view *cart.View, currency money.Currency) {
	for _, item := range view.Items {
		if item.Problem == cart.Gone || item.Problem == cart.SoldOut {
			continue
		}
		if item.Buyable.Sensitive || len(w.Goods) == 12 {
			w.More++
			continue
		}
		words := goodsLine(lang, item.Buyable.Name, item.Buyable.Choices, item.Line.Qty, money.Price{Amount: item.Total(), Currency: currency})
		if item.Problem == cart.Dearer || item.Problem == cart.Cheaper { // a price that rose is shown, not hidden
			words += i18n.T(lang, "mail.goods.was", "was", money.Price{Amount: item.Line.SeenPrice, Currency: currency})
		}
		w.Goods = append(w.Goods, words)
		w.depict(item.Buyable)
	}
}
