package jobs

import (
	"context"
	"fmt"
	"maps"

	"regulars/internal/db"
)

// Drop takes the jobs of one kind out of the queue, waiting or done, of whose
// content (args) a condition holds; its values are named as in "args ->> 'order' = @id".
func Drop(ctx context.Context, tx *db.Tx, kind Args, where string, values map[string]any) error {
	values = maps.Clone(values)
	values["job_kind"] = kind.Kind()
	if err := tx.Query(ctx).Exec("DELETE FROM river_job WHERE kind = @job_kind AND ("+where+")", values).Error; err != nil {
		return fmt.Errorf("drop jobs %s: %w", kind.Kind(), err)
	}
	return nil
}

// Hush takes out what such jobs kept of their failures, which may quote what
// they were about. The jobs stay.
func Hush(ctx context.Context, tx *db.Tx, kinds []Args, where string, values map[string]any) error {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.Kind()
	}
	values = maps.Clone(values)
	values["job_kinds"] = names
	if err := tx.Query(ctx).Exec("UPDATE river_job SET errors = NULL WHERE kind IN @job_kinds AND errors IS NOT NULL AND ("+where+")", values).Error; err != nil {
		return fmt.Errorf("hush jobs %v: %w", names, err)
	}
	return nil
}
