package sandbox

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// The sides of a picture, in pixels. The largest keeps drawing under a second.
const (
	smallestPicture = 16
	largestPicture  = 1600
)

// motif is how a product is drawn: a shape in a colour.
type motif struct {
	shape  string
	colour color.RGBA
}

// spareShapes and spareColours draw the products of other catalogues, which
// have no motif.
var (
	spareShapes  = []string{"box", "backpack", "shirt", "mug", "bottle", "lamp"}
	spareColours = []color.RGBA{
		{R: 0x3f, G: 0x86, B: 0xc4, A: 255}, {R: 0x4c, G: 0x9a, B: 0x57, A: 255},
		{R: 0xe8, G: 0x81, B: 0x2f, A: 255}, {R: 0x7a, G: 0x55, B: 0x9c, A: 255},
		{R: 0xc8, G: 0x38, B: 0x2f, A: 255},
	}
)

// Picture draws a picture of a product as a PNG of width by height pixels: the
// shape of its kind in its colour, or a parcel or the like for a product that is
// not in the own assortment. drawing tells the pictures of one product apart, in
// any counting from 0 or 1; each fourth is the same again. The same arguments
// give the same bytes. The error is that of a side below 16 or above 1600 pixels,
// or of a negative drawing.
func Picture(productID int64, drawing, width, height int) ([]byte, error) {
	if width < smallestPicture || height < smallestPicture || width > largestPicture || height > largestPicture {
		return nil, fmt.Errorf("a picture of %d by %d pixels cannot be drawn: ask for sides from %d to %d",
			width, height, smallestPicture, largestPicture)
	}
	if drawing < 0 {
		return nil, fmt.Errorf("there is no drawing %d: drawings are counted from 0", drawing)
	}
	m, own := assortmentMotifs()[productID]
	if !own {
		m = motif{
			shape:  spareShapes[pick(productID, "shape", int64(len(spareShapes)))],
			colour: spareColours[pick(productID, "colour", int64(len(spareColours)))],
		}
	}
	canvas := newCanvas(m.colour, drawing, width, height)
	for _, f := range shapes[m.shape] {
		canvas.draw(f)
	}
	var file bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := encoder.Encode(&file, canvas.image); err != nil {
		return nil, fmt.Errorf("drawing the picture of product %d: %w", productID, err)
	}
	return file.Bytes(), nil
}

// canvas draws figures, whose coordinates run from 0 to 1 with y downwards, on
// the middle square of an image.
type canvas struct {
	image  *image.RGBA
	tones  map[tone]color.RGBA
	scale  float64 // pixels per unit
	left   float64 // where the square begins, in pixels
	top    float64
	mirror bool
}

// newCanvas paints the background. The drawings of a product differ: the second
// is mirrored, the third is a close-up, the fourth is a mirrored close-up; each
// has a background of its own.
func newCanvas(main color.RGBA, drawing, width, height int) *canvas {
	c := &canvas{image: image.NewRGBA(image.Rect(0, 0, width, height)), mirror: drawing%2 == 0}
	variant := drawing % 4
	side := float64(min(width, height))
	c.scale = side
	if variant == 3 || variant == 0 {
		c.scale = side * 1.35
	}
	c.left = (float64(width) - c.scale) / 2
	c.top = (float64(height) - c.scale) / 2
	backgrounds := []color.RGBA{{R: 0xec, G: 0xef, B: 0xf1, A: 255}, {R: 0xf7, G: 0xf5, B: 0xf0, A: 255},
		{R: 0xe9, G: 0xf1, B: 0xea, A: 255}, {R: 0xf3, G: 0xec, B: 0xe4, A: 255}}
	background := mixed(backgrounds[variant], main, 0.06)
	if pale := min(main.R, main.G, main.B); pale > 0xd8 {
		// White goods would be lost on a white ground.
		background = mixed(background, color.RGBA{R: 0x5b, G: 0x7c, B: 0x96, A: 255}, 0.28)
	}
	c.tones = tonesOf(main, background)
	for i := 0; i < len(c.image.Pix); i += 4 {
		c.image.Pix[i], c.image.Pix[i+1], c.image.Pix[i+2], c.image.Pix[i+3] = background.R, background.G, background.B, 255
	}
	return c
}

// tonesOf derives the tones of a picture from its main colour.
func tonesOf(main, background color.RGBA) map[tone]color.RGBA {
	black, white := color.RGBA{A: 255}, color.RGBA{R: 255, G: 255, B: 255, A: 255}
	return map[tone]color.RGBA{
		mainTone:   main,
		darkTone:   mixed(main, black, 0.28),
		lightTone:  mixed(main, white, 0.42),
		groundTone: background,
		shadeTone:  mixed(background, black, 0.12),
		steelTone:  {R: 0x9a, G: 0xa5, B: 0xae, A: 255},
		woodTone:   {R: 0xb5, G: 0x84, B: 0x4f, A: 255},
		inkTone:    {R: 0x3a, G: 0x3f, B: 0x45, A: 255},
		whiteTone:  {R: 0xfd, G: 0xfc, B: 0xf8, A: 255},
		leafTone:   {R: 0x5a, G: 0x98, B: 0x55, A: 255},
		flameTone:  {R: 0xf6, G: 0xa8, B: 0x2c, A: 255},
	}
}

// mixed is a with a share of b, from 0 to 1.
func mixed(a, b color.RGBA, share float64) color.RGBA {
	blend := func(x, y uint8) uint8 { return uint8(math.Round(float64(x)*(1-share) + float64(y)*share)) }
	return color.RGBA{R: blend(a.R, b.R), G: blend(a.G, b.G), B: blend(a.B, b.B), A: 255}
}

// draw paints one figure with smooth edges: a pixel is covered in so far as its
// middle lies within half a pixel of the figure's border.
func (c *canvas) draw(f figure) {
	x0, y0, x1, y1 := f.bounds()
	if c.mirror {
		x0, x1 = 1-x1, 1-x0
	}
	bounds := c.image.Bounds()
	fromX := max(bounds.Min.X, int(x0*c.scale+c.left)-1)
	toX := min(bounds.Max.X, int(x1*c.scale+c.left)+2)
	fromY := max(bounds.Min.Y, int(y0*c.scale+c.top)-1)
	toY := min(bounds.Max.Y, int(y1*c.scale+c.top)+2)
	paint := c.tones[f.tone]
	for py := fromY; py < toY; py++ {
		y := (float64(py) + 0.5 - c.top) / c.scale
		for px := fromX; px < toX; px++ {
			x := (float64(px) + 0.5 - c.left) / c.scale
			if c.mirror {
				x = 1 - x
			}
			covered := 0.5 - f.distance(x, y)*c.scale
			if covered <= 0 {
				continue
			}
			at := c.image.RGBAAt(px, py)
			c.image.SetRGBA(px, py, mixed(at, paint, min(covered, 1)))
		}
	}
}
