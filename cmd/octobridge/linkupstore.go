package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"octobridge/bridge/config"
	"octobridge/oct8ne/platform"
)

// licenceStore is where an account at oct8ne is stored.
type licenceStore struct {
	loaded    *config.Loaded
	tokenFile string // "": the token goes into the configuration
}

// holder is the file that holds the token.
func (s licenceStore) holder() string {
	if s.tokenFile != "" {
		return s.tokenFile
	}
	return s.loaded.File
}

// try fails where put would: where the file is written in a way that it cannot
// change, or a file cannot be made beside it.
func (s licenceStore) try(settings *settingsFile) error {
	if _, err := settings.with(s.values(platform.Account{LicenseID: "x", Server: "x", StaticServer: "x"}, platform.EU)); err != nil {
		return err
	}
	files := []string{s.loaded.File}
	if s.tokenFile != "" {
		files = append(files, s.tokenFile)
	}
	for _, file := range files {
		part, _, err := beside(file)
		if err != nil {
			return err
		}
		_ = part.Close()
		if err := os.Remove(part.Name()); err != nil {
			return fmt.Errorf("write %s: %w", file, err)
		}
	}
	return nil
}

// values are the keys of the section oct8ne that an account fills.
func (s licenceStore) values(account platform.Account, region string) []settingsValue {
	values := []settingsValue{
		{"license", account.LicenseID}, {"server", account.Server}, {"static_server", account.StaticServer}, {"region", region},
	}
	if s.tokenFile == "" {
		values = append(values, settingsValue{"api_token", account.APIToken.Reveal()})
	}
	return values
}

// put stores an account. The configuration is read again: somebody may have changed
// it while the password was asked for.
func (s licenceStore) put(account platform.Account, region string) error {
	settings, err := readSettings(s.loaded.File)
	if err != nil {
		return err
	}
	content, err := settings.with(s.values(account, region))
	if err != nil {
		return err
	}
	if s.tokenFile != "" {
		if err := writePrivate(s.tokenFile, []byte(account.APIToken.Reveal()+"\n")); err != nil {
			return err
		}
	}
	return writePrivate(s.loaded.File, content)
}

// beside makes an empty file for its owner alone in the folder of a file, and
// returns the file's own name, which is another where it is a symbolic link.
func beside(name string) (part *os.File, target string, err error) {
	target, err = filepath.EvalSymlinks(name)
	if errors.Is(err, fs.ErrNotExist) {
		target, err = name, nil
	}
	if err == nil {
		part, err = os.CreateTemp(filepath.Dir(target), "."+filepath.Base(target)+".*.part")
	}
	if err != nil {
		return nil, "", fmt.Errorf("write %s: %w", name, err)
	}
	return part, target, nil
}

// writePrivate replaces what a file holds, at once: whatever happens, it is there
// with what was in it before, or with all that is new. It belongs to whom it did,
// who alone can read it.
func writePrivate(name string, content []byte) (err error) {
	part, target, err := beside(name)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name())
			err = fmt.Errorf("write %s: %w", name, err)
		}
	}()
	_, err = part.Write(content)
	if err == nil {
		err = keepOwner(part, target)
	}
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return err
	}
	if err = os.Rename(part.Name(), target); err != nil {
		return err
	}
	// The name lasts when its folder does. Some file systems cannot sync folders;
	// they keep names in another way.
	if folder, err := os.Open(filepath.Dir(target)); err == nil {
		_ = folder.Sync()
		_ = folder.Close()
	}
	return nil
}
