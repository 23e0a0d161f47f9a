package store

import (
	"context"
	"os"
	"path/filepath"
)

// VerifyArchive reads bytes as the archive of a backup.
func VerifyArchive(dir string, text []byte) error {
	name := filepath.Join(dir, "archive")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		return err
	}
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = verifyArchive(context.Background(), file, nil)
	return err
}
