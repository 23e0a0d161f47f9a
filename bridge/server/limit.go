package server

import (
	"hash/maphash"
	"net/netip"
	"sync"
	"time"
)

// limiter counts requests by client address in shards of their own locks. For
// each address it keeps one time, from when on the address has nothing on its
// account (the "theoretical arrival time" of GCRA): a request puts it a step
// ahead, and it may be at most a minute ahead.
type limiter struct {
	step   int64 // nanoseconds a request takes off the account; 0: no limit
	origin time.Time
	seed   maphash.Seed
	shards [64]shard
}

type shard struct {
	mutex   sync.Mutex
	until   map[netip.Addr]int64 // nanoseconds since origin
	sweepAt int
	_       [40]byte // keeps the next shard's lock out of this one's cache line
}

const (
	burst        = int64(time.Minute)
	shardEntries = 2048 // 64 shards of these take up about 10 MB
)

func newLimiter(perMinute int, origin time.Time) *limiter {
	l := &limiter{origin: origin, seed: maphash.MakeSeed()}
	if perMinute > 0 {
		l.step = burst / int64(perMinute)
	}
	for i := range l.shards {
		l.shards[i].until = map[netip.Addr]int64{}
		l.shards[i].sweepAt = 64
	}
	return l
}

// take counts a request that came at a time, and returns 0, or how long to wait before the next one
// would be let in. An exempt request is not counted.
func (l *limiter) take(at time.Time, client netip.Addr, exempt bool) time.Duration {
	if l.step == 0 || exempt {
		return 0
	}
	if client.Is6() {
		// A subscriber has a whole /64 and could come from a new address each time.
		prefix, _ := client.Prefix(64)
		client = prefix.Addr()
	}
	now := int64(at.Sub(l.origin))
	s := &l.shards[maphash.Comparable(l.seed, client)%uint64(len(l.shards))]
	s.mutex.Lock()
	defer s.mutex.Unlock()
	until, known := s.until[client]
	next := max(until, now) + l.step
	if wait := next - burst - now; wait > 0 {
		return time.Duration(wait)
	}
	if !known && len(s.until) >= s.sweepAt {
		s.sweep(now)
	}
	s.until[client] = next
	return 0
}

// sweep forgets the addresses that have nothing on their account. Where nearly
// all have something, a quarter of them, picked by the map's random order, get
// their account cleared: memory has a bound, a sweep is far from the next, and
// the others still wait.
func (s *shard) sweep(now int64) {
	for client, until := range s.until {
		if until <= now {
			delete(s.until, client)
		}
	}
	for client := range s.until {
		if len(s.until) <= shardEntries*3/4 {
			break
		}
		delete(s.until, client)
	}
	s.sweepAt = min(max(64, 2*len(s.until)), shardEntries)
}
