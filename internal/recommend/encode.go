package recommend

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"
)

// The first bytes of an encoded model, the format's number last. A change of
// the layout takes a new number; an old blob is then refused and built again.
const blobMagic = "regulars model \x03"

var errBroken = errors.New("the stored model is broken; build it again")

// Encode writes the model down, the same bytes for the same model.
func (m *Model) Encode() []byte {
	if m.built != len(m.baskets) || m.gone > 0 {
		n := *m
		n.settle()
		m = &n
	}
	b := make([]byte, 0, 64+m.Bytes()/2)
	b = append(b, blobMagic...)
	b = binary.AppendVarint(b, int64(m.opt.HalfLife))
	b = binary.AppendVarint(b, int64(m.opt.PopularHalfLife))
	b = binary.AppendUvarint(b, uint64(m.opt.Neighbours))
	b = binary.AppendUvarint(b, uint64(m.opt.Head))
	b = binary.AppendUvarint(b, uint64(m.opt.MinTogether))
	b = binary.AppendUvarint(b, uint64(m.opt.MaxBasket))
	b = binary.AppendVarint(b, m.newest.Unix())
	b = binary.AppendUvarint(b, uint64(len(m.products)))
	var last ProductID
	for _, p := range m.products {
		b = binary.AppendVarint(b, int64(p-last))
		last = p
	}
	for _, r := range m.recent {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(r))
	}
	b = binary.AppendUvarint(b, uint64(len(m.baskets)))
	var at int64
	for i, lines := range m.baskets {
		b = binary.AppendUvarint(b, uint64(m.buyers[i]))
		b = binary.AppendVarint(b, m.times[i]-at)
		at = m.times[i]
		b = binary.AppendUvarint(b, uint64(m.names[i]))
		b = binary.AppendUvarint(b, uint64(len(lines)))
		var last uint32
		for _, p := range lines {
			b = binary.AppendUvarint(b, uint64(p-last))
			last = p
		}
	}
	for p, row := range m.rows {
		b = binary.AppendUvarint(b, uint64(len(row)))
		var last uint32
		for i, n := range row {
			b = binary.AppendUvarint(b, uint64(n.product-last))
			last = n.product
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(n.score))
			b = binary.AppendUvarint(b, uint64(m.tallies[p][i].together))
			b = binary.AppendUvarint(b, uint64(m.tallies[p][i].who))
		}
	}
	b = m.encodeBack(b)
	b = m.prior.encode(b)
	b = m.ease.encode(b)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// encodeBack writes down what came back, by order.
func (m *Model) encodeBack(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(m.back)))
	for _, name := range slices.Sorted(maps.Keys(m.back)) {
		b = binary.AppendUvarint(b, uint64(name))
		b = binary.AppendUvarint(b, uint64(len(m.back[name])))
		for _, p := range m.back[name] {
			b = binary.AppendVarint(b, int64(p))
		}
	}
	return b
}

// encode writes what people of each feature bought, or that nobody told any.
func (t *tastes) encode(b []byte) []byte {
	if t == nil {
		return append(b, 0)
	}
	b = binary.AppendUvarint(append(b, 1), uint64(len(t.buyers)))
	b = binary.AppendUvarint(b, uint64(t.people))
	for _, n := range t.buyers {
		b = binary.AppendUvarint(b, uint64(n))
	}
	for _, v := range t.gain.figures() {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(*v))
	}
	b = binary.AppendUvarint(b, uint64(t.gain.People))
	b = binary.AppendUvarint(b, uint64(len(t.names)))
	for f, name := range t.names {
		b = append(binary.AppendUvarint(b, uint64(len(name))), name...)
		b = binary.AppendUvarint(b, uint64(t.having[f]))
		for _, n := range t.both[f] {
			b = binary.AppendUvarint(b, uint64(n))
		}
	}
	return b
}

func (g *Gain) figures() []*float64 {
	return []*float64{&g.Damp, &g.Recall, &g.Popularity, &g.LowDiff, &g.HighDiff, &g.NDCG, &g.NDCGPopularly}
}

