package oct8ne_test

import (
	"context"
	"fmt"
	"io"
	"net/http/httptest"

	"github.com/gofiber/fiber/v2"

	"octobridge/internal/secret"
	"octobridge/oct8ne"
)

// teaShop is an adapter over three teas. An adapter of a real shop implements
// the other methods as well; embedding the interface is for this example only.
type teaShop struct{ oct8ne.Adapter }

var teas = map[string]string{"1": "Assam", "2": "Darjeeling", "3": "Sencha <first flush>"}

func (teaShop) ProductSummary(_ context.Context, _ *oct8ne.Request, ids []string) ([]oct8ne.ProductSummary, error) {
	var found []oct8ne.ProductSummary
	for _, id := range ids {
		if title, known := teas[id]; known {
			found = append(found, oct8ne.ProductSummary{
				InternalID: id, Title: title,
				ProductURL: "https://shop.example/tea/" + id, Thumbnail: "https://shop.example/tea/" + id + ".jpg",
			})
		}
	}
	return found, nil
}

// Mount puts an adapter on a Fiber router, with JSONP, paging, apiToken and
// deadlines taken care of.
func ExampleMount() {
	app := fiber.New()
	oct8ne.Mount(app, teaShop{}, oct8ne.Options{
		APIToken: secret.New("the token that oct8ne gave the shop"),
		Origins:  []string{"https://shop.example"},
		OnError: func(_ context.Context, method string, err error) {
			fmt.Println(method, "failed:", err)
		},
	})

	for _, address := range []string{
		"/oct8ne/frame/productSummary?productIds=3,9&callback=show",
		"/oct8ne/frame/productsummary?productIds=9",
		"/oct8ne/frame/productSummary?productIds=1&callback=alert(1)",
	} {
		response, err := app.Test(httptest.NewRequest("GET", address, nil))
		if err != nil {
			fmt.Println(err)
			return
		}
		body, err := io.ReadAll(response.Body)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(response.StatusCode, string(body))
	}
	// Output:
	// 200 /**/show([{"internalId":"3","title":"Sencha \u003cfirst flush>","formattedPrice":null,"formattedPrevPrice":null,"productUrl":"https://shop.example/tea/3","thumbnail":"https://shop.example/tea/3.jpg"}]);
	// 200 []
	// 400 {"error":"The callback must be a JavaScript identifier path of at most 100 characters."}
}
