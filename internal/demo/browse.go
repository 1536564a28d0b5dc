package demo

import (
	"time"

	"regulars/internal/event"
)

// browse goes on from the first thing looked at, for about half of those who
// let the shop tell their looks apart: most compare it with others of its
// shelf, some see what goes with it, some go back. It draws from luck of its
// own, so that carts and orders are the same with it or without.
func (t *teller) browse(s *shopper, g *good, at time.Time) []event.Event {
	if !s.remember || t.strays.IntN(100) < 48 {
		return nil
	}
	var log []event.Event
	path := []*good{g}
	for range 7 {
		at = at.Add(time.Duration(15+t.strays.IntN(100)) * time.Second)
		last, next := path[len(path)-1], (*good)(nil)
		switch n := t.strays.IntN(100); {
		case n < 55:
			next = t.beside(last)
		case n < 75:
			if along := t.pulls[last.Code]; len(along) > 0 {
				next = along[min(t.strays.IntN(len(along)), t.strays.IntN(len(along)))].to
			}
		case n < 90 && len(path) > 1:
			next = path[t.strays.IntN(len(path)-1)]
		}
		if next != nil && next != last && !next.NotSold && !next.Sensitive && next.inSeason(at) && next.suits(s, at) {
			log = append(log, t.happened(s, event.ItemSeen, next, "", at))
			path = append(path, next)
		}
		if t.strays.IntN(100) < 38 {
			break
		}
	}
	return log
}

// beside is another of the same shelf, the next ones of its row most of all.
func (t *teller) beside(g *good) *good {
	if t.rows == nil {
		t.rows = map[string][]*good{}
		for i := range t.goods {
			t.rows[t.goods[i].shelf] = append(t.rows[t.goods[i].shelf], &t.goods[i])
		}
	}
	row := t.rows[g.shelf]
	for i := range row {
		if row[i] == g {
			return row[(i+1+min(t.strays.IntN(len(row)), t.strays.IntN(len(row))))%len(row)]
		}
	}
	return nil
}
