package visitors

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
)

const proofKeyBytes = 32

// loadProofKey makes the key of the proofs, once for a database.
func (s *Service) loadProofKey(ctx context.Context) (key []byte, err error) {
	fresh := make([]byte, proofKeyBytes)
	_, _ = rand.Read(fresh) // never fails
	err = s.store.TxRepeatable(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, s.store.Rebind("INSERT INTO visitor_proof_key (id, secret) VALUES (1, ?) ON CONFLICT (id) DO NOTHING"), fresh); err != nil {
			return err
		}
		return tx.QueryRowContext(ctx, "SELECT secret FROM visitor_proof_key WHERE id = 1").Scan(&key)
	})
	if err != nil {
		return nil, fmt.Errorf("reading the key of the visitors' proofs: %w", err)
	}
	if len(key) != proofKeyBytes {
		return nil, errors.New("the key of the visitors' proofs is damaged: delete the row of visitor_proof_key and start again; signed-in visitors get new proofs with their next page")
	}
	return key, nil
}

// Proof is what a page tells oct8ne so that checkSession can tell that this
// visitor is signed in with this e-mail address: "<Ref>.<HMAC>". It does not lead
// to the cookie, and ends when the visitor signs out or expires. It is empty for a
// guest, and for a customer without an e-mail address.
func (s *Service) Proof(v *Visitor) string {
	if !kept(v) || v.Customer == nil || v.Customer.Email == "" {
		return ""
	}
	return v.Ref + "." + base64.RawURLEncoding.EncodeToString(s.seal(v.Ref, v.Customer.Email))
}

func (s *Service) seal(ref, email string) []byte {
	mac := hmac.New(sha256.New, s.proofKey)
	mac.Write([]byte(ref + "\n" + folded(email)))
	return mac.Sum(nil)
}

// Proven says whether a proof is that of a visitor who is signed in with this
// e-mail address, in any letter case, now. A proof that is not genuine is compared
// in constant time and not looked up; for one that is there is one query. It
// changes nothing.
func (s *Service) Proven(ctx context.Context, proof, email string) (bool, error) {
	ref, sum, found := strings.Cut(proof, ".")
	if !found || email == "" || ref == "" || len(ref) > maxRef || !base64URL(ref) || len(sum) != base64.RawURLEncoding.EncodedLen(sha256.Size) {
		return false, nil
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(sum)
	if err != nil || !hmac.Equal(mac, s.seal(ref, email)) {
		return false, nil //nolint:nilerr // what cannot be read proves nothing
	}
	s.queries.Add(1)
	var address string
	err = s.store.DB().QueryRowContext(ctx, s.store.Rebind("SELECT email_folded FROM visitors WHERE ref = ? AND seen_at > ?"),
		ref, s.expired()).Scan(&address)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking up a visitor: %w", err)
	}
	return address == folded(email), nil
}
