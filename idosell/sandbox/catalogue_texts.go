package sandbox

import (
	"html"
	"strings"
)

// dirt is what shops really paste into descriptions, by the flag that asks for
// it. A description that holds one of them must be cleaned before it is shown.
var dirt = map[string]string{
	"script":   `<script type="text/javascript">window.dataLayer=window.dataLayer||[];dataLayer.push({event:"opis"});</script>`,
	"onclick":  `<p><a href="javascript:void(0)" onclick="alert('Promocja!')">Kliknij tutaj</a></p>`,
	"style":    `<div style="font-family:Comic Sans MS;font-size:18pt;color:#ff0000;position:absolute"><font size="5">Nowość!</font></div>`,
	"unclosed": `<p><b>Uwaga: <i>rozmiarówka standardowa<p>Polecamy`,
	"word":     `<p class="MsoNormal" style="margin-bottom:.0001pt;mso-line-height-rule:exactly">&nbsp;<o:p></o:p></p>`,
}

// writeDescriptions writes the short and long descriptions from the category's sentences
// and the product's parameters.
func writeDescriptions(p *Product, producer string, sentences []bilingual, dirtFlag string) {
	p.Shorts, p.Longs = map[string]string{}, map[string]string{}
	first := 0
	if len(sentences) > 0 {
		first = int(pick(p.ID, "sentence", int64(len(sentences))))
	}
	for _, language := range []string{"pol", "eng"} {
		var texts []string
		for i := range sentences {
			sentence := sentences[(first+i)%len(sentences)]
			texts = append(texts, html.EscapeString(sentence.byLanguage()[language]))
		}
		name := html.EscapeString(p.Names[language])
		p.Longs[language] = strings.TrimSpace(longDescription(p, language, name, producer, texts) + dirt[dirtFlag])
		if len(texts) > 0 {
			p.Shorts[language] = "<p>" + texts[0] + "</p>"
		} else {
			p.Shorts[language] = "<p>" + name + "</p>"
		}
	}
}

func longDescription(p *Product, language, name, producer string, sentences []string) string {
	var text strings.Builder
	text.WriteString("<p><strong>" + name + "</strong> &ndash; " + html.EscapeString(producer) + ".")
	if len(sentences) > 0 {
		text.WriteString(" " + sentences[0])
	}
	text.WriteString("</p>\n")
	if len(p.Parameters) > 0 {
		text.WriteString("<ul>\n")
		for _, parameter := range p.Parameters {
			text.WriteString("<li>" + html.EscapeString(parameter.Names[language]) + ": <b>" +
				html.EscapeString(parameter.Values[language]) + "</b></li>\n")
		}
		text.WriteString("</ul>\n")
	}
	if len(sentences) > 1 {
		text.WriteString("<p>" + strings.Join(sentences[1:], " ") + "</p>\n")
	}
	return text.String()
}
