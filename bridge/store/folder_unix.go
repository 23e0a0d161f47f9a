//go:build unix

package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
)

// lockFolder takes the data directory for this process. The system gives it back
// when the process ends, however it ends; the file stays.
func lockFolder(dir string) (release func() error, err error) {
	name := filepath.Join(dir, "octobridge.lock")
	file, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w: let the user that runs octobridge write it", err)
	}
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		if errors.Is(err, syscall.EWOULDBLOCK) {
			err = inUse(dir, file)
		} else {
			err = fmt.Errorf("lock the data directory: %w: put data_dir on a local disk", err)
		}
		return nil, errors.Join(err, file.Close())
	}
	// The number only helps a person to find the process, so a failure to write it is none.
	if err := file.Truncate(0); err == nil {
		_, _ = file.WriteAt([]byte(strconv.Itoa(os.Getpid())), 0)
	}
	return file.Close, nil
}
