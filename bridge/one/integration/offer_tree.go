package integration

// mostLevels is how deep the tree of an offer is. Two are usual, the cable and its
// drum. What is deeper begins anew among the orphans: an offer goes into a JSON
// document, and readers of those have a limit, too.
const mostLevels = 100

// What is known of a line on the way to a tree. Values of 0 and above are the index
// of the parent.
const (
	atTop    = -1
	orphaned = -2
)

// plant makes a tree of lines, in time that grows with their number alone. Every
// line is in it once, or among the orphans, or among the cycles. Children of an id
// that several lines have go to the first of them.
func (o *Offer) plant(found foundLines, odd *warnings) {
	o.Lines, o.Orphans, o.Cycles = []*Line{}, []*Line{}, []*Line{}
	lines := found.lines
	parents := findParents(found, odd)
	onCycle, order := findCycles(parents)
	levels := make([]int, len(lines))
	deep := 0
	// Parents come before their children, so that a level is known when it is asked for.
	for _, i := range order {
		switch p := parents[i]; {
		case onCycle[i], p < 0:
		case onCycle[p]:
			parents[i] = orphaned
		case levels[p]+1 == mostLevels:
			parents[i] = orphaned
			deep++
		default:
			levels[i] = levels[p] + 1
		}
	}
	for i, line := range lines {
		switch p := parents[i]; {
		case onCycle[i]:
			o.Cycles = append(o.Cycles, line)
		case p == atTop:
			o.Lines = append(o.Lines, line)
		case p == orphaned:
			o.Orphans = append(o.Orphans, line)
		default:
			lines[p].Children = append(lines[p].Children, line)
		}
	}
	if n := len(o.Orphans) - deep; n > 0 {
		odd.count(n, "%d line names a parent that is not in the tree", "%d lines name a parent that is not in the tree")
	}
	if n := len(o.Cycles); n > 0 {
		odd.count(n, "%d line is, by its parent, below itself", "%d lines are, by their parents, below themselves")
	}
	if deep > 0 {
		odd.count(deep, "%d line is %d levels deep or more: it begins anew among the lines without a parent",
			"%d lines are %d levels deep or more: they begin anew among the lines without a parent", mostLevels)
	}
}

// findParents returns for each line the index of its parent, atTop or orphaned.
func findParents(found foundLines, odd *warnings) []int {
	byID := make(map[string]int, len(found.lines))
	repeated := map[string]int{}
	for i, line := range found.lines {
		if line.ID == "" {
			continue
		}
		if _, ok := byID[line.ID]; ok {
			if repeated[line.ID]++; repeated[line.ID] == 1 {
				odd.add("the line id %q stands on several lines: each counts, and what is below it is shown at the first", clip(line.ID, 60))
			}
			continue
		}
		byID[line.ID] = i
	}
	parents := make([]int, len(found.lines))
	for i, line := range found.lines {
		parents[i] = atTop
		if line.ParentID == "" {
			if outer := found.inside[i]; outer >= 0 {
				parents[i] = outer
				line.ParentID = found.lines[outer].ID
			}
			continue
		}
		parents[i] = orphaned
		if p, ok := byID[line.ParentID]; ok {
			parents[i] = p
		}
	}
	return parents
}

// findCycles says which lines are on a cycle of parents, and gives all lines in an
// order in which each comes after its parent, unless it is on a cycle.
func findCycles(parents []int) (onCycle []bool, order []int) {
	const (
		unseen = iota
		onPath
		settled
	)
	onCycle = make([]bool, len(parents))
	order = make([]int, 0, len(parents))
	states := make([]byte, len(parents))
	var path []int
	for start := range parents {
		path = path[:0]
		i := start
		for i >= 0 && states[i] == unseen {
			states[i] = onPath
			path = append(path, i)
			i = parents[i]
		}
		if i >= 0 && states[i] == onPath {
			for j := i; !onCycle[j]; j = parents[j] {
				onCycle[j] = true
			}
		}
		for k := len(path) - 1; k >= 0; k-- {
			states[path[k]] = settled
			order = append(order, path[k])
		}
	}
	return onCycle, order
}
