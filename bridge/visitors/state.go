package visitors

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"octobridge/bridge/store"
)

// ErrGone says that the visitor signed in or out, or expired, since it was read.
// Nothing was changed. The browser has another cookie by now, or none: what was
// asked for may be sent again.
var ErrGone = errors.New("the visitor has signed in or out meanwhile and nothing was changed: send it again")

const (
	cookieBytes = 24
	refBytes    = 16
	// cookieLength is how many characters the cookie's value has.
	cookieLength = 32
	maxRef       = 64
)

// The lists that lines are on.
const (
	listCart = "cart"
	listWish = "wish"
)

// NewRef returns a random name for a visitor that is still to be made: 22
// characters of base64url.
func (s *Service) NewRef() string { return randomText(refBytes) }

func randomText(size int) string {
	random := make([]byte, size)
	_, _ = rand.Read(random) // never fails
	return base64.RawURLEncoding.EncodeToString(random)
}

// Of returns the visitor whose cookie has this value, in one query. The cookie of
// nobody, of one who has signed out or expired, and what is no cookie of ours is
// a guest's: the zero Visitor.
func (s *Service) Of(ctx context.Context, cookie string) (*Visitor, error) {
	if len(cookie) != cookieLength || !base64URL(cookie) {
		return &Visitor{}, nil
	}
	s.queries.Add(1)
	hash := sha256.Sum256([]byte(cookie))
	rows, err := s.store.DB().QueryContext(ctx, s.byCookie, hash[:], s.expired())
	if err != nil {
		return nil, fmt.Errorf("looking up a visitor: %w", err)
	}
	v, err := readVisitor(rows)
	if errors.Is(err, sql.ErrNoRows) {
		return &Visitor{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking up a visitor: %w", err)
	}
	return v, nil
}

// expired is the last time of being seen that is too long ago.
func (s *Service) expired() int64 { return store.Micro(s.now().Add(-s.options.Keep)) }

// base64URL says whether a text has only characters of base64url.
func base64URL(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		default:
			return false
		}
	}
	return true
}

// storable says whether both databases take a text. PostgreSQL takes no NUL.
func storable(text string) bool {
	return utf8.ValidString(text) && strings.IndexByte(text, 0) < 0
}

// selectVisitor reads a visitor with all lines, in one row for each line; of one
// without any a single row.
const selectVisitor = `SELECT v.ref, v.customer_id, v.email, v.first_name, v.last_name, v.one_customer_id, v.wholesaler, v.oct8ne, v.seen_at,
	COALESCE(l.list, ''), COALESCE(l.product, 0), COALESCE(l.size, ''), COALESCE(l.size_name, ''),
	COALESCE(l.quantity, ''), COALESCE(l.step, ''), COALESCE(l.minimum, ''), COALESCE(l.added_at, 0)
	FROM visitors v LEFT JOIN visitor_lines l ON l.visitor = v.id`

