package credit

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/jobs"
	"regulars/internal/money"
)

func one(ctx context.Context, q db.Q, where string, args ...any) (*Account, error) {
	var found []Account
	if err := q.Query(ctx).Where(where, args...).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read credit: %w", err)
	}
	if len(found) == 0 {
		return nil, ErrCode()
	}
	return &found[0], nil
}

// ByCode finds the card of a code. Unknown, mistyped, blocked and not yet paid
// get the same answer, fault.NotFound. The caller counts the tries.
func ByCode(ctx context.Context, q db.Q, code string) (*Account, error) {
	return one(ctx, q, "code_hash = ? AND issued_at > 0 AND blocked = FALSE", hash(code))
}

// ByToken finds an account for staff.
func ByToken(ctx context.Context, q db.Q, token string) (*Account, error) {
	return one(ctx, q, "token = ?", token)
}

// ByID finds an account for a job.
func ByID(ctx context.Context, q db.Q, id ID) (*Account, error) {
	return one(ctx, q, "id = ?", int64(id))
}

// Of is a customer's store credit in a currency; nil if they never had any.
func Of(ctx context.Context, q db.Q, id customer.ID, c money.Currency) (*Account, error) {
	var found []Account
	if err := q.Query(ctx).Where("customer_id = ? AND currency = ?", int64(id), string(c)).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read credit of customer %d: %w", id, err)
	}
	if len(found) == 0 {
		return nil, nil
	}
	return &found[0], nil
}

// Entries is the ledger of an account, the newest first.
func Entries(ctx context.Context, q db.Q, id ID) ([]Entry, error) {
	var all []Entry
	if err := q.Query(ctx).Where("credit_id = ?", int64(id)).Order("id DESC").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read ledger of credit %d: %w", id, err)
	}
	return all, nil
}

// Lock reads accounts in the order of their rows and keeps others from moving
// them until the transaction ends. Whoever moves several begins here.
func Lock(ctx context.Context, tx *db.Tx, ids ...ID) ([]Account, error) {
	var all []Account
	if len(ids) == 0 {
		return nil, nil
	}
	if err := db.ForUpdate(tx.Query(ctx)).Where("id IN ?", ids).Order("id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("lock %d credits: %w", len(ids), err)
	}
	return all, nil
}

// LockOf locks every account that an order was paid from, has bought or gave
// money to, and with them the store credit of who is about to get some (nil:
// nobody).
func LockOf(ctx context.Context, tx *db.Tx, order int64, also *customer.ID) ([]Account, error) {
	var all []Account
	where, args := "order_id = ? OR id IN (SELECT credit_id FROM credit_entries WHERE order_id = ?)", []any{order, order}
	if also != nil {
		where, args = where+" OR customer_id = ?", append(args, int64(*also))
	}
	err := db.ForUpdate(tx.Query(ctx)).Where(where, args...).Order("id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("lock the credits of order %d: %w", order, err)
	}
	return all, nil
}

// post moves a balance and writes why, once a key. It returns false, having
// done nothing, if the key was used; too little left is fault.Conflict.
func post(ctx context.Context, tx *db.Tx, id ID, e Entry, now time.Time) (bool, error) {
	if _, err := Lock(ctx, tx, id); err != nil {
		return false, err
	}
	var seen int
	if err := tx.Query(ctx).Raw("SELECT count(*) FROM credit_entries WHERE key = ?", e.Key).Scan(&seen).Error; err != nil || seen > 0 {
		return false, wrap(id, err)
	}
	var after []money.Amount
	err := tx.Query(ctx).Raw("UPDATE credits SET balance = balance + ?, updated_at = ? WHERE id = ? AND balance + ? >= 0 RETURNING balance",
		int64(e.Amount), db.At(now), int64(id), int64(e.Amount)).Scan(&after).Error
	if err != nil {
		return false, wrap(id, err)
	}
	if len(after) == 0 {
		return false, fault.New(fault.Conflict, "credit.short")
	}
	err = tx.Query(ctx).Exec("INSERT INTO credit_entries (credit_id, kind, amount, balance, key, order_id, actor, note, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
		int64(id), e.Kind, int64(e.Amount), int64(after[0]), e.Key, e.OrderID, e.Actor, e.Note, db.At(now)).Error
	return err == nil, wrap(id, err)
}

