package exchange

import (
	"strconv"
	"strings"

	"regulars/internal/fault"
	"regulars/internal/order"
)

func badColumns(missing []string) error {
	return fault.New(fault.Invalid, "exchange.columns", "columns", strings.Join(missing, ", "), "format", Regulars)
}

// states fills in what a history without states means: it is over.
func states(o *order.Order) {
	if o.State == "" {
		o.State = order.Completed
	}
	if o.PaymentState == "" {
		o.PaymentState = order.Paid
	}
	if o.DeliveryState == "" {
		o.DeliveryState = order.Delivered
	}
}

// kept is an order as the shop has it. who is its customer as a file names
// them.
type kept struct {
	order order.Order
	lines []order.Line
	who   string
}

type keptOrders struct {
	byNumber, byExternal map[string]*kept
}

func (k *keptOrders) find(rec *record) *kept {
	if rec.order.ExternalID != nil {
		if old := k.byExternal[*rec.order.ExternalID]; old != nil {
			return old
		}
	}
	return k.byNumber[rec.order.Number]
}

// sameOrder compares by the cells that the file has: what it does not name
// cannot differ.
func sameOrder(old *kept, rec *record) bool {
	have, want := orderCells(&old.order, old.lines, old.who), orderCells(&rec.order, rec.lines, rec.who)
	if len(have) != len(want) {
		return false
	}
	for i := range want {
		for name := range rec.rows[0].m {
			switch {
			case have[i][name] == want[i][name], name == "customer" && rec.who != "" && strings.EqualFold(rec.order.Email, old.order.Email):
			case name == "external_id", name == "number":
			default:
				return false
			}
		}
	}
	return true
}

// orderCells is an order as rows of the file, by column.
func orderCells(o *order.Order, lines []order.Line, who string) []map[string]string {
	external := ""
	if o.ExternalID != nil {
		external = *o.ExternalID
	}
	rows := make([]map[string]string, len(lines))
	for i, l := range lines {
		rows[i] = map[string]string{"number": o.Number, "external_id": external, "placed_at": writeTime(o.PlacedAt.Time), "customer": who,
			"email": o.Email, "phone": o.Phone, "lang": string(o.Lang), "ship_name": o.Name, "country": o.Country, "line1": o.Line1, "line2": o.Line2,
			"city": o.City, "region": o.Region, "postcode": o.Postcode, "currency": string(o.Currency), "state": string(o.State),
			"payment_state": string(o.PaymentState), "delivery_state": string(o.DeliveryState), "payment": o.PaymentCode, "delivery_method": o.DeliveryCode,
			"delivery": o.Delivery.Decimal(o.Currency), "tax": o.Tax.Decimal(o.Currency), "paid_at": writeTime(o.PaidAt.Time),
			"closed_at": writeTime(o.ClosedAt.Time), "simulated": yes(o.Simulated), "tax_included": yes(o.TaxIncluded), "sku": l.SKU, "name": l.Name.En, "name_zh": l.Name.Zh,
			"choices": l.Choices.En, "choices_zh": l.Choices.Zh, "qty": strconv.Itoa(l.Qty), "unit_price": l.UnitPrice.Decimal(o.Currency),
			"discount": l.Discount.Decimal(o.Currency), "line_tax": l.Tax.Decimal(o.Currency), "cancelled_qty": strconv.Itoa(l.CancelledQty)}
	}
	return rows
}
