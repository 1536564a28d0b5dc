package doctor

// staffRules lists invariants of who may enter the back office.
func staffRules() []rule {
	return []rule{
		{"V1", "who of the staff is switched off is signed in nowhere", `
			SELECT DISTINCT 'staff ' || CAST(s.staff_id AS TEXT) AS id FROM staff_sessions s JOIN staff ON staff.id = s.staff_id WHERE staff.active = FALSE AND s.ended_at = 0`, nil},
	}
}