func wrap(id ID, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("move credit %d: %w", id, err)
}

// Grant gives a customer store credit: for a return, or out of kindness. key
// names the reason (such as "return:17"); the same again does nothing and
// returns false. order is where it comes from, 0 for none.
func Grant(ctx context.Context, tx *db.Tx, who customer.ID, price money.Price, key string, order int64, by, words string, now time.Time) (bool, error) {
	if price.Amount <= 0 {
		return false, fault.New(fault.Invalid, "credit.amount")
	}
	err := tx.Query(ctx).Exec(`INSERT INTO credits (kind, token, customer_id, currency, simulated, issued_at, created_at, updated_at)
		SELECT 'credit', ?, c.id, ?, c.simulated, CAST(? AS BIGINT), CAST(? AS BIGINT), CAST(? AS BIGINT) FROM customers c WHERE c.id = ? AND c.erased_at = 0 ON CONFLICT DO NOTHING`,
		newToken(), string(price.Currency), db.At(now), db.At(now), db.At(now), int64(who)).Error
	if err != nil {
		return false, fmt.Errorf("open the credit of customer %d: %w", who, err)
	}
	a, err := Of(ctx, tx, who, price.Currency)
	if err != nil {
		return false, err
	}
	if a == nil {
		return false, fault.New(fault.NotFound, "credit.nobody")
	}
	return post(ctx, tx, a.ID, Entry{Kind: Issued, Amount: price.Amount, Key: "grant:" + key, OrderID: order, Actor: by, Note: words}, now)
}

// Spend takes an amount for an order, once a key; false: that key took it
// before. Less than that left is fault.Conflict, and nothing is taken.
func Spend(ctx context.Context, tx *db.Tx, id ID, amount money.Amount, key string, order int64, now time.Time) (bool, error) {
	return post(ctx, tx, id, Entry{Kind: Spent, Amount: -amount, Key: "spent:" + key, OrderID: order, Actor: "shopper"}, now)
}

// Return gives back of what Spend took under spent, once a key. That it is no
// more than was taken is the caller's guarded update to decide.
func Return(ctx context.Context, tx *db.Tx, spent string, amount money.Amount, key string, now time.Time) (bool, error) {
	var from []Entry
	if err := tx.Query(ctx).Where("key = ?", "spent:"+spent).Limit(1).Find(&from).Error; err != nil {
		return false, fmt.Errorf("find what %s spent: %w", spent, err)
	}
	if len(from) == 0 {
		return false, fmt.Errorf("nothing was spent under %s", spent)
	}
	return post(ctx, tx, from[0].CreditID, Entry{Kind: Returned, Amount: amount, Key: "returned:" + key, OrderID: from[0].OrderID, Actor: "payment"}, now)
}

// Adjust corrects a balance, for staff with a reason; key is the form's.
func Adjust(ctx context.Context, tx *db.Tx, id ID, amount money.Amount, key, by, words string, now time.Time) (bool, error) {
	return post(ctx, tx, id, Entry{Kind: Adjusted, Amount: amount, Key: "adjusted:" + key, Actor: by, Note: words}, now)
}

// Block stops an account from being spent, or lets it be spent again. It
// reports whether that changed anything.
func Block(ctx context.Context, tx *db.Tx, id ID, on bool, now time.Time) (bool, error) {
	done := tx.Query(ctx).Exec("UPDATE credits SET blocked = ?, updated_at = ? WHERE id = ? AND blocked <> ?", on, db.At(now), int64(id), on)
	return done.RowsAffected == 1, wrap(id, done.Error)
}

// Plan writes the cards that an order buys, a unit each; their codes are fixed
// now, their money comes with Issue once the order is paid.
func Plan(ctx context.Context, tx *db.Tx, secret []byte, order int64, w Wish, units int, now time.Time) error {
	cards := make([]Account, units)
	for i := range cards {
		cards[i] = w.account(secret, order, i+1, db.At(now))
	}
	if err := tx.Query(ctx).Create(&cards).Error; err != nil {
		return fmt.Errorf("plan the cards of order %d: %w", order, err)
	}
	return nil
}

