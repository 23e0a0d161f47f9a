package one

// Queued says how many events wait to be stored, besides those that are just being
// stored.
func (s *Service) Queued() int {
	s.intake.mutex.Lock()
	defer s.intake.mutex.Unlock()
	return len(s.intake.waiting)
}

// IDs reads a body as Receive does.
var IDs = ids

// SameWithinDefault is how long an equal event is the same event.
const SameWithinDefault = defaultSameWithin
