package storefront

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"
)

// flatten answers a JSON document as a table for spreadsheets: one row a
// value, with the way to it in front. No cell can be a formula.
func flatten(c echo.Context, document []byte) error {
	var out bytes.Buffer
	out.WriteString("\ufeff") // spreadsheets take it for Latin otherwise
	w := csv.NewWriter(&out)
	if err := w.Write([]string{"part", "value"}); err != nil {
		return err
	}
	read := json.NewDecoder(bytes.NewReader(document))
	read.UseNumber()
	if err := leaves(read, nil, w); err != nil {
		return wrap("write an export", err)
	}
	w.Flush()
	return c.Blob(http.StatusOK, "text/csv; charset=utf-8", out.Bytes())
}

// leaves writes the values of what comes next, in the order of the document.
func leaves(read *json.Decoder, way []string, w *csv.Writer) error {
	token, err := read.Token()
	if err != nil {
		return err
	}
	open, _ := token.(json.Delim)
	if open == 0 {
		if token == nil {
			token = ""
		}
		return w.Write([]string{strings.Join(way, "."), guarded(fmt.Sprint(token))})
	}
	for i := 1; read.More(); i++ {
		name := fmt.Sprint(i)
		if open == '{' {
			key, err := read.Token()
			if err != nil {
				return err
			}
			name = fmt.Sprint(key)
		}
		if err := leaves(read, append(way[:len(way):len(way)], name), w); err != nil {
			return err
		}
	}
	_, err = read.Token()
	return err
}

func guarded(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