// Issue puts their money on the cards of an order that was paid, and has them
// mailed. Told again it does nothing.
func Issue(ctx context.Context, tx *db.Tx, order int64, now time.Time) error {
	var due []Account
	if err := tx.Query(ctx).Where("order_id = ? AND issued_at = 0", order).Order("id").Find(&due).Error; err != nil {
		return fmt.Errorf("read the cards of order %d: %w", order, err)
	}
	for i := range due {
		if err := due[i].issue(ctx, tx, due[i].OrderID, "payment", "", now); err != nil {
			return err
		}
	}
	return nil
}

func (a *Account) issue(ctx context.Context, tx *db.Tx, order int64, by, words string, now time.Time) error {
	done := tx.Query(ctx).Exec("UPDATE credits SET issued_at = ?, updated_at = ? WHERE id = ? AND issued_at = 0", db.At(now), db.At(now), int64(a.ID))
	if done.Error != nil || done.RowsAffected == 0 {
		return wrap(a.ID, done.Error)
	}
	if _, err := post(ctx, tx, a.ID, Entry{Kind: Issued, Amount: a.Value, Key: "issued:" + a.Token, OrderID: order, Actor: by, Note: words}, now); err != nil {
		return err
	}
	if a.Simulated || a.Email == "" {
		return nil
	}
	return jobs.Enqueue(ctx, tx, Mail{Card: int64(a.ID)})
}

// Give makes a card without an order, for staff, and mails it to w.Email.
// token comes from the form, so that a double click makes one card; false: it
// is there already.
func Give(ctx context.Context, tx *db.Tx, secret []byte, w Wish, token, by, words string, now time.Time) (bool, error) {
	if w.Price.Amount <= 0 {
		return false, fault.New(fault.Invalid, "credit.amount")
	}
	a := w.account(secret, 0, 0, db.At(now))
	if token != "" {
		code := Code(secret, token)
		sum := hash(code)
		a.Token, a.CodeHash, a.Last4 = token, &sum, code[len(code)-4:]
	}
	done := db.IgnoreConflict(tx.Query(ctx)).Create(&a)
	if done.Error != nil || done.RowsAffected == 0 {
		return false, wrap(0, done.Error)
	}
	return true, a.issue(ctx, tx, 0, by, words, now)
}

// GiveFor makes a card of what an order's shopper without an account gets for
// a return, mails it to w.Email and returns its row. That it is done once is
// the caller's to see to.
func GiveFor(ctx context.Context, tx *db.Tx, secret []byte, order int64, w Wish, by, words string, now time.Time) (ID, error) {
	if w.Price.Amount <= 0 {
		return 0, fault.New(fault.Invalid, "credit.amount")
	}
	a := w.account(secret, 0, 0, db.At(now))
	if err := tx.Query(ctx).Create(&a).Error; err != nil {
		return 0, wrap(0, err)
	}
	return a.ID, a.issue(ctx, tx, order, by, words, now)
}

// NewToken makes the token of a card that staff are about to make.
func NewToken() string { return newToken() }

// Recall takes the cards of an order out of use, since its money goes back. A
// card of which something was spent is fault.Conflict. The caller has locked
// them by LockOf.
func Recall(ctx context.Context, tx *db.Tx, cards []Account, order int64, by string, now time.Time) error {
	for _, a := range cards {
		if a.OrderID != order || a.IssuedAt.IsZero() || a.Balance == 0 && a.Blocked {
			continue
		}
		if a.Balance < a.Value {
			return fault.New(fault.Conflict, "credit.used", "last", a.Last4)
		}
		if _, err := Block(ctx, tx, a.ID, true, now); err != nil {
			return err
		}
		if _, err := post(ctx, tx, a.ID, Entry{Kind: Adjusted, Amount: -a.Balance, Key: "recalled:" + a.Token, OrderID: order, Actor: by, Note: "its order was refunded"}, now); err != nil {
			return err
		}
	}
	return nil
}

