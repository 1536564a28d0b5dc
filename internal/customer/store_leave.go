package customer

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/event"
	"regulars/internal/i18n"
)

// Exported is everything the shop holds about a person, as they download it.
// Times are RFC 3339, amounts minor units beside their currency; no row ids.
type Exported struct {
	Account   ExportedAccount    `json:"account"`
	Interests []ExportedInterest `json:"interests"`
	Dates     []ExportedDate     `json:"dates"`
	Addresses []ExportedAddress  `json:"addresses"`
	Said      []ExportedSaid     `json:"said"`       // where and when, where it is not the making of the account
	Kept      []ExportedAddress  `json:"remembered"` // by your browsers' forms, as you asked
	Consents  []ExportedConsent  `json:"consents"`   // every choice made, oldest first
	Segments  []ExportedSegment  `json:"segments"`   // what the account is counted among, and why
	Moves     []ExportedMove     `json:"segment_moves"`
	Traits    []ExportedTrait    `json:"traits"`        // what is concluded from orders and profile, and what was taken out
	Tiers     []ExportedTier     `json:"loyalty"`       // the tier the orders earned, and those that were given
	Values    []ExportedValue    `json:"value"`         // how the shop sorts its customers, and what it expects; amounts in minor units
	Changes   []ExportedChange   `json:"value_changes"` // of loyalty tier and class, with the numbers behind each
	Browsers  []ExportedBrowser  `json:"browsers"`
	Orders    []ExportedOrder    `json:"orders"`
	Carts     []ExportedCart     `json:"carts"`
	Behaviour []ExportedEvent    `json:"behaviour"`
	Mails     []ExportedMail     `json:"mails"`
	Campaigns []ExportedCampaign `json:"campaigns"`  // messages to many that they were among
	FollowUps []ExportedFollowUp `json:"follow_ups"` // the group somebody was in when a cart of theirs rested
	Coupons   []ExportedCoupon   `json:"coupons"`    // codes that were given to them alone
	Looks     []ExportedLook     `json:"looks"`      // when staff of the shop looked at the account
	Questions []ExportedQuestion `json:"questions"`
	Reviews   []ExportedReview   `json:"reviews"` // what you said of goods, and said before
	Lists     []ExportedList     `json:"shopping_lists"`
	Awaited   []ExportedAwaited  `json:"awaited"`     // what you want to be told of when it is there again
	Saved     []ExportedCart     `json:"saved_goods"` // for later
	Searches  []ExportedSearch   `json:"saved_searches"`
	Surveys   []ExportedSurvey   `json:"surveys"`   // answers you linked to your account
	Occasions []ExportedOccasion `json:"occasions"` // needs that come back each year, and what you said of them
	Reminders []ExportedReminder `json:"occasion_reminders"`
	Promises  []ExportedPromise  `json:"promises"`  // what staff promised, are to do, or noted about the person
	LongAgo   []ExportedLongAgo  `json:"long_ago"`  // counts of purchases too old to be used one by one
	Owned     []ExportedOwned    `json:"owned"`     // what you said you own, or gave away
	Notices   []ExportedNotice   `json:"notices"`   // what owners were told
	MailWish  []ExportedMailWish `json:"mail_wish"` // how you want to hear from us
}

