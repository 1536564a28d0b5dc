// Package templates carries the shop's pages and mails: layout/ the frames and
// pieces, storefront/ and admin/ one file a page, mail/ one pair a message.
package templates

import "embed"

// Files holds layout/, storefront/, admin/ and mail/.
//
//go:embed */*
var Files embed.FS