// Attach keeps a card with a cart that will be paid with it.
func Attach(ctx context.Context, tx *db.Tx, cart int64, id ID, now time.Time) error {
	err := tx.Query(ctx).Exec("INSERT INTO cart_credits (cart_id, credit_id, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING", cart, int64(id), db.At(now)).Error
	return wrap(id, err)
}

// Detach takes a card, by its token, off a cart.
func Detach(ctx context.Context, tx *db.Tx, cart int64, token string) error {
	err := tx.Query(ctx).Exec("DELETE FROM cart_credits WHERE cart_id = ? AND credit_id = (SELECT id FROM credits WHERE token = ?)", cart, token).Error
	return wrap(0, err)
}

// Follow puts the cards of a cart to the one it became a part of.
func Follow(ctx context.Context, tx *db.Tx, from, to int64) error {
	err := tx.Query(ctx).Exec("INSERT INTO cart_credits (cart_id, credit_id, at) SELECT CAST(? AS BIGINT), credit_id, at FROM cart_credits WHERE cart_id = ? ON CONFLICT DO NOTHING", to, from).Error
	if err != nil {
		return fmt.Errorf("put the cards of cart %d to %d: %w", from, to, err)
	}
	return nil
}

// Attached lists the cards of a cart that can be spent, in the order of their
// rows; with a customer, their store credit too.
func Attached(ctx context.Context, q db.Q, cart int64, who customer.ID, c money.Currency) ([]Account, error) {
	var all []Account
	err := q.Query(ctx).Where(`currency = ? AND blocked = FALSE AND balance > 0 AND (customer_id = ? OR id IN (SELECT credit_id FROM cart_credits WHERE cart_id = ?))`,
		string(c), int64(who), cart).Order("id").Find(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read the cards of cart %d: %w", cart, err)
	}
	return all, nil
}

// Query chooses accounts for the staff's list.
type Query struct {
	Text string // the last signs of a code, or an address
	Page int    // from 1
}

// PerPage is how many accounts a page lists.
const PerPage = 50

// List reads a page of accounts, the newest first, and the number of all.
func List(ctx context.Context, q db.Q, ask Query) ([]Account, int, error) {
	where, args := "issued_at > 0", []any{}
	if ask.Text != "" {
		where += " AND (last4 = upper(?) OR lower(email) = lower(?) OR customer_id IN (SELECT id FROM customers WHERE email_key = lower(?)))"
		args = append(args, ask.Text, ask.Text, ask.Text)
	}
	var total int64
	var all []Account
	if err := q.Query(ctx).Model(&Account{}).Where(where, args...).Count(&total).Error; err != nil {
		return nil, 0, fmt.Errorf("count credits: %w", err)
	}
	err := q.Query(ctx).Where(where, args...).Order("id DESC").Offset((max(1, ask.Page) - 1) * PerPage).Limit(PerPage).Find(&all).Error
	if err != nil {
		return nil, 0, fmt.Errorf("list credits: %w", err)
	}
	return all, int(total), nil
}

// Forget takes a person out of the cards when their account is erased (a
// customer.Forget; before order.Forget, which blanks what it looks for): the
// address and the words of those sent to them or bought by them. The money
// on a card stays whoever's the code is.
func Forget(ctx context.Context, tx *db.Tx, id customer.ID, email string, now time.Time) error {
	key := customer.EmailKey(email)
	const theirs = `email <> '' AND lower(email) = @key OR order_id > 0 AND order_id IN (
		SELECT id FROM orders WHERE customer_id = @id OR customer_id IS NULL AND email <> '' AND lower(email) = @key)`
	values := map[string]any{"id": int64(id), "key": key, "now": db.At(now)}
	err := tx.Query(ctx).Exec("UPDATE credit_entries SET note = '' WHERE note <> '' AND credit_id IN (SELECT id FROM credits WHERE customer_id = @id OR "+theirs+")", values).Error
	if err == nil {
		err = tx.Query(ctx).Exec("UPDATE credits SET email = '', words = '', updated_at = @now WHERE "+theirs, values).Error
	}
	if err != nil {
		return fmt.Errorf("forget the credit of customer %d: %w", id, err)
	}
	return nil
}

var _ customer.Forget = Forget
