package server

import (
	"errors"
	"net"
	"sync"
	"time"
)

// trackedListener knows its open connections, because fasthttp leaves those
// alone that outlast its shutdown.
type trackedListener struct {
	net.Listener
	closing func() error

	mutex sync.Mutex
	open  map[*trackedConn]struct{}
}

func newTrackedListener(listener net.Listener) *trackedListener {
	// fasthttp takes an error of a second Close for a failed shutdown.
	return &trackedListener{
		Listener: listener,
		closing:  sync.OnceValue(listener.Close),
		open:     map[*trackedConn]struct{}{},
	}
}

// Accept waits for the next connection.
func (l *trackedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	tracked := &trackedConn{Conn: conn, listener: l}
	l.mutex.Lock()
	l.open[tracked] = struct{}{}
	l.mutex.Unlock()
	return tracked, nil
}

// Close ends the accepting; a second call returns what the first did.
func (l *trackedListener) Close() error { return l.closing() }

func (l *trackedListener) closeConnections() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	for conn := range l.open {
		_ = conn.Conn.Close() // its owner calls Close too, and waits for the mutex
	}
}

type trackedConn struct {
	net.Conn
	listener *trackedListener
}

// SetReadDeadline is net.Conn's, but finds nothing wrong with a closed
// connection: fasthttp 1.51 panics where it fails, and it is closed under its
// hands at the end of a shutdown. The read after it fails as it should.
func (c *trackedConn) SetReadDeadline(at time.Time) error {
	return unlessClosed(c.Conn.SetReadDeadline(at))
}

// SetWriteDeadline is like SetReadDeadline.
func (c *trackedConn) SetWriteDeadline(at time.Time) error {
	return unlessClosed(c.Conn.SetWriteDeadline(at))
}

func unlessClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Close closes the connection and forgets it.
func (c *trackedConn) Close() error {
	c.listener.mutex.Lock()
	delete(c.listener.open, c)
	c.listener.mutex.Unlock()
	return c.Conn.Close()
}
