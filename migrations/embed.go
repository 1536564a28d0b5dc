// Package migrations carries the shop's schema: one folder a database, the
// same numbers and names in both, forward only, never edited once released.
package migrations

import "embed"

// Files holds sqlite/ and postgres/.
//
//go:embed sqlite/*.sql postgres/*.sql
var Files embed.FS
