package record

import (
	"fmt"
	"strings"
)

// This file shows how two requests differ, in the unified form that people know
// from diff -u, without colours.

const (
	mostDifference = 60 // lines of a difference, its headings counted
	aroundChange   = 3  // lines that stay, before and after those that change
	mostCompared   = 1 << 20
)

// change is a line of a difference: ' ' stays, '-' was recorded, '+' is asked.
type change struct {
	sign rune
	line string
}

// difference compares two texts line by line; "" when they are equal. It has at
// most mostDifference lines, and each of those at most lineOfText characters and
// what marks it as cut.
func difference(oldName, newName, before, after string) string {
	changes := compare(splitLines(before), splitLines(after))
	out := []string{"--- " + oldName, "+++ " + newName}
	for _, part := range hunks(changes) {
		out = append(out, part.heading)
		for _, c := range part.changes {
			out = append(out, string(c.sign)+cutLine(c.line))
		}
	}
	if len(out) == 2 {
		return ""
	}
	if left := len(out) - mostDifference; left > 0 {
		out = append(out[:mostDifference-1], fmt.Sprintf("… and %d more lines", left+1))
	}
	return strings.Join(out, "\n") + "\n"
}

func splitLines(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

func cutLine(line string) string {
	if len(line) <= lineOfText {
		return line
	}
	if runes := []rune(line); len(runes) > lineOfText {
		return string(runes[:lineOfText]) + "…"
	}
	return line
}

// compare returns the shortest list of changes between two texts; where the two
// are too long for that, all of the lines between their equal ends change.
func compare(before, after []string) []change {
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	var out []change
	keep := func(lines []string, sign rune) {
		for _, line := range lines {
			out = append(out, change{sign, line})
		}
	}
	keep(before[:head], ' ')
	oldMiddle, newMiddle := before[head:len(before)-tail], after[head:len(after)-tail]
	if len(oldMiddle)*len(newMiddle) > mostCompared {
		keep(oldMiddle, '-')
		keep(newMiddle, '+')
	} else {
		out = append(out, shortest(oldMiddle, newMiddle)...)
	}
	keep(before[len(before)-tail:], ' ')
	return out
}

// shortest finds the longest common subsequence by a table of the lengths that the
// rests of both texts have in common.
func shortest(before, after []string) []change {
	width := len(after) + 1
	common := make([]int32, (len(before)+1)*width)
	for i := len(before) - 1; i >= 0; i-- {
		for j := len(after) - 1; j >= 0; j-- {
			if before[i] == after[j] {
				common[i*width+j] = common[(i+1)*width+j+1] + 1
			} else {
				common[i*width+j] = max(common[(i+1)*width+j], common[i*width+j+1])
			}
		}
	}
	var out []change
	i, j := 0, 0
	for i < len(before) || j < len(after) {
		switch {
		case i < len(before) && j < len(after) && before[i] == after[j]:
			out = append(out, change{' ', before[i]})
			i, j = i+1, j+1
		case j == len(after) || i < len(before) && common[(i+1)*width+j] >= common[i*width+j+1]:
			out = append(out, change{'-', before[i]})
			i++
		default:
			out = append(out, change{'+', after[j]})
			j++
		}
	}
	return out
}

// hunk is a piece of a difference with the lines around it.
type hunk struct {
	heading string
	changes []change
}

// hunks cuts changes into pieces that each hold what changes and the few lines
// around it.
func hunks(changes []change) []hunk {
	var out []hunk
	oldLine, newLine := 1, 1 // of the next change
	for i := 0; i < len(changes); {
		if changes[i].sign == ' ' {
			oldLine, newLine, i = oldLine+1, newLine+1, i+1
			continue
		}
		begin := max(i-aroundChange, 0)
		end, quiet := i, 0 // behind the piece, and how many unchanged lines end it
		for ; end < len(changes) && quiet <= 2*aroundChange; end++ {
			if quiet++; changes[end].sign != ' ' {
				quiet = 0
			}
		}
		end -= max(quiet-aroundChange, 0)
		piece := changes[begin:end]
		lines := map[rune]int{}
		for _, c := range piece {
			lines[c.sign]++
		}
		oldCount, newCount := lines[' ']+lines['-'], lines[' ']+lines['+']
		oldStart, newStart := oldLine-(i-begin), newLine-(i-begin)
		out = append(out, hunk{fmt.Sprintf("@@ -%s +%s @@", lineRange(oldStart, oldCount), lineRange(newStart, newCount)), piece})
		oldLine, newLine, i = oldStart+oldCount, newStart+newCount, end
	}
	return out
}

// lineRange writes a range as diff -u does: an empty one names the line before it.
func lineRange(start, count int) string {
	switch count {
	case 0:
		return fmt.Sprintf("%d,0", start-1)
	case 1:
		return fmt.Sprint(start)
	}
	return fmt.Sprintf("%d,%d", start, count)
}

// distance is how many lines one of two texts has and the other lacks, wherever
// they stand: quick to find, and small where a difference is short.
func distance(before, after []string) int {
	count := make(map[string]int, len(before))
	for _, line := range before {
		count[line]++
	}
	for _, line := range after {
		count[line]--
	}
	sum := 0
	for _, n := range count {
		sum += max(n, -n)
	}
	return sum
}
