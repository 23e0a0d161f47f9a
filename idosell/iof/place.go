package iof

// place is where in a product's element reading is. Elements that have no place
// are passed over with all that is in them.
type place uint8

const (
	nowhere place = iota
	inProduct
	inProducer
	inCategory
	inCategoryTranslation
	inUnit
	inSeries
	inWarranty
	inCard
	inDescription
	inName
	inVersion
	inVersionName
	inLongDesc
	inShortDesc
	inKeywords
	inPrice
	inSRP
	inRetailPrice
	inMinimalPrice
	inRetailWas
	inWholesaleWas
	inSitePrice // of one shop, and of one size
	inPromotion
	inPromotionPrice
	inSizes
	inSize
	inStock
	inImages
	inLargeImages
	inLargeImage
	inIcons
	inIcon
	inParameters
	inParameter
	inValue
	inSellBy
)

// inside is the place of an element inside another one.
func (outer place) inside(name []byte) place {
	switch outer {
	case inProduct:
		return insideProduct(name)
	case inDescription:
		return insideDescription(name)
	case inVersion:
		if string(name) == "name" {
			return inVersionName
		}
	case inPrice, inRetailPrice, inMinimalPrice:
		return outer.insidePrice(name)
	case inPromotion:
		if string(name) == "price" {
			return inPromotionPrice
		}
	case inSizes:
		if string(name) == "size" {
			return inSize
		}
	case inSize:
		if string(name) == "stock" {
			return inStock
		}
		return priceNamed(name)
	case inImages, inLargeImages, inIcons:
		return outer.insideImages(name)
	case inParameters:
		if string(name) == "parameter" || string(name) == "section" {
			return inParameter
		}
	case inParameter:
		if string(name) == "value" {
			return inValue
		}
	}
	return nowhere
}

func insideProduct(name []byte) place {
	switch string(name) {
	case "producer":
		return inProducer
	case "category":
		return inCategory
	case "category_translation":
		return inCategoryTranslation
	case "unit":
		return inUnit
	case "series":
		return inSeries
	case "warranty":
		return inWarranty
	case "card":
		return inCard
	case "description":
		return inDescription
	case "promotion":
		return inPromotion
	case "sizes":
		return inSizes
	case "images":
		return inImages
	case "parameters":
		return inParameters
	case "sell_by":
		return inSellBy
	}
	return priceNamed(name)
}

func insideDescription(name []byte) place {
	switch string(name) {
	case "name":
		return inName
	case "version":
		return inVersion
	case "long_desc":
		return inLongDesc
	case "short_desc":
		return inShortDesc
	case "search_keywords":
		return inKeywords
	}
	return nowhere
}

// priceNamed are the prices that products and sizes have.
func priceNamed(name []byte) place {
	switch string(name) {
	case "price":
		return inPrice
	case "srp":
		return inSRP
	case "price_retail":
		return inRetailPrice
	case "price_minimal":
		return inMinimalPrice
	case "strikethrough_retail_price":
		return inRetailWas
	case "strikethrough_wholesale_price":
		return inWholesaleWas
	}
	return nowhere
}

func (outer place) insidePrice(name []byte) place {
	switch {
	case outer == inPrice && string(name) == "normal_retail_price":
		return inRetailPrice
	case outer != inPrice && string(name) == "site":
		return inSitePrice
	}
	return nowhere
}

// insideImages is also for 2.6 as other programs write it (seen in public
// code): there pictures stand in images itself.
func (outer place) insideImages(name []byte) place {
	switch {
	case outer == inImages && string(name) == "large":
		return inLargeImages
	case outer == inImages && string(name) == "icons":
		return inIcons
	case outer != inIcons && string(name) == "image":
		return inLargeImage
	case outer == inIcons && string(name) == "icon":
		return inIcon
	}
	return nowhere
}
