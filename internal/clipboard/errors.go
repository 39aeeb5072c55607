package clipboard

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// ErrEmpty says that the text is empty. It is not put on the clipboard: that
// would take away what is there, and not every way can.
var ErrEmpty = errors.New("there is nothing to copy")

// Error says that no way has worked.
type Error struct {
	Tried []error // why, one for each way, in their order; none where there was none to try
	hint  string
}

func (e *Error) Error() string {
	if len(e.Tried) == 0 {
		return "there is no clipboard here: no desktop, no tmux and no terminal"
	}
	why := make([]string, len(e.Tried))
	for k, err := range e.Tried {
		why[k] = err.Error()
	}
	return "cannot set the clipboard: " + strings.Join(why, "; ")
}

// Unwrap gives the error of each way.
func (e *Error) Unwrap() []error { return e.Tried }

// Hint tells the person what to do; "" when the context has ended.
func (e *Error) Hint() string { return e.hint }

// wayError is why one way has not worked.
type wayError struct {
	way Way
	err error
}

func (e *wayError) Error() string { return fmt.Sprintf("%s: %v", e.way, e.err) }
func (e *wayError) Unwrap() error { return e.err }

// explain adds which display a program has failed at. What it says of it
// itself goes to /dev/null.
func (h here) explain(display string, err error) error {
	var exit *exitError
	if errors.As(err, &exit) || errors.Is(err, errTooLong) {
		return fmt.Errorf("with %s=%s: %w", display, h.get(display), err)
	}
	return err
}

// hint says what to do about what has failed.
func (h here) hint(failed []error) string {
	missing := false
	for _, err := range failed {
		var large *TooLargeError
		switch {
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return ""
		case errors.As(err, &large) && h.ssh():
			return "copy less of it, or write it to a file and fetch that"
		case errors.Is(err, errMissing):
			missing = true
		}
	}
	switch {
	case h.ssh():
		return "use a terminal that takes OSC 52, or tmux 3.2 or newer, or print it instead"
	case h.wsl() && missing:
		return "have clip.exe in PATH (appendWindowsPath in /etc/wsl.conf), or install wl-clipboard, or print it instead"
	case h.system == "darwin" && missing:
		return "have pbcopy in PATH (it is in /usr/bin), or print it instead"
	case h.has("WAYLAND_DISPLAY") && missing:
		return "install wl-clipboard (sudo apt install wl-clipboard, sudo dnf install wl-clipboard, or sudo pacman -S wl-clipboard), or print it instead"
	case h.has("DISPLAY") && missing:
		return "install xclip (sudo apt install xclip, sudo dnf install xclip, or sudo pacman -S xclip), or print it instead"
	case len(failed) > 0 && !missing:
		return "look at what the errors say, or print it instead"
	}
	return "run it in a terminal or in tmux, or install xclip or wl-clipboard on a desktop, or print it instead"
}
