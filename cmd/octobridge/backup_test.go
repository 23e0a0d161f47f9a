package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"octobridge/bridge/store/storetest"
	"octobridge/idosell/sandbox"
)

// TestBackupBesideTheService saves the database of a service that runs, is
// refused to restore over it, and restores when it has ended.
func TestBackupBesideTheService(t *testing.T) {
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "" },
		"postgres": func() string { return storetest.Postgres(t).Database.Reveal() },
	} {
		t.Run(name, func(t *testing.T) {
			_, environ := wholesaler(t.Cleanup)
			address := freeAddress(t)
			folder := t.TempDir()
			url := database()
			environ = append(environ,
				"OCTOBRIDGE_LISTEN="+address, "OCTOBRIDGE_PUBLIC_URL=http://"+address, "OCTOBRIDGE_DATA_DIR="+filepath.Join(folder, "data"),
				"OCTOBRIDGE_SHOP__KIND=dropshipping", "OCTOBRIDGE_PRICING__SOURCE=retail", "OCTOBRIDGE_DATABASE="+url,
			)
			service := launch(t, environ, "serve")
			await(t, service, "http://"+address+"/readyz")

			file := filepath.Join(folder, "saved")
			octobridge := func(args ...string) (code int, output string) {
				var out strings.Builder
				p := &program{out: &out, errOut: &out, environ: environ}
				code = p.run(t.Context(), args)
				return code, out.String()
			}
			if code, output := octobridge("backup", file); code != exitOK || !strings.HasPrefix(output, "Saved the ") {
				t.Fatalf("backup: exit code %d\n%s", code, output)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{sandbox.DemoPassword, sandbox.DemoDropshippingKey} {
				if strings.Contains(string(text), secret) {
					t.Error("the backup holds a password")
				}
			}
			if code, output := octobridge("restore", "--force", "--yes", file); code != exitMachine || !strings.Contains(output, "in use") {
				t.Errorf("restore over a service: exit code %d\n%s", code, output)
			}
			if status, _ := get(t, "http://"+address+"/readyz"); status != 200 {
				t.Errorf("the service is not ready any more: %d", status)
			}
			if code := service.end(t, syscall.SIGTERM); code != "0" {
				t.Errorf("the service ended with %s\n%s", code, service.errOut)
			}
			code, output := octobridge("restore", "--force", "--yes", file)
			if code != exitOK || !strings.Contains(output, "Restored the ") {
				t.Errorf("restore: exit code %d\n%s", code, output)
			}
			again := launch(t, environ, "serve")
			await(t, again, "http://"+address+"/readyz")
			if code := again.end(t, syscall.SIGTERM); code != "0" {
				t.Errorf("the service on the restored database ended with %s\n%s", code, again.errOut)
			}
		})
	}
}
