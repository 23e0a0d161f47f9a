package catalog

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

// A large file is told of in tenths, one whose size is not known by its bytes, and
// a small one not at all.
func TestLargeFilesTellTheLogHowFarTheyAre(t *testing.T) {
	for _, c := range []struct {
		total, read int64
		lines       int
	}{{1 << 30, 1 << 30, 9}, {1 << 20, 1 << 20, 0}, {0, 1 << 30, 8}, {1 << 30, 1 << 28, 2}} {
		var log bytes.Buffer
		l := &look{follower: &follower{logger: slog.New(slog.NewTextHandler(&log, nil))}}
		tell := l.tenths(t.Context(), "reading", "full")
		for done := int64(0); done <= c.read; done += 1 << 16 {
			tell(done, c.total)
		}
		if got := strings.Count(log.String(), "\n"); got != c.lines {
			t.Errorf("%d of %d bytes: %d lines, want %d:\n%s", c.read, c.total, got, c.lines, log.String())
		}
	}
}
