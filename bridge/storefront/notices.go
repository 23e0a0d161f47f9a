package storefront

import "strings"

// Notice is a word for what became of a change. It stands in the address of the
// page that is shown afterwards, as ?notice=, and the page tells it in the
// visitor's language; other words are not told. /cart/add, /visitor/login and
// /visitor/logout go back with the same words.
type Notice string

// The notices.
const (
	NoticeAdded       Notice = "added"       // to the cart
	NoticeLimited     Notice = "limited"     // fewer than asked for, see ?left=
	NoticeUnconfirmed Notice = "unconfirmed" // added, and the wholesaler did not say whether it can be had
	NoticeSoldOut     Notice = "sold-out"
	NoticeChooseSize  Notice = "choose-size"
	NoticeQuantity    Notice = "quantity" // no multiple of the step, or below the minimum
	NoticeFull        Notice = "full"     // as many lines as there may be
	NoticeGone        Notice = "gone"     // is not sold any more
	NoticeChanged     Notice = "changed"  // the cart
	NoticeRemoved     Notice = "removed"  // from the cart
	NoticeEmptied     Notice = "emptied"  // the cart
	NoticeElsewhere   Notice = "elsewhere"
	NoticeUnknown     Notice = "unknown" // whether it happened: look before trying again
	NoticeBusy        Notice = "busy"    // the same change is still being made
	NoticeInvalid     Notice = "invalid" // what was entered cannot be used
	NoticeWished      Notice = "wished"
	NoticeUnwished    Notice = "unwished"
	NoticeSignedIn    Notice = "signed-in"
	NoticeSignedOut   Notice = "signed-out"
	NoticeRefused     Notice = "refused"     // wrong login or password
	NoticeTryLater    Notice = "try-later"   // too many attempts, or an outage
	NoticeCartEmpty   Notice = "cart-empty"  // there is nothing to order
	NoticeNotPlaced   Notice = "not-placed"  // the order cannot be placed as it is
	NoticeUnavailable Notice = "unavailable" // an outage: nothing was changed
)

// tones say how a notice is shown.
const (
	toneGood = "good"
	toneWarn = "warn"
	toneBad  = "bad"
)

// notices are the tones of the notices, whose texts stand in the table.
var notices = map[Notice]string{
	NoticeAdded: toneGood, NoticeLimited: toneWarn, NoticeUnconfirmed: toneWarn, NoticeSoldOut: toneBad,
	NoticeChooseSize: toneBad, NoticeQuantity: toneBad, NoticeFull: toneBad, NoticeGone: toneBad,
	NoticeChanged: toneGood, NoticeRemoved: toneGood, NoticeEmptied: toneGood, NoticeElsewhere: toneWarn,
	NoticeUnknown: toneWarn, NoticeBusy: toneWarn, NoticeInvalid: toneBad, NoticeWished: toneGood, NoticeUnwished: toneGood, NoticeSignedIn: toneGood,
	NoticeSignedOut: toneGood, NoticeRefused: toneBad, NoticeTryLater: toneBad, NoticeCartEmpty: toneWarn,
	NoticeNotPlaced: toneBad, NoticeUnavailable: toneBad,
}

// told is a notice on a page.
type told struct {
	Code Notice
	Tone string
	Text string
	// Way leads on, with the text of that name; "" without.
	Way, WayText string
}

// readNotice returns what an address tells; "" for what no notice is called.
func readNotice(code, left string) (notice Notice, still string) {
	for known := range notices {
		if string(known) != code {
			continue
		}
		if known == NoticeLimited && quantity.MatchString(left) {
			still = strings.Clone(left) // Fiber reuses what the query stands in
		}
		return known, still
	}
	return "", ""
}

// tell puts a notice on the page.
func (p *page) tell(notice Notice, left string) {
	tone, known := notices[notice]
	if !known {
		return
	}
	name := "notice-" + string(notice)
	if notice == NoticeLimited && left != "" {
		name = "notice-only"
	}
	p.Notice = &told{Code: notice, Tone: tone, Text: strings.ReplaceAll(p.tongue.text(table[name]), "{}", p.Number(left))}
	switch notice {
	case NoticeAdded, NoticeLimited, NoticeUnconfirmed:
		p.Notice.Way, p.Notice.WayText = p.CartAddress(), "toCart"
	case NoticeWished:
		p.Notice.Way, p.Notice.WayText = p.WishListAddress(), "toWishList"
	}
	if p.Notice.Way == p.Here() {
		p.Notice.Way = ""
	}
}

// Script has the notices that the script of the pages tells, by their codes.
func (p *page) Script() []told {
	var all []told
	for _, code := range []Notice{
		NoticeAdded, NoticeLimited, NoticeUnconfirmed, NoticeSoldOut, NoticeChooseSize, NoticeQuantity, NoticeFull, NoticeGone,
		NoticeElsewhere, NoticeUnknown, NoticeBusy, NoticeInvalid, NoticeWished, NoticeUnavailable, "only",
	} {
		all = append(all, told{Code: code, Tone: notices[code], Text: p.tongue.text(table["notice-"+string(code)])})
	}
	return all
}
