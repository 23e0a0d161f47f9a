package sandbox_test

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"testing"

	"octobridge/idosell/sandbox"
)

func drawn(t *testing.T, product int64, drawing, width, height int) image.Image {
	t.Helper()
	file, err := sandbox.Picture(product, drawing, width, height)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("product %d, drawing %d: %v", product, drawing, err)
	}
	if got := picture.Bounds().Size(); got != image.Pt(width, height) {
		t.Errorf("product %d is drawn %v large, want %d by %d", product, got, width, height)
	}
	return picture
}

// near says whether two colours look alike.
func near(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	apart := func(x, y uint32) bool { return max(x, y)-min(x, y) > 0x1000 }
	return !apart(ar, br) && !apart(ag, bg) && !apart(ab, bb)
}

// share is how much of a picture has about a colour.
func share(picture image.Image, of color.Color) float64 {
	bounds, count := picture.Bounds(), 0
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			if near(picture.At(x, y), of) {
				count++
			}
		}
	}
	return float64(count) / float64(bounds.Dx()*bounds.Dy())
}

// The yellow mug is yellow, the green one green, and both leave room around them.
func TestPicturesShowTheColour(t *testing.T) {
	yellow, green := color.RGBA{R: 0xf0, G: 0xbf, B: 0x2c, A: 255}, color.RGBA{R: 0x4c, G: 0x9a, B: 0x57, A: 255}
	products := map[string]int64{}
	for _, p := range sandbox.Assortment().Products {
		products[p.Names["pol"]] = p.ID
	}
	for name, colours := range map[string][2]color.RGBA{
		"Kubek ceramiczny żółty 0,33 l":   {yellow, green},
		"Kubek ceramiczny zielony 0,33 l": {green, yellow},
	} {
		picture := drawn(t, products[name], 1, 200, 200)
		if own, other := share(picture, colours[0]), share(picture, colours[1]); own < 0.1 || other > 0.01 {
			t.Errorf("%s: %.2f of the picture has its colour, %.2f the other", name, own, other)
		}
		if ground := share(picture, picture.At(0, 0)); ground < 0.3 {
			t.Errorf("%s: only %.2f of the picture is background", name, ground)
		}
	}
}

func TestEveryProductCanBeSeen(t *testing.T) {
	for _, p := range sandbox.Assortment().Products {
		for drawing := range p.Drawings {
			picture := drawn(t, p.ID, drawing, 48, 48)
			if ground := share(picture, picture.At(0, 0)); ground > 0.93 {
				t.Errorf("%s, drawing %d: %.2f of the picture is background", p.Names["pol"], drawing, ground)
			}
		}
	}
}

func TestPicturesAreTheSameAtEachCall(t *testing.T) {
	seen := map[string]int{}
	for drawing := range 4 {
		first, err := sandbox.Picture(33, drawing, 90, 60)
		if err != nil {
			t.Fatal(err)
		}
		again, err := sandbox.Picture(33, drawing, 90, 60)
		if err != nil || !bytes.Equal(first, again) {
			t.Errorf("drawing %d differs from call to call (%v)", drawing, err)
		}
		if before, taken := seen[string(first)]; taken {
			t.Errorf("the drawings %d and %d are the same", before, drawing)
		}
		seen[string(first)] = drawing
	}
}

func TestPictureBounds(t *testing.T) {
	for _, side := range []int{-1, 0, 15, 1601, 1 << 30} {
		if _, err := sandbox.Picture(1, 0, side, 100); err == nil {
			t.Errorf("a picture %d pixels wide is drawn", side)
		}
		if _, err := sandbox.Picture(1, 0, 100, side); err == nil {
			t.Errorf("a picture %d pixels high is drawn", side)
		}
	}
	if _, err := sandbox.Picture(1, -1, 100, 100); err == nil {
		t.Error("the drawing -1 is drawn")
	}
	drawn(t, 1, 0, 16, 1600)
	drawn(t, 1, 0, 1600, 16)
}
