package staff

import (
	"context"
	"fmt"
	"time"

	"regulars/internal/db"
	"regulars/internal/fault"
)

// SaveView keeps filters under a name and returns the view's token. The same
// name again, for the same people, replaces what it stood for: the unique key
// of list, owner and name decides.
func SaveView(ctx context.Context, tx *db.Tx, v View, now time.Time) (string, error) {
	if err := v.check(); err != nil {
		return "", err
	}
	err := tx.Query(ctx).Exec(`INSERT INTO staff_views (token, list, whose, name, query, made_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (list, whose, name) DO UPDATE SET query = excluded.query, made_by = excluded.made_by`,
		viewToken(), v.List, int64(v.Whose), v.Name, v.Query, int64(v.MadeBy), db.At(now)).Error
	if err != nil {
		return "", fmt.Errorf("keep the view %s: %w", v.Name, err)
	}
	var token string
	if err := tx.Query(ctx).Raw("SELECT token FROM staff_views WHERE list = ? AND whose = ? AND name = ?", v.List, int64(v.Whose), v.Name).Scan(&token).Error; err != nil {
		return "", fmt.Errorf("read the view %s: %w", v.Name, err)
	}
	return token, nil
}

// ViewBy reads a view that a member of staff may use: their own, or
// everybody's. What is another's is fault.NotFound.
func ViewBy(ctx context.Context, q db.Q, who ID, token string) (*View, error) {
	var found []View
	err := q.Query(ctx).Raw("SELECT v.*, FALSE AS first FROM staff_views v WHERE v.token = ? AND v.whose IN (0, ?)", token, int64(who)).Scan(&found).Error
	if err != nil {
		return nil, fmt.Errorf("find a view: %w", err)
	}
	if len(found) == 0 {
		return nil, fault.New(fault.NotFound, "view.gone")
	}
	return &found[0], nil
}

// DropView takes a view away; lists that opened with it show everything again.
func DropView(ctx context.Context, tx *db.Tx, token string) error {
	for _, statement := range []string{"DELETE FROM staff_first_views WHERE token = ?", "DELETE FROM staff_views WHERE token = ?"} {
		if err := tx.Query(ctx).Exec(statement, token).Error; err != nil {
			return fmt.Errorf("take a view away: %w", err)
		}
	}
	return nil
}

// OpenWith says with which view a list opens for somebody; "" is none.
func OpenWith(ctx context.Context, tx *db.Tx, who ID, list, token string) error {
	sql, args := "DELETE FROM staff_first_views WHERE staff_id = ? AND list = ?", []any{int64(who), list}
	if token != "" {
		sql = `INSERT INTO staff_first_views (staff_id, list, token) VALUES (?, ?, ?) ON CONFLICT (staff_id, list) DO UPDATE SET token = excluded.token`
		args = append(args, token)
	}
	if err := tx.Query(ctx).Exec(sql, args...).Error; err != nil {
		return fmt.Errorf("choose with what the list %s opens: %w", list, err)
	}
	return nil
}

// Views lists the views of a list for a member of staff: everybody's and their
// own, by name.
func Views(ctx context.Context, q db.Q, who ID, list string) ([]View, error) {
	var all []View
	err := q.Query(ctx).Raw(`SELECT v.*, f.token IS NOT NULL AS first FROM staff_views v LEFT JOIN staff_first_views f ON f.staff_id = ? AND f.list = v.list AND f.token = v.token
		WHERE v.list = ? AND v.whose IN (0, ?) ORDER BY v.name, v.id`, int64(who), list, int64(who)).Scan(&all).Error
	if err != nil {
		return nil, fmt.Errorf("read the views of %s: %w", list, err)
	}
	return all, nil
}
