package integration_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"octobridge/bridge/one/integration"
	"octobridge/internal/secret"
)

// forms are the ways in which a server may repeat a secret.
func forms(text string) []string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return []string{text, strings.Trim(string(quoted), `"`), url.QueryEscape(text), url.PathEscape(text), base64.StdEncoding.EncodeToString([]byte(text))}
}

// An ONe that repeats all it was sent, in every form, tells no secret through us:
// neither the key or its halves, nor a webhook's password, nor a mail address.
func TestNoSecretInErrorsAndLogs(t *testing.T) {
	first, second, _ := strings.Cut(key, ":")
	hidden := append(append(forms(key), forms(webhookPassword)...), first, second, "anna@example.com",
		// The header that the events bring, as a callback's refusal may be told.
		base64.StdEncoding.EncodeToString([]byte("one:"+webhookPassword)))
	for _, status := range []int{400, 401, 404, 409, 500, 503} {
		for _, secretText := range hidden {
			for name, body := range map[string]string{
				"a message":    fmt.Sprintf(`{"message":%q}`, "refused: "+secretText+" is wrong"),
				"a text":       "refused: " + secretText + " is wrong",
				"broken lines": fmt.Sprintf(`{"errors":[{"field":"f","defaultMessage":%q}]}`, "refused:\n"+secretText+"\tis wrong"),
				"a long text":  fmt.Sprintf(`{"detail":%q}`, strings.Repeat("x", 290)+" "+secretText),
			} {
				one := serve(t, answers(status, body))
				var log bytes.Buffer
				client := connect(t, one.URL, logged(&log))
				_, err := client.CreateWebhook(context.Background(), newWebhook())
				failure, ok := errors.AsType[*integration.Error](err)
				if !ok {
					t.Fatalf("%v is no *Error", err)
				}
				text := err.Error() + log.String() + fmt.Sprintf("%+v %#v", failure, failure)
				for _, one := range hidden {
					if strings.Contains(text, one) {
						t.Fatalf("status %d, %s: %q is told: %s", status, name, one, text)
					}
				}
				if name != "a long text" && (!strings.Contains(failure.Text, "refused") || !strings.Contains(failure.Text, "is wrong")) {
					t.Errorf("status %d, %s: ONe's words are gone: %q", status, name, failure.Text)
				}
			}
		}
	}
}

// net/http repeats an answer that it cannot read, and a server in trouble may have
// put the request there.
func TestNoSecretInMalformedAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 1<<16))
			_, _ = io.WriteString(conn, "ApiAuth: "+key+" anna@example.com\r\n\r\n")
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = listener.Close(); <-ended })
	var log bytes.Buffer
	client := connect(t, "http://"+listener.Addr().String(), logged(&log))
	_, err = client.Offer(context.Background(), "o1")
	checkFailure(t, "a malformed answer", err, integration.KindNetwork, integration.SendAgainYes)
	for cause := err; cause != nil; cause = errors.Unwrap(cause) {
		if text := cause.Error() + log.String(); strings.Contains(text, key[:32]) || strings.Contains(text, "anna@") || !strings.Contains(err.Error(), "malformed") {
			t.Errorf("the error is %s", text)
		}
	}
}

// Paths hold ids of customers and carts: none is in a log or an error.
func TestLogLine(t *testing.T) {
	one := serve(t, answers(http.StatusServiceUnavailable, ""))
	var log bytes.Buffer
	client := connect(t, one.URL, logged(&log))
	err := client.AddConfigurableProducts(context.Background(), "org:838bed9a-cart", cableInCart(t))
	checkFailure(t, "AddConfigurableProducts", err, integration.KindHTTP, integration.SendAgainUnknown)
	line := log.String()
	for _, want := range []string{"level=DEBUG", `operation="add configurable products"`, "status=503", "failure=http", "duration="} {
		if !strings.Contains(line, want) {
			t.Errorf("the log line lacks %s: %s", want, line)
		}
	}
	if strings.Count(line, "\n") != 1 || strings.Contains(line+err.Error(), "838bed9a") || strings.Contains(line+err.Error(), tenant) {
		t.Errorf("the log is %s, the error %v", line, err)
	}
}

func TestReadWords(t *testing.T) {
	for body, want := range map[string]string{
		``:                "",
		`{}`:              "",
		`null`:            "null",
		`{"message":"A"}`: "A",
		`{"title":"T","detail":"D","status":400}`:                           "D",
		`{"error":{"message":"A"}}`:                                         "A",
		`{"errors":[{"message":"A"},"B"]}`:                                  "A; B",
		`{"message":"A","violations":[{"field":"quantity","message":"B"}]}`: "A; quantity: B",
		`[{"message":"A"}]`:                                                 "A",
		`"A"`:                                                               "A",
		"\xef\xbb\xbf {\"message\":\"A\"}":                                  "A",
		"brak\n\tdostępu\x1b[31m":                                           "brak dostępu [31m",
		`{"message":"A`:                                                     "",
		`<html>A</html>`:                                                    "",
		"\xff\xfe":                                                          "",
		strings.Repeat("ż", 400):                                            strings.Repeat("ż", 300) + "…",
	} {
		if got := integration.ReadWords([]byte(body), strings.NewReplacer().Replace); got != want {
			t.Errorf("%q says %q, want %q", body, got, want)
		}
	}
	if got := integration.ReadWords([]byte(`{"message":"a  b c"}`), secret.Scrubber(1, []string{"a b"}).Replace); got != "[redacted] c" {
		t.Errorf("a secret behind blanks: %q", got)
	}
}
