package visitors

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
	"octobridge/internal/secret"
)

// What the page asks for most costs one query, however much there is; counted on
// the way to the database, which also shows that Queries tells the truth.
func TestQueriesAreCounted(t *testing.T) {
	wire, options := tapped(t)
	db, err := store.Open(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	s, clock := stateService(t, db, nil)
	fill(t, s, 50, 40)
	costs := func(what string, want int64, do func() error) {
		t.Helper()
		onWire, counted := wire.statements.Load(), s.Queries()
		if err := do(); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		onWire, counted = wire.statements.Load()-onWire, s.Queries()-counted
		if onWire != counted || counted != want {
			t.Errorf("%s: %d statements on the wire, %d counted, not %d", what, onWire, counted, want)
		}
	}
	ctx := t.Context()
	var v *Visitor
	var cookie string
	costs("Of, 40 lines", 1, func() (err error) { _, err = s.Of(ctx, crowdCookie(7)); return err })
	costs("Of, again", 1, func() (err error) { _, err = s.Of(ctx, crowdCookie(8)); return err })
	costs("Of, a guest", 0, func() (err error) { _, err = s.Of(ctx, ""); return err })
	costs("Of, nobody's cookie", 1, func() (err error) { _, err = s.Of(ctx, crowdCookie(999)); return err })
	costs("SeeGuest", 1, func() (err error) { v, cookie, err = s.SeeGuest(ctx, "chat"); return err })
	costs("Saw", 0, func() error { clock.move(time.Hour); s.Saw(v, "chat"); return nil })
	costs("flush", 1, func() error { return s.flush(ctx) })
	costs("addLine", 3, func() (err error) {
		_, err = s.addLine(ctx, v, lineOf(41, "", "1"), decimal.NullDecimal{}, "", nil)
		return err
	})
	costs("addLine with a key", 6, func() (err error) {
		_, err = s.addLine(ctx, v, lineOf(41, "", "1"), decimal.NullDecimal{}, "k", answerOf)
		return err
	})
	costs("answered", 1, func() (err error) { _, _, err = s.answered(ctx, v, "k"); return err })
	costs("Wish, two products", 4, func() (err error) { _, _, _, err = s.Wish(ctx, v, []int64{1, 2}); return err })
	costs("Become", 6, func() (err error) { v, cookie, err = s.Become(ctx, v, ada, "", nil); return err })
	costs("Become, with the same names", 0, func() error { _, other, err := s.Become(ctx, v, ada, "", nil); cookie += other; return err })
	costs("Proven", 1, func() (err error) { _, err = s.Proven(ctx, s.Proof(v), ada.Email); return err })
	costs("Proven, forged", 0, func() (err error) { _, err = s.Proven(ctx, s.Proof(v), bela.Email); return err })
	costs("LiveCustomers", 1, func() (err error) { _, err = s.LiveCustomers(ctx, []string{"c-1", "900"}); return err })
	costs("CustomerByEmail", 1, func() (err error) { _, err = s.CustomerByEmail(ctx, ada.Email); return err })
	costs("Leave", 1, func() error { return s.Leave(ctx, v) })
	isGuest(t, look(t, s, cookie))
}

// wiretap passes PostgreSQL's protocol on and counts what is executed with
// parameters, as all statements of this package are; BEGIN, COMMIT and SET have
// none, and go another way.
type wiretap struct {
	statements atomic.Int64
	server     *pgx.ConnConfig
	open       sync.WaitGroup
}

// tapped makes a database that is reached through a wiretap.
func tapped(t *testing.T) (*wiretap, store.Options) {
	t.Helper()
	direct := storetest.Postgres(t).Database.Reveal()
	config, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wiretap{server: config}
	w.open.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			w.open.Go(func() {
				if err := w.serve(client); err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) {
					t.Errorf("the wiretap: %v", err)
				}
			})
		}
	})
	// The store is closed before: what is opened later ends earlier.
	t.Cleanup(func() { _ = listener.Close(); w.open.Wait() })
	through, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	through.Host = listener.Addr().String()
	query := through.Query()
	query.Del("host")
	query.Set("sslmode", "disable") // what is encrypted cannot be counted
	through.RawQuery = query.Encode()
	return w, store.Options{Database: secret.New(through.String())}
}

func (w *wiretap) serve(client net.Conn) error {
	defer func() { _ = client.Close() }()
	network, address := "tcp", net.JoinHostPort(w.server.Host, strconv.Itoa(int(w.server.Port)))
	if filepath.IsAbs(w.server.Host) {
		network, address = "unix", filepath.Join(w.server.Host, ".s.PGSQL."+strconv.Itoa(int(w.server.Port)))
	}
	server, err := net.Dial(network, address)
	if err != nil {
		return err
	}
	defer func() { _ = server.Close() }()
	var answers sync.WaitGroup
	answers.Go(func() { _, _ = io.Copy(client, server); _ = client.Close() })
	defer answers.Wait()
	defer func() { _ = server.Close() }()
	return w.count(bufio.NewReader(client), server)
}

// count passes on what a client sends: at first a message without a kind, then
// messages of a kind, a length and contents.
func (w *wiretap) count(client *bufio.Reader, server io.Writer) error {
	for first := true; ; first = false {
		head := 5
		if first {
			head = 4
		}
		start, err := client.Peek(head)
		if err != nil {
			return err
		}
		if !first && start[0] == 'E' {
			w.statements.Add(1)
		}
		length := int64(binary.BigEndian.Uint32(start[head-4:])) + int64(head-4)
		if _, err := io.CopyN(server, client, length); err != nil {
			return err
		}
	}
}
