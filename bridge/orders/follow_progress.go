package orders

import (
	"fmt"
	"time"

	"octobridge/idosell"
)

// confirmWithin is how long Orders/get is asked again and again whether it
// agrees with a notice.
const confirmWithin = 10 * time.Minute

// soon is when it is asked again then. Following runs once a minute.
const soon = 30 * time.Second

// answered takes over an answer of Orders/get.
func (f *followed) answered(answer *idosell.Order, zone *time.Location, now time.Time) {
	if !f.missingSince.IsZero() {
		f.missingSince = time.Time{}
		f.tell(now, EventProgress, "The wholesaler's list has the order again.", "Orders/get")
	}
	f.lookedAt = now
	n := newsFrom(answer, f, zone, now)
	f.learn(n)
	if f.noticedStatus == "" || f.noticedStatus == n.status || now.Sub(f.noticedAt) >= confirmWithin {
		f.noticedStatus = ""
	}
	if f.noticedStatus == "" && !f.parcelsInDoubt() || now.Sub(f.noticedAt) >= confirmWithin {
		f.noticedAt = time.Time{}
	}
}

// missing notes that Orders/get answered without the order.
func (f *followed) missing(now time.Time) {
	if f.missingSince.IsZero() {
		f.missingSince = now
		f.tell(now, EventProgress, "The wholesaler's list does not name the order, or cannot tell of it. It is kept, and asked for again.", "Orders/get")
	}
}

// schedule sets when the order is looked at next, less often as it ages, and
// ends the following of one that has come to its end or has taken too long.
func (f *followed) schedule(now time.Time, followFor time.Duration) {
	age := now.Sub(f.PlacedAt)
	if !f.ended() && followFor > 0 && age >= followFor {
		f.Progress = NotFollowedAnyLonger
		f.tell(now, EventProgress, "The order is not followed any longer: its time is over (orders.follow_for), and the wholesaler told no end of it.", "")
	}
	if f.ended() {
		f.lookAt = time.Time{}
		return
	}
	pause := 24 * time.Hour
	switch {
	case !f.noticedAt.IsZero() && now.Sub(f.noticedAt) < confirmWithin:
		pause = soon
	case age < 24*time.Hour:
		pause = 10 * time.Minute
	case age < 3*24*time.Hour:
		pause = time.Hour
	case age < 14*24*time.Hour:
		pause = 6 * time.Hour
	}
	f.lookAt = now.Add(pause)
	if end := f.PlacedAt.Add(followFor); followFor > 0 && f.lookAt.After(end) {
		f.lookAt = end
	}
}

// learn takes over what was told. Progress only goes forwards, but that an order
// whose only parcel was taken back is in preparation again when its status says
// so. The shop is told of each change once, however often and by whomever it was
// told here.
func (f *followed) learn(n news) {
	kind := EventProgress
	if n.notice {
		kind = EventNotice
	}
	if f.Progress == NotFollowedAnyLonger || f.Progress == NotPlaced {
		f.Progress = InPreparation
		if !f.DispatchedAt.IsZero() {
			f.Progress = Dispatched
		}
	}
	f.learnStatus(n, kind)
	if !n.expectedAt.IsZero() && !n.expectedAt.Equal(f.ExpectedAt) {
		f.ExpectedAt, f.heardAt = n.expectedAt, n.at
	}
	before := len(f.parcels)
	parcels := f.learnParcels(n)
	if parcels != (parcelChange{}) {
		f.heardAt = n.at
		f.tell(n.at, kind, parcels.text(f.parcelsThere()), "")
	}
	switch {
	case f.Progress == Delivered || f.Progress == CancelledBySupplier:
		if parcels != (parcelChange{}) && f.Progress == Delivered {
			f.announce(ChangeParcelChanged)
		}
		return
	case n.cancelled:
		f.Progress, f.heardAt = CancelledBySupplier, n.at
		f.tell(n.at, kind, "The wholesaler has cancelled the order.", "")
		f.announce(ChangeCancelled)
		return
	}
	f.advance(n, kind, parcels != parcelChange{}, before > 0)
	if n.delivered {
		f.arrive(n, kind)
	}
}

// advance moves between preparation and dispatch. changed: the parcels have;
// earlier: there were parcels before, so that a dispatch was announced.
func (f *followed) advance(n news, kind EventKind, changed, earlier bool) {
	there := f.parcelsThere() > 0
	switch {
	case f.Progress == InPreparation && (n.sent || there || n.delivered):
		f.Progress, f.DispatchedAt, f.heardAt = Dispatched, n.at, n.at
		if !n.sentAt.IsZero() {
			f.DispatchedAt = n.sentAt
		}
		f.tell(n.at, kind, "The order is on its way.", "")
		if earlier {
			f.announce(ChangeParcelChanged) // the dispatch was announced with the parcel that was taken back
		} else {
			f.announce(ChangeDispatched)
		}
		return
	case f.Progress == Dispatched && !n.notice && n.completeList && !n.sent && !there && len(f.parcels) > 0:
		f.Progress, f.DispatchedAt, f.heardAt = InPreparation, time.Time{}, n.at
		f.tell(n.at, kind, "The order is in preparation again: its parcel was taken back.", "")
		f.announce(ChangeParcelChanged)
		return
	}
	if changed {
		f.announce(ChangeParcelChanged)
	}
}

// arrive ends an order that was delivered.
func (f *followed) arrive(n news, kind EventKind) {
	if n.notice && len(n.parcels) > 0 {
		// One of several parcels is not the order.
		for _, p := range f.parcels {
			if p.there() && p.deliveredAt.IsZero() {
				return
			}
		}
	}
	f.Progress, f.DeliveredAt, f.heardAt = Delivered, n.at, n.at
	if !n.deliveredAt.IsZero() {
		f.DeliveredAt = n.deliveredAt
	}
	f.tell(n.at, kind, "The order has arrived.", "")
	f.announce(ChangeDelivered)
}

// learnStatus takes over the wholesaler's status; an unknown one is kept as it
// came.
func (f *followed) learnStatus(n news, kind EventKind) {
	if n.status == "" {
		return
	}
	if n.notice {
		f.noticedStatus = n.status
	}
	if n.status == f.SupplierStatus {
		return
	}
	f.SupplierStatus, f.heardAt = n.status, n.at
	if n.status == idosell.StatusJoined {
		f.tell(n.at, kind, "The wholesaler has merged the order into another one; its goods travel with that. Ask the wholesaler for its number.", "status joined")
		return
	}
	f.tell(n.at, kind, "The wholesaler's status of the order has changed.", fmt.Sprintf("status %s", clipWord(string(n.status))))
}
