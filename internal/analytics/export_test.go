package analytics

// FactColumns and FactRow write facts as the counter does.
func FactColumns() []string { return factColumns }
func FactRow(f *Fact) []any { return f.values() }

// Grouped and Added are the two ways in which Cross counts.
var Grouped, Added = grouped, added
