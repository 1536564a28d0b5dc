package exchange

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// guard makes a cell safe to open in a spreadsheet: one that begins like a
// formula gets an apostrophe before it. unguard takes exactly that away.
func guard(s string) string {
	if dangerous(strings.TrimLeft(s, "'")) {
		return "'" + s
	}
	return s
}

func unguard(s string) string {
	if len(s) > 1 && s[0] == '\'' && dangerous(strings.TrimLeft(s, "'")) {
		return s[1:]
	}
	return s
}

func dangerous(s string) bool { return s != "" && strings.IndexByte("=+-@\t\r", s[0]) >= 0 }

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// parseYes reads a switch; an empty cell is no.
func parseYes(s string) (bool, bool) {
	switch strings.ToLower(strings.TrimSpace(s)) {
	case "yes", "true", "1", "y":
		return true, true
	case "no", "false", "0", "n", "":
		return false, true
	}
	return false, false
}

const stamp = "2006-01-02T15:04:05.999Z07:00"

func writeTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(stamp)
}

var layouts = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly}

// parseTime reads an instant; without a zone it stands in zone.
func parseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range layouts {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t.UTC(), t.Year() >= 1970 && t.Year() < 10_000
		}
	}
	return time.Time{}, false
}

// titleCase makes a shouted description readable: small words stay small.
func titleCase(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		lower := strings.ToLower(w)
		if i > 0 {
			switch lower {
			case "of", "and", "with", "the", "in", "for", "to", "on", "a", "an", "by", "at", "or":
				words[i] = lower
				continue
			}
		}
		var b strings.Builder
		start := true
		for _, r := range lower {
			if start && unicode.IsLetter(r) {
				r = unicode.ToUpper(r)
			}
			start = !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '\''
			b.WriteRune(r)
		}
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}

func cut(s string, runes int) string {
	if utf8.RuneCountInString(s) <= runes {
		return s
	}
	return string([]rune(s)[:runes])
}