type (
	ExportedOccasion struct {
		Source     string  `json:"source"` // found in orders, or told
		State      string  `json:"state"`
		Name       string  `json:"name,omitempty"`
		Feast      string  `json:"feast,omitempty"`
		Month      int     `json:"month,omitempty"`
		Day        int     `json:"day,omitempty"`
		MovedMonth int     `json:"moved_month,omitempty"`
		MovedDay   int     `json:"moved_day,omitempty"`
		Kinds      string  `json:"shelves"`  // their numbers
		Evidence   string  `json:"evidence"` // orders and days
		Confidence float64 `json:"confidence"`
		RemindAt   db.Time `json:"remind_at,omitzero"`
		DeletedAt  db.Time `json:"taken_out,omitzero"`
	}
	ExportedReminder struct {
		OnDay    db.Time `json:"day"`
		Products string  `json:"products"`
		Answer   string  `json:"answer,omitempty"`
		ToldAt   db.Time `json:"at"`
	}
	ExportedCoupon struct {
		Code   string  `json:"code"`
		MadeAt db.Time `json:"made_at"`
		Until  db.Time `json:"until"`
	}
	ExportedFollowUp struct {
		Group string  `json:"group"` // treat: is reminded of carts; held: goes without, to measure what reminders do
		At    db.Time `json:"at"`
	}
	ExportedCampaign struct {
		Campaign string  `json:"campaign"`
		State    string  `json:"state"` // of the mail; "goes without": none, to measure what it does
		At       db.Time `json:"at"`
	}
	ExportedSurvey struct {
		Survey  string  `json:"survey"`
		Asked   string  `json:"question"` // in both languages
		Options string  `json:"options"`
		Chosen  string  `json:"chosen,omitempty"` // places of the options, from 1
		Words   string  `json:"words,omitempty"`
		BeganAt db.Time `json:"began_at"`
	}
	ExportedPromise struct {
		Kind   string  `json:"kind"`
		What   string  `json:"what"`
		Until  db.Time `json:"until,omitzero"`
		State  string  `json:"state"`
		Words  string  `json:"ended_with,omitempty"`
		MadeAt db.Time `json:"made_at,omitzero"`
	}
	ExportedTier struct {
		Tier    string  `json:"tier"`
		Since   db.Time `json:"since,omitzero"`
		FallsTo string  `json:"falls_to,omitempty"`
		FallsAt db.Time `json:"falls_at,omitzero"`
		Reason  string  `json:"given_for,omitempty"`
		Until   db.Time `json:"given_until,omitzero"`
	}
	ExportedValue struct {
		Class        string `json:"class"`
		R            int    `json:"recency_score"`
		F            int    `json:"frequency_score"`
		M            int    `json:"spending_score"`
		Recency      int    `json:"days_since_order"`
		Frequency    int    `json:"order_days"`
		Net          int64  `json:"spent"`
		Contribution int64  `json:"contribution"`
		Expected     int64  `json:"expected_spending"`
		Here         int    `json:"still_here_basis_points"`
	}
	ExportedChange struct {
		Kind    string  `json:"kind"`
		Was     string  `json:"was"`
		Became  string  `json:"became"`
		Cause   string  `json:"cause"`
		Since   db.Time `json:"since"`
		At      db.Time `json:"noted"`
		Numbers string  `json:"numbers"`
	}
	ExportedAccount struct {
		Number     string  `json:"number"`
		Email      string  `json:"email"`
		VerifiedAt db.Time `json:"email_verified_at,omitzero"`
		Contact    string  `json:"contact"`
		Because    string  `json:"contact_reason,omitempty"`
		RestUntil  db.Time `json:"no_offers_before,omitzero"`
		SeenAt     db.Time `json:"signed_in_at,omitzero"`
		Name       string  `json:"name"`
		Phone      string  `json:"phone"`
		Lang       string  `json:"language"`
		Currency   string  `json:"currency"`
		Country    string  `json:"country"`
		Zone       string  `json:"zone"`
		BirthDate  string  `json:"birth_date"`
		Occupation string  `json:"occupation"`
		Channel    string  `json:"channel"` // how you would like to be answered
		ExternalID *string `json:"external_id"`
		CreatedAt  db.Time `json:"created_at,omitzero"`
	}
	ExportedInterest struct {
		Kind   string  `json:"kind"`
		Value  string  `json:"value"`
		Source string  `json:"source"`
		At     db.Time `json:"at,omitzero"`
	}
	ExportedDate struct {
		Kind   string `json:"kind"`
		Label  string `json:"label"`
		Month  int    `json:"month"`
		Day    int    `json:"day"`
		Year   int    `json:"year"`
		Size   string `json:"size,omitempty"` // the size that month and year were estimated from
		Remind bool   `json:"remind"`
	}
	ExportedSaid struct {
		Fact  string  `json:"fact"`
		Place string  `json:"place"`
		At    db.Time `json:"at,omitzero"`
		Kept  db.Time `json:"confirmed_at,omitzero"`
		Gone  db.Time `json:"taken_out_at,omitzero"`
	}
	ExportedAddress struct {
		Email    string `json:"email,omitempty"`
		Name     string `json:"name"`
		Country  string `json:"country"`
		Line1    string `json:"line1"`
		Line2    string `json:"line2"`
		City     string `json:"city"`
		Region   string `json:"region"`
		Postcode string `json:"postcode"`
		Phone    string `json:"phone"`
	}
	ExportedConsent struct {
		Purpose  string  `json:"purpose"`
		Act      string  `json:"act"`
		Given    bool    `json:"given"`
		Channel  string  `json:"channel"`
		Source   string  `json:"source"`
		Lang     string  `json:"language"`
		Method   string  `json:"method"`
		Evidence string  `json:"evidence,omitempty"`
		WordsEn  string  `json:"words_en"`
		WordsZh  string  `json:"words_zh"`
		Hash     string  `json:"hash"`
		At       db.Time `json:"at,omitzero"`
	}
	ExportedLook struct {
		What  string  `json:"what"`
		Role  string  `json:"role"`
		Times int     `json:"times"`
		At    db.Time `json:"at,omitzero"`
	}
	ExportedSegment struct {
		Segment string    `json:"segment"`
		Reason  i18n.Text `json:"reason"`
		Since   db.Time   `json:"since,omitzero"`
	}
	ExportedMove struct {
		Segment string  `json:"segment"`
		Entered bool    `json:"entered"`
		Cause   string  `json:"cause"`
		At      db.Time `json:"at,omitzero"`
	}
	ExportedTrait struct {
		Trait      string    `json:"trait"`
		Name       i18n.Text `json:"name"`
		Evidence   i18n.Text `json:"evidence"`
		Order      string    `json:"order,omitempty"`
		Since      db.Time   `json:"since,omitzero"`
		ExpiresAt  db.Time   `json:"expires_at,omitzero"`
		Confidence float64   `json:"confidence"`
		DeletedAt  db.Time   `json:"deleted_at,omitzero"`
	}
	ExportedBrowser struct {
		Personalize string  `json:"personalize"`
		Lang        string  `json:"language"`
		CreatedAt   db.Time `json:"created_at,omitzero"`
		SeenAt      db.Time `json:"seen_at,omitzero"`
	}
	ExportedOrder struct {
		Number        string         `json:"number"`
		PlacedAt      db.Time        `json:"placed_at,omitzero"`
		State         string         `json:"state"`
		PaymentState  string         `json:"payment_state"`
		DeliveryState string         `json:"delivery_state"`
		Email         string         `json:"email"`
		Phone         string         `json:"phone"`
		Name          string         `json:"name"`
		Country       string         `json:"country"`
		Line1         string         `json:"line1"`
		Line2         string         `json:"line2"`
		City          string         `json:"city"`
		Region        string         `json:"region"`
		Postcode      string         `json:"postcode"`
		Currency      string         `json:"currency"`
		Total         int64          `json:"total"`
		Lines         []ExportedLine `json:"lines" gorm:"-"`
	}
	ExportedLine struct {
		Number    string    `json:"-"`
		SKU       string    `json:"sku" gorm:"column:sku"`
		Name      i18n.Text `json:"name"`
		Choices   i18n.Text `json:"choices"`
		Qty       int       `json:"qty"`
		UnitPrice int64     `json:"unit_price"`
		Total     int64     `json:"total"`
	}
	ExportedCart struct {
		State     string  `json:"state"`
		CreatedAt db.Time `json:"created_at,omitzero"`
		ActiveAt  db.Time `json:"active_at,omitzero"`
		SKU       string  `json:"sku" gorm:"column:sku"`
		Qty       int     `json:"qty"`
	}
	ExportedEvent struct {
		At      db.Time `json:"at,omitzero"`
		Kind    string  `json:"kind"`
		Product string  `json:"product,omitempty"`
		Device  string  `json:"device,omitempty"`
		Detail  string  `json:"detail,omitempty"`
	}
	ExportedMail struct {
		Template  string  `json:"template"`
		Email     string  `json:"email"`
		Subject   string  `json:"subject"`
		State     string  `json:"state"`
		Reason    string  `json:"reason"`
		CreatedAt db.Time `json:"created_at,omitzero"`
		SentAt    db.Time `json:"sent_at,omitzero"`
	}
	ExportedReview struct {
		Product   string  `json:"product"`
		Stars     int     `json:"stars"`
		Title     string  `json:"title"`
		Body      string  `json:"body"`
		Good      string  `json:"good"`
		Less      string  `json:"less_good"`
		Name      string  `json:"shown_as"`
		State     string  `json:"state"`
		Reason    string  `json:"reason,omitempty"`
		Verified  bool    `json:"bought_here"`
		Answer    string  `json:"answer,omitempty"`
		WrittenAt db.Time `json:"written_at,omitzero"`
	}
	ExportedLongAgo struct {
		Product    string `json:"product"`
		Times      int    `json:"times"`
		Units      int    `json:"units"`
		FirstMonth int    `json:"first_month"` // written 202405
		LastMonth  int    `json:"last_month"`
	}
	ExportedOwned struct {
		Product  string  `json:"product"`
		Version  string  `json:"version,omitempty"`
		Order    string  `json:"order,omitempty"`
		Since    db.Time `json:"since"`
		ProvedAt db.Time `json:"confirmed_at"`
		AwayAt   db.Time `json:"given_away_at"`
	}
	ExportedNotice struct {
		Kind      string    `json:"kind"`
		Product   string    `json:"product"`
		Title     i18n.Text `json:"title"`
		State     string    `json:"state"`
		Reason    string    `json:"reason"`
		DecidedAt db.Time   `json:"decided_at"`
		ReadAt    db.Time   `json:"read_at"`
	}
	ExportedMailWish struct {
		OffTopics   string  `json:"off_topics,omitempty"`
		OnTopics    string  `json:"on_topics,omitempty"`
		Avoided     string  `json:"avoided,omitempty"`
		PerMonth    int     `json:"per_month,omitempty"`
		Hour        int     `json:"hour"` // -1: none chosen
		PausedUntil db.Time `json:"paused_until"`
		UpdatedAt   db.Time `json:"updated_at"`
	}
	ExportedList struct {
		Name      string  `json:"name"`
		Weeks     int     `json:"reminder_weeks,omitempty"`
		NextAt    db.Time `json:"next_reminder,omitzero"`
		DeletedAt db.Time `json:"deleted_at,omitzero"`
		SKU       string  `json:"sku,omitempty" gorm:"column:sku"`
		Qty       int     `json:"qty,omitempty"`
		Note      string  `json:"note,omitempty"`
	}
	ExportedAwaited struct {
		SKU     string  `json:"sku" gorm:"column:sku"`
		State   string  `json:"state"`
		Reason  string  `json:"reason,omitempty"`
		AskedAt db.Time `json:"asked_at,omitzero"`
		EndedAt db.Time `json:"ended_at,omitzero"`
	}
	ExportedSearch struct {
		Name      string  `json:"name"`
		Words     string  `json:"words,omitempty"`
		Shelf     string  `json:"shelf,omitempty"`
		Filters   string  `json:"filters,omitempty"`
		Currency  string  `json:"currency"` // of the prices in them
		Tell      bool    `json:"tell"`
		ToldAt    db.Time `json:"told_at,omitzero"` // what was in it then is no news
		CreatedAt db.Time `json:"created_at,omitzero"`
	}
	ExportedQuestion struct {
		Kind        string  `json:"kind"`
		OrderNumber string  `json:"order_number"`
		Name        string  `json:"name"`
		Email       string  `json:"email"`
		Body        string  `json:"body"`
		Answer      string  `json:"answer"`
		CreatedAt   db.Time `json:"created_at,omitzero"`
		AnsweredAt  db.Time `json:"answered_at,omitzero"`
		ComplaintAt db.Time `json:"complaint_since,omitzero"`
		ClosedAt    db.Time `json:"complaint_closed,omitzero"`
	}
)

