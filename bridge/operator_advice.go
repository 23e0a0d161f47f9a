package bridge

import (
	"octobridge/bridge/orders"
)

// goesOn is what to do about an order that helps itself.
const goesOn = "Nothing to do: it goes on by itself."

// reasonAdvice says what to do about an order that waits or has failed for a
// reason, REF standing for its reference. The page "Where is this order?" says
// more of each.
var reasonAdvice = map[orders.ReasonCode]string{
	orders.ReasonUnreachable: "Nothing to do: it goes on by itself once the wholesaler answers. If that lasts, see whether the wholesaler's shop opens in a browser, and whether \"octobridge couriers\" gets an answer.",
	orders.ReasonLogin:       "Put idosell.login and idosell.password right, or idosell.dropshipping_key, and start the service again; the order then goes on by itself.",
	orders.ReasonBasketForeign: "Sign in at the wholesaler's shop with this account and empty its basket, or set orders.clear_basket; the order then goes on by itself. " +
		"\"octobridge orders retry REF\" looks at once.",
	orders.ReasonBasketLeft: "Sign in at the wholesaler's shop with this account and empty its basket; the order then goes on by itself. \"octobridge orders retry REF\" looks at once.",
	orders.ReasonUnavailable: "Ask the customer whether to wait or to cancel: \"octobridge orders retry REF\" once the goods are there, or \"octobridge orders cancel REF\". " +
		"orders.unavailable decides what becomes of such orders.",
	orders.ReasonPriceChanged: "Decide whether the order is still worth it: \"octobridge orders retry REF --accept-changes\" places it at the prices of now, " +
		"\"octobridge orders cancel REF\" ends it. orders.price_rise says how much may rise unasked.",
	orders.ReasonUnknownProduct: "Compare the code in the shop with the wholesaler's (\"octobridge availability CODE\"), and hand the order in again under a new reference.",
	orders.ReasonNoCourier:      "See who delivers there with \"octobridge couriers\", and hand the order in again under a new reference with another courier, or change orders.couriers and \"octobridge orders retry REF\".",
	orders.ReasonRefused:        "The wholesaler's words say what it did not like. Mend that there or in the shop, then \"octobridge orders retry REF\", or hand the order in again under a new reference.",
	orders.ReasonOutcomeUnknown: "Nothing to do yet: this takes some minutes. Where neither can be proven, an alert says so, and the order has to be settled.",
	orders.ReasonNotProven: "Look for the order in the wholesaler's panel, by the reference in its note, its time and its recipient. It is there: \"octobridge orders settle REF --as placed --order ID\". " +
		"It is not: \"octobridge orders settle REF --as not-placed\", and it is placed again.",
	orders.ReasonCancelled: "Nothing to do. \"octobridge orders retry REF\" would begin it anew.",
	orders.ReasonSettled:   "Nothing to do: a person has said what became of it.",
}

// stateAdvice is for orders without a reason.
var stateAdvice = map[orders.State]string{
	orders.Accepted:  goesOn,
	orders.Verified:  goesOn,
	orders.Importing: goesOn,
	orders.Imported:  goesOn,
	orders.Placing:   goesOn,
	orders.Unknown:   goesOn,
	orders.Failed:    "The timeline says what happened. \"octobridge orders retry REF\" begins it anew.",
	orders.Cancelled: "Nothing to do. \"octobridge orders retry REF\" would begin it anew.",
}

// progressAdvice is for orders that the wholesaler has.
var progressAdvice = map[orders.Progress]string{
	orders.CancelledBySupplier:  "The wholesaler will not deliver it: find out why there, and tell the customer.",
	orders.NotFollowedAnyLonger: "Nothing was heard of it for too long: ask the wholesaler by its number.",
}

// heldUp is what to do about an order that has not had its turn yet: HELD stands
// for the reference of the order before it.
const heldUp = "Nothing to do about this order: one at a time goes through the account's basket, and HELD is before it. Why that one waits: \"octobridge orders show HELD\"."

// orderAdvice says what to do about an order; "" where all is well.
func orderAdvice(order *orders.Order) string {
	if order.State == orders.Placed {
		return progressAdvice[order.Progress]
	}
	if advice := reasonAdvice[order.Reason.Code]; advice != "" {
		return advice
	}
	return stateAdvice[order.State]
}
