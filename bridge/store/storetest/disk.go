//go:build unix

package storetest

import (
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"syscall"
	"testing"
	"time"
)

// ownProcess is set in the process that OwnProcess starts.
const ownProcess = "OCTOTEST_OWN_PROCESS"

// OwnProcess runs the test that calls it once more, in a process of its own, and
// returns true there. Where it returns false that has been done, and the test
// returns; it has failed if the other one did. Call it first in a test, not in a
// subtest.
func OwnProcess(t *testing.T) bool {
	t.Helper()
	if os.Getenv(ownProcess) == t.Name() {
		return true
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+regexp.QuoteMeta(t.Name())+"$", "-test.timeout="+(2*time.Minute).String())
	command.Env = append(os.Environ(), ownProcess+"="+t.Name())
	if output, err := command.CombinedOutput(); err != nil {
		t.Errorf("in a process of its own: %v\n%s", err, output)
	}
	return false
}

// FullDisk makes the disk full for this process: no file can grow beyond size
// bytes, nor be written beyond them, until free is called or the test ends. With a
// size of 0 nothing can be written to any file at all. SQLite fails then as on a
// disk without room, which gives [store.ErrFull]; PostgreSQL, which is another
// process, does not notice. The limit is the process's: see [OwnProcess].
func FullDisk(t testing.TB, size uint64) (free func()) {
	t.Helper()
	if os.Getenv(ownProcess) == "" {
		t.Fatal("the whole process would have a full disk, which writes a log of the tests: call storetest.OwnProcess first")
	}
	// The system sends a signal, too, which ends a program that does not ignore it.
	signal.Ignore(syscall.SIGXFSZ)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	full := before
	full.Cur = size
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &full); err != nil {
		t.Fatal(err)
	}
	free = func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
			t.Errorf("give the disk back: %v", err)
		}
	}
	t.Cleanup(free)
	return free
}
