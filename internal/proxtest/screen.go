package proxtest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// update says that what is on the screens is what is to be there from now on.
var update = flag.Bool("update", false, "write the golden screens anew")

// ScreenOptions say which program a Screen runs, and on what terminal.
type ScreenOptions struct {
	Width, Height int
	Argv          []string
	Env           []string // besides what this process has
	Term          string   // that the program sees; "" = tmux-256color
}

// Screen is a terminal program in a tmux of its own, looked at as a person
// does: keys in, cells out.
type Screen struct {
	t             testing.TB
	socket        string
	width, height int
}

// NewScreen starts a program. It ends with the test, together with its tmux.
func NewScreen(t testing.TB, o ScreenOptions) *Screen {
	t.Helper()
	dir, err := os.MkdirTemp("", "screen") // short enough for a socket
	if err != nil {
		t.Fatal(err)
	}
	s := &Screen{t: t, socket: filepath.Join(dir, "tmux"), width: o.Width, height: o.Height}
	term := o.Term
	if term == "" {
		term = "tmux-256color"
	}
	config := filepath.Join(dir, "conf")
	settings := fmt.Sprintf("set -g default-terminal %s\nset -g status off\nset -g mouse on\nset -sg escape-time 0\nset -g remain-on-exit on\n", term)
	if err := os.WriteFile(config, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = exec.CommandContext(context.Background(), "tmux", "-S", s.socket, "kill-server").Run() // it may have ended by itself
		_ = os.RemoveAll(dir)
	})
	args := []string{"-f", config, "new-session", "-d", "-x", strconv.Itoa(o.Width), "-y", strconv.Itoa(o.Height)}
	for _, kv := range o.Env {
		args = append(args, "-e", kv)
	}
	s.tmux(append(append(args, "--"), o.Argv...)...)
	return s
}

