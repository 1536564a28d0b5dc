package storefront

import (
	"net/http"

	"github.com/labstack/echo/v4"

	"regulars/internal/event"
	"regulars/internal/slot"
	"regulars/internal/web"
)

// followed counts the link of a campaign or banner that led to a page which is no
// product's (those count their own clicks, with the product). Whoever does not
// let themselves be known is counted without a name.
func (s *Shop) followed(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		if c.Request().Method == http.MethodGet && c.QueryParam(viaName) != "" && web.Fragment(c) == "" && c.Request().Header.Get("Sec-Purpose") == "" && c.Path() != "/p/:slug" {
			if m, on := s.via(c); on && (m.Slot == slot.Campaign || m.Slot.Banner()) {
				s.noteSlot(c, event.Event{Kind: event.SlotClick, Detail: m.String()})
			}
		}
		return next(c)
	}
}