// Export gathers everything about a person. It reads the tables of other nouns
// too: this is the one question that crosses all of them.
func Export(ctx context.Context, q db.Q, id ID) (any, error) {
	c, err := ByID(ctx, q, id)
	if err != nil {
		return nil, err
	}
	all := Exported{Account: ExportedAccount{Number: c.Number, Email: c.Email, VerifiedAt: c.EmailVerifiedAt, Contact: c.Contact, Because: c.ContactReason, RestUntil: c.RestUntil, SeenAt: c.SeenAt, Name: c.Name, Phone: c.Phone,
		Lang: string(c.Lang), Currency: c.Currency, Country: c.Country, Zone: c.Zone, BirthDate: c.BirthDate, Occupation: c.Occupation, Channel: c.Channel,
		ExternalID: c.ExternalID, CreatedAt: c.CreatedAt}}
	var lines []ExportedLine
	for _, part := range []struct {
		into any
		sql  string
	}{
		{&all.Interests, "SELECT kind, value, source, at FROM interests WHERE customer_id = ? ORDER BY kind, value"},
		{&all.Dates, "SELECT kind, label, month, day, year, size, remind FROM important_dates WHERE customer_id = ? ORDER BY month, day, id"},
		{&all.Addresses, "SELECT name, country, line1, line2, city, region, postcode, phone FROM addresses WHERE customer_id = ? ORDER BY id"},
		{&all.Said, `SELECT CASE WHEN fact LIKE 'date:%' THEN 'date' WHEN fact LIKE 'address:%' THEN 'address' ELSE fact END AS fact,
			place, said_at AS at, kept_at AS kept, dropped_at AS gone FROM profile_facts WHERE customer_id = ? ORDER BY fact, said_at`},
		{&all.Kept, `SELECT r.email, r.name, r.country, r.line1, r.line2, r.city, r.region, r.postcode, r.phone
			FROM remembered r JOIN visitors v ON v.id = r.visitor_id WHERE v.customer_id = ? ORDER BY v.id`},
		{&all.Consents, `SELECT l.purpose, l.act, l.given, l.channel, l.source, l.lang, l.method, l.evidence, coalesce(w.en, '') AS words_en, coalesce(w.zh, '') AS words_zh, l.hash, l.at
			FROM consent_log l LEFT JOIN consent_words w ON w.hash = l.wording WHERE l.customer_id = ? ORDER BY l.seq, l.id`},
		{&all.Segments, "SELECT segment, reason, since FROM segment_members WHERE customer_id = ? ORDER BY segment"},
		{&all.Moves, "SELECT segment, entered, cause, at FROM segment_moves WHERE customer_id = ? ORDER BY id"},
		{&all.Traits, `SELECT c.trait, t.name, c.evidence, c.order_number AS "order", c.since, c.expires_at, c.confidence, c.deleted_at
			FROM customer_traits c JOIN traits t ON t.key = c.trait WHERE c.customer_id = ? ORDER BY c.trait`},
		{&all.Tiers, `WITH who (id) AS (SELECT id FROM customers WHERE id = ?)
			SELECT tier, since, falls_to, falls_at, '' AS reason, 0 AS until FROM customer_tiers JOIN who ON who.id = customer_id
			UNION ALL SELECT tier, since, '', 0, reason, ended_at FROM tier_grants JOIN who ON who.id = customer_id ORDER BY since`},
		{&all.Values, `SELECT class, r, f, m, recency, frequency, net, contribution, spending AS expected, alive AS here FROM customer_values WHERE customer_id = ?`},
		{&all.Changes, "SELECT kind, was, became, cause, since, at, numbers FROM value_moves WHERE customer_id = ? ORDER BY id"},
		{&all.Browsers, "SELECT personalize, lang, created_at, seen_at FROM visitors WHERE customer_id = ? ORDER BY id"},
		{&all.Orders, `SELECT number, placed_at, state, payment_state, delivery_state, email, phone, name, country, line1, line2, city, region, postcode, currency, total
			FROM orders WHERE customer_id = ? ORDER BY placed_at, id`},
		{&lines, `SELECT o.number, l.sku, l.name, l.choices, l.qty, l.unit_price, l.total FROM orders o JOIN order_lines l ON l.order_id = o.id
			WHERE o.customer_id = ? ORDER BY o.id, l.position`},
		{&all.Carts, `SELECT c.state, c.created_at, c.active_at, v.sku, l.qty FROM carts c JOIN cart_lines l ON l.cart_id = c.id JOIN variants v ON v.id = l.variant_id
			WHERE c.customer_id = ? ORDER BY c.id, l.id`},
		{&all.Behaviour, `SELECT e.at, e.kind, coalesce(p.slug, '') AS product, e.device, e.detail FROM events e LEFT JOIN products p ON p.id = e.product_id
			WHERE e.customer_id = ? AND e.customer_id <> 0 ORDER BY e.at, e.id`},
		{&all.Mails, "SELECT template, email, subject, state, reason, created_at, sent_at FROM sends WHERE customer_id = ? ORDER BY id"},
		{&all.FollowUps, `SELECT arm AS "group", assigned_at AS at FROM followup_arms WHERE customer_id = ? ORDER BY id`},
		{&all.Campaigns, `SELECT c.name AS campaign, CASE p.arm WHEN 'held' THEN 'goes without' ELSE coalesce(s.state, 'waiting') END AS state, p.assigned_at AS at
			FROM campaign_people p JOIN campaigns c ON c.id = p.campaign_id LEFT JOIN sends s ON s.key = p.send_key WHERE p.customer_id = ? ORDER BY p.id`},
		{&all.Coupons, "SELECT c.code, b.made_at, b.until FROM code_bounds b JOIN promotion_codes c ON c.id = b.code_id WHERE b.customer_id = ? ORDER BY b.id"},
		{&all.Looks, "SELECT l.what, s.role, l.count AS times, l.at FROM looks l JOIN staff s ON s.id = l.staff_id WHERE l.customer_id = ? ORDER BY l.id"},
		{&all.Surveys, "SELECT s.slug AS survey, x.words AS asked, x.options, a.chosen, a.words, r.began_at FROM survey_responses r JOIN surveys s ON s.id = r.survey_id JOIN survey_questions x ON x.survey_id = s.id LEFT JOIN survey_answers a ON a.response_id = r.id AND a.question_id = x.id WHERE r.customer_id = ? ORDER BY r.id, x.position"},
		{&all.Questions, "SELECT kind, order_number, name, email, body, answer, created_at, answered_at, complaint_at, closed_at FROM questions WHERE customer_id = ? ORDER BY id"},
		{&all.Reviews, `WITH mine AS (SELECT r.*, p.slug AS product FROM reviews r JOIN products p ON p.id = r.product_id WHERE r.customer_id = ?)
			SELECT product, stars, title, body, good, less, name, state, reason, verified, answer, written_at FROM mine
			UNION ALL SELECT m.product, v.stars, v.title, v.body, v.good, v.less, m.name, v.state, v.reason, FALSE, '', v.written_at FROM review_versions v JOIN mine m ON m.id = v.review_id ORDER BY written_at`},
		{&all.MailWish, "SELECT w.off_topics, w.on_topics, w.avoided, w.per_month, w.hour, w.paused_until, w.updated_at FROM mail_preferences w JOIN customers c ON c.email_key = w.email_key WHERE c.id = ?"},
		{&all.Awaited, `SELECT v.sku, a.state, a.reason, a.asked_at, a.ended_at FROM restock_asks a JOIN variants v ON v.id = a.variant_id WHERE a.customer_id = ? ORDER BY a.id`},
		{&all.Lists, `SELECT l.name, l.weeks, l.due_at AS next_at, l.dropped_at AS deleted_at, coalesce(v.sku, '') AS sku, coalesce(i.qty, 0) AS qty, coalesce(i.note, '') AS note
			FROM shop_lists l LEFT JOIN shop_list_lines i ON i.list_id = l.id LEFT JOIN variants v ON v.id = i.variant_id WHERE l.customer_id = ? ORDER BY l.id, i.id`},
		{&all.Saved, `SELECT 'saved' AS state, s.saved_at AS created_at, s.saved_at AS active_at, v.sku, s.qty FROM saved_lines s JOIN variants v ON v.id = s.variant_id WHERE s.customer_id = ? ORDER BY s.id`},
		{&all.Searches, `SELECT s.name, s.words, coalesce(k.slug, '') AS shelf, s.filters, s.currency, s.tell, s.seen_at AS told_at, s.created_at FROM saved_searches s LEFT JOIN categories k ON k.id = s.shelf WHERE s.customer_id = ? ORDER BY s.id`},
		{&all.Occasions, "SELECT source, state, name, feast, month, day, moved_month, moved_day, kinds, evidence, confidence, remind_at, deleted_at FROM occasions WHERE customer_id = ? ORDER BY id"},
		{&all.Reminders, "SELECT on_day, products, answer, told_at FROM occasion_years WHERE customer_id = ? ORDER BY on_day, id"},
		{&all.Owned, `WITH who (id) AS (SELECT id FROM customers WHERE id = ?)
			SELECT p.slug AS product, e.version, '' AS "order", e.since, e.proved_at, 0 AS away_at FROM owned_elsewhere e JOIN who ON who.id = e.customer_id JOIN products p ON p.id = e.product_id
			UNION ALL SELECT p.slug, '', o.number, o.placed_at, 0, a.at FROM owned_away a JOIN who ON who.id = a.customer_id JOIN order_lines l ON l.id = a.line_id JOIN orders o ON o.id = l.order_id JOIN products p ON p.id = l.product_id ORDER BY product`},
		{&all.Notices, "SELECT n.kind, p.slug AS product, n.title, x.state, x.reason, x.decided_at, x.read_at FROM notice_people x JOIN notices n ON n.id = x.notice_id JOIN products p ON p.id = n.product_id WHERE x.customer_id = ? ORDER BY x.id"},
		{&all.LongAgo, "SELECT p.slug AS product, g.times, g.units, g.first_month, g.last_month FROM history_goods g JOIN products p ON p.id = g.product_id WHERE g.customer_id = ? ORDER BY p.slug"},
		{&all.Promises, "SELECT kind, what, until, state, words, made_at FROM promises WHERE customer_id = ? ORDER BY id"},
	} {
		if err := q.Query(ctx).Raw(part.sql, int64(id)).Scan(part.into).Error; err != nil {
			return nil, fmt.Errorf("export customer %d: %w", id, err)
		}
	}
	byNumber := map[string][]ExportedLine{}
	for _, l := range lines {
		byNumber[l.Number] = append(byNumber[l.Number], l)
	}
	for i := range all.Orders {
		all.Orders[i].Lines = byNumber[all.Orders[i].Number]
	}
	return &all, nil
}

