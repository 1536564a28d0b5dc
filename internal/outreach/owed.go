package outreach

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	text "text/template"
	tree "text/template/parse"

	"regulars/internal/i18n"
)

// Owed lists the templates of what is owed to somebody who may have said no to
// everything else. They carry nothing that sells (crm.md 4.1).
var Owed = []string{OrderConfirmation, OrderNew, OrderPaid, OrderFailed, OrderShipped, OrderDelivered, OrderCancelled, OrderRefunded, OrderReminder, GiftCard,
	ReturnAsked, ReturnApproved, ReturnRefused, ReturnReceived, ReturnCredited, OrderWithdrawn, VerifyEmail, ResetPassword, ChangeEmail, AccountExists, NoAccount, StaffLink, ConfirmConsent, OwnerFix, OwnerRecall}

// plainPlaces are the placeholders that say what was done or has to be done.
// Any other could show goods, a code or an offer.
var plainPlaces = []string{"Lang", "Shop", "Name", "Link", "Hours", "Wishes", "Goods", "More", "Order", "Card", "Return", "Words", "Number", "By", "Status", "Owner"}

// sells finds words of offers in either language.
var sells = regexp.MustCompile(`(?i)coupon|promo(tion)?s?\b|discount code|voucher code|special offer|\d ?% off|you may also like|recommended for you|our picks|best ?sellers|优惠券|优惠码|折扣码|促销|特价|为您推荐|猜你喜欢|满减`)

// LintOwed says what in the text of a template that is owed sells something.
func LintOwed(name, source string) error {
	if !slices.Contains(Owed, name) {
		return nil
	}
	t, err := text.New(name).Parse(source)
	if err != nil {
		return fmt.Errorf("%w %s: %w", errTemplate, name, err)
	}
	if words := sells.FindString(source); words != "" {
		return fmt.Errorf("%w %s is owed and may not sell: %q", errTemplate, name, words)
	}
	for _, one := range t.Templates() {
		if place := strange(one.Root); place != "" {
			return fmt.Errorf("%w %s is owed and may not show .%s", errTemplate, name, place)
		}
	}
	return nil
}

// strange is the first placeholder of a template that is none of the plain ones.
// Fields of what "with" and "range" stand on are fields of a plain one.
func strange(n tree.Node) string {
	var found string
	look := func(all ...tree.Node) {
		for _, one := range all {
			if found == "" {
				found = strange(one)
			}
		}
	}
	branch := func(b *tree.BranchNode, inside bool) {
		look(b.Pipe)
		if inside && b.List != nil {
			look(b.List)
		}
		if b.ElseList != nil {
			look(b.ElseList)
		}
	}
	switch n := n.(type) {
	case *tree.ListNode:
		look(n.Nodes...)
	case *tree.ActionNode:
		look(n.Pipe)
	case *tree.IfNode:
		branch(&n.BranchNode, true)
	case *tree.WithNode:
		branch(&n.BranchNode, false)
	case *tree.RangeNode:
		branch(&n.BranchNode, false)
	case *tree.PipeNode:
		for _, c := range n.Cmds {
			look(c.Args...)
		}
	case *tree.FieldNode:
		if !slices.Contains(plainPlaces, n.Ident[0]) {
			found = n.Ident[0]
		}
	case *tree.VariableNode: // $.Coupon, wherever it stands
		if n.Ident[0] == "$" && len(n.Ident) > 1 && !slices.Contains(plainPlaces, n.Ident[1]) {
			found = n.Ident[1]
		}
	}
	return found
}

// lint looks through every template that is owed.
func (d *Desk) lint() error {
	for _, name := range Owed {
		for _, lang := range i18n.Langs {
			b, err := fs.ReadFile(d.Templates, "mail/"+name+"."+string(lang)+".txt")
			if err == nil {
				err = LintOwed(name, string(b))
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
