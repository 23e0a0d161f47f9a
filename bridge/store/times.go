package store

import "time"

// Micro is a time as tables keep it: Unix microseconds, 0 for the zero time.
func Micro(at time.Time) int64 {
	if at.IsZero() {
		return 0
	}
	return at.UnixMicro()
}

// Time is the time, in UTC, that a table keeps; the zero time for 0.
func Time(micro int64) time.Time {
	if micro == 0 {
		return time.Time{}
	}
	return time.UnixMicro(micro).UTC()
}
