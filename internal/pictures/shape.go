package main

import (
	"fmt"
	"strings"
)

const (
	lineWidth = 1.2 // of a box-drawing line
	dotRadius = 0.95
)

// arms are the light box-drawing characters, by where their lines go from the
// middle of the cell: left, right, up, down.
var arms = map[rune]string{
	'─': "lr", '│': "ud", '┌': "rd", '┐': "ld", '└': "ru", '┘': "lu",
	'├': "rud", '┤': "lud", '┬': "lrd", '┴': "lru", '┼': "lrud",
}

// dots are the cells of a braille character's bits: column and row.
var dots = [8][2]int{{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {0, 3}, {1, 3}}

// isShape reports whether a character is drawn, not written. A font's own would
// not meet its neighbours: its cells are of another height, and a braille
// character mostly comes from another font, of another width.
func isShape(r rune) bool {
	return arms[r] != "" || r >= '▁' && r <= '█' || r > 0x2800 && r <= 0x28ff
}

// shape is the path that fills what a character shows, in the cell at x and y.
func shape(r rune, x, y float64) string {
	var b strings.Builder
	box := func(x, y, w, h float64) { fmt.Fprintf(&b, "M%.2f %.2fh%.2fv%.2fh%.2fz", x, y, w, h, -w) }
	switch {
	case arms[r] != "":
		const half = lineWidth / 2
		mx, my := x+cellWidth/2, y+cellHeight/2
		for _, arm := range arms[r] { // each reaches through the middle, so that corners are closed
			switch arm {
			case 'l':
				box(x, my-half, cellWidth/2+half, lineWidth)
			case 'r':
				box(mx-half, my-half, cellWidth/2+half, lineWidth)
			case 'u':
				box(mx-half, y, lineWidth, cellHeight/2+half)
			case 'd':
				box(mx-half, my-half, lineWidth, cellHeight/2+half)
			}
		}
	case r >= '▁' && r <= '█':
		h := cellHeight * float64(r-'▁'+1) / 8
		box(x, y+cellHeight-h, cellWidth, h)
	default:
		for bit, at := range dots {
			if (r-0x2800)>>bit&1 == 0 {
				continue
			}
			cx, cy := x+cellWidth*(0.25+0.5*float64(at[0])), y+cellHeight*(0.125+0.25*float64(at[1]))
			fmt.Fprintf(&b, "M%.2f %.2fa%[3]g %[3]g 0 1 0 %[4]g 0a%[3]g %[3]g 0 1 0 -%[4]g 0z", cx-dotRadius, cy, dotRadius, 2*dotRadius)
		}
	}
	return b.String()
}
