package bridge

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"octobridge/bridge/orders"
	"octobridge/oct8ne"
)

// entry is one order in a list of those that are known here and those that only
// the wholesaler has: at least one of outline and remote is set.
type entry struct {
	outline *orders.Outline // known here
	remote  *record         // known at the wholesaler's
}

// added is when the order was made: here, where it is known here.
func (e *entry) added() time.Time {
	if e.outline != nil {
		return e.outline.CreatedAt
	}
	return e.remote.added
}

func (e *entry) id() int64 {
	if e.outline != nil {
		return e.outline.ID
	}
	return 0
}

func latestFirst(a, b entry) int {
	order := cmp.Or(b.added().Compare(a.added()), cmp.Compare(b.id(), a.id()))
	if order == 0 && a.remote != nil && b.remote != nil {
		order = newestFirst(a.remote, b.remote)
	}
	return order
}

// ordersOf returns a customer's orders, newest first. Orders that are known here
// are answered without waiting for the wholesaler: it is only waited for where
// the customer has none, or others beside them, and it hides none of them when it
// does not answer.
func (a *Adapter) ordersOf(ctx context.Context, request *oct8ne.Request, email string) ([]entry, error) {
	local, err := a.local.OfEmail(ctx, email)
	if err != nil {
		return nil, err
	}
	if len(local) == 0 {
		remote, age, err := a.remoteOf(ctx, email)
		if err != nil {
			return nil, unavailable(err)
		}
		markStale(request, age)
		list, _, err := a.join(ctx, nil, remote)
		return list, err
	}
	remote, read := a.orders.glance(email)
	list, others, err := a.join(ctx, local, remote)
	if err != nil {
		return nil, err
	}
	if !read {
		// Orders that only the wholesaler has may be missing.
		request.MarkStale(a.orders.age())
	}
	if !others {
		return list, nil
	}
	fresh, age, err := a.remoteOf(ctx, email)
	if err != nil {
		request.MarkStale(a.orders.age())
		return slices.DeleteFunc(list, func(e entry) bool { return e.outline == nil }), nil
	}
	markStale(request, age)
	list, _, err = a.join(ctx, local, fresh)
	return list, err
}

// join makes one list, newest first, of the orders that are known here and those
// at the wholesaler's, and says whether any is known only there.
func (a *Adapter) join(ctx context.Context, local []orders.Outline, remote []*record) (list []entry, others bool, err error) {
	taken := make(map[*record]bool)
	add := func(local []orders.Outline) {
		for i, twin := range a.orders.twins(local) {
			if twin != nil && taken[twin] {
				twin = nil
			}
			taken[twin] = true
			list = append(list, entry{&local[i], twin})
		}
	}
	add(local)
	rest := slices.DeleteFunc(slices.Clone(remote), func(r *record) bool { return taken[r] })
	more, err := a.ofRecords(ctx, rest)
	if err != nil {
		return nil, false, err
	}
	known := make(map[int64]bool, len(local))
	for i := range local {
		known[local[i].ID] = true
	}
	add(slices.DeleteFunc(more, func(o orders.Outline) bool { return known[o.ID] }))
	for _, r := range rest {
		if !taken[r] {
			others = true
			list = append(list, entry{remote: r})
		}
	}
	slices.SortStableFunc(list, latestFirst)
	return list, others, nil
}

// ofRecords finds out which of the wholesaler's orders are known here.
func (a *Adapter) ofRecords(ctx context.Context, remote []*record) ([]orders.Outline, error) {
	if len(remote) == 0 {
		return nil, nil
	}
	ids := make([]string, 0, len(remote))
	var references []string
	for _, r := range remote {
		ids = append(ids, r.id)
		if r.reference != "" {
			references = append(references, r.reference)
		}
	}
	return a.local.OfSupplier(ctx, ids, references)
}

// records loads what agents may see of some orders, in their order.
func (a *Adapter) records(ctx context.Context, entries []entry) ([]*record, error) {
	var ids []int64
	for i := range entries {
		if entries[i].outline != nil {
			ids = append(ids, entries[i].outline.ID)
		}
	}
	known := make(map[int64]*orders.Order, len(ids))
	if len(ids) > 0 {
		loaded, err := a.local.Load(ctx, ids...)
		if err != nil {
			return nil, err
		}
		for i := range loaded {
			known[loaded[i].ID] = &loaded[i]
		}
	}
	var list []*record
	for _, e := range entries {
		switch {
		case e.outline == nil:
			list = append(list, e.remote)
		case known[e.outline.ID] != nil:
			list = append(list, localRecord(known[e.outline.ID], e.remote, a.zone))
		}
	}
	return list, nil
}

