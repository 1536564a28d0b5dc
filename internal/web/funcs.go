package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"

	"regulars/internal/i18n"
)

var utc = time.UTC

func number(v any) (string, error) {
	switch n := v.(type) {
	case int:
		return i18n.Number(n), nil
	case int64:
		return i18n.Number(int(n)), nil
	}
	return "", fmt.Errorf("%T is not a whole number", v)
}

// dict makes the data of a part from names and values in turn.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants names and values in turn, got %d", len(pairs))
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: %v is not a name", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// seq counts from 1 to n.
func seq(n int) []int {
	all := make([]int, max(n, 0))
	for i := range all {
		all[i] = i + 1
	}
	return all
}

// safeSVG puts a drawing of our own into the page as it is. It never takes
// what a person sent; the checks only catch a mix-up.
func safeSVG(drawing any) (template.HTML, error) {
	var s string
	switch d := drawing.(type) {
	case string:
		s = d
	case []byte:
		s = string(d)
	default:
		return "", fmt.Errorf("%T is not a drawing", drawing)
	}
	low := strings.ToLower(s)
	if !strings.HasPrefix(low, "<svg") || strings.Contains(low, "<script") || strings.Contains(low, "<foreignobject") || strings.Contains(low, "javascript:") {
		return "", fmt.Errorf("not a drawing of ours: %.40q", s)
	}
	return template.HTML(s), nil
}
