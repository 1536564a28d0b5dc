package outreach

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	gomail "github.com/wneessen/go-mail"

	"regulars/internal/art"
	"regulars/internal/catalog"
	"regulars/internal/money"
	"regulars/internal/order"
)

// A mail about goods shows them on one table. The picture lies in the mail
// itself: one that is fetched would tell when the mail was opened, and many
// readers fetch none.

// mostDepicted is how many goods one picture holds; with more it is a heap.
const mostDepicted = 5

// depict lays goods on the table of the mail, once each; what others at the
// table should not see is not among them, nor what has no drawing.
func (w *letter) depict(goods ...catalog.Buyable) {
	for _, b := range goods {
		p, ok := art.Source(b.Image.Src)
		if !ok || b.Sensitive || len(w.things) == mostDepicted {
			continue
		}
		twice := false
		for _, has := range w.things {
			twice = twice || has == p
		}
		if !twice {
			w.things = append(w.things, p)
		}
	}
}

// depictOrder is depict for the lines of an order, in the colours that were
// bought.
func (d *Desk) depictOrder(ctx context.Context, w *letter, lines []order.Line, currency money.Currency) error {
	ids := make([]catalog.VariantID, len(lines))
	for i, l := range lines {
		ids[i] = l.VariantID
	}
	found, err := catalog.Buyables(ctx, d.DB, ids, currency)
	if err != nil {
		return fmt.Errorf("read what the mail shows: %w", err)
	}
	for _, id := range ids {
		if b, ok := found[id]; ok {
			w.depict(b)
		}
	}
	return nil
}

// table is the drawing of the letter's goods, "" for a mail without any.
func (w *letter) table() string {
	if len(w.things) == 0 {
		return ""
	}
	return art.Still{Shape: art.Link, Hue: w.things[0].Hue, Pieces: w.things}.Path(false)
}

// goodsID is how the HTML names the picture that lies beside it.
const goodsID = "goods@regulars"

// The picture has two pixels for each that the mail shows.
const (
	tableWidth  = 840
	tableHeight = 441
)

// tables keeps the last pictures printed: most orders are of few things, and
// one takes as long as fifty mails without.
var tables = struct {
	sync.Mutex
	kept map[string][]byte
}{kept: map[string][]byte{}}

const mostTables = 128 // of about 15 KB

func printTable(spec string) ([]byte, error) {
	tables.Lock()
	data := tables.kept[spec]
	tables.Unlock()
	if data != nil {
		return data, nil
	}
	svg, err := art.Draw(spec)
	if err != nil {
		return nil, err
	}
	if data, err = art.PNG(svg, tableWidth, tableHeight); err != nil {
		return nil, err
	}
	tables.Lock()
	defer tables.Unlock()
	if len(tables.kept) >= mostTables {
		clear(tables.kept)
	}
	tables.kept[spec] = data
	return data, nil
}

// enclose puts the picture into the message. Printed here, it holds up no
// transaction.
func (m Mail) enclose(msg *gomail.Msg) error {
	if m.Table == "" || m.HTML == "" {
		return nil
	}
	data, err := printTable(m.Table)
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	return msg.EmbedReader("goods.png", bytes.NewReader(data), gomail.WithFileContentID("<"+goodsID+">"), gomail.WithFileContentType("image/png"))
}
