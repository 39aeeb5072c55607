// Package clipboard puts a text on the person's clipboard, from a program on
// the command line, wherever that runs: on a desktop, in WSL, in tmux or
// screen, on a far machine.
//
//	terminal, _ := os.OpenFile("/dev/tty", os.O_WRONLY, 0) // nil where there is none
//	way, err := clipboard.Copy(ctx, lines, clipboard.Options{Terminal: terminal})
//	fmt.Fprintf(os.Stderr, "copied with %s\n", way)
//
// There is no one way that works everywhere, so several are tried, the surest
// first:
//
//   - over SSH: tmux, the terminal, and X11 where SSH forwards it. The other
//     programs would set the clipboard of a machine nobody sits at, and say
//     that all is well.
//   - else pbcopy on macOS, clip.exe in WSL, wl-copy on Wayland, xclip and
//     xsel on X11, then tmux, then the terminal.
//
// What programs do is known by their exit codes. What a terminal does with an
// OSC 52 sequence is not: it doesn't answer, and some are set to ignore it. So
// is a tmux whose client's terminal can't take it: then the text is in tmux's
// buffer alone. Say to the person which Way it was.
package clipboard

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"strings"
	"unicode/utf16"
)

// Way is how it was done, in words for a message.
type Way string

// The ways there are.
const (
	Pbcopy   Way = "pbcopy"
	ClipExe  Way = "clip.exe"
	WlCopy   Way = "wl-copy"
	Xclip    Way = "xclip"
	Xsel     Way = "xsel"
	Tmux     Way = "the tmux buffer"
	Terminal Way = "the terminal (OSC 52)"
)

// Options say where the program runs.
type Options struct {
	Env      func(string) (string, bool) // looks up a variable; nil = in Environ
	Environ  []string                    // of the programs, whose PATH they are looked up in; nil = this process's
	Terminal io.Writer                   // the person's terminal, to write an OSC 52 sequence to; nil = there is none
}

// Copy puts text on the clipboard. Whatever the context allows, no program
// gets more than three seconds. The error is ErrEmpty or an *Error.
func Copy(ctx context.Context, text []byte, o Options) (Way, error) {
	return copyOn(ctx, runtime.GOOS, text, o)
}

func copyOn(ctx context.Context, system string, text []byte, o Options) (Way, error) {
	if len(text) == 0 {
		return "", ErrEmpty
	}
	if o.Environ == nil {
		o.Environ = os.Environ()
	}
	if o.Env == nil {
		o.Env = func(name string) (string, bool) { return lookup(o.Environ, name) }
	}
	h := here{system: system, o: o}
	var failed []error
	for _, a := range h.attempts() {
		err := ctx.Err()
		if err == nil {
			err = a.try(ctx, text)
		}
		if err == nil {
			return a.way, nil
		}
		failed = append(failed, &wayError{a.way, err})
		if ctx.Err() != nil {
			break // none of the others would get further
		}
	}
	return "", &Error{Tried: failed, hint: h.hint(failed)}
}

// here is what is known of the place the program runs in.
type here struct {
	system string // a GOOS
	o      Options
}

// has tells whether a variable is set to something.
func (h here) has(name string) bool { return h.get(name) != "" }

func (h here) get(name string) string {
	value, _ := h.o.Env(name)
	return value
}

func (h here) ssh() bool { return h.has("SSH_TTY") || h.has("SSH_CONNECTION") }
func (h here) wsl() bool { return h.has("WSL_DISTRO_NAME") || h.has("WSL_INTEROP") }

// forwarded tells whether the X11 display is another machine's, that of whoever
// came by `ssh -X`: its name has a host then (localhost:10.0), and none when it
// is a display of this machine (:0).
func (h here) forwarded() bool {
	host, _, ok := strings.Cut(h.get("DISPLAY"), ":")
	return ok && host != "" && host != "unix" && !strings.HasPrefix(host, "/")
}

// attempt is one way, to be tried.
type attempt struct {
	way Way
	try func(ctx context.Context, text []byte) error
}

// attempts are the ways that this place offers, in their order.
func (h here) attempts() []attempt {
	var out []attempt
	add := func(way Way, try func(ctx context.Context, text []byte) error) {
		out = append(out, attempt{way, try})
	}
	multiplexed := func() {
		// Before the terminal, over SSH too: tmux knows what its client's
		// terminal takes, and as it comes it drops both an OSC 52 sequence that
		// is written in a pane and one that is wrapped to be passed on.
		if h.has("TMUX") {
			add(Tmux, h.tmux)
		}
		if h.o.Terminal != nil {
			add(Terminal, h.terminal)
		}
	}
	x11 := func() {
		add(Xclip, func(ctx context.Context, text []byte) error {
			return h.explain("DISPLAY", h.run(ctx, program{argv: []string{"xclip", "-selection", "clipboard"}, stays: true}, text))
		})
		add(Xsel, func(ctx context.Context, text []byte) error {
			return h.explain("DISPLAY", h.run(ctx, program{argv: []string{"xsel", "-ib"}, stays: true}, text))
		})
	}

	if h.ssh() {
		multiplexed()
		if h.forwarded() {
			x11()
		}
		return out
	}
	if h.system == "darwin" {
		add(Pbcopy, func(ctx context.Context, text []byte) error {
			// Where no locale is set, pbcopy takes UTF-8 for something else.
			return h.run(ctx, program{argv: []string{"pbcopy"}, env: []string{"LC_ALL=en_US.UTF-8"}}, text)
		})
	}
	if h.wsl() {
		add(ClipExe, func(ctx context.Context, text []byte) error {
			return h.run(ctx, program{argv: []string{"clip.exe"}}, windows(text))
		})
	}
	if h.has("WAYLAND_DISPLAY") {
		add(WlCopy, func(ctx context.Context, text []byte) error {
			// With its type given, it need not guess at it: lines that are JSON
			// are a text to whoever pastes them.
			return h.explain("WAYLAND_DISPLAY", h.run(ctx, program{argv: []string{"wl-copy", "--type", "text/plain"}, stays: true}, text))
		})
	}
	if h.has("DISPLAY") {
		x11()
	}
	multiplexed()
	return out
}

// tmux loads tmux's buffer, and has it set the clipboard of the terminal it is
// attached to, which releases before 3.2 can't.
func (h here) tmux(ctx context.Context, text []byte) error {
	err := h.run(ctx, program{argv: []string{"tmux", "load-buffer", "-w", "-"}}, text)
	var exit *exitError
	if !errors.As(err, &exit) {
		return err
	}
	if h.run(ctx, program{argv: []string{"tmux", "load-buffer", "-"}}, text) == nil {
		return nil
	}
	return err // the second one's is the same, unless it is about -w
}

// windows is a text as clip.exe takes it: UTF-16, for it reads anything else
// in the console's old code page, where an é becomes two signs.
func windows(text []byte) []byte {
	out := make([]byte, 0, 2*len(text))
	for _, unit := range utf16.Encode([]rune(string(text))) {
		out = append(out, byte(unit), byte(unit>>8))
	}
	return out
}