// orderNamed returns the order that a reference means, nil when there is none or
// more than one. One that is known here is answered without waiting for the
// wholesaler.
func (a *Adapter) orderNamed(ctx context.Context, request *oct8ne.Request, reference string) (*record, error) {
	if reference == "" {
		return nil, nil
	}
	named, err := a.local.Named(ctx, reference)
	if err != nil {
		return nil, err
	}
	if len(named) > 0 {
		if best := a.bestNamed(named, reference); best != nil {
			return best, nil
		}
		return a.remoteNamed(ctx, request, reference)
	}
	if strings.ContainsFunc(reference, unicode.IsLetter) {
		return a.remoteNamed(ctx, request, reference)
	}
	same, err := a.local.OfDigits(ctx, digitsOf(reference))
	if err != nil {
		return nil, err
	}
	switch len(same) {
	case 0:
		return a.numbered(ctx, request, reference)
	case 1:
		return a.unlessOthers(ctx, &same[0], digitsOf(reference))
	default:
		return nil, nil
	}
}

// unlessOthers returns an order that has the digits asked for, nil where another
// one at the wholesaler's has them, too.
func (a *Adapter) unlessOthers(ctx context.Context, o *orders.Order, digits string) (*record, error) {
	outline := o.Outline()
	twin := a.orders.twins([]orders.Outline{outline})[0]
	// What the wholesaler has twice under one reference is one order to those
	// who ask for it, and what is known here under another goes by that.
	others := slices.DeleteFunc(a.orders.glanceDigits(digits), func(r *record) bool {
		return r == twin || r.reference == plainText(outline.Reference)
	})
	known, err := a.ofRecords(ctx, others)
	if err != nil || len(known) < len(others) {
		return nil, err
	}
	return localRecord(o, twin, a.zone), nil
}

// bestNamed returns the order that is named best, nil where that is one that only
// the wholesaler has.
func (a *Adapter) bestNamed(named []orders.Order, reference string) *record {
	outlines := make([]orders.Outline, len(named))
	for i := range named {
		outlines[i] = named[i].Outline()
	}
	twins := a.orders.twins(outlines)
	best, closest := -1, 0
	for i := range named {
		names := record{id: named[i].SupplierID, reference: named[i].Request.Reference}
		if c := names.closeness(reference); best < 0 || c < closest {
			best, closest = i, c
		}
	}
	for _, r := range a.orders.glanceAt(reference) {
		if !slices.Contains(twins, r) && r.closeness(reference) < closest {
			return nil
		}
	}
	return localRecord(&named[best], twins[best], a.zone)
}

// remoteNamed finds an order that the wholesaler has, which may be known here by
// another name.
func (a *Adapter) remoteNamed(ctx context.Context, request *oct8ne.Request, reference string) (*record, error) {
	r, age, err := a.orders.ofReference(ctx, reference)
	if err != nil {
		return nil, unavailable(err)
	}
	markStale(request, age)
	if r == nil {
		return a.customersOrder(reference), nil
	}
	entries, _, err := a.join(ctx, nil, []*record{r})
	if err != nil {
		return nil, err
	}
	records, err := a.records(ctx, entries)
	if err != nil || len(records) != 1 {
		return r, err
	}
	return records[0], nil
}

// numbered returns the order with the wholesaler's serial number, which is shown
// to nobody: it only counts where no shown reference has its digits.
func (a *Adapter) numbered(ctx context.Context, request *oct8ne.Request, reference string) (*record, error) {
	serial, err := strconv.ParseInt(reference, 10, 64)
	if err != nil || len(a.orders.glanceDigits(digitsOf(reference))) > 0 {
		return a.remoteNamed(ctx, request, reference)
	}
	same, err := a.local.OfSerial(ctx, serial)
	if err != nil {
		return nil, err
	}
	if len(same) != 1 {
		return a.remoteNamed(ctx, request, reference)
	}
	return localRecord(&same[0], a.orders.twins([]orders.Outline{same[0].Outline()})[0], a.zone), nil
}
