package words

// one makes words of an item.
func (s *splitter) one(it item) {
	atoms := s.atoms[it.from:it.to]
	switch it.form {
	case measure:
		if !s.query {
			s.emit(atoms[0].text)
			s.emit(atoms[1].text)
		}
		s.joined(it.from, it.to)
	case lettered:
		s.joined(it.from, it.to)
	case sides:
		s.sides(it)
	case run:
		s.run(it)
	}
}

// sides makes words of numbers with "x" between them.
func (s *splitter) sides(it item) {
	from, to := it.from, it.to
	unit := ""
	if last := s.atoms[to-1]; last.kind == letters {
		unit = last.text
		to--
	}
	s.joined(from, to)
	if s.query {
		return
	}
	for i := from; i < to; i++ {
		switch a := s.atoms[i]; {
		case a.kind == number && i > from && s.atoms[i-1].kind == letters && i-1 == from:
			s.joined(from, i+1) // "m8"
		case a.kind == number:
			s.emit(a.text)
			if i+1 < to && s.atoms[i+1].text == "w" {
				s.joined(i, i+2)
			}
		}
	}
	if unit != "" {
		s.joined(to-1, to+1)
		s.emit(unit)
	}
}

// run makes words of atoms that are written together.
func (s *splitter) run(it item) {
	atoms := s.atoms[it.from:it.to]
	if len(atoms) == 1 {
		s.emit(atoms[0].text)
		return
	}
	// What the letters are long enough for is a word beside a number, not a name
	// with one: "iphone13", but "e27" and "4k".
	apart := true
	for _, a := range atoms {
		apart = apart && (a.kind != letters || len(a.text) >= 3)
	}
	if !s.query || !apart {
		s.joined(it.from, it.to)
	}
	if s.query && !apart {
		return
	}
	if len(atoms) == 2 && !apart && (atoms[0].kind == number || len(atoms[0].text) == 1) {
		return
	}
	for _, a := range atoms {
		if a.kind == number || len(a.text) > 1 {
			s.emit(a.text)
		}
	}
}

// neighbours makes words of what queries write together: of a letter or two and a
// number ("M 8", "GU 10"), and of a single letter and the word beside it ("T shirt",
// "USB C").
func (s *splitter) neighbours() {
	for i := 1; i < len(s.atoms); i++ {
		a, b := s.atoms[i-1], s.atoms[i]
		if b.glue != space || i > 1 && a.glue == none || s.glued(i+1) {
			continue
		}
		if a.kind != letters {
			if b.text == "x" && !s.beside(i+1, number) {
				s.joined(i-1, i+1) // what a query is that ends here
			}
			continue
		}
		switch {
		case b.kind == number:
			if len(a.text) <= 2 && a.text != "x" && !isFiller("pl", a.text) {
				s.joined(i-1, i+1)
			}
		case isName(a.text) != isName(b.text):
			s.joined(i-1, i+1)
		}
	}
}

// isName says whether a word is a single letter that names something, as in "USB C".
func isName(word string) bool {
	return len(word) == 1 && word != "x" && !isFiller("pl", word)
}
