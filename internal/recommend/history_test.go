package recommend

import (
	"strings"
	"testing"
)

func FuzzReadHistory(f *testing.F) {
	head := "order_id,customer_id,product_id,ordered_at,quantity,unit_price\n"
	for _, rows := range []string{
		"", "1,ann,tea,2026-01-01,1,2.5\n", "1,ann,tea,2026-01-01T10:00:00+02:00,1,2.5\n2,,cake,2026-01-01T10:00:00Z,,\n",
		"1,ann,\"te\"\"a\",2026-01-01,-1,2.5\r\n", "1,ann,tea,0000-00-00,1,2\n", "\"", ",,,,,\n", "1,a,b,9999-12-31,1e300,1\n",
	} {
		f.Add(head + rows)
	}
	f.Add("\ufeff" + head)
	f.Add("\x1f\x8b")
	f.Fuzz(func(t *testing.T, file string) {
		h, err := readHistory(t.Context(), strings.NewReader(file))
		if err != nil {
			if strings.Contains(err.Error(), "\n") || strings.TrimSpace(err.Error()) == "" {
				t.Fatalf("the error is not one line: %q", err)
			}
			return
		}
		lines := 0
		for i, o := range h.orders {
			if len(o.clicks) == 0 || o.at != o.clicks[0].at {
				t.Fatalf("order %d begins at %d, its clicks %v", i, o.at, o.clicks)
			}
			if i > 0 && h.orders[i-1].at > o.at {
				t.Fatalf("order %d stands before an earlier one", i)
			}
			lines += len(o.clicks)
		}
		if lines != len(h.clicks) || lines+h.left > strings.Count(file, "\n")+strings.Count(file, "\r")+1 {
			t.Fatalf("%d clicks in orders, %d in all, %d left out", lines, len(h.clicks), h.left)
		}
		h.lastDay()
	})
}
