package clipboard

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// MaxTerminal is how many bytes of text the terminal is given. In base64, and
// with the sequence around it, that is 100,000 bytes, the shortest limit that
// terminals in use have; beyond theirs they drop the sequence or cut it, and
// say nothing.
const MaxTerminal = 74_994

// TooLargeError says that a text is longer than what terminals take.
type TooLargeError struct{ Size int }

func (e *TooLargeError) Error() string {
	return fmt.Sprintf("%d bytes are too many: terminals take %d", e.Size, MaxTerminal)
}

var errNoOSC = errors.New("it is of a kind that has no clipboard")

// terminal writes the text to the terminal, for it to put on the clipboard of
// the machine that it runs on.
func (h here) terminal(ctx context.Context, text []byte) error {
	switch term := h.get("TERM"); term {
	case "linux", "dumb": // they would show the sequence
		return fmt.Errorf("TERM is %s: %w", term, errNoOSC)
	}
	if len(text) > MaxTerminal {
		return &TooLargeError{len(text)}
	}
	sequence := osc52(text)
	switch {
	case h.has("TMUX"):
		sequence = throughTmux(sequence)
	case h.has("STY"):
		sequence = throughScreen(sequence)
	}

	// A terminal that is stopped (Ctrl-S) takes nothing. Where it can be, it is
	// given a deadline; that of a terminal opened as os.Stdout can't.
	if d, ok := h.o.Terminal.(interface{ SetWriteDeadline(t time.Time) error }); ok {
		end := time.Now().Add(programLimit)
		if at, ok := ctx.Deadline(); ok && at.Before(end) {
			end = at
		}
		if d.SetWriteDeadline(end) == nil {
			defer func() { _ = d.SetWriteDeadline(time.Time{}) }() // it was possible a moment ago
		}
	}
	// In one write, lest something else gets in between.
	n, err := h.o.Terminal.Write(sequence)
	if err == nil && n < len(sequence) {
		err = io.ErrShortWrite
	}
	return err
}

// osc52 is the sequence that sets the clipboard. It ends with BEL, not with
// ESC \, which would end what it is wrapped in.
func osc52(text []byte) []byte {
	out := []byte("\x1b]52;c;")
	out = base64.StdEncoding.AppendEncode(out, text)
	return append(out, '\a')
}

// throughTmux wraps a sequence for tmux to pass it on to its own terminal.
// From 3.3 it does so only where allow-passthrough is on.
func throughTmux(sequence []byte) []byte {
	out := []byte("\x1bPtmux;")
	out = append(out, bytes.ReplaceAll(sequence, []byte("\x1b"), []byte("\x1b\x1b"))...)
	return append(out, "\x1b\\"...)
}

// screenPiece is how much of a string screen keeps; older releases keep 256
// bytes, newer ones 768.
const screenPiece = 240

// throughScreen wraps a sequence for screen to pass it on, in pieces that it
// keeps whole; the terminal gets them one behind the other.
func throughScreen(sequence []byte) []byte {
	var out []byte
	for len(sequence) > 0 {
		n := min(len(sequence), screenPiece)
		out = append(out, "\x1bP"...)
		out = append(out, sequence[:n]...)
		out = append(out, "\x1b\\"...)
		sequence = sequence[n:]
	}
	return out
}
