package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/pprof"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// SocketName is the name of the operator socket in the data directory.
const SocketName = "operator.sock"

// maxSocketPath is what every system takes: 104 bytes with the zero at its end.
const maxSocketPath = 103

// listenOperator opens the operator listeners that are asked for.
func (s *Server) listenOperator() (listeners []net.Listener, err error) {
	defer func() {
		if err != nil {
			closeAll(listeners)
		}
	}()
	if s.options.DataDir != "" {
		socket, err := listenSocket(s.options.DataDir)
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, socket)
	}
	if address := s.options.OperatorListen; address != "" {
		if host, _, err := net.SplitHostPort(address); err != nil || !loopback(host) {
			return listeners, fmt.Errorf("the operator listener would be reached from other machines at %s, and it asks for no proof: choose 127.0.0.1 or ::1", address)
		}
		tcp, err := net.Listen("tcp", address)
		if err != nil {
			return listeners, fmt.Errorf("listen for operators: %w: choose another address, or stop what uses it", err)
		}
		listeners = append(listeners, tcp)
	}
	if s.options.OperatorRemote != "" {
		remote, err := listenRemote(s.options.OperatorRemote, s.options.OperatorToken)
		if err != nil {
			return listeners, err
		}
		listeners = append(listeners, remote)
	}
	return listeners, nil
}

// listenSocket makes the socket, for the user of the service alone. One that
// nobody answers at is left over from a process that died, and replaced.
func listenSocket(dir string) (net.Listener, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the data directory: %w: set data_dir to a folder that this user may write", err)
	}
	name := filepath.Join(dir, SocketName)
	if len(name) > maxSocketPath {
		return nil, fmt.Errorf("the operator socket %s has a path of %d bytes, and %d are the most: set data_dir to a shorter one", name, len(name), maxSocketPath)
	}
	if info, err := os.Lstat(name); err == nil {
		if info.Mode().Type() != fs.ModeSocket {
			return nil, fmt.Errorf("%s is in the way of the operator socket: move it elsewhere", name)
		}
		if conn, err := net.DialTimeout("unix", name, time.Second); err == nil {
			_ = conn.Close()
			return nil, fmt.Errorf("another octobridge answers at %s: stop it, or give this one a data_dir of its own", name)
		}
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("replace the operator socket: %w", err)
		}
	}
	listener, err := net.Listen("unix", name)
	if err != nil {
		return nil, fmt.Errorf("open the operator socket: %w: let the user that runs octobridge write %s", err, dir)
	}
	if err := os.Chmod(name, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("close the operator socket to others: %w", err), listener.Close())
	}
	return listener, nil
}

// newOperator makes the operator listener's server.
func (s *Server) newOperator() *http.Server {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.registry, promhttp.HandlerOpts{Registry: s.registry, Timeout: 10 * time.Second}))
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("yes\n")) })
	mux.HandleFunc("GET /readyz", s.readinessDetails)
	if s.options.Operator != nil {
		s.options.Operator(mux)
	}
	return &http.Server{
		Handler:           provenOnly(s.options.OperatorToken, mux, ownHostOnly(mux)),
		BaseContext:       remoteContext,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    headerBytes,
		ErrorLog:          slog.NewLogLogger(s.logger.Handler(), slog.LevelWarn),
	}
}

// Readiness is the operator's view of /readyz.
type Readiness struct {
	Ready  bool     `json:"ready"`
	Checks []Status `json:"checks"`
}

func (s *Server) readinessDetails(w http.ResponseWriter, _ *http.Request) {
	list, ready := s.isReady()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	if !ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(Readiness{Ready: ready, Checks: list})
}

// ownHostOnly refuses what a browser was tricked into sending: a page of a name
// that points at this machine, or of another origin.
func ownHostOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, isTCP := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); isTCP {
			host := r.Host
			if bare, _, err := net.SplitHostPort(host); err == nil {
				host = bare
			}
			if !loopback(host) || r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") == "cross-site" {
				http.Error(w, "The operator listener answers programs on this machine only.", http.StatusForbidden)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// loopback says whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
