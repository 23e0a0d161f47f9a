//go:build !unix

package store

import "errors"

// lockFolder refuses: without a lock of the system two processes could write one
// file unnoticed.
func lockFolder(string) (func() error, error) {
	return nil, errors.New("SQLite is not supported on this system: set database to a PostgreSQL URL")
}
