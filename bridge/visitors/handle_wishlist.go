package visitors

// wishesBody is a wish list as pages get it.
type wishesBody struct {
	Products []productBody `json:"products"`
	Stale    bool          `json:"stale,omitempty"`
}

type productBody struct {
	ID        string `json:"id"`
	Title     string `json:"title"`
	Price     string `json:"price"`
	Previous  string `json:"previous"`
	URL       string `json:"url"`
	Thumbnail string `json:"thumbnail"`
	Gone      bool   `json:"gone,omitempty"`
}

func (e *endpoints) getWishes(c *call) (answer, error) {
	view, err := c.view()
	if err != nil {
		return answer{}, err
	}
	shown, err := e.show(c.ctx, c.visitor, &Cart{}, c.visitor.Wishes, view)
	if err != nil {
		return answer{}, err
	}
	body := wishesBody{Products: []productBody{}, Stale: shown.Stale}
	for _, product := range shown.Wishes {
		body.Products = append(body.Products, productBody(product))
	}
	return answer{body: body}, nil
}

func (e *endpoints) patchWishes(c *call) (answer, error) {
	add, err := c.input.ids("add")
	if err != nil {
		return answer{}, err
	}
	remove, err := c.input.ids("remove")
	if err != nil {
		return answer{}, err
	}
	if len(add)+len(remove) == 0 {
		return answer{}, wrongInput("add or remove must be a list of ids.")
	}
	return e.setWishes(c, add, remove)
}

func (e *endpoints) deleteWishes(c *call) (answer, error) {
	if c.input.value("id") != nil {
		id, err := c.input.text("id", 1, mostIDBytes)
		if err != nil {
			return answer{}, err
		}
		return e.setWishes(c, nil, []string{id})
	}
	had := len(c.visitor.Wishes)
	now, err := e.ClearWishes(c.ctx, c.visitor)
	if err != nil {
		return answer{}, err
	}
	return e.changedWishes(c, &WishChange{Visitor: now, Changed: had > 0})
}

func (e *endpoints) setWishes(c *call, add, remove []string) (answer, error) {
	change, err := e.SetWishes(c.ctx, c.visitor, add, remove)
	if err != nil {
		return answer{}, err
	}
	return e.changedWishes(c, change)
}

func (e *endpoints) changedWishes(c *call, change *WishChange) (answer, error) {
	e.took(c, change.Visitor, change.Cookie)
	if change.Changed {
		e.tell(c, WhatWishlist)
	}
	return e.getWishes(c)
}
