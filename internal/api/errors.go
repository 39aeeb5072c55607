package api

import "errors"

// Kind sorts errors for a program; a person reads the message.
type Kind string

// The kinds of errors that cross the socket.
const (
	KindUsage     Kind = "usage"
	KindNoService Kind = "no_service"
	KindBadConfig Kind = "bad_config"
	KindPortTaken Kind = "port_taken"
	KindTmux      Kind = "tmux"
	KindBusy      Kind = "busy" // the project is ending
	KindInternal  Kind = "internal"
)

// Error is what a request failed with, the same on both sides of the socket.
type Error struct {
	Kind     Kind     `json:"kind"`
	Message  string   `json:"message"`
	HintText string   `json:"hint,omitempty"`
	Problems []string `json:"problems,omitempty"` // of a bad config, one line each
}

func (e *Error) Error() string { return e.Message }

// Hint is the next step for the person, "" when there is none.
func (e *Error) Hint() string { return e.HintText }

// IsKind reports whether err is, or wraps, an Error of kind k.
func IsKind(err error, k Kind) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == k
}
