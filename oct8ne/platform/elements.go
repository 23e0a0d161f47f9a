package platform

// PhonePIN returns an example of an element that shows the visitor's PIN when it is
// clicked, for a visitor who has an agent on the phone (oct8ne API 2.4, "Integration
// of the phone pin"). Only its class matters.
func PhonePIN() string {
	return `<!-- oct8ne shows the PIN for the agent on the phone below it, when it is clicked. -->
<span class="oct8ne-phone" style="cursor: pointer;">Are you on the phone with us? Show my PIN</span>
`
}

// EmbeddedLinks returns examples of elements that oct8ne shows while agents are
// there, and while none is (oct8ne API 2.4, "Integration of embedded links"). Only
// their classes, and that they are hidden at first, matter.
func EmbeddedLinks() string {
	return `<!-- Shown while an agent is there; a click opens the chat. -->
<div class="oct8ne-widget-on" style="display: none; cursor: pointer;">Look at it together with us</div>

<!-- Shown while no agent is there; a click opens oct8ne's contact form. -->
<div class="oct8ne-widget-off" style="display: none; cursor: pointer;">Leave us a message</div>

<!-- The same with a page of the shop in place of oct8ne's form. -->
<div class="oct8ne-widget-off oct8ne-widget-disabled" style="display: none; cursor: pointer;"><a href="/contact">Contact us</a></div>

<!-- Shown always. -->
<div class="oct8ne-widget-on oct8ne-widget-off" style="display: none; cursor: pointer;">Talk to us</div>
`
}
