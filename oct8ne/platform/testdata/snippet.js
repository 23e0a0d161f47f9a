/* octobridge: puts oct8ne's widget into this page, with what the attributes of
   the script's own tag say of it: data-product-id, data-product-thumbnail,
   data-locale, data-currency. */
(function (window, document) {
  "use strict";

  if (window.octobridge && window.octobridge.update) {
    return; // included twice
  }

  var settings = {"license":"3BDFF5329C414EBBB116CCE1CE1AD807","server":"backoffice-eu.oct8ne.com/","staticServer":"static-eu.oct8ne.com/","baseUrl":"https://shop.example","checkoutUrl":"https://shop.example/kasa","loginUrl":"https://shop.example/account","checkoutSuccessUrl":"https://shop.example/kasa/dziękujemy","locale":"pl-PL","currencyCode":"PLN","apiVersion":"2.4","addToCartHttpVerb":"GET","addedToCart":"octobridge:added-to-cart","addedToWishList":"octobridge:added-to-wish-list"};
  var kinds = { cart: true, wishlist: true, user: true };
  var patience = 5000; // ms that an update waits for oct8ne
  var pause = 100; // ms between two looks

  // The tag of this script. Old browsers do not tell it of an async one.
  function ownTag() {
    var scripts = document.getElementsByTagName("script");
    var i;
    if (document.currentScript && document.currentScript.getAttribute) {
      return document.currentScript;
    }
    for (i = scripts.length - 1; i >= 0; i -= 1) {
      if (/\/oct8ne\/snippet\.js([?#]|$)/.test(scripts[i].getAttribute("src") || "")) {
        return scripts[i];
      }
    }
    return null;
  }

  function said(tag, name) {
    return (tag && tag.getAttribute("data-" + name) || "").replace(/^\s+|\s+$/g, "");
  }

  // The language of the page; a bare one means the shop's country, where that is
  // of the same language.
  function localeOf(tag) {
    var locale = said(tag, "locale") || document.documentElement.getAttribute("lang") || "";
    var usual = settings.locale || "";
    locale = locale.replace(/_/g, "-");
    if (!locale || locale.toLowerCase() === usual.split("-")[0].toLowerCase()) {
      return usual || locale;
    }
    return locale;
  }

  function setProduct(oct8ne, id, thumbnail) {
    if (id === undefined || id === null || id === "") {
      delete oct8ne.currentProduct;
      return;
    }
    oct8ne.currentProduct = { id: String(id), thumbnail: String(thumbnail || "") };
  }

  function dispatch(name, productId) {
    var detail = { productId: String(productId) };
    var event;
    if (typeof window.CustomEvent === "function") {
      event = new window.CustomEvent(name, { detail: detail });
    } else {
      event = document.createEvent("CustomEvent");
      event.initCustomEvent(name, false, false, detail);
    }
    document.dispatchEvent(event);
  }

  function insertWidget(tag) {
    var oct8ne = document.createElement("script");
    var nonce = tag && (tag.nonce || tag.getAttribute("nonce"));
    var first = document.getElementsByTagName("script")[0];
    oct8ne.type = "text/javascript";
    oct8ne.server = settings.server;
    oct8ne.src = (document.location.protocol === "https:" ? "https://" : "http://") + settings.staticServer +
      "api/v2/oct8ne.js?" + Math.round(new Date().getTime() / 86400000);
    oct8ne.async = true;
    oct8ne.license = settings.license;
    oct8ne.baseUrl = settings.baseUrl;
    oct8ne.checkoutUrl = settings.checkoutUrl;
    oct8ne.loginUrl = settings.loginUrl;
    oct8ne.checkoutSuccessUrl = settings.checkoutSuccessUrl;
    oct8ne.locale = localeOf(tag);
    oct8ne.currencyCode = (said(tag, "currency") || settings.currencyCode).toUpperCase();
    oct8ne.apiVersion = settings.apiVersion;
    oct8ne.addToCartHttpVerb = settings.addToCartHttpVerb;
    setProduct(oct8ne, said(tag, "product-id"), said(tag, "product-thumbnail"));
    oct8ne.onProductAddedToCart = function (productId) {
      dispatch(settings.addedToCart, productId);
    };
    oct8ne.onProductAddedToWishList = function (productId) {
      dispatch(settings.addedToWishList, productId);
    };
    if (nonce) {
      oct8ne.nonce = nonce;
    }
    window.oct8ne = oct8ne; // where oct8ne's script looks
    if (first && first.parentNode) {
      first.parentNode.insertBefore(oct8ne, first);
    } else {
      document.documentElement.appendChild(oct8ne);
    }
  }

  // Kinds of updates that wait for oct8ne, with the time when each is dropped.
  var waiting = {};
  var timer = null;

  function ready() {
    return window.oct8ne && typeof window.oct8ne.update === "function";
  }

  function look() {
    var now = new Date().getTime();
    var left = false;
    var what;
    timer = null;
    for (what in waiting) {
      if (waiting.hasOwnProperty(what)) {
        if (ready()) {
          delete waiting[what];
          window.oct8ne.update(what);
        } else if (now > waiting[what]) {
          delete waiting[what];
        } else {
          left = true;
        }
      }
    }
    if (left) {
      timer = window.setTimeout(look, pause);
    }
  }

  window.octobridge = {
    // Tells oct8ne's widget that "cart", "wishlist" or "user" has changed here.
    // Returns whether what is one of them.
    update: function (what) {
      if (!kinds.hasOwnProperty(what)) {
        return false;
      }
      if (ready()) {
        window.oct8ne.update(what);
      } else {
        waiting[what] = new Date().getTime() + patience;
        if (timer === null) {
          timer = window.setTimeout(look, pause);
        }
      }
      return true;
    },
    // Says which product the page shows now; without an id, that it shows none.
    product: function (id, thumbnail) {
      if (window.oct8ne) {
        setProduct(window.oct8ne, id, thumbnail);
      }
    }
  };

  if (window.oct8ne && window.oct8ne.license) {
    return; // the page has the widget already
  }
  if (!settings.license || !settings.server || !settings.staticServer) {
    if (window.console && window.console.warn) {
      window.console.warn("octobridge: oct8ne's widget is not shown: oct8ne.license, oct8ne.server or oct8ne.static_server is not configured");
    }
    return;
  }
  insertWidget(ownTag());
}(window, document));
