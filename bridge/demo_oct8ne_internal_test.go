package bridge

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"octobridge/bridge/visitors"
	oct8nesandbox "octobridge/oct8ne/sandbox"
)

// oct8ne hangs: it takes every update and answers none. Visitors who chat buy as
// fast as before, more of them than the worker has hands, and the service still
// stops in good time.
func TestOct8neThatHangsSlowsNobody(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	demo, err := StartDemo(ctx, DemoOptions{Listen: "127.0.0.1:0", SandboxListen: "127.0.0.1:0"})
	if err != nil {
		cancel()
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- demo.Run(ctx) }()
	demo.oct8ne.Hang(true)
	client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
	slowest := time.Duration(0)
	for visitor := range 60 {
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, demo.Info.PublicURL()+"/cart/add?id="+demo.Info.ProductID, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.AddCookie(&http.Cookie{Name: visitors.ChatCookie, Value: "chat-" + strconv.Itoa(visitor)})
		began := time.Now()
		response, err := client.Do(request)
		if err != nil {
			t.Errorf("visitor %d: %v", visitor, err)
			break
		}
		_ = response.Body.Close()
		slowest = max(slowest, time.Since(began))
		if response.StatusCode != http.StatusOK {
			t.Errorf("visitor %d: status %d", visitor, response.StatusCode)
		}
	}
	if slowest > 2*time.Second { // an update gives up after more than that
		t.Errorf("the slowest visitor waited %s", slowest)
	}
	told, giveUp := context.WithTimeout(ctx, 20*time.Second)
	defer giveUp()
	if err := demo.oct8ne.Wait(told, func(updates []oct8nesandbox.Update) bool { return len(updates) > 0 }); err != nil {
		t.Errorf("this test shows nothing: %v", err)
	}
	client.CloseIdleConnections()
	began := time.Now()
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("it did not end well: %v", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("stopping took %s", took)
	}
	t.Logf("%d updates hang, the slowest visitor waited %s, stopping took %s", len(demo.oct8ne.Updates()), slowest, time.Since(began))
}
