package setting

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"regulars/internal/money"
)

// TransferDays is how long goods are kept for a bank transfer.
func (v Values) TransferDays() time.Duration {
	n, _ := strconv.Atoi(v.Get("payment.transfer.days"))
	return time.Duration(n) * 24 * time.Hour
}

// DoorMost is the largest amount that may be paid at the door, in the shop's
// own currency; 0: any.
func (v Values) DoorMost() money.Amount {
	most, _ := money.Parse(v.Get("payment.cod.max"), v.Currency())
	return most
}

// DoorCountries lists where parcels may be paid at the door; none: everywhere.
func (v Values) DoorCountries() []string { return codes(v.Get("payment.cod.countries")) }

func codes(s string) []string {
	return strings.FieldsFunc(strings.ToUpper(s), func(r rune) bool { return r == ',' || r == ' ' })
}

func checkMaybeLine(s string) error {
	if s == "" {
		return nil
	}
	if len(s) > 600 || strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("wants one line of at most 600 characters, its parts divided by ;")
	}
	return nil
}

func checkWait(s string) error {
	if n, err := strconv.Atoi(s); err != nil || n < 1 || n > 60 {
		return fmt.Errorf("wants days from 1 to 60")
	}
	return nil
}

func checkAmount(s string) error {
	if n, err := money.Parse(s, "USD"); err != nil || n < 0 {
		return fmt.Errorf("wants an amount such as 200, or 0 for none")
	}
	return nil
}

func checkCountries(s string) error {
	for _, c := range codes(s) {
		if len(c) != 2 || strings.Trim(c, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return fmt.Errorf("wants codes of countries such as DE,AT, or nothing for everywhere")
		}
	}
	return nil
}
