package admin

import (
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/i18n"
	"regulars/internal/search"
)

// searchState says in words which engine answers, since when, why, and how
// many changes the server waits for.
func searchState(c echo.Context, s search.State, zone *time.Location) string {
	since := i18n.DateTime(lang(c), s.Since.In(zone))
	words := t(c, "engine.meili", "since", since)
	if !s.Meili {
		words = t(c, "engine.embedded", "since", since, "why", t(c, "engine.why."+s.Why))
	}
	if s.Behind > 0 {
		return words + t(c, "engine.behind", "count", int(s.Behind))
	}
	return words + t(c, "engine.current")
}
