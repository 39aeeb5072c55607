package main

import (
	"strings"
	"testing"
)

func TestShapesFillTheirCells(t *testing.T) {
	t.Parallel()
	for text, wants := range map[string][]string{
		"▁":                   {"M14.00 46.88h8.40v2.12h-8.40z"},                                               // the lowest eighth
		"█":                   {"M14.00 32.00h8.40v17.00h-8.40z"},                                              // all of it
		"─":                   {"M14.00 39.90h4.80v1.20", "M17.60 39.90h4.80v1.20"},                            // from edge to edge
		"┌":                   {"M17.60 39.90h4.80v1.20", "M17.60 39.90h1.20v9.10"},                            // right and down
		"┘":                   {"M14.00 39.90h4.80v1.20", "M17.60 32.00h1.20v9.10"},                            // left and up
		"⡀":                   {"M15.15 46.88a"},                                                               // the dot at the bottom left
		"⠈":                   {"M19.35 34.12a"},                                                               // the one at the top right
		"\x1b[31m█\n█\x1b[0m": {`d="M14.00 32.00`, `d="M14.00 49.00`, `fill="#e06c75"/>`},                      // of its colour, in its line
		"\x1b[2m──\x1b[0m":    {`v1.20h-4.80zM22.40 39.90h`, `opacity="0.6"/>`},                                // neighbours are one path
		"\x1b[42m▄\x1b[0m":    {`<rect x="14.0" y="32.0" width="8.4" height="17.0" fill="#98c379"/>`, "<path"}, // before its background
	} {
		svg := picture(text, "", 20, 3)
		for _, want := range wants {
			if !strings.Contains(svg, want) {
				t.Errorf("%q lacks %s:\n%s", text, want, svg)
			}
		}
		if strings.Count(svg, "<text") != 1 { // the title
			t.Errorf("%q is also written:\n%s", text, svg)
		}
	}
	for _, r := range "┌┐└┘├┤┬┴┼" {
		if n := strings.Count(shape(r, 0, 0), "M"); n != len(arms[r]) {
			t.Errorf("%c has %d arms", r, n)
		}
	}
	if n := strings.Count(shape('⣿', 0, 0), "M"); n != 8 {
		t.Errorf("⣿ has %d dots", n)
	}
}

// The glyph of a sign may come from a font with other widths; what follows it
// stands in its column nevertheless.
func TestWhatFollowsASignHasAPlaceOfItsOwn(t *testing.T) {
	t.Parallel()
	svg := picture("a●b─c…d", "", 20, 3)
	for _, want := range []string{
		`<text x="14.0" y="45.0" textLength="8.4" lengthAdjust="spacingAndGlyphs" xml:space="preserve">a<`,
		`<text x="22.4" y="45.0" textLength="8.4" lengthAdjust="spacingAndGlyphs" xml:space="preserve">●<`,
		`<text x="30.8" y="45.0" textLength="8.4" lengthAdjust="spacingAndGlyphs" xml:space="preserve">b<`,
		`<path d="M39.20`,
		`<text x="47.6" y="45.0" textLength="25.2" lengthAdjust="spacingAndGlyphs" xml:space="preserve">c…d<`,
	} {
		if !strings.Contains(svg, want) {
			t.Errorf("lacks %s:\n%s", want, svg)
		}
	}
}