// encode writes the linear model: its products, P(j,j), orders, the matrix.
func (e *ease) encode(b []byte) []byte {
	if len(e.patches) > 0 {
		folded := *e
		folded.fold()
		e = &folded
	}
	b = binary.AppendUvarint(b, uint64(e.size))
	for i := range e.size {
		b = binary.LittleEndian.AppendUint32(b, e.products[i])
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(e.diag[i]))
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(e.orders[i]))
	}
	for _, w := range e.weights {
		b = binary.LittleEndian.AppendUint64(b, w)
	}
	return b
}

// Fingerprint is a short name of an encoded model: equal for equal models.
func Fingerprint(blob []byte) string {
	if len(blob) < sha256.Size {
		return ""
	}
	return hex.EncodeToString(blob[len(blob)-sha256.Size:][:6])
}

// Decode reads what Encode wrote. Bytes that were cut, changed or written in
// another format are an error, never a wrong model.
func Decode(blob []byte) (*Model, error) {
	if len(blob) < len(blobMagic)+sha256.Size {
		return nil, errBroken
	}
	if head := string(blob[:len(blobMagic)]); head != blobMagic {
		if head[:len(head)-1] == blobMagic[:len(head)-1] {
			return nil, fmt.Errorf("the stored model has format %d, this program reads %d; build it again", head[len(head)-1], blobMagic[len(blobMagic)-1])
		}
		return nil, errBroken
	}
	body := blob[:len(blob)-sha256.Size]
	if sha256.Sum256(body) != [sha256.Size]byte(blob[len(body):]) {
		return nil, errBroken
	}
	d := &decoder{b: body[len(blobMagic):]}
	m := d.model()
	if d.bad || len(d.b) != 0 {
		return nil, errBroken
	}
	m.hold()
	m.weigh()
	m.mind()
	m.popular = m.ranked()
	for i := range m.baskets {
		m.lately += math.Exp2(-m.age(i) / m.opt.PopularHalfLife.Seconds())
	}
	return m, nil
}

// decoder reads values off the front; after the first bad one it reads zeros.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) fail() { d.bad, d.b = true, nil }

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) float() float32 {
	if len(d.b) < 4 {
		d.fail()
		return 0
	}
	v := math.Float32frombits(binary.LittleEndian.Uint32(d.b))
	d.b = d.b[4:]
	return v
}

