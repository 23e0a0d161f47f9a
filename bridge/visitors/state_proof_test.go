package visitors

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"octobridge/bridge/store"
	"octobridge/bridge/store/storetest"
)

func TestProofs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, clock := stateService(t, db, nil)
		guest, _ := guestWith(t, s)
		if s.Proof(nil)+s.Proof(&Visitor{})+s.Proof(guest) != "" {
			t.Error("a guest has a proof")
		}
		v, cookie := become(t, s, guest, ada, "", nil)
		other, _ := become(t, s, nil, bela, "", nil)
		nameless, _ := become(t, s, nil, Customer{ID: "c-3"}, "", nil)
		if s.Proof(nameless) != "" {
			t.Error("a customer without an e-mail address has a proof")
		}
		proof := s.Proof(v)
		ref, seal, _ := strings.Cut(proof, ".")
		if ref != v.Ref || strings.Contains(proof, cookie) || proof != s.Proof(look(t, s, cookie)) {
			t.Errorf("the proof is %q", proof)
		}
		flipped := []byte(seal)
		flipped[0] ^= 1
		for _, c := range []struct {
			name, proof, email string
			want               bool
		}{
			{"as it is", proof, "Ada@shop.example", true},
			{"in other letters", proof, "aDA@SHOP.example", true},
			{"another address", proof, bela.Email, false},
			{"an address that begins alike", proof, "ada@shop.example.org", false},
			{"no address", proof, "", false},
			{"of another", s.Proof(other), ada.Email, false},
			{"the seal of another", v.Ref + s.Proof(other)[len(other.Ref):], ada.Email, false},
			{"the ref of another", other.Ref + "." + seal, ada.Email, false},
			{"forged", ref + "." + string(flipped), ada.Email, false},
			{"cut", proof[:len(proof)-1], ada.Email, false},
			{"longer", proof + "A", ada.Email, false},
			{"twice", proof + "." + seal, ada.Email, false},
			{"the ref alone", ref, ada.Email, false},
			{"without a seal", ref + ".", ada.Email, false},
			{"zeroes", ref + "." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)), ada.Email, false},
			{"without a ref", "." + seal, ada.Email, false},
			{"the cookie", cookie, ada.Email, false},
			{"nothing", "", ada.Email, false},
			{"no text", "\xff\x00." + seal, ada.Email, false},
			{"an address that is no text", proof, "\xff\x00", false},
		} {
			if got, err := s.Proven(t.Context(), c.proof, c.email); got != c.want || err != nil {
				t.Errorf("%s: %v, %v", c.name, got, err)
			}
		}

		// With another address the old proof is no more.
		renamed := ada
		renamed.Email = "new@shop.example"
		v, _ = become(t, s, v, renamed, "", nil)
		for email, with := range map[string]string{ada.Email: proof, renamed.Email: proof} {
			if good, err := s.Proven(t.Context(), with, email); good || err != nil {
				t.Errorf("%s: %v, %v", email, good, err)
			}
		}
		if good, err := s.Proven(t.Context(), s.Proof(v), renamed.Email); !good || err != nil {
			t.Errorf("%v, %v", good, err)
		}
		clock.move(defaultKeep)
		if good, err := s.Proven(t.Context(), s.Proof(v), renamed.Email); good || err != nil {
			t.Errorf("of one who has expired: %v, %v", good, err)
		}
	})
}

// Two instances of the service on a database agree on the key; two databases do
// not.
func TestTheKeyOfProofsIsMadeOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.Store) {
		s, _ := stateService(t, db, nil)
		again, _ := stateService(t, db, nil)
		other, err := store.Open(t.Context(), storetest.SQLite(t))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = other.Close() })
		elsewhere, _ := stateService(t, other, nil)
		v, _ := become(t, s, nil, ada, "", nil)
		if s.Proof(v) != again.Proof(v) || s.Proof(v) == elsewhere.Proof(v) {
			t.Error("the keys are wrong")
		}
		if _, err := db.DB().Exec(db.Rebind("UPDATE visitor_proof_key SET secret = ?"), []byte("short")); err != nil {
			t.Fatal(err)
		}
		if _, err := New(t.Context(), Options{Store: db, Goods: stateGoods{}, PublicURL: "https://bridge.example"}); err == nil {
			t.Error("a damaged key is taken")
		}
	})
}

// FuzzProven offers any proof for any address: there is one that is good.
func FuzzProven(f *testing.F) {
	db, err := store.Open(context.Background(), storetest.SQLite(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = db.Close() })
	s, _ := stateService(f, db, func(o *Options) { o.Now = time.Now })
	v, _, err := s.Become(context.Background(), nil, ada, "", nil)
	if err != nil {
		f.Fatal(err)
	}
	proof := s.Proof(v)
	f.Add(proof, ada.Email)
	f.Add(proof[:len(proof)-1]+"=", ada.Email)
	f.Add(proof, "\x00")
	f.Add(".", "")
	f.Add(strings.Repeat(".", 66), "ada@shop.example")
	f.Fuzz(func(t *testing.T, offered, email string) {
		want := offered == proof && strings.ToLower(email) == "ada@shop.example"
		if got, err := s.Proven(t.Context(), offered, email); err != nil || got != want {
			t.Errorf("%q, %q: %v, %v", offered, email, got, err)
		}
	})
}
