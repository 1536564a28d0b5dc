// Package outreach is everything the shop says by mail. One gate decides
// whether a person may be written to now; every decision, also the one to say
// nothing, is a row in sends with its reason. What is owed (a confirmation, a
// password link) is sent at least once under one Message-ID; what is only
// offered (a reminder of a cart) at most once.
package outreach

import (
	"context"
	"io/fs"
	"log/slog"
	"strings"
	"time"

	"regulars/internal/cart"
	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/i18n"
	"regulars/internal/order"
	"regulars/internal/payment"
	"regulars/internal/recommend"
	"regulars/internal/search"
	"regulars/internal/setting"
)

// Class says what a message is to the person who gets it, and with that which
// rules it obeys. A message without a class cannot be sent.
type Class string

const (
	Required     Class = "required"     // owed: order, payment, security; ignores every wish but erasure
	Service      Class = "service"      // an answer to a question; keeps quiet hours
	Relationship Class = "relationship" // cards and thanks; consent, caps, quiet hours
	Marketing    Class = "marketing"    // offers, suggestions, cart reminders; consent, caps, quiet hours
)

// The messages of the shop; each has templates/mail/<name>.<lang>.txt.
const (
	ReviewRefused     = "review-refused"
	BackInStock       = "back-in-stock"
	OrderConfirmation = "order-confirmation"
	OrderNew          = "order-new" // to the merchant
	OrderPaid         = "order-paid"
	OrderFailed       = "order-failed"
	OrderShipped      = "order-shipped"
	OrderDelivered    = "order-delivered"
	OrderCancelled    = "order-cancelled"
	OrderRefunded     = "order-refunded"
	OrderReaddressed  = "order-readdressed"
	OrderReminder     = "order-reminder" // of a transfer, when half of its time is over
	GiftCard          = "gift-card"
	ReturnAsked       = "order-return-asked"
	ReturnApproved    = "order-return-approved"
	ReturnRefused     = "order-return-refused"
	ReturnReceived    = "order-return-received"
	ReturnCredited    = "order-return-credit"
	OrderWithdrawn    = "order-withdrawn" // the receipt that the law asks for
	VerifyEmail       = "verify-email"
	ResetPassword     = "reset-password"
	ChangeEmail       = "change-email"
	AccountExists     = "account-exists"
	NoAccount         = "no-account"
	StaffLink         = "staff-link"      // a member of staff chooses a password
	ConfirmConsent    = "confirm-consent" // before a yes to mails counts
	FollowUpMail      = "followup"
	CartSaved         = "cart-saved" // asked for by the shopper
	ContactReceived   = "contact-received"
	QuestionAnswered  = "question-answered"
	TierRisen         = "tier-risen"
	TierEnds          = "tier-ends"
)

// Templates lists every message.
var Templates = []string{ReviewRefused, BackInStock,
	OrderConfirmation, OrderNew, OrderPaid, OrderFailed, OrderShipped, OrderDelivered, OrderCancelled, OrderRefunded, OrderReaddressed, OrderReminder, GiftCard,
	ReturnAsked, ReturnApproved, ReturnRefused, ReturnReceived, ReturnCredited, OrderWithdrawn,
	VerifyEmail, ResetPassword, ChangeEmail, AccountExists, NoAccount, StaffLink, ConfirmConsent, FollowUpMail, CartSaved, ContactReceived, QuestionAnswered, TierRisen, TierEnds,
	OccasionMail, CampaignMail,
	CardMail, SpecialsMail, RefillMail, PicksMail, FindsMail, ListMail,
	OwnerRelease, OwnerFix, OwnerRecall}

// State says what became of a message.
type State string

const (
	Queued   State = "queued"   // decided, to be sent until it worked
	Claimed  State = "claimed"  // about to be sent, once; found later, it is not sent again
	Sent     State = "sent"     // taken by the mail server
	Deferred State = "deferred" // asked again at DueAt
	Withheld State = "withheld" // will not be sent, see Reason
	Failed   State = "failed"   // refused, or nobody knows whether it arrived
)

// Send is one decision about one message, and its row.
type Send struct {
	ID         int64
	Key        string // what the message is about; nobody is told the same twice
	Class      Class
	Template   string
	CustomerID *customer.ID
	CartID     cart.ID
	OrderID    order.ID
	Email      string
	Lang       i18n.Lang
	Subject    string
	MessageID  string
	State      State
	Reason     string // a code, see Words; after ": " what a mail server said
	Attempts   int
	DueAt      db.Time
	SentAt     db.Time
	CreatedAt  db.Time `gorm:"autoCreateTime:false"`
	UpdatedAt  db.Time `gorm:"autoUpdateTime:false"`
	Simulated  bool
	Variant    string           // of a reminder: what it answered; "" the goods themselves
	Plan       int64            // the version of the follow-up's plan it was decided under; 0: no follow-up
	Content    string           // a fingerprint of what it says: nobody gets the same twice; "": not compared
	Topic      Topic            // its row of the contact matrix; "": it obeys none
	Worth      int64            // the margin it is expected to bring, in minor units of the shop's currency
	ExpiresAt  db.Time          // worth nothing from then on; 0: never
	Purpose    customer.Purpose // of consent: what it was allowed for
	LateAt     db.Time          // of what is owed: when it was seen that no mail server had taken it in time; 0: it was
}

