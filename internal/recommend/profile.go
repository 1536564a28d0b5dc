package recommend

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// profiles holds the attributes of customers: each as features, a feature being
// one value of one column.
type profiles struct {
	features map[string]int
	of       map[string][]int // by customer id
}

func loadProfiles(ctx context.Context, path string) (*profiles, error) {
	r, done, err := openTable(path)
	if err != nil {
		return nil, err
	}
	defer done()
	p, err := readProfiles(ctx, r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return p, nil
}

func readProfiles(ctx context.Context, r io.Reader) (*profiles, error) {
	t, err := newTable(r)
	if err != nil {
		return nil, err
	}
	id := t.column("customer_id")
	if id < 0 || len(t.header) < 2 {
		return nil, errors.New("line 1: the header must be customer_id and then at least one attribute")
	}
	p := &profiles{features: map[string]int{}, of: map[string][]int{}}
	for {
		row, line, err := t.next()
		if err == io.EOF {
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		if line%4096 == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		who := strings.Clone(row[id])
		if who == "" {
			return nil, fmt.Errorf("line %d: customer_id is empty", line)
		}
		if _, twice := p.of[who]; twice {
			return nil, fmt.Errorf("line %d: customer %q has two profiles", line, short(who))
		}
		var has []int
		for i, v := range row {
			if i != id && strings.TrimSpace(v) != "" {
				has = p.add(has, t.header[i], strings.TrimSpace(v))
			}
		}
		p.of[who] = has
	}
}

// add names the features of one cell: a year is banded to its decade and an age
// likewise, since single years starve; several interests in one cell, split
// by "|" or ";", are one feature each.
func (p *profiles) add(to []int, column, cell string) []int {
	for _, v := range strings.FieldsFunc(cell, func(r rune) bool { return r == '|' || r == ';' }) {
		v = strings.ToLower(strings.TrimSpace(v))
		if n, err := strconv.Atoi(v); err == nil && (n > 1000 || strings.Contains(column, "age")) {
			v = strconv.Itoa(n / 10 * 10)
		}
		name := column + "=" + v
		f, ok := p.features[name]
		if !ok {
			f = len(p.features)
			p.features[name] = f
		}
		to = append(to, f)
	}
	return to
}
