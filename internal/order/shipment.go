package order

import (
	"net/url"
	"strings"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// Shipment is one parcel of an order and its row. Position counts the parcels
// of the order from 1; carrier, tracking number and link may be unknown.
type Shipment struct {
	ID       int64
	OrderID  ID
	Position int
	Carrier  string
	Tracking string
	URL      string `gorm:"column:url"`
	Actor    string
	At       db.Time
	Lines    []ShipmentLine `gorm:"-"`
}

// ShipmentLine says how many units of an order's line lie in a parcel.
type ShipmentLine struct {
	ShipmentID int64
	LineID     int64
	Qty        int
}

// Sent is the job that follows a parcel: the mail that it is on its way.
type Sent struct {
	Order    int64 `json:"order"`
	Position int   `json:"position"`
}

// Kind names the job.
func (Sent) Kind() string { return "order.sent" }

// Shippable is what of a line can leave the house, parcels not counted.
func (l *Line) Shippable() int { return l.Qty - l.CancelledQty }

// Left is what of each line did not leave the house yet, by the line's id.
func Left(lines []Line, parcels []Shipment) map[int64]int {
	left := make(map[int64]int, len(lines))
	for i := range lines {
		left[lines[i].ID] = lines[i].Shippable()
	}
	for _, p := range parcels {
		for _, l := range p.Lines {
			left[l.LineID] -= l.Qty
		}
	}
	return left
}

// CheckParcel looks over what staff wrote about a parcel.
func CheckParcel(carrier, tracking, link string) error {
	var form fault.Form
	for name, value := range map[string]string{"carrier": carrier, "tracking": tracking} {
		if len([]rune(value)) > 60 || strings.ContainsAny(value, "\r\n\x00") {
			form.Wrong(name, "order.parcel.long")
		}
	}
	if link != "" {
		u, err := url.Parse(link)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || len(link) > 500 || strings.ContainsAny(link, " \t\r\n\"<>") {
			form.Wrong("url", "order.parcel.url")
		}
	}
	return form.Err()
}
