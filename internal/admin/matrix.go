package admin

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"regulars/internal/db"
	"regulars/internal/outreach"
	"regulars/internal/setting"
	"regulars/internal/web"
)

type (
	matrixCell struct {
		Field, Label string
		On           bool
	}
	matrixRow struct {
		Name, Help string
		Unused     bool // nothing of it is sent in this release
		Cells      []matrixCell
	}
	matrixPage struct {
		web.Page
		Tiers []string
		Rows  []matrixRow
		Write bool
		Next  []nextCardRow
	}
)

// matrix shows which tier gets which kind of message of consent.
func (o *Office) matrix(c echo.Context) error {
	p := matrixPage{Page: page(c, "admin.matrix.title"), Write: o.may(c, "messages.write")}
	for _, tier := range setting.ContactTiers {
		p.Tiers = append(p.Tiers, t(c, "value.tier."+tier))
	}
	for _, topic := range outreach.Topics {
		gets := o.Settings.Now().ContactTiers(string(topic))
		row := matrixRow{Name: t(c, "admin.matrix."+string(topic)), Help: t(c, "admin.matrix."+string(topic)+".help"), Unused: !topic.Sends()}
		for i, tier := range setting.ContactTiers {
			row.Cells = append(row.Cells, matrixCell{string(topic) + ":" + tier, row.Name + ", " + p.Tiers[i], slices.Contains(gets, tier)})
		}
		p.Rows = append(p.Rows, row)
	}
	var err error
	if p.Next, err = o.nextCards(c); err != nil {
		return err
	}
	return web.Render(c, http.StatusOK, "admin/matrix", p)
}

// saveMatrix stores what is ticked; the gate asks it at the next message.
func (o *Office) saveMatrix(c echo.Context) error {
	var names []string
	for _, topic := range outreach.Topics {
		for _, tier := range setting.ContactTiers {
			names = append(names, string(topic)+":"+tier)
		}
	}
	in, err := read(c, names)
	if err != nil {
		return err
	}
	err = o.change(c, "messages.matrix", "matrix", func(ctx context.Context, tx *db.Tx, now time.Time) (string, error) {
		stored, err := setting.Read(ctx, tx)
		if err != nil {
			return "", err
		}
		var changed []string
		for _, topic := range outreach.Topics {
			var tiers []string
			for _, tier := range setting.ContactTiers {
				if in.On(string(topic) + ":" + tier) {
					tiers = append(tiers, tier)
				}
			}
			was, list := setting.TierList(stored.ContactTiers(string(topic))), setting.TierList(tiers)
			if was == list {
				continue
			}
			if err := setting.Set(ctx, tx, "contact."+string(topic), list, now); err != nil {
				return "", err
			}
			changed = append(changed, string(topic)+": "+was+" → "+list)
		}
		return strings.Join(changed, "; "), nil
	})
	if err != nil {
		return err
	}
	if err := o.Settings.Refresh(c.Request().Context(), o.DB); err != nil {
		return err
	}
	return done(c, "/admin/messages/matrix", "admin.matrix.saved")
}