// readVisitor reads the rows of selectVisitor and closes them; sql.ErrNoRows where
// there are none.
func readVisitor(rows *sql.Rows) (_ *Visitor, err error) {
	defer func() { err = errors.Join(err, rows.Close()) }()
	var v Visitor
	var c Customer
	var seen, product, added int64
	var list, size, sizeName, quantity, step, minimum string
	var known any // the visitor's columns are the same in all rows
	first := []any{&v.Ref, &c.ID, &c.Email, &c.FirstName, &c.LastName, &c.OneCustomerID, &c.Wholesaler, &v.Oct8ne, &seen}
	line := []any{&list, &product, &size, &sizeName, &quantity, &step, &minimum, &added}
	into := append(first, line...)
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i := range first {
			into[i] = &known
		}
		switch list {
		case listWish:
			v.Wishes = append(v.Wishes, Wish{Product: product, Added: store.Time(added)})
		case listCart:
			read := Line{Key: Key{Product: product, Size: size}, SizeName: sizeName, Added: store.Time(added)}
			if err := errors.Join(readDecimal(&read.Quantity, quantity), readDecimal(&read.Step, step), readDecimal(&read.Minimum, minimum)); err != nil {
				return nil, fmt.Errorf("a line of a cart is damaged: %w", err)
			}
			v.Cart = append(v.Cart, read)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if v.Ref == "" {
		return nil, sql.ErrNoRows
	}
	if c.ID != "" {
		v.Customer = &c
	}
	v.Seen = store.Time(seen)
	return &v, nil
}

func readDecimal(into *decimal.Decimal, text string) (err error) {
	*into, err = decimal.NewFromString(text)
	return err
}

// change is a transaction that changes visitors.
type change struct {
	service *Service
	tx      *sql.Tx
	at      time.Time
}

// change runs fn in a transaction, again after a conflict. What it changes of a
// visitor comes after open or lock, so that changes of one visitor follow each
// other.
func (s *Service) change(ctx context.Context, fn func(*change) error) error {
	return s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		c := &change{service: s, tx: tx, at: s.now()}
		if s.store.Postgres() {
			// The lock of the visitor's row is enough. Serializable, PostgreSQL takes
			// visitors beside each other in a page of an index for a conflict.
			if _, err := tx.ExecContext(ctx, "SET TRANSACTION ISOLATION LEVEL READ COMMITTED"); err != nil {
				return err
			}
		}
		return fn(c)
	})
}

func (c *change) exec(ctx context.Context, query string, args ...any) (changed int64, err error) {
	c.service.queries.Add(1)
	result, err := c.tx.ExecContext(ctx, c.service.store.Rebind(query), args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

func (c *change) row(ctx context.Context, query string, args ...any) *sql.Row {
	c.service.queries.Add(1)
	return c.tx.QueryRowContext(ctx, c.service.store.Rebind(query), args...)
}

// open returns the visitor as it is, locked, and a new one with its cookie where
// nothing is kept yet. ErrGone.
func (c *change) open(ctx context.Context, v *Visitor) (id int64, now *Visitor, cookie string, err error) {
	if !kept(v) {
		return c.insert(ctx, Visitor{Ref: c.service.NewRef()}, "")
	}
	id, now, err = c.lock(ctx, v.Ref)
	return id, now, "", err
}

// kept says whether something is kept of a visitor.
func kept(v *Visitor) bool { return v != nil && v.Ref != "" }

// lock takes the visitor's row until the transaction ends, notes that the visitor
// was seen, and reads it. ErrGone.
func (c *change) lock(ctx context.Context, ref string) (id int64, now *Visitor, err error) {
	err = c.row(ctx, "UPDATE visitors SET seen_at = ? WHERE ref = ? AND seen_at > ? RETURNING id",
		store.Micro(c.at), ref, c.service.expired()).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil, ErrGone
	}
	if err != nil {
		return 0, nil, err
	}
	c.service.queries.Add(1)
	rows, err := c.tx.QueryContext(ctx, c.service.store.Rebind(selectVisitor+" WHERE v.id = ? ORDER BY l.id"), id)
	if err != nil {
		return 0, nil, err
	}
	now, err = readVisitor(rows)
	return id, now, err
}

// insert makes a visitor's row, without lines.
func (c *change) insert(ctx context.Context, v Visitor, cameFrom string) (id int64, now *Visitor, cookie string, err error) {
	cookie = randomText(cookieBytes)
	hash := sha256.Sum256([]byte(cookie))
	var customer Customer
	if v.Customer != nil {
		customer = *v.Customer
	}
	v.Seen = c.at
	err = c.row(ctx, `INSERT INTO visitors (cookie, ref, came_from, customer_id, email, email_folded, first_name, last_name,
		one_customer_id, wholesaler, oct8ne, seen_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		hash[:], v.Ref, cameFrom, customer.ID, customer.Email, folded(customer.Email), customer.FirstName, customer.LastName,
		customer.OneCustomerID, customer.Wholesaler, v.Oct8ne, store.Micro(v.Seen)).Scan(&id)
	return id, &v, cookie, err
}

// folded is an e-mail address as addresses are compared.
func folded(email string) string { return strings.ToLower(email) }
