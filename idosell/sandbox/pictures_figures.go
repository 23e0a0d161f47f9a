package sandbox

import "math"

// tone is a colour of a picture, most of them derived from its main one.
type tone int

const (
	mainTone tone = iota
	darkTone
	lightTone
	groundTone // the background, to cut holes
	shadeTone  // a shadow on the background
	steelTone
	woodTone
	inkTone
	whiteTone
	leafTone
	flameTone
)

// figure is a flat shape that knows how far a point is from its border:
// negative inside.
type figure struct {
	tone     tone
	distance func(x, y float64) float64
	bounds   func() (x0, y0, x1, y1 float64)
}

func newFigure(t tone, x0, y0, x1, y1 float64, distance func(x, y float64) float64) figure {
	return figure{t, distance, func() (float64, float64, float64, float64) { return x0, y0, x1, y1 }}
}

// oval is an ellipse around a point. Its distance is an approximation that is
// exact at the border, which is all that smooth edges need.
func oval(t tone, cx, cy, rx, ry float64) figure {
	return newFigure(t, cx-rx, cy-ry, cx+rx, cy+ry, func(x, y float64) float64 {
		dx, dy := (x-cx)/rx, (y-cy)/ry
		radius := math.Hypot(dx, dy)
		slope := math.Hypot(dx/rx, dy/ry)
		if slope == 0 {
			return -min(rx, ry)
		}
		return radius * (radius - 1) / slope
	})
}

// ring is a circle drawn with a line of a width.
func ring(t tone, cx, cy, radius, width float64) figure {
	outer := radius + width/2
	return newFigure(t, cx-outer, cy-outer, cx+outer, cy+outer, func(x, y float64) float64 {
		return math.Abs(math.Hypot(x-cx, y-cy)-radius) - width/2
	})
}

// bar is a rectangle with round corners.
func bar(t tone, x0, y0, x1, y1, corner float64) figure {
	cx, cy, hx, hy := (x0+x1)/2, (y0+y1)/2, (x1-x0)/2-corner, (y1-y0)/2-corner
	return newFigure(t, x0, y0, x1, y1, func(x, y float64) float64 {
		dx, dy := math.Abs(x-cx)-hx, math.Abs(y-cy)-hy
		return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - corner
	})
}

// line is a straight line with round ends.
func line(t tone, x0, y0, x1, y1, width float64) figure {
	half := width / 2
	return newFigure(t, min(x0, x1)-half, min(y0, y1)-half, max(x0, x1)+half, max(y0, y1)+half,
		func(x, y float64) float64 { return toSegment(x, y, x0, y0, x1, y1) - half })
}

// patch is a polygon through points given as x, y, x, y …
func patch(t tone, points ...float64) figure {
	x0, y0, x1, y1 := points[0], points[1], points[0], points[1]
	for i := 0; i < len(points); i += 2 {
		x0, x1 = min(x0, points[i]), max(x1, points[i])
		y0, y1 = min(y0, points[i+1]), max(y1, points[i+1])
	}
	return newFigure(t, x0, y0, x1, y1, func(x, y float64) float64 {
		distance, inside := math.Inf(1), false
		for i, j := 0, len(points)-2; i < len(points); j, i = i, i+2 {
			ax, ay, bx, by := points[i], points[i+1], points[j], points[j+1]
			distance = min(distance, toSegment(x, y, ax, ay, bx, by))
			if (ay > y) != (by > y) && x < (bx-ax)*(y-ay)/(by-ay)+ax {
				inside = !inside
			}
		}
		if inside {
			return -distance
		}
		return distance
	})
}

// toSegment is the distance of a point from a straight line between two others.
func toSegment(x, y, x0, y0, x1, y1 float64) float64 {
	dx, dy := x1-x0, y1-y0
	share := 0.0
	if length := dx*dx + dy*dy; length > 0 {
		share = min(1, max(0, ((x-x0)*dx+(y-y0)*dy)/length))
	}
	return math.Hypot(x-x0-share*dx, y-y0-share*dy)
}
