package ptyproc

import (
	"errors"
	"io"
	"os"
	"syscall"
	"testing"
)

// script gives one answer after the other, and the last one for ever.
func script(answers ...any) func([]byte) (int, error) {
	return func(b []byte) (int, error) {
		a := answers[0]
		if len(answers) > 1 {
			answers = answers[1:]
		}
		if err, ok := a.(error); ok {
			return 0, err
		}
		return copy(b, a.(string)), nil
	}
}

func TestHangupThatIsReportedTooEarly(t *testing.T) {
	hup := error(&os.PathError{Op: "read", Path: "pty", Err: syscall.EIO})
	late := error(&os.PathError{Op: "read", Path: "pty", Err: os.ErrDeadlineExceeded})
	r, w, err := os.Pipe() // for the deadlines
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for name, o := range map[string]*output{
		"in time":     {f: r, wait: script("one ", hup, "two ", hup, "three", hup, hup)},
		"at the last": {f: r, wait: script("one ", late), have: script(hup, "two ", "three", hup, hup)},
	} {
		got, err := io.ReadAll(o)
		if err != nil || string(got) != "one two three" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	broken := errors.New("broken")
	if _, err := io.ReadAll(&output{f: r, wait: script(broken)}); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}
