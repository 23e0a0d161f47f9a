package storefront

var wishListTemplate = parse("wishlist.html")

func (s *shop) wishList(v *visit) error {
	wishes, err := s.options.Visitors.Wishes(v.ctx, v.request)
	if err != nil {
		return s.fail(v, err)
	}
	p := s.newPage(v, wishListTemplate, WishListPath)
	p.Title, p.Body = p.tongue.text(table["wishList"]), wishes
	for _, wish := range wishes {
		p.loads = append(p.loads, wish.Picture)
	}
	return s.answer(v, p)
}

// changeWishList takes forms with "add" or "remove", the id of a product, and
// "back", the page of the shop's to go to afterwards.
func (s *shop) changeWishList(v *visit) error {
	add, remove := v.form.Get("add"), v.form.Get("remove")
	back := backTo(v.form.Get("back"), withLang(WishListPath, nil, v.view.lang))
	switch {
	case isProductID(add) && remove == "":
		outcome, err := s.options.Visitors.Wish(v.ctx, v.request, []string{add}, nil)
		return s.after(v, back, outcome, NoticeWished, err)
	case isProductID(remove) && add == "":
		outcome, err := s.options.Visitors.Wish(v.ctx, v.request, nil, []string{remove})
		return s.after(v, back, outcome, NoticeUnwished, err)
	default:
		return s.refuse(v, 400)
	}
}
