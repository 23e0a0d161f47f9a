package bridge

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"sync"

	"github.com/gofiber/fiber/v2"
)

// NoPicturePath is where ServeNoPicture must be mounted, below the public URL:
// products without a picture refer to it.
const NoPicturePath = "/oct8ne/no-picture.png"

// NoPicture returns a PNG of 400 by 400 pixels that stands for a missing
// picture: a grey frame with hills and a sun. Callers must not change it.
var NoPicture = sync.OnceValue(drawNoPicture)

// ServeNoPicture answers with NoPicture.
func ServeNoPicture(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "image/png")
	c.Set(fiber.HeaderCacheControl, "public, max-age=86400")
	return c.Send(NoPicture())
}

func drawNoPicture() []byte {
	const side = 400
	paper, ink := uint8(0), uint8(1)
	canvas := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{
		color.Gray{Y: 0xf2}, color.Gray{Y: 0xc4},
	})
	square := func(n int) int { return n * n }
	for y := range side {
		for x := range side {
			inside := x >= 100 && x < 300 && y >= 125 && y < 275
			border := inside && (x < 106 || x >= 294 || y < 131 || y >= 269)
			sun := square(x-145)+square(y-170) < square(18)
			hills := inside && (y-190 > abs(x-190) || y-165 > abs(x-245))
			shade := paper
			if border || sun || hills {
				shade = ink
			}
			canvas.SetColorIndex(x, y, shade)
		}
	}
	var out bytes.Buffer
	// Encoding a picture of our own into memory cannot fail.
	if err := png.Encode(&out, canvas); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func abs(n int) int { return max(n, -n) }