func (s *Screen) tmux(args ...string) string {
	s.t.Helper()
	cmd := exec.CommandContext(s.t.Context(), "tmux", append([]string{"-S", s.socket}, args...)...)
	cmd.Env = append(os.Environ(), "TMUX=")
	out, err := cmd.CombinedOutput()
	if err != nil {
		s.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// Keys sends keys by tmux's names: "Down", "C-c", "j".
func (s *Screen) Keys(keys ...string) {
	s.t.Helper()
	s.tmux(append([]string{"send-keys"}, keys...)...)
}

// Type sends a text as it is.
func (s *Screen) Type(text string) {
	s.t.Helper()
	s.tmux("send-keys", "-l", "--", text)
}

// Click presses and lets go the left button at a cell, counted from 0.
func (s *Screen) Click(x, y int) {
	s.t.Helper()
	s.sgr(0, x, y, 'M')
	s.sgr(0, x, y, 'm')
}

// Wheel turns the wheel by a notch, down or up.
func (s *Screen) Wheel(x, y int, down bool) {
	s.t.Helper()
	button := 64
	if down {
		button = 65
	}
	s.sgr(button, x, y, 'M')
}

// sgr sends a mouse event as a terminal in SGR mode does.
func (s *Screen) sgr(button, x, y int, end rune) {
	s.t.Helper()
	args := []string{"send-keys", "-H"}
	for _, b := range []byte(fmt.Sprintf("\x1b[<%d;%d;%d%c", button, x+1, y+1, end)) {
		args = append(args, fmt.Sprintf("%02x", b))
	}
	s.tmux(args...)
}

// Resize makes the terminal another size.
func (s *Screen) Resize(width, height int) {
	s.t.Helper()
	s.width, s.height = width, height
	s.tmux("resize-window", "-x", strconv.Itoa(width), "-y", strconv.Itoa(height))
}

// Text is what is on the screen, without blanks at the ends of lines.
func (s *Screen) Text() string {
	s.t.Helper()
	lines := strings.Split(s.tmux("capture-pane", "-p"), "\n")
	for k := range lines {
		lines[k] = strings.TrimRight(lines[k], " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// screenPatience is how long something may take to appear.
const screenPatience = 20 * time.Second

// Await waits until the screen is as wanted.
func (s *Screen) Await(what string, want func(text string) bool) {
	s.t.Helper()
	for end := time.Now().Add(screenPatience); ; time.Sleep(10 * time.Millisecond) {
		text := s.Text()
		if want(text) {
			return
		}
		if time.Now().After(end) {
			s.t.Fatalf("never seen: %s\n%s", what, text)
		}
	}
}

// AwaitText waits until a text is on the screen.
func (s *Screen) AwaitText(text string) {
	s.t.Helper()
	s.Await(text, func(screen string) bool { return strings.Contains(screen, text) })
}

// Ended reports whether the program has ended.
func (s *Screen) Ended() bool {
	s.t.Helper()
	return strings.TrimSpace(s.tmux("list-panes", "-F", "#{pane_dead}")) == "1"
}

// Golden waits until the screen is what testdata/screens/NAME.txt shows: its
// text, and how each cell is written. rub replaces what is another each time.
func (s *Screen) Golden(name string, rub ...func(string) string) {
	s.t.Helper()
	path := filepath.Join("testdata", "screens", name+".txt")
	look := func() string {
		got := s.cells()
		for _, r := range rub {
			got = r(got)
		}
		return got
	}
	if *update {
		before := ""
		for now := look(); now != before; now = look() { // until it stands still
			before = now
			time.Sleep(300 * time.Millisecond)
		}
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(before), 0o644); err != nil {
			s.t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatalf("%v; -update writes it, and then look at it", err)
	}
	got := ""
	for end := time.Now().Add(screenPatience / 4); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if got = look(); s.sameButEnds(got, string(want)) {
			return
		}
	}
	s.t.Errorf("the screen is not that of %s:\n%s\nbut:\n%s", path, want, got)
}

// sameButEnds compares two screens. Whether the blank end of a line has the
// background of what stands before it depends on the way it was drawn: tmux
// doesn't tell an end that was erased from one that was never written.
func (s *Screen) sameButEnds(got, want string) bool {
	end := regexp.MustCompile(fmt.Sprintf(`(?m),? \d+-%d 48;5;\d+$`, s.width-1))
	return end.ReplaceAllString(got, "") == end.ReplaceAllString(want, "")
}

// cells are the text between borders, then the styles of each line, each from
// the first to the last cell where one can see it.
func (s *Screen) cells() string {
	s.t.Helper()
	term := vt.NewEmulator(s.width, s.height)
	captured := strings.TrimSuffix(s.tmux("capture-pane", "-e", "-p", "-N"), "\n")
	_, _ = term.WriteString("\x1b[?7l" + strings.ReplaceAll(captured, "\n", "\r\n")) // it never fails
	var text, styles strings.Builder
	ends := erasedBackgrounds(term, captured, s.width)
	border := "+" + strings.Repeat("-", s.width) + "+\n"
	text.WriteString(border)
	for y := range s.height {
		text.WriteByte('|')
		var runs []string
		last, from, to := "", 0, 0
		flush := func() {
			if last != "" {
				runs = append(runs, fmt.Sprintf("%d-%d %s", from, to, last))
			}
		}
		for x := range s.width {
			style, content := "", " "
			if c := term.CellAt(x, y); c != nil {
				if c.Width == 0 {
					continue // the second half of a wide one
				}
				if c.Content != "" {
					content = c.Content
				}
				style = strings.TrimPrefix(strings.TrimSuffix(c.Style.String(), "m"), "\x1b[")
			}
			text.WriteString(content)
			if e := ends[y]; x >= e.from {
				style = e.style
			}
			if content == " " {
				if style = seenOnBlanks(style); style == "" {
					continue
				}
			}
			if style != last {
				flush()
				last, from = style, x
			}
			to = x
		}
		flush()
		text.WriteString("|\n")
		if len(runs) > 0 {
			fmt.Fprintf(&styles, "%2d: %s\n", y, strings.Join(runs, ", "))
		}
	}
	return text.String() + border + styles.String()
}

// seenOnBlanks is what of a style shows where nothing is written: reverse,
// underline, background. How the rest is, depends on what was there before.
func seenOnBlanks(style string) string {
	var seen []string
	for codes := strings.Split(style, ";"); len(codes) > 0; {
		n := 1
		if c := codes[0]; c == "38" || c == "48" {
			n = 5 // and 2, and three shares
			if len(codes) > 1 && codes[1] == "5" {
				n = 3 // and a number
			}
		}
		n = min(n, len(codes))
		switch c := codes[0]; {
		case c == "7", len(c) == 2 && c[0] == '4', c == "4", strings.HasPrefix(c, "4:"), len(c) == 3 && c[:2] == "10":
			seen = append(seen, codes[:n]...)
		}
		codes = codes[n:]
	}
	return strings.Join(seen, ";")
}

// erased is the end of a line that was erased, not written.
type erased struct {
	from  int
	style string
}

// erasedBackgrounds tells what tmux does not capture: ends of lines that were
// erased keep the background that was set. Whether an end is erased or written
// over with blanks depends on what was there before, so both count as that of
// the last cell.
func erasedBackgrounds(term *vt.Emulator, captured string, width int) []erased {
	var out []erased
	for y, line := range strings.Split(captured, "\n") {
		e := erased{from: ansi.StringWidth(line)}
		if c := term.CellAt(e.from-1, y); c != nil && e.from < width && c.Style.Bg != nil {
			bg := uv.Style{Bg: c.Style.Bg}
			e.style = strings.TrimPrefix(strings.TrimSuffix(bg.String(), "m"), "\x1b[")
		}
		out = append(out, e)
	}
	return out
}
