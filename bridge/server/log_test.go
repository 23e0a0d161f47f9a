package server_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"octobridge/bridge/server"
	"octobridge/internal/secret"
)

func TestNewLogger(t *testing.T) {
	var out bytes.Buffer
	logger, err := server.NewLogger(&out, "warn", "json")
	if err != nil {
		t.Fatal(err)
	}
	logger.Info("not important")
	logger.Warn("important", "password", secret.New("hunter2"))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line["msg"] != "important" || line["password"] != "[redacted]" {
		t.Errorf("logged %q, %v", out.String(), err)
	}
	out.Reset()
	if logger, err = server.NewLogger(&out, "debug", "text"); err != nil {
		t.Fatal(err)
	}
	logger.Debug("a detail")
	if !strings.Contains(out.String(), `level=DEBUG msg="a detail"`) {
		t.Errorf("logged %q", out.String())
	}
	for _, wrong := range [][2]string{{"loud", "text"}, {"info", "xml"}} {
		if _, err := server.NewLogger(&out, wrong[0], wrong[1]); err == nil {
			t.Errorf("%v is taken", wrong)
		}
	}
}