// length reads a count of things that take at least size bytes each, so that a
// wild number cannot ask for wild memory.
func (d *decoder) length(size int) int {
	n := d.uvarint()
	if n > uint64(len(d.b)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

// step reads the next of ascending positions below n; the first may be 0.
func (d *decoder) step(last uint32, first bool, n int) uint32 {
	gap := d.uvarint()
	if gap >= uint64(n) || !first && gap == 0 || uint64(last)+gap >= uint64(n) {
		d.fail()
		return 0
	}
	return last + uint32(gap)
}

func (d *decoder) model() *Model {
	m := &Model{}
	m.opt = Options{
		HalfLife: time.Duration(d.varint()), PopularHalfLife: time.Duration(d.varint()),
		Neighbours: int(d.uvarint()), Head: int(d.uvarint()), MinTogether: int(d.uvarint()), MaxBasket: int(d.uvarint()),
	}
	if m.opt != m.opt.withDefaults() {
		d.fail()
	}
	newest := d.varint()
	m.products = make([]ProductID, d.length(5))
	known := make(map[ProductID]bool, len(m.products))
	var last ProductID
	sorted := 0
	for i := range m.products {
		last += ProductID(d.varint())
		m.products[i] = last
		if sorted == i && (i == 0 || last > m.products[i-1]) {
			sorted = i + 1
		}
		if known[last] {
			d.fail()
		}
		known[last] = true
	}
	if sorted < len(m.products) { // a Learner's model: what it met later stands behind
		m.late = map[ProductID]uint32{}
		for i, p := range m.products[sorted:] {
			m.late[p] = uint32(sorted + i)
		}
	}
	m.recent = make([]float32, len(m.products))
	for i := range m.recent {
		m.recent[i] = d.float()
	}
	d.baskets(m)
	d.rows(m)
	if len(m.baskets) > 0 {
		m.newest = time.Unix(newest, 0).UTC()
	}
	m.built = len(m.baskets)
	m.known = &roll{}
	for _, n := range m.buyers {
		m.known.last = max(m.known.last, n)
	}
	d.back(m)
	d.prior(m)
	d.ease(m)
	m.index()
	return m
}

func (d *decoder) baskets(m *Model) {
	n := d.length(4)
	m.baskets, m.buyers, m.times, m.names = make([][]uint32, n), make([]uint32, n), make([]int64, n), make([]OrderID, n)
	var at int64
	for i := range n {
		m.buyers[i] = uint32(d.uvarint())
		at += d.varint()
		m.times[i] = at
		m.names[i] = OrderID(d.uvarint())
		lines := make([]uint32, d.length(1))
		var last uint32
		for j := range lines {
			last = d.step(last, j == 0, len(m.products))
			lines[j] = last
		}
		m.baskets[i] = lines
	}
}

func (d *decoder) rows(m *Model) {
	m.rows, m.tallies = make([][]near, len(m.products)), make([][]tally, len(m.products))
	for p := range m.products {
		n := d.length(7)
		row, counts := make([]near, n), make([]tally, n)
		var last uint32
		for i := range row {
			last = d.step(last, i == 0, len(m.products))
			row[i] = near{product: last, score: d.float()}
			counts[i] = tally{together: uint32(d.uvarint()), who: uint32(d.uvarint())}
		}
		m.rows[p], m.tallies[p] = row, counts
	}
}

func (d *decoder) back(m *Model) {
	n := d.length(2)
	m.back = make(map[OrderID][]ProductID, n)
	for range n {
		name := OrderID(d.uvarint())
		of := make([]ProductID, d.length(1))
		for i := range of {
			of[i] = ProductID(d.varint())
		}
		m.back[name] = of
	}
}

func (d *decoder) prior(m *Model) {
	if d.uvarint() == 0 {
		return
	}
	n := d.length(1)
	if n > len(m.products) {
		d.fail()
		return
	}
	t := &tastes{people: int(d.uvarint()), buyers: make([]int32, n)}
	for p := range t.buyers {
		t.buyers[p] = int32(d.uvarint())
	}
	for _, v := range t.gain.figures() {
		low := math.Float32bits(d.float())
		*v = math.Float64frombits(uint64(math.Float32bits(d.float()))<<32 | uint64(low))
	}
	t.gain.People, t.damp = int(d.uvarint()), t.gain.Damp
	features := d.length(1)
	for range features {
		size := d.length(1)
		if d.bad {
			return
		}
		t.names = append(t.names, string(d.b[:size]))
		d.b = d.b[size:]
		t.having = append(t.having, int32(d.uvarint()))
		both := make([]int32, min(n, len(d.b)))
		for p := range both {
			both[p] = int32(d.uvarint())
		}
		t.both = append(t.both, both)
	}
	m.prior = t
}

func (d *decoder) ease(m *Model) {
	e := &ease{size: d.length(12), number: make([]int32, len(m.products)), ref: m.newest.Unix()}
	for p := range e.number {
		e.number[p] = -1
	}
	if e.size > len(m.products) || len(d.b) < 12*e.size+8*e.size*words(e.size) {
		d.fail()
		e.size = 0
	}
	e.products, e.diag, e.orders = make([]uint32, e.size), make([]float32, e.size), make([]float32, e.size)
	for i := range e.size {
		p := binary.LittleEndian.Uint32(d.b)
		e.diag[i] = math.Float32frombits(binary.LittleEndian.Uint32(d.b[4:]))
		e.orders[i] = math.Float32frombits(binary.LittleEndian.Uint32(d.b[8:]))
		d.b = d.b[12:]
		if int(p) >= len(e.number) || e.number[p] >= 0 || !(e.diag[i] > 0) || !(e.orders[i] >= 0) {
			d.fail()
			return
		}
		e.products[i], e.number[p] = p, int32(i)
	}
	e.base = e.diag
	e.dampen()
	e.weights = make([]uint64, e.size*words(e.size))
	for i := range e.weights {
		e.weights[i] = binary.LittleEndian.Uint64(d.b[8*i:])
	}
	d.b = d.b[8*len(e.weights):]
	m.ease = e
}
