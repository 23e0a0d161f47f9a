//go:build unix

package catalog_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"octobridge/bridge/catalog"
	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/idosell/iof"
)

// An import that fills the disk leaves the catalogue as it was, searched all along,
// and room for what else is written; the next one, when there is room, goes through.
func TestFullDiskDuringAnImport(t *testing.T) {
	if !storetest.OwnProcess(t) {
		return
	}
	options := storetest.SQLite(t)
	s, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	f := open(t, s)
	f.take(iof.Full, version(1, 600))
	before := f.rows()
	about, err := os.Stat(filepath.Join(options.DataDir, store.FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	free := storetest.FullDisk(t, uint64(about.Size())+64<<10)
	_, err = f.Import(t.Context(), iof.Full, strings.NewReader(version(2, 6000)), catalog.ImportOptions{})
	if !errors.Is(err, store.ErrFull) {
		t.Errorf("the error is %v", err)
	}
	f.load()
	if got := f.product(600).Names["pol"]; got != "Rower 1" || len(f.ids()) != 600 {
		t.Errorf("%d products, the last is %s", len(f.ids()), got)
	}
	if err := s.Healthy(t.Context()); err != nil {
		t.Errorf("nothing can be written behind it: %v", err)
	}
	free()
	f.reopen()
	if f.rows() != before {
		t.Error("the start did not take back what was left")
	}
	if report := f.take(iof.Full, version(2, 6000)); report.Added != 5400 || report.Changed != 600 {
		t.Errorf("afterwards: %+v", report)
	}
}
