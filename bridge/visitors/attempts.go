package visitors

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/text/unicode/norm"
)

const (
	// attemptsWithin is the time in which attempts are counted together.
	attemptsWithin = 15 * time.Minute
	// attemptSlot is how finely their time is known. What is counted is counted for
	// up to a slot longer, so that no quarter of an hour has more than allowed.
	attemptSlot  = time.Minute
	attemptSlots = int(attemptsWithin/attemptSlot) + 1

	// mostWatched is of how many addresses, and of how many logins, attempts are
	// known; both together take up a few megabytes. Those that were quiet for the
	// longest time are forgotten first.
	mostWatched = 20_000
)

// attempts counts attempts to sign in: all of a client address, and the failed
// ones of a login. It knows logins by a hash whose key lives as long as the
// process.
type attempts struct {
	perAddress, perLogin int
	key                  [sha256.Size]byte

	mutex     sync.Mutex
	addresses *simplelru.LRU[netip.Addr, *tally]
	logins    *simplelru.LRU[[sha256.Size]byte, *tally]
}

func newAttempts(perAddress, perLogin int) *attempts {
	a := &attempts{perAddress: perAddress, perLogin: perLogin}
	_, _ = rand.Read(a.key[:]) // crypto/rand.Read never fails
	// Making one fails for a size below one only.
	a.addresses, _ = simplelru.NewLRU[netip.Addr, *tally](mostWatched, nil)
	a.logins, _ = simplelru.NewLRU[[sha256.Size]byte, *tally](mostWatched, nil)
	return a
}

// attempt is one that was let in.
type attempt struct {
	of    *attempts
	login [sha256.Size]byte
	slot  int64
}

// begin counts an attempt and lets it in, or says how long to wait. It counts for
// the login, too, until excuse says that it was no failure: so many at the same
// time are no way around the limit. Whether there is such a login makes no
// difference.
func (a *attempts) begin(now time.Time, address netip.Addr, login string) (attempt, time.Duration) {
	if address.Is6() {
		// A subscriber has a whole /64 and could come from a new address each time.
		prefix, _ := address.WithZone("").Prefix(64)
		address = prefix.Addr()
	}
	key := a.hash(login)
	a.mutex.Lock()
	defer a.mutex.Unlock()
	if _, wait := tallyOf(a.addresses, address).take(now, a.perAddress); wait > 0 {
		return attempt{}, wait
	}
	slot, wait := tallyOf(a.logins, key).take(now, a.perLogin)
	return attempt{of: a, login: key, slot: slot}, wait
}

// excuse takes an attempt off the login's account: the password was right, or
// nobody could say.
func (t attempt) excuse() {
	t.of.mutex.Lock()
	defer t.of.mutex.Unlock()
	if known, ok := t.of.logins.Peek(t.login); ok {
		known.giveBack(t.slot)
	}
}

// hash makes one key of all spellings that may be one login to the wholesaler.
func (a *attempts) hash(login string) (key [sha256.Size]byte) {
	h := hmac.New(sha256.New, a.key[:])
	h.Write([]byte(strings.ToLower(norm.NFKC.String(strings.TrimSpace(login)))))
	h.Sum(key[:0])
	return key
}

func tallyOf[K comparable](of *simplelru.LRU[K, *tally], key K) *tally {
	known, ok := of.Get(key)
	if !ok {
		known = &tally{}
		of.Add(key, known)
	}
	return known
}

// tally counts attempts by the minute that they came in.
type tally struct {
	last   int64 // the newest slot that counts holds
	counts [attemptSlots]uint32
}

// at returns the count of a slot that is one of the newest.
func (t *tally) at(slot int64) *uint32 {
	index := slot % int64(attemptSlots)
	if index < 0 { // before 1970, where only tests are
		index += int64(attemptSlots)
	}
	return &t.counts[index]
}

// advance makes slot the newest. A clock that goes back adds to the newest.
func (t *tally) advance(slot int64) int64 {
	if slot-t.last >= int64(attemptSlots) {
		clear(t.counts[:])
		t.last = slot
	}
	for t.last < slot {
		t.last++
		*t.at(t.last) = 0
	}
	return t.last
}

// take counts an attempt, and returns the slot that it was counted in and 0, or,
// where there were most already, how long it is until there are fewer. Those that
// are not let in are not counted.
func (t *tally) take(now time.Time, most int) (slot int64, wait time.Duration) {
	newest := t.advance(now.Unix() / int64(attemptSlot/time.Second))
	sum := 0
	for _, count := range t.counts {
		sum += int(count)
	}
	if sum < most {
		*t.at(newest)++
		return newest, 0
	}
	for oldest := newest - int64(attemptSlots) + 1; ; oldest++ {
		if sum -= int(*t.at(oldest)); sum < most || oldest == newest {
			free := time.Unix((oldest+int64(attemptSlots))*int64(attemptSlot/time.Second), 0)
			return newest, max(time.Second, free.Sub(now))
		}
	}
}

// giveBack takes off what take counted in a slot, unless it counts no more anyway.
func (t *tally) giveBack(slot int64) {
	if count := t.at(slot); slot > t.last-int64(attemptSlots) && *count > 0 {
		*count--
	}
}
