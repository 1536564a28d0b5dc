package db

import (
	"errors"
	"testing"
)

func TestWhatIsKeptIsReadAgainAfterAChange(t *testing.T) {
	var changes Changes
	var kept Kept[int]
	reads := 0
	get := func() int {
		t.Helper()
		n, err := kept.Get(&changes, func() (int, error) { reads++; return reads, nil })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if get() != 1 || get() != 1 {
		t.Errorf("read %d times for two views", reads)
	}
	changes.Announce()
	if get() != 2 || get() != 3 {
		t.Error("amid a change something was kept")
	}
	changes.Settle()
	if get() != 4 || get() != 4 {
		t.Error("after the change nothing is kept")
	}
	var empty Kept[int]
	if _, err := empty.Get(&changes, func() (int, error) { return 0, errors.New("gone") }); err == nil {
		t.Error("a failure was kept")
	}
	if n, err := empty.Get(&changes, func() (int, error) { return 7, nil }); err != nil || n != 7 {
		t.Errorf("after a failure: %d, %v", n, err)
	}
}
