package inventory

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"regulars/internal/catalog"
	"regulars/internal/db"
	"regulars/internal/fault"
	"regulars/internal/i18n"
)

// LocationID is a row id of a place; outside it is its code.
type LocationID int64

// Location is a place where goods lie. What lies where nothing is sold counts
// as there, but cannot be promised to an order.
type Location struct {
	ID        LocationID
	Code      string
	Name      i18n.Text
	Sells     bool
	Position  int     // orders are sent from the first place that has the goods
	CreatedAt db.Time `gorm:"autoCreateTime:false"`
}

// TableName is locations.
func (Location) TableName() string { return "locations" }

// Locations lists all places in the order in which orders are sent from them.
func Locations(ctx context.Context, q db.Q) ([]Location, error) {
	var all []Location
	if err := q.Query(ctx).Order("position, id").Find(&all).Error; err != nil {
		return nil, fmt.Errorf("read places: %w", err)
	}
	return all, nil
}

// LocationByCode finds a place; fault.Invalid if there is none.
func LocationByCode(ctx context.Context, q db.Q, code string) (*Location, error) {
	var found []Location
	if err := q.Query(ctx).Where("code = ?", code).Limit(1).Find(&found).Error; err != nil {
		return nil, fmt.Errorf("read place %s: %w", code, err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.Invalid, "inventory.place.unknown")
	}
	return &found[0], nil
}

var codeShape = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,29}$`)

// PutLocation adds a place, or changes the one with that code. A place of
// which units are promised cannot stop selling, nor can the last one that
// sells: fault.Conflict, which spoils the transaction.
func PutLocation(ctx context.Context, tx *db.Tx, l Location, now time.Time) error {
	var form fault.Form
	l.Name = i18n.Text{En: strings.TrimSpace(l.Name.En), Zh: strings.TrimSpace(l.Name.Zh)}
	if !codeShape.MatchString(l.Code) {
		form.Wrong("code", "inventory.place.code")
	}
	for field, name := range map[string]string{"name_en": l.Name.En, "name_zh": l.Name.Zh} {
		if name == "" || len(name) > 100 {
			form.Wrong(field, "inventory.place.name")
		}
	}
	if l.Position < 0 || l.Position > 9999 {
		form.Wrong("position", "inventory.qty.wrong")
	}
	if err := form.Err(); err != nil {
		return err
	}
	err := tx.Query(ctx).Exec("INSERT INTO locations (code, name, sells, position, created_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (code) DO NOTHING",
		l.Code, l.Name, l.Sells, l.Position, db.At(now)).Error
	if err != nil {
		return fmt.Errorf("write place %s: %w", l.Code, err)
	}
	// All of them, in id order: of two that stop selling at once one is the last.
	var all []Location
	if err := db.ForUpdate(tx.Query(ctx)).Order("id").Find(&all).Error; err != nil {
		return fmt.Errorf("write place %s: %w", l.Code, err)
	}
	var was Location
	others := false
	for _, p := range all {
		if p.Code == l.Code {
			was = p
		} else {
			others = others || p.Sells
		}
	}
	if !l.Sells && !others {
		return fault.New(fault.Conflict, "inventory.place.last")
	}
	err = tx.Query(ctx).Exec("UPDATE locations SET name = ?, sells = ?, position = ? WHERE id = ?", l.Name, l.Sells, l.Position, int64(was.ID)).Error
	if err != nil {
		return fmt.Errorf("write place %s: %w", l.Code, err)
	}
	if was.Sells == l.Sells {
		return nil
	}
	return resell(ctx, tx, was.ID, l.Sells, now)
}

// resell adds what lies at a place to what can be sold, or takes it off.
func resell(ctx context.Context, tx *db.Tx, at LocationID, sells bool, now time.Time) error {
	sign := 1
	if !sells {
		sign = -1
	}
	var lies []Line
	err := tx.Query(ctx).Raw("SELECT variant_id AS variant, on_hand AS qty FROM stock_places WHERE location_id = ? AND on_hand > 0 ORDER BY variant_id", int64(at)).Scan(&lies).Error
	if err != nil {
		return fmt.Errorf("read place %d: %w", at, err)
	}
	for _, l := range lies {
		r := tx.Query(ctx).Exec("UPDATE stock SET on_hand = on_hand + ?, updated_at = ? WHERE variant_id = ? AND on_hand + ? + beyond >= reserved",
			sign*l.Qty, db.At(now), l.Variant, sign*l.Qty)
		if r.Error != nil {
			return fmt.Errorf("change what place %d sells: %w", at, r.Error)
		}
		if r.RowsAffected == 0 {
			return fault.New(fault.Conflict, "inventory.place.promised")
		}
	}
	return nil
}

// Lie is what lies of a variant at a place.
type Lie struct {
	Location
	OnHand int
}

// Lies lists what lies of a variant at every place, in their order.
func Lies(ctx context.Context, q db.Q, v catalog.VariantID) ([]Lie, error) {
	all, err := Locations(ctx, q)
	if err != nil {
		return nil, err
	}
	var rows []struct {
		LocationID LocationID
		OnHand     int
	}
	if err := q.Query(ctx).Raw("SELECT location_id, on_hand FROM stock_places WHERE variant_id = ?", v).Scan(&rows).Error; err != nil {
		return nil, fmt.Errorf("read places of variant %d: %w", v, err)
	}
	lies := make([]Lie, len(all))
	for i, l := range all {
		lies[i].Location = l
		for _, r := range rows {
			if r.LocationID == l.ID {
				lies[i].OnHand = r.OnHand
			}
		}
	}
	return lies, nil
}
