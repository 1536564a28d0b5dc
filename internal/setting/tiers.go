package setting

import (
	"fmt"
	"slices"
	"strings"
)

// ContactTiers are the loyalty tiers as settings name them, the highest first.
var ContactTiers = []string{"very-loyal", "loyal", "occasional"}

// ContactTiers are the tiers that get messages of a topic ("cards",
// "recommendations", "reminders", "tiers"); guests count as occasional.
func (v Values) ContactTiers(topic string) []string {
	tiers, _ := tiersOf(v.Get("contact." + topic))
	return tiers
}

// ServiceTiers are the tiers with a contact of their own.
func (v Values) ServiceTiers() []string {
	tiers, _ := tiersOf(v.Get("service.tiers"))
	return tiers
}

// TierList writes tiers as a setting holds them.
func TierList(tiers []string) string {
	var all []string
	for _, t := range ContactTiers {
		if slices.Contains(tiers, t) {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return "nobody"
	}
	return strings.Join(all, ", ")
}

func tiersOf(s string) (all []string, err error) {
	if strings.TrimSpace(s) == "nobody" {
		return nil, nil
	}
	for part := range strings.SplitSeq(s, ",") {
		part = strings.TrimSpace(part)
		if !slices.Contains(ContactTiers, part) || slices.Contains(all, part) {
			return nil, fmt.Errorf("wants “nobody”, or of very-loyal, loyal and occasional each once, such as very-loyal, loyal")
		}
		all = append(all, part)
	}
	return all, nil
}

func checkTiers(s string) error { _, err := tiersOf(s); return err }
