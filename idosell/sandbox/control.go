package sandbox

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxControlBytes is the most that a control request may hold.
const maxControlBytes = 1 << 20

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value)
}

func badControl(w http.ResponseWriter, err error) {
	writeJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
}

func (s *Server) controlOrders(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Orders())
}

func (s *Server) controlCalls(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, s.Calls())
}

func (s *Server) controlRevoke(w http.ResponseWriter, _ *http.Request) {
	s.Revoke()
	w.WriteHeader(http.StatusNoContent)
}

// controlMoods takes one mood, or a list; an empty list is the default mood.
func (s *Server) controlMoods(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxControlBytes))
	if err != nil {
		badControl(w, fmt.Errorf("the request cannot be read: %w", err))
		return
	}
	moods, err := readMoods(body)
	if err != nil {
		badControl(w, err)
		return
	}
	s.SetMoods(moods...)
	writeJSON(w, http.StatusOK, moods)
}

// controlClock tells the clock, and moves it: {"advance": "15m"}, {"set":
// "2026-11-21 23:59:00"} (the shop's time, or RFC 3339), {"freeze": true}.
func (s *Server) controlClock(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var change struct {
			Advance Duration `json:"advance"`
			Set     string   `json:"set"`
			Freeze  *bool    `json:"freeze"`
		}
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBytes))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&change); err != nil {
			badControl(w, fmt.Errorf(`the clock takes {"advance": "15m"}, {"set": "2026-11-21 23:59:00"} or {"freeze": true}: %w`, err))
			return
		}
		if change.Set != "" {
			moment, err := s.readMoment(change.Set)
			if err != nil {
				badControl(w, err)
				return
			}
			s.SetTime(moment)
		}
		s.Advance(time.Duration(change.Advance))
		if change.Freeze != nil {
			s.Freeze(*change.Freeze)
		}
	}
	writeJSON(w, http.StatusOK, map[string]time.Time{"now": s.Now()})
}

func (s *Server) readMoment(written string) (time.Time, error) {
	if moment, err := time.Parse(time.RFC3339, written); err == nil {
		return moment, nil
	}
	moment, err := s.readShopTime(strings.Replace(written, "T", " ", 1))
	if err != nil || moment.IsZero() {
		return time.Time{}, fmt.Errorf("%q is not a time: write 2026-11-21 23:59:00 (the shop's time) or RFC 3339", written)
	}
	return moment, nil
}

// controlOffer tells which files the feed has, and changes the offer: see
// OfferChange.
func (s *Server) controlOffer(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		var change OfferChange
		decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxControlBytes))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&change); err != nil {
			badControl(w, fmt.Errorf(`the offer takes {"remove": [41]}, {"price": {"44": "19.99"}}, {"stock": {"43-5": 0}}, {"full": true}: %w`, err))
			return
		}
		if err := s.ChangeOffer(change); err != nil {
			badControl(w, err)
			return
		}
	}
	writeJSON(w, http.StatusOK, s.describeOffer())
}

// offerDescription is the state of the feed, without its token.
type offerDescription struct {
	Products int                   `json:"products"` // visible ones
	Full     time.Time             `json:"full"`     // when the full file was made
	Changes  []string              `json:"changes"`  // names of the files with changes, the newest first
	Served   map[string]FeedServed `json:"served"`
}

func (s *Server) describeOffer() offerDescription {
	told := offerDescription{Changes: []string{}, Served: s.FeedServed()}
	for _, p := range s.catalogue().Products {
		if !p.Invisible {
			told.Products++
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	told.Full = s.feed.full.at.In(s.location)
	for _, change := range slices.Backward(s.feed.changes) {
		told.Changes = append(told.Changes, change.name)
	}
	return told
}
