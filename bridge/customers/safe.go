package customers

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"

	"octobridge/internal/secret"
)

// safe encrypts digests for the store: AES-256-GCM, with the ref and the login as
// additional data, so that a row cannot stand in for another.
type safe struct {
	keyID string
	aead  cipher.AEAD
}

func newSafe(key []byte) (*safe, error) {
	if len(key) != 32 {
		return nil, errors.New("the key that encrypts what opens customers' sessions has not 32 bytes: see visitors.encryption_key")
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("the key that encrypts what opens customers' sessions cannot be used: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("the key that encrypts what opens customers' sessions cannot be used: %w", err)
	}
	// Tells keys apart, and nothing of them.
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte("octobridge: id of the key of customers' digests"))
	return &safe{keyID: hex.EncodeToString(mac.Sum(nil)[:8]), aead: aead}, nil
}

// about is the additional data: what the sealed text belongs to.
func about(ref, login string) []byte { return fmt.Appendf(nil, "%d\n%s\n%s", len(ref), ref, login) }

// seal returns a random nonce and the encrypted digest behind it.
func (s *safe) seal(ref, login string, digest secret.String) []byte {
	nonce := make([]byte, s.aead.NonceSize())
	_, _ = rand.Read(nonce) // never fails (crypto/rand)
	return s.aead.Seal(nonce, nonce, []byte(digest.Reveal()), about(ref, login))
}

// open is the reverse of seal; false for what was sealed with another key or for
// somebody else, or was changed.
func (s *safe) open(ref, login string, sealed []byte) (secret.String, bool) {
	size := s.aead.NonceSize()
	if len(sealed) < size {
		return secret.String{}, false
	}
	text, err := s.aead.Open(nil, sealed[:size], sealed[size:], about(ref, login))
	if err != nil {
		return secret.String{}, false
	}
	return secret.New(string(text)), true
}
