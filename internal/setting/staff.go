package setting

import "fmt"

// Whether staff are asked for a second factor: nobody, whoever set one up, or
// everybody.
const (
	FactorOff      = "off"
	FactorOptional = "optional"
	FactorRequired = "required"
)

// SecondFactor says whether staff are asked for a second factor.
func (v Values) SecondFactor() string { return v.Get("staff.second.factor") }

func checkFactor(s string) error {
	if s != FactorOff && s != FactorOptional && s != FactorRequired {
		return fmt.Errorf("wants off, optional or required")
	}
	return nil
}
