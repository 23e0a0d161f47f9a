package storefront_test

import (
	"fmt"
	"hash/fnv"

	"github.com/gofiber/fiber/v2"
)

// snippet stands in for oct8ne's: it notes what it is told.
const snippet = `window.octobridge = { told: [], update: function (what) { this.told.push(what); } };`

// picture draws a product of the colour that its name has.
func picture(c *fiber.Ctx) error {
	sum := fnv.New32a()
	fmt.Fprint(sum, c.Params("file"))
	hue := sum.Sum32() % 360
	c.Set("Content-Type", "image/svg+xml")
	return c.SendString(fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">
<rect width="200" height="200" fill="hsl(%d 35%% 92%%)"/>
<rect x="60" y="55" width="75" height="95" rx="12" fill="hsl(%d 45%% 55%%)"/>
<path d="M135 80q30 0 30 25t-30 25" fill="none" stroke="hsl(%d 45%% 45%%)" stroke-width="10"/></svg>`, hue, hue, hue))
}