// Forget blanks what another noun holds about a person: what is under the
// account's id, and what a guest left under email. email is the address that
// is about to go, or empty if it was never proved: whoever signs up with
// somebody else's address must not erase that person's things with it.
type Forget func(ctx context.Context, tx *db.Tx, id ID, email string, now time.Time) error

// Erase takes a person out: the account's own rows go, its behaviour loses the
// person, the account is blanked and cannot sign in. Orders stay as the law of
// accounts asks; their owner, and those of carts, mails and questions, blank
// the person in theirs through forget, in the same transaction. The consent
// ledger goes whole; what the address asked us not to send stays as a hash
// (outreach.Forget).
func Erase(ctx context.Context, tx *db.Tx, id ID, now time.Time, forget ...Forget) error {
	c, err := ByID(ctx, tx, id)
	if err != nil {
		return err
	}
	if err := touch(ctx, tx, id, now); err != nil {
		return err
	}
	proved := ""
	if c.Verified() {
		proved = c.Email
	}
	for _, f := range forget {
		if err := f(ctx, tx, id, proved, now); err != nil {
			return fmt.Errorf("erase customer %d: %w", id, err)
		}
	}
	if err := forgetContact(ctx, tx, c); err != nil {
		return err
	}
	n := int64(id)
	var browsers []int64
	if err := tx.Query(ctx).Raw("SELECT id FROM visitors WHERE customer_id = ?", n).Scan(&browsers).Error; err != nil {
		return fmt.Errorf("erase customer %d: %w", id, err)
	}
	if err := event.Forget(ctx, tx, n, browsers); err != nil {
		return err
	}
	if proved != "" { // what a browser of nobody's keeps under this address
		if err := tx.Query(ctx).Exec("DELETE FROM remembered WHERE email_key = ?", EmailKey(proved)).Error; err != nil {
			return fmt.Errorf("erase customer %d: %w", id, err)
		}
	}
	for _, sql := range []string{
		"DELETE FROM profile_facts WHERE customer_id = ?",
		"DELETE FROM remembered WHERE visitor_id IN (SELECT id FROM visitors WHERE customer_id = ?)",
		"DELETE FROM interests WHERE customer_id = ?",
		"DELETE FROM important_dates WHERE customer_id = ?",
		"DELETE FROM addresses WHERE customer_id = ?",
		"DELETE FROM person_tokens WHERE customer_id = ?",
		"UPDATE visitors SET customer_id = NULL, personalize = 'off' WHERE customer_id = ?",
	} {
		if err := tx.Query(ctx).Exec(sql, n).Error; err != nil {
			return fmt.Errorf("erase customer %d: %w", id, err)
		}
	}
	nobody := fmt.Sprintf("erased:%d", id)
	err = one(tx.Query(ctx).Exec(`UPDATE customers SET email = ?, email_key = ?, email_verified_at = 0, contact = 'dead', password_hash = '', epoch = epoch + 1,
		name = '', phone = '', currency = '', country = '', zone = '', birth_date = '', occupation = '', channel = '', external_id = NULL, updated_at = ?, erased_at = ?
		WHERE id = ? AND erased_at = 0`, nobody, nobody, db.At(now), db.At(now), n), "erase a customer")
	if err != nil {
		return err
	}
	// The database lets go of the ledger only now.
	if err := dropLedger(ctx, tx, id); err != nil {
		return err
	}
	if proved == "" {
		return nil
	}
	if err := tx.Query(ctx).Exec("DELETE FROM consent_asks WHERE email_key = ?", EmailKey(proved)).Error; err != nil {
		return fmt.Errorf("erase the consents of customer %d: %w", id, err)
	}
	return nil
}
