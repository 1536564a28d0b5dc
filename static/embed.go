// Package static carries the files a browser loads beside a page: css/ one
// file a component, js/ one module a behaviour, img/. Package web joins,
// compresses and addresses them.
package static

import "embed"

// Files holds css/, js/ and img/.
//
//go:embed */*
var Files embed.FS
