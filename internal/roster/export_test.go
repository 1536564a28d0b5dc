package roster

// Places lists table, column and what a merge makes of its rows.
func Places() (all [][3]string) {
	for _, p := range places {
		all = append(all, [3]string{p.table, p.column, p.rule})
	}
	return all
}
