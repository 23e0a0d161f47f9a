package integration

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// mostWarnings is how many warnings an offer has, one after the last included that
// says how many are left out.
const mostWarnings = 20

// warnings collects what is odd about an offer.
type warnings struct {
	texts []string
	more  int
}

func (w *warnings) add(format string, args ...any) {
	if len(w.texts) == mostWarnings-1 {
		w.more++
		return
	}
	w.texts = append(w.texts, fmt.Sprintf(format, args...))
}

// count adds a warning of n things, in words for one of them or for several; args
// stand behind n.
func (w *warnings) count(n int, single, several string, args ...any) {
	format := several
	if n == 1 {
		format = single
	}
	w.add(format, append([]any{n}, args...)...)
}

func (w *warnings) all() []string {
	switch {
	case w.more == 1:
		return append(w.texts, "1 more oddity is not listed")
	case w.more > 1:
		return append(w.texts, fmt.Sprintf("%d more oddities are not listed", w.more))
	}
	return w.texts
}

var errNoOffer = errors.New("it is no offer: neither id nor documentNumber nor productLines are there")

// readOffer reads the answer for an offer. Lists that are not there are empty, not
// nil, so that its JSON has no null in their place.
func readOffer(content []byte, asked string) (*Offer, error) {
	if len(bytes.TrimSpace(content)) == 0 {
		return nil, errEmpty
	}
	document, err := parse(content)
	if err != nil {
		return nil, err
	}
	object, ok := document.(map[string]any)
	if !ok {
		return nil, errNoOffer
	}
	offer := &Offer{
		ID:         idOf(object, "id", "offerId"),
		Number:     textOf(object, "documentNumber"),
		Customer:   idOf(object, "clientId"),
		Status:     textOf(object, "status"),
		Expires:    textOf(object, "expirationDate"),
		ModifiedAt: textOf(object, "lastModifiedDate", "modifiedOn"),
		Currency:   currencyOf(object),
		Notes:      []Note{}, Attachments: []Attachment{},
	}
	var odd warnings
	if offer.ID != "" && !strings.EqualFold(offer.ID, asked) {
		odd.add("ONe was asked for the offer %q and answered with %q", clip(asked, 60), clip(offer.ID, 60))
	}
	found, err := collectLines(object, &odd)
	if err != nil {
		return nil, err
	}
	if offer.ID == "" && offer.Number == "" && len(found.lines) == 0 {
		return nil, errNoOffer
	}
	if offer.ID == "" {
		offer.ID = asked
	}
	offer.readNotes(object)
	offer.settleCurrency(found.lines, &odd)
	offer.plant(found, &odd)
	offer.Warnings = odd.all()
	return offer, nil
}

// readNotes reads the notes, and the attachments of the offer and of its notes,
// each once.
func (o *Offer) readNotes(object map[string]any) {
	known := map[string]bool{}
	attach := func(list []any) {
		for _, one := range list {
			inner, ok := one.(map[string]any)
			if !ok {
				continue
			}
			id := idOf(inner, "id", "attachmentId")
			if id == "" || known[id] {
				continue
			}
			known[id] = true
			o.Attachments = append(o.Attachments, Attachment{ID: id, Name: textOf(inner, "name", "fileName", "filename")})
		}
	}
	attach(listOf(object, "attachments"))
	for _, one := range listOf(object, "notes") {
		note, ok := one.(map[string]any)
		if !ok {
			continue
		}
		if text := textOf(note, "content", "text"); text != "" {
			visible, _ := note["visibleForClients"].(bool)
			o.Notes = append(o.Notes, Note{Text: text, Visible: visible})
		}
		attach(listOf(note, "attachments"))
	}
}

// settleCurrency finds the offer's currency where it stands in the lines only, and
// leaves it in those lines that have another. That of the purchase prices alone is
// the last that is taken for the offer's.
func (o *Offer) settleCurrency(lines []*Line, odd *warnings) {
	for _, line := range lines {
		o.Currency = firstText(o.Currency, line.Currency)
	}
	for _, line := range lines {
		o.Currency = firstText(o.Currency, line.PurchaseCurrency)
	}
	bought := 0
	for _, line := range lines {
		switch line.PurchaseCurrency {
		case "":
		case firstText(line.Currency, o.Currency):
			line.PurchaseCurrency = ""
		default:
			bought++
		}
	}
	if bought > 0 {
		odd.count(bought, "%d purchase price is in another currency than its line: it is in no sum", "%d purchase prices are in another currency than their lines: they are in no sum")
	}
	others := 0
	for _, line := range lines {
		if line.Currency == o.Currency {
			line.Currency = ""
		} else if line.Currency != "" {
			others++
		}
	}
	if others > 0 {
		odd.count(others, "%d line is in another currency than %s: it is in no sum", "%d lines are in another currency than %s: they are in no sum", o.Currency)
	}
}

// currencyOf reads a currency, a code or an object that has one; upper case.
func currencyOf(object map[string]any) string {
	if inner := objectOf(object, "currency"); inner != nil {
		return strings.ToUpper(textOf(inner, "code", "currencyCode", "isoCode"))
	}
	return strings.ToUpper(textOf(object, "currency", "currencyCode"))
}
