package pricing

import (
	"flag"
	"os"
	"testing"
)

// Drawn cases are the same in every run; -rapid.seed=N draws others.
func TestMain(m *testing.M) {
	flag.Set("rapid.seed", "20261122")
	os.Exit(m.Run())
}
