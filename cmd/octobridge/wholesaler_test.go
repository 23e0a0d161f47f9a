package main

import (
	"errors"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"octobridge/idosell/sandbox"
)

// wholesaler starts a sandbox in this process and returns the environment under
// which octobridge asks it.
func wholesaler(cleanup func(func())) (server *sandbox.Server, environ []string) {
	server = sandbox.New(sandbox.Options{})
	listener := httptest.NewServer(server)
	cleanup(func() {
		listener.Close()
		server.Close()
	})
	return server, []string{
		"OCTOBRIDGE_IDOSELL__URL=" + listener.URL,
		"OCTOBRIDGE_IDOSELL__LOGIN=" + sandbox.DemoLogin,
		"OCTOBRIDGE_IDOSELL__PASSWORD=" + sandbox.DemoPassword,
		"OCTOBRIDGE_IDOSELL__DROPSHIPPING_KEY=" + sandbox.DemoDropshippingKey,
		"OCTOBRIDGE_IDOSELL__REQUESTS_PER_SECOND=1000",
	}
}

// scriptEnvironment gives each script a wholesaler of its own in the variables
// whose names begin with SANDBOX_, to be used or not.
func scriptEnvironment(env *testscript.Env) error {
	_, environ := wholesaler(env.Defer)
	for _, entry := range environ {
		env.Vars = append(env.Vars, strings.Replace(entry, "OCTOBRIDGE_", "SANDBOX_", 1))
	}
	return nil
}

// cleanEnviron is this process's environment without what configures octobridge,
// which somebody who runs the tests may have set.
func cleanEnviron() []string {
	return slices.DeleteFunc(os.Environ(), func(entry string) bool { return strings.HasPrefix(entry, "OCTOBRIDGE_") })
}

// codeOf returns the exit code behind the error of a command that was run.
func codeOf(err error) string {
	if err == nil {
		return "0"
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return strconv.Itoa(exit.ExitCode())
	}
	return "none"
}
