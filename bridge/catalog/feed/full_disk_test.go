//go:build unix

package feed_test

import (
	"os"
	"strings"
	"testing"

	"octobridge/bridge/catalog/feed"
	"octobridge/bridge/store/storetest"
)

// The beginning of a download that had filled the disk was kept, to go on with it
// later: it left no room for orders, which are on the same disk.
func TestDownloadThatFillsTheDiskGivesItBack(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	o := newOrigin(t, numbered(1<<20))
	dir := t.TempDir()
	c, pauses := o.client(t, func(options *feed.Options) { options.Dir = dir })
	free := storetest.FullDisk(t, 256<<10)
	_, err := c.Fetch(t.Context(), o.request())
	if err == nil || !strings.Contains(err.Error(), "keep the download of full") || len(*pauses) > 0 {
		t.Errorf("the error is %v, after %d more attempts", err, len(*pauses))
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) > 0 {
		t.Errorf("left are %v (%v)", left, err)
	}
	free()
	fetch(t, c, o.request(), numbered(1<<20))
}
