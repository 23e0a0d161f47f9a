package server

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"golang.org/x/net/netutil"

	"octobridge/internal/secret"
)

// remoteConnections is how many connections the operator listener takes at the
// same time over OperatorRemote: strangers can open some before they are asked
// for a proof.
const remoteConnections = 256

// refusedBody is how long the body of a request without the token may take to
// come. Then, and after the answer, its connection is free for somebody else.
const refusedBody = time.Second

// remoteListener is a listener on which every request has to bring the token.
type remoteListener struct{ net.Listener }

// listenRemote opens the listener for operators elsewhere. Without a token it
// opens nothing: nobody could prove anything.
func listenRemote(address string, token secret.String) (net.Listener, error) {
	if token.Empty() {
		return nil, errors.New("operators are to be answered on a network address without a token: set operator.token, or take operator.listen out")
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for operators on %s: %w: choose another address in operator.listen, or stop what uses it", address, err)
	}
	return remoteListener{netutil.LimitListener(listener, remoteConnections)}, nil
}

type remoteKey struct{}

// remoteContext marks the requests that come in over a remoteListener.
func remoteContext(listener net.Listener) context.Context {
	if _, is := listener.(remoteListener); is {
		return context.WithValue(context.Background(), remoteKey{}, true)
	}
	return context.Background()
}

// provenOnly hands requests over OperatorRemote to proven when they bring the
// token, and all others to local.
func provenOnly(token secret.String, proven, local http.Handler) http.Handler {
	want := sha256.Sum256([]byte(token.Reveal()))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if remote, _ := r.Context().Value(remoteKey{}).(bool); !remote {
			local.ServeHTTP(w, r)
			return
		}
		given, _ := bearer(r.Header.Get("Authorization"))
		got := sha256.Sum256([]byte(given)) // of one length, so that comparing takes one time
		if subtle.ConstantTimeCompare(got[:], want[:]) != 1 || token.Empty() {
			// A body that never comes would be waited for before the answer goes out.
			_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(refusedBody))
			w.Header().Set("Connection", "close")
			w.Header().Set("WWW-Authenticate", `Bearer realm="octobridge operators"`)
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"type":"about:blank","title":"Unauthorized","status":401,"detail":"The operator token is missing or wrong: send the one of operator.token."}` + "\n"))
			return
		}
		proven.ServeHTTP(w, r)
	})
}

// bearer takes the token out of an Authorization header. The scheme may be
// written in any letter case (RFC 9110).
func bearer(header string) (token string, ok bool) {
	scheme, token, found := strings.Cut(header, " ")
	if !found || !strings.EqualFold(scheme, "Bearer") {
		return "", false
	}
	return strings.TrimLeft(token, " "), true
}