// Words is the reason in l for people; "" if there is none to give.
func (s *Send) Words(l i18n.Lang) string {
	code, said, _ := strings.Cut(s.Reason, ": ")
	if code == "" {
		return ""
	}
	words := i18n.T(l, "outreach.reason."+code)
	if code == "expired" && said != "" {
		said = i18n.T(l, "outreach.reason."+said)
	}
	if said != "" {
		words += " (" + said + ")"
	}
	return words
}

// Desk is where mail is decided, written and handed over.
type Desk struct {
	DB        *db.DB
	Mailer    Mailer
	Settings  *setting.Live
	BaseURL   string // https://shop.example, without a slash at the end
	Templates fs.FS  // holds mail/
	Now       func() time.Time
	Log       *slog.Logger
	Demo      bool                       // every mail says that the shop is simulated
	AccessKey func(number string) string // the key in an order's secret link
	CardCode  func(token string) string  // the code of a gift card
	Pay       *payment.Providers         // what each way to pay asks of a shopper
	Back      string                     // the folder that mails which came back are laid into; "": none
	Engine    *recommend.Engine          // what goes with what; nil: what authors wrote alone
	Finder    *search.Embedded           // asks saved searches; nil: one made for each sweep
	Alarm     func(kind, subject string) // tells staff (AlarmLate, AlarmUngated); may be nil

	looked looked // at idle carts
}

// Restoring a cart by mail works for a week; stopping mail always does.
const (
	RestoreFor     = 7 * 24 * time.Hour
	unsubscribeFor = 3650 * 24 * time.Hour
)

// Verdict is what the gate says.
type Verdict string

const (
	Allow    Verdict = "send"
	Defer    Verdict = "defer"
	Withhold Verdict = "withhold"
)

// Candidate is a message that somebody wants to send.
type Candidate struct {
	Class    Class
	Purpose  customer.Purpose // what it needs consent for, if its class does
	Topic    Topic            // its row of the contact matrix, if its class obeys that; "": that of the purpose
	Email    string
	Customer *customer.Customer                              // nil: a guest
	Cart     *cart.Cart                                      // the cart it is about, as it stands now; nil: none
	ActiveAt db.Time                                         // the cart's last activity when the message was meant
	Except   int64                                           // the message's own row, not to be counted against itself
	Content  string                                          // a fingerprint of what it says, kept with the row
	Worth    int64                                           // the margin it is expected to bring, in minor units of the shop's currency: what goes first when not all may
	Expires  time.Time                                       // worth nothing from then on; zero: never
	Asked    bool                                            // a service they asked for, or set off, just now: whoever waits for it is awake
	Occasion string                                          // the key of what it is about (Occasions lists them); "": none that anybody avoids
	stands   func(context.Context, *db.Tx) (string, error)   // of a service: why it is not so any more, "" if it is
	step     *reminding                                      // of the follow-up, if it is one
	people   []kin                                           // the accounts of whoever reads it
	draw     func(context.Context, *db.Tx) (Decision, error) // asked once nothing speaks against it: who goes without, and whether it still goes out at all
	last     func(context.Context, *db.Tx) (Decision, error) // asked when all else says yes, in the transaction that claims it: what goes out with it is taken then
	looks    bool                                            // asked to show what would be said: nobody is drawn by it
	wish     Preference                                      // how they want to hear from us
}

// Decision is the gate's answer. Until is the moment to ask again.
type Decision struct {
	Verdict Verdict
	Reason  string
	Until   time.Time
}

// AccountMail is the job of a mail about an account. Token is a secret that
// the mail's link carries; it dies with the job. Pages enqueue it with
// Enqueue, in the transaction that made the token.
type AccountMail struct {
	Customer int64  `json:"customer,omitempty"`
	Email    string `json:"email"` // where it goes; for ChangeEmail the new address
	Template string `json:"template"`
	Token    string `json:"token,omitempty"`
	Lang     string `json:"lang"`
	At       int64  `json:"at"` // Unix milliseconds; set by Enqueue
}

// Kind names the job.
func (AccountMail) Kind() string { return "mail.account" }
