// Package shim is the process in an instance's tmux window. It owns the
// instance's PTY and process tree, writes the log, copies output to the pane
// and keyboard input from it, and tells the controller how a run ended.
//
// It outlives the controller: a run goes on, and its end is kept until a
// controller takes it. A shim that has missed its controller for a second
// starts a new one. It outlives runs too: a restart happens in the same
// window, below the report of the crash.
//
// When its window goes (closed by hand, or tmux died) it ends its run and
// itself.
//
// One goroutine, shim.loop, owns all of its state; the others (keyboard, line
// to the controller, one for each run) send it messages. The package must stay
// light: there is one such process for each instance.
package shim

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"prox/internal/launch"
	"prox/internal/place"
	"prox/ptyproc"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// Main is `prox-shim --runtime DIR INSTANCE`, or the same of `prox shim`.
func Main(args []string) int {
	if len(args) != 3 || args[0] != "--runtime" {
		fmt.Fprintln(os.Stderr, "prox: the shim is started by prox itself")
		return 2
	}
	// Its goroutines hand on one stream: on several processors they would only
	// wake each other up, which is most of what a flood, a start and a stop cost.
	runtime.GOMAXPROCS(1)
	// A reader of the pane that goes away must not end us, and what is typed
	// is for the service.
	signal.Ignore(syscall.SIGPIPE, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTSTP, syscall.SIGTTOU, syscall.SIGTTIN)
	hup := make(chan os.Signal, 4)
	signal.Notify(hup, syscall.SIGHUP, syscall.SIGTERM)
	winch := make(chan os.Signal, 1)
	signal.Notify(winch, syscall.SIGWINCH)

	launch.KeepExecutable()
	p, err := place.Load(args[1])
	if err != nil {
		return fail(err)
	}
	reaper, err := ptyproc.NewReaper()
	if err != nil {
		return fail(err)
	}
	// Raw, or the pane's line discipline would turn every \r\n of the service
	// into \r\r\n and keep its keys for itself.
	if _, err := term.MakeRaw(0); err != nil {
		return fail(fmt.Errorf("cannot use the pane's terminal: %w", err))
	}
	s := newShim(p, args[2], reaper)
	s.loop(hup, winch)
	return 0
}

func fail(err error) int {
	fmt.Fprintf(os.Stderr, "prox: %v\r\n", err)
	return 1
}

// paneSize asks the pane's terminal; 24 by 80 when it doesn't say.
func paneSize() ptyproc.Size {
	ws, err := unix.IoctlGetWinsize(1, unix.TIOCGWINSZ)
	if err != nil || ws.Row == 0 || ws.Col == 0 {
		return ptyproc.Size{Rows: 24, Cols: 80}
	}
	return ptyproc.Size{Rows: ws.Row, Cols: ws.Col, XPixel: ws.Xpixel, YPixel: ws.Ypixel}
}

// keyboard passes on what is typed, until the pane is gone.
func keyboard(out chan<- []byte, gone func()) {
	defer gone()
	buf := make([]byte, 4096)
	for {
		n, err := unix.Read(0, buf)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN) {
			continue
		}
		if n <= 0 || err != nil {
			return
		}
		out <- append([]byte(nil), buf[:n]...)
	}
}
