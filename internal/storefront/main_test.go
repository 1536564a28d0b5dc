package storefront_test

import (
	"flag"
	"fmt"
	"os"
	"testing"

	"regulars/internal/shoptest"
)

// TestMain holds a rule of the house: every page is rendered by some test. It
// is asked only when all tests ran.
func TestMain(m *testing.M) {
	code := m.Run()
	some := flag.Lookup("test.run").Value.String() != "" || flag.Lookup("test.list").Value.String() != "" || testing.Short()
	if missing := shoptest.Unrendered("storefront"); code == 0 && !some && len(missing) > 0 {
		fmt.Println("no test renders", missing)
		code = 1
	}
	os.Exit(code)
}
