package outreach

import (
	"context"
	"fmt"
	"slices"
	"time"

	"regulars/internal/customer"
	"regulars/internal/db"
	"regulars/internal/setting"
	"regulars/internal/value"
)

// Topic is what a message of consent is about: a row of the contact matrix,
// in which the shop ticks the tiers that get it. What is owed has none.
type Topic string

const (
	Cards           Topic = "cards"           // greetings
	Recommendations Topic = "recommendations" // suggestions and offers
	Reminders       Topic = "reminders"       // of a cart left behind
	TierNews        Topic = "tiers"           // of a tier that rose
	Occasions       Topic = "occasions"       // a need that comes back each year, brought up in time
	Refills         Topic = "refills"         // what was used up by now
	Specials        Topic = "specials"        // the week's, to who asked for them
	Lists           Topic = "lists"           // a list they set to be brought up
	Owners          Topic = "owners"          // new versions of what somebody owns
	Searches        Topic = "searches"        // what a saved search found anew, to who asked to be told
)

// Topics lists the rows of the matrix.
var Topics = []Topic{Cards, Recommendations, Reminders, TierNews, Occasions, Refills, Lists, Specials, Owners, Searches}

// Sends reports whether anything of a topic is sent in this release.
func (t Topic) Sends() bool {
	return slices.Contains([]Topic{Reminders, TierNews, Cards, Specials, Refills, Recommendations, Occasions, Lists, Owners, Searches}, t)
}

// Asked reports whether only those get a topic who asked for it.
func (t Topic) Asked() bool { return t == Specials }

// purpose is the consent that messages of a topic need.
func (t Topic) purpose() customer.Purpose {
	switch t {
	case Reminders:
		return customer.MailCart
	case Occasions, Cards, Lists:
		return customer.MailOccasions
	case Owners:
		return customer.MailUpgrades
	}
	return customer.MailOffers
}

// topicOf is the row of the matrix that a message obeys: its own, or that of
// the consent it needs.
func (c *Candidate) topicOf() (Topic, error) {
	if c.Topic != "" {
		return c.Topic, nil
	}
	switch c.Purpose {
	case customer.MailCart:
		return Reminders, nil
	case customer.MailOccasions:
		return Occasions, nil
	case customer.MailUpgrades:
		return Owners, nil
	case customer.MailOffers:
		return Recommendations, nil
	}
	return "", fmt.Errorf("decide on mail: a message for %q has no topic", c.Purpose)
}

// matrix asks whether the person's tier gets messages of that topic. Guests
// are occasional customers. The tier is that of this moment.
func (d *Desk) matrix(ctx context.Context, q db.Q, c Candidate, now time.Time) (string, error) {
	topic, err := c.topicOf()
	if err != nil {
		return "", err
	}
	set := d.Settings.Now()
	gets := set.ContactTiers(string(topic))
	if len(gets) == len(setting.ContactTiers) {
		return "", nil
	}
	tier := value.Occasional
	if c.Customer != nil && len(gets) > 0 {
		facts, err := value.FactsOf(ctx, q, set, c.Customer.ID, now)
		if err != nil {
			return "", err
		}
		tier = facts.At(now).Tier
	}
	if slices.Contains(gets, string(tier)) {
		return "", nil
	}
	return "tier-matrix", nil
}
