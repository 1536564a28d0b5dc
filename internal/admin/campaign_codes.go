package admin

import (
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"regulars/internal/campaign"
	"regulars/internal/pricing"
)

// batchKey names a batch in the form: its promotion, a colon, the batch.
func batchKey(of pricing.PromotionID, batch string) string {
	if batch == "" {
		return ""
	}
	return strconv.FormatInt(int64(of), 10) + ":" + batch
}

// batchOf reads it; what is none becomes a batch that nobody has.
func batchOf(key string) (pricing.PromotionID, string) {
	if key == "" {
		return 0, ""
	}
	of, batch, _ := strings.Cut(key, ":")
	id, err := strconv.ParseInt(of, 10, 64)
	if err != nil || batch == "" {
		return 0, key
	}
	return pricing.PromotionID(id), batch
}

// batchChoices are the batches with codes left, and the one that is chosen.
func (o *Office) batchChoices(c echo.Context, chosen string) ([]choice, error) {
	all, err := campaign.Batches(c.Request().Context(), o.DB)
	if err != nil {
		return nil, err
	}
	keys, names := []string{""}, map[string]string{"": t(c, "campaign.batch.none")}
	for _, b := range all {
		key := batchKey(b.Of, b.Batch)
		keys, names[key] = append(keys, key), t(c, "campaign.batch.is", "name", b.Name.In(lang(c)), "batch", b.Batch, "codes", number(b.Left))
	}
	if _, there := names[chosen]; !there {
		_, batch := batchOf(chosen)
		keys, names[chosen] = append(keys, chosen), t(c, "campaign.batch.gone", "batch", batch)
	}
	return choices(chosen, keys, func(k string) string { return names[k] }), nil
}
