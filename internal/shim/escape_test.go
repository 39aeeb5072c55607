package shim

import (
	"strings"
	"testing"

	"github.com/charmbracelet/x/vt"
)

func TestEscapesAreFollowed(t *testing.T) {
	t.Parallel()
	for out, want := range map[string]escapes{
		"plain\r\ntext":              {},
		"\x1b[31mred":                {},
		"\x1b[2J\x1b[H\x1b[K\x1b[A":  {},
		"\x1b[?1049h":                {alt: true, modes: true},
		"\x1b[?1049h\x1b[?1049l":     {modes: true},
		"\x1b[?25;47h":               {alt: true, modes: true},
		"\x1b[5;10r":                 {region: true, modes: true},
		"\x1b[?25l":                  {modes: true},
		"\x1b(0":                     {modes: true},
		"\x1b]0;title\x07after":      {},
		"\x1b]0;title\x1b\\after":    {},
		"\x1bPdcs\x1b\\":             {},
		"\x1b[3":                     {state: csi},
		"\x1b":                       {state: escape},
		"\x1b]0;half":                {state: text},
		"\x1b]0;half\x1b":            {state: textEnds},
		"\x1b[31\x18cancelled":       {},
		"\x1b]8;;http://x\x07\x1b[m": {},
	} {
		for cut := range len(out) + 1 { // however it is cut into reads
			var e escapes
			e.feed([]byte(out[:cut]))
			e.feed([]byte(out[cut:]))
			if e.state != want.state || e.alt != want.alt || e.region != want.region || e.modes != want.modes {
				t.Errorf("%q cut at %d: %+v", out, cut, e)
				break
			}
		}
	}
}

// left is what a program that died full-screen leaves.
const left = "\x1b[?1049h\x1b[?25l\x1b[?1000h\x1b[?1006h\x1b[?2004h\x1b[5;10r\x1b[4h\x1b[?7l\x1b[31m\x1b(0\x1b]0;half a title"

func TestResetMakesTheTerminalUsable(t *testing.T) {
	t.Parallel()
	screen := vt.NewEmulator(40, 10)
	var e escapes
	before := "\r\n\r\n\r\none\r\ntwo\r\n"
	_, _ = screen.Write([]byte(before + left))
	e.feed([]byte(before + left))
	if !e.alt || e.state == ground {
		t.Fatalf("%+v", e)
	}
	_, _ = screen.Write(e.reset())
	_, _ = screen.Write([]byte("\r\nafter " + strings.Repeat("x", 40)))
	if screen.IsAltScreen() {
		t.Error("the alternate screen is still on")
	}
	shown := screen.String()
	for _, want := range []string{"one", "two", "after xxx", "xxxxxx"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not to be seen:\n%s", want, shown)
		}
	}
	if e.alt || e.modes || e.state != ground {
		t.Errorf("after the reset: %+v", e)
	}
}

func TestAnHonestPrinterIsLeftAlone(t *testing.T) {
	t.Parallel()
	var e escapes
	e.feed([]byte("\x1b[32mok\x1b[0m\r\n"))
	if got := string(e.reset()); got != "\x1b[0m" {
		t.Errorf("its terminal is reset by %q", got)
	}
}

func FuzzEscapes(f *testing.F) {
	f.Add([]byte(left), 3)
	f.Add([]byte("a\nb\x1b[1;2\nm\n"), 1)
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		var whole, parts escapes
		whole.feed(b)
		cut = min(max(cut, 0), len(b))
		parts.feed(b[:cut])
		parts.feed(b[cut:])
		whole.params, parts.params = nil, nil
		if whole.state != parts.state || whole.alt != parts.alt || whole.modes != parts.modes || whole.unsafe != parts.unsafe || whole.seen != int64(len(b)) {
			t.Errorf("whole %+v, in parts %+v", whole, parts)
		}
	})
}
