package setting

import (
	"fmt"
	"strconv"
	"strings"

	"regulars/internal/money"
)

// LoyaltyOrders is how many orders in 365 days make somebody loyal ("loyal")
// or very loyal ("very"); 0: orders alone never do.
func (v Values) LoyaltyOrders(tier string) int {
	n, _ := strconv.Atoi(v.Get("loyalty." + tier + ".orders"))
	return n
}

// LoyaltySpend is what has to be spent for that, by currency; an empty one:
// money alone never does.
func (v Values) LoyaltySpend(tier string) map[money.Currency]money.Amount {
	all, _ := amounts(v.Get("loyalty."+tier+".spend"), v.Currency())
	return all
}

// ValueMargin is the share of sales that is left after the goods were paid.
func (v Values) ValueMargin() money.BasisPoints {
	rate, _ := parseShare(v.Get("value.margin"))
	return rate
}

// ValueReturnCost is what a return costs the shop, in its own currency.
func (v Values) ValueReturnCost() money.Amount { return v.amount("value.return.cost") }

// ValueQuestionCost is what answering a question costs.
func (v Values) ValueQuestionCost() money.Amount { return v.amount("value.question.cost") }

func (v Values) amount(name string) money.Amount {
	n, _ := money.Parse(v.Get(name), v.Currency())
	return n
}

// ValueReferral is how much a customer brings by word of mouth, as a share of
// what they spend themselves; the shop cannot count it.
func (v Values) ValueReferral() money.BasisPoints {
	rate, _ := parseShare(v.Get("value.referral"))
	return rate
}

// ValueCuts are where A ends and B ends: shares of the whole contribution, or
// of the people, in percent.
func (v Values) ValueCuts() (people bool, a, b int) {
	people, a, b, _ = cuts(v.Get("value.abc"))
	return people, a, b
}

// amounts reads "900, 6300 CNY": the one without a currency is of the shop's.
func amounts(s string, own money.Currency) (map[money.Currency]money.Amount, error) {
	all := map[money.Currency]money.Amount{}
	for part := range strings.SplitSeq(s, ",") {
		fields := strings.Fields(part)
		currency := own
		if len(fields) == 2 {
			c, err := money.ParseCurrency(fields[1])
			if err != nil {
				return nil, err
			}
			currency = c
		}
		if len(fields) < 1 || len(fields) > 2 {
			return nil, fmt.Errorf("wants amounts such as 900, or 900, 6300 CNY")
		}
		n, err := money.Parse(fields[0], currency)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("wants amounts such as 900, or 900, 6300 CNY; 0 for none")
		}
		if n > 0 {
			all[currency] = n
		}
	}
	return all, nil
}

func checkAmounts(s string) error { _, err := amounts(s, "USD"); return err }

func checkCount(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 0 || n > 1000 {
		return fmt.Errorf("wants a number from 0 to 1000")
	}
	return nil
}

func cuts(s string) (people bool, a, b int, err error) {
	fields := strings.Fields(s)
	if len(fields) == 3 && (fields[0] == "people" || fields[0] == "sum") {
		var errA, errB error
		a, errA = strconv.Atoi(fields[1])
		b, errB = strconv.Atoi(fields[2])
		if errA == nil && errB == nil && 0 < a && a < b && b < 100 {
			return fields[0] == "people", a, b, nil
		}
	}
	return false, 80, 95, fmt.Errorf("wants “sum 80 95” (shares of the contribution) or “people 20 50” (shares of the customers)")
}

func checkCuts(s string) error { _, _, _, err := cuts(s); return err }

// parseShare reads percent with at most two digits after the point.
func parseShare(s string) (money.BasisPoints, error) {
	n, err := money.Parse(s, "USD")
	if err != nil || n < 0 || n > 10_000 {
		return 0, fmt.Errorf("wants a percentage from 0 to 100 with at most two digits after the point")
	}
	return money.BasisPoints(n), nil
}

func checkShare(s string) error { _, err := parseShare(s); return err }
