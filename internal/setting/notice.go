package setting

import "slices"

// TellsFailedPayment reports whether whoever orders to a country is told by
// mail that their payment did not work.
func (v Values) TellsFailedPayment(country string) bool {
	return v.Get("notice.payment.failed") == "on" && !slices.Contains(codes(v.Get("notice.payment.failed.except")), country)
}
