package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestPicture(t *testing.T) {
	t.Parallel()
	for captured, wants := range map[string][]string{
		"plain  text":                        {">plain</text>", ">text</text>", `x="72.8"`},
		"a<b & \"c\">":                       {"a&lt;b</text>", ">&amp;</text>", "&quot;c&quot;&gt;</text>"},
		"\x1b[1;31mred\x1b[0m":               {`fill="#e06c75" font-weight="bold">red<`},
		"\x1b[2mfaint\x1b[0m":                {`opacity="0.6">faint<`},
		"\x1b[3;4mboth\x1b[0m":               {`font-style="italic" text-decoration="underline">both<`},
		"\x1b[7mturned\x1b[0m":               {`fill="#d6d9e0"/>`, `fill="#16181d">turned<`},
		"\x1b[38;5;196mx\x1b[0m":             {`fill="#ff0000">x<`},
		"\x1b[38;5;9mx\x1b[0m":               {`fill="#f07f88">x<`},
		"\x1b[38;2;1;2;3mx\x1b[0m":           {`fill="#010203">x<`},
		"\x1b[48;5;236m  \x1b[0m":            {`width="16.8" height="17.0" fill="#303030"/>`},
		"\x1b[48;5;236mbar":                  {`x="39.2" y="32.0" width="142.8" height="17.0" fill="#303030"/>`}, // to the end
		"日本\x1b[32m語\x1b[0m|":                {`textLength="33.6"`, ">日本</text>", `textLength="16.8"`, ">語</text>", `x="64.4"`},
		"one\n\x1b[32mtwo\x1b[0m\n":          {">one</text>", `y="62.0"`},
		"\x1b[31m" + strings.Repeat("x", 50): {">" + strings.Repeat("x", 20) + "<"}, // no wider than the screen
	} {
		svg := picture(captured, "shop <1>", 20, 3)
		for _, want := range wants {
			if !strings.Contains(svg, want) {
				t.Errorf("%q lacks %s:\n%s", captured, want, svg)
			}
		}
		d := xml.NewDecoder(strings.NewReader(svg))
		for {
			if _, err := d.Token(); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%q: %v\n%s", captured, err, svg)
			}
		}
	}
	if svg := picture("\x1b[31m    \x1b[0m", "", 20, 3); strings.Count(svg, "<text") != 1 {
		t.Errorf("blanks are drawn:\n%s", svg)
	}
}
