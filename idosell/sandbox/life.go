package sandbox

import (
	"strconv"
	"time"
)

// The statuses that the sandbox's orders pass through (idosell.md).
const (
	statusNew             = "new"
	statusPaymentWaiting  = "payment_waiting"
	statusPacked          = "packed"
	statusReady           = "ready"
	statusWaitForDispatch = "wait_for_dispatch"
	statusFinished        = "finished"
	statusCanceled        = "canceled"
)

// life is what becomes of an order on the clock. It depends on the serial number
// alone, so that the same orders live the same lives in every run.
type life struct {
	waits    time.Duration // for the payment, before all else
	ready    string        // the status between packed and finished
	parcels  int
	canceled bool // by the wholesaler, instead of being packed
}

// lifeOf deals the lives out by the last digit of the serial number: most orders
// are ordinary, 3 and 5 have several parcels, 4 is cancelled, 6 waits two days
// for its payment.
func lifeOf(serial int64) life {
	ordinary := life{ready: statusReady, parcels: 1}
	switch serial % 10 {
	case 0, 7:
		ordinary.ready = statusWaitForDispatch
	case 3:
		ordinary.parcels = 2
	case 4:
		ordinary.canceled = true
	case 5:
		ordinary.parcels = 3
	case 6:
		ordinary.waits = 48 * time.Hour
	}
	return ordinary
}

// The stages of a life, counted from the day that the payment is there.
const (
	packedAfter   = 30 * time.Minute
	canceledAfter = 1 * time.Hour
	readyAfter    = 2 * time.Hour
	finishedAfter = 8 * time.Hour
)

// orderState is an order at one moment.
type orderState struct {
	status     string
	changed    time.Time
	dispatched time.Time // zero before
	parcels    []parcel
}

type parcel struct{ number, shipping, tracking string }

// at is the order's state at a moment.
func (o *order) at(now time.Time) orderState {
	l := lifeOf(o.serial)
	if o.paymentType != prepaid {
		l.waits = 0
	}
	paid := o.placed.Add(l.waits)
	state := orderState{status: statusNew, changed: o.placed}
	reach := func(moment time.Time, status string) {
		if !moment.After(now) && (o.canceled.IsZero() || moment.Before(o.canceled)) {
			state.status, state.changed = status, moment
		}
	}
	if l.waits > 0 {
		reach(o.placed, statusPaymentWaiting)
		reach(paid, statusNew)
	}
	if l.canceled {
		reach(paid.Add(canceledAfter), statusCanceled)
	} else {
		reach(paid.Add(packedAfter), statusPacked)
		reach(paid.Add(readyAfter), l.ready)
		reach(paid.Add(finishedAfter), statusFinished)
	}
	if !o.canceled.IsZero() && !o.canceled.After(now) {
		state.status, state.changed = statusCanceled, o.canceled
	}
	if state.status == statusFinished {
		state.dispatched = paid.Add(finishedAfter)
		for n := range l.parcels {
			state.parcels = append(state.parcels, o.parcel(n))
		}
	}
	if o.touched.After(state.changed) && !o.touched.After(now) {
		state.changed = o.touched
	}
	return state
}

// parcel is the n-th parcel, counted from 0. Every second order has the parcel's
// own tracking address; for the others there is the courier's at most.
func (o *order) parcel(n int) parcel {
	p := parcel{number: o.courier.parcelNumber(o.serial, n), shipping: "LP" + strconv.FormatInt(o.serial, 10)}
	if o.courier.tracked && o.serial%2 == 1 {
		p.tracking = "/_sandbox/tracking/" + p.number
	}
	return p
}

// estimatedDelivery is the day on which the goods should be there.
func (o *order) estimatedDelivery() time.Time {
	return o.placed.Add(lifeOf(o.serial).waits).Add(finishedAfter).AddDate(0, 0, int(o.courier.days))
}
