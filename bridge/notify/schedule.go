package notify

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// schedule is how long after the attempt before each attempt is made: that of
// the specification (Standard Webhooks 1.0.0, Deliverability and reliability).
// After the last one, a little over three days in all, a message has failed.
var schedule = [...]time.Duration{
	0, 5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour,
	5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour,
}

// tellAfter is the attempt (counted from 1) whose failure the operator is told
// of, while there is still time to do something: half an hour after the first.
const tellAfter = 4

// longestHold is the longest that an answer may ask us to wait.
const longestHold = 24 * time.Hour

// untilNext returns how long to wait after a failed attempt, counted from 1;
// false: there is no other. It is never shorter than the schedule nor than what
// the answer asked for, and up to a tenth longer, so that what failed together
// does not come back together.
func untilNext(attempt int, asked time.Duration) (time.Duration, bool) {
	if attempt >= len(schedule) {
		return 0, false
	}
	return jittered(max(schedule[attempt], asked)), true
}

func jittered(d time.Duration) time.Duration {
	return d + rand.N(d/10+1)
}

// retryAfter reads the header Retry-After, seconds or a date: 0 to a day. What
// cannot be read is 0.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header == "" {
		return 0
	}
	if strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseInt(header, 10, 64)
		if err != nil || seconds > int64(longestHold/time.Second) {
			return longestHold
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), longestHold)
}
