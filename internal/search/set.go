package search

import (
	"math/bits"
	"slices"
)

// ordinals are a set of products, a bit each: what a query works with.
type ordinals []uint64

func newOrdinals(n int) ordinals { return make(ordinals, (n+63)/64) }

func (o ordinals) add(i uint32)      { o[i/64] |= 1 << (i % 64) }
func (o ordinals) drop(i uint32)     { o[i/64] &^= 1 << (i % 64) }
func (o ordinals) has(i uint32) bool { return o[i/64]&(1<<(i%64)) != 0 }

func (o ordinals) count() (n int) {
	for _, w := range o {
		n += bits.OnesCount64(w)
	}
	return n
}

// all lists the ordinals from the lowest on.
func (o ordinals) all(n int) []uint32 {
	list := make([]uint32, 0, n)
	for at, w := range o {
		for ; w != 0; w &= w - 1 {
			list = append(list, uint32(at*64+bits.TrailingZeros64(w)))
		}
	}
	return list
}

// and is what two sets have in common, in a set of its own.
func (o ordinals) and(p ordinals) ordinals {
	both := make(ordinals, len(o))
	for i := range both {
		both[i] = o[i] & p[i]
	}
	return both
}

// few members are kept as a list at most, whatever the size of the shop.
const few = 64

// set is a set of ordinals as the picture keeps it: a sorted list while that
// is the smaller, else bits. A value that ten products have costs ten numbers,
// one that half the shop has a bit a product. of is the change that made it:
// only that may write into it.
type set struct {
	of   uint64
	list []uint32
	bits ordinals
	n    int
}

func (s *set) copy(of uint64) *set {
	return &set{of: of, list: slices.Clone(s.list), bits: slices.Clone(s.bits), n: s.n}
}

// add takes i in; size is how many ordinals there are.
func (s *set) add(i uint32, size int) {
	if s.bits == nil {
		at, found := slices.BinarySearch(s.list, i)
		if found {
			return
		}
		s.list = slices.Insert(s.list, at, i)
		s.n++
		if s.n > few && s.n*32 > size {
			s.bits = newOrdinals(size)
			for _, x := range s.list {
				s.bits.add(x)
			}
			s.list = nil
		}
		return
	}
	for int(i/64) >= len(s.bits) {
		s.bits = append(s.bits, 0)
	}
	if !s.bits.has(i) {
		s.bits.add(i)
		s.n++
	}
}

func (s *set) drop(i uint32) {
	if s.bits == nil {
		if at, found := slices.BinarySearch(s.list, i); found {
			s.list = slices.Delete(s.list, at, at+1)
			s.n--
		}
		return
	}
	if int(i/64) < len(s.bits) && s.bits.has(i) {
		s.bits.drop(i)
		s.n--
	}
}

// into adds the members to o.
func (s *set) into(o ordinals) {
	for _, i := range s.list {
		o.add(i)
	}
	for i, w := range s.bits {
		o[i] |= w
	}
}

// count is how many members are in o.
func (s *set) count(o ordinals) (n int) {
	for _, i := range s.list {
		if o.has(i) {
			n++
		}
	}
	for i, w := range s.bits {
		n += bits.OnesCount64(w & o[i])
	}
	return n
}

// meets says whether a member is in o.
func (s *set) meets(o ordinals) bool {
	for _, i := range s.list {
		if o.has(i) {
			return true
		}
	}
	for i, w := range s.bits {
		if w&o[i] != 0 {
			return true
		}
	}
	return false
}
