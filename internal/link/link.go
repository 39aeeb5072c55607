// Package link is the line between a shim and its controller: what each may
// say to the other, and how it stands on the wire.
//
// The shim dials the project's socket and asks for an upgrade (Dial); from
// then on both sides send frames, one JSON object a line. Propositions:
//
//   - The shim's first frame is Hello, with everything it knows. A controller
//     that has just been born needs nothing else to adopt it.
//   - What must not be lost (an exit) is a Report with a number. The shim
//     repeats it in every Hello until the controller has acknowledged it, so a
//     report may arrive twice and the receiver drops what it has seen.
//   - An order (Start, Stop) carries the run it is about. Orders are
//     idempotent: a run that has been started is not started again.
//
// The package imports no HTTP: a shim lives once per instance, and what it
// links costs memory as many times.
package link

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Path is where the controller's HTTP server takes a shim's upgrade.
const Path = "/v1/shim"

// Protocol is the name given in the Upgrade header. It changes when frames do.
const Protocol = "prox-shim/1"

// writeTimeout bounds a write to a peer that has stopped reading.
const writeTimeout = 2 * time.Second

// maxFrame bounds a line; a frame holds an environment at most.
const maxFrame = 8 << 20

// Spec is what one instance runs. It holds secrets: it travels on the socket
// only, never on a command line or through tmux.
type Spec struct {
	Argv        []string      `json:"argv"`
	Dir         string        `json:"dir"`
	Env         []string      `json:"env"`
	PTY         bool          `json:"pty"`
	Interactive bool          `json:"interactive,omitempty"`
	StopSignal  int           `json:"stop_signal"`
	StopTimeout time.Duration `json:"stop_timeout"` // nanoseconds
	Logs        string        `json:"logs"`         // the instance's log folder
	LogSize     int64         `json:"log_size"`     // bytes at which a new file is begun in it
	LogTotal    int64         `json:"log_total"`    // bytes that are kept in it
	LogAge      time.Duration `json:"log_age"`      // nanoseconds after which a new file is begun
}

// Phase is what a shim is doing.
type Phase string

// The phases of a shim.
const (
	Idle    Phase = "idle"    // nothing runs in it
	Running Phase = "running" // the service's process lives
	Ending  Phase = "ending"  // a stop is under way, or leftovers are being cleaned
)

// Process names one process for a person, and exactly.
type Process struct {
	Pid   int    `json:"pid"`
	Start uint64 `json:"start,omitempty"` // start time in clock ticks since boot
	Name  string `json:"name"`
}

// Exit is how a run ended.
type Exit struct {
	Code       int           `json:"code"`             // -1 when a signal ended it
	Signal     string        `json:"signal,omitempty"` // "SIGSEGV"
	CoreDumped bool          `json:"core_dumped,omitempty"`
	At         time.Time     `json:"at"`
	Ran        time.Duration `json:"ran"`             // nanoseconds
	Error      string        `json:"error,omitempty"` // it could not even start
	Hint       string        `json:"hint,omitempty"`
}

// Report is news that must reach the controller.
type Report struct {
	Seq    uint64    `json:"seq"`
	Run    int       `json:"run"`
	Exit   *Exit     `json:"exit,omitempty"`   // the service's own process ended, its output read to the end
	Gone   bool      `json:"gone,omitempty"`   // nothing of the run is left
	Left   int       `json:"left,omitempty"`   // processes it left behind at its exit
	Forced []Process `json:"forced,omitempty"` // those that only SIGKILL ended
	Stuck  []Process `json:"stuck,omitempty"`  // those that not even SIGKILL ended
	Closed bool      `json:"closed,omitempty"` // the window was closed by hand, or tmux died
}

// Hello is a shim's first word on every connection.
type Hello struct {
	Instance  string    `json:"instance"`
	Version   string    `json:"version"`
	Pid       int       `json:"pid"`
	Pane      string    `json:"pane"` // tmux's id of its pane, "%5"
	Phase     Phase     `json:"phase"`
	Run       int       `json:"run"`
	ChildPid  int       `json:"child_pid,omitempty"`
	StartedAt time.Time `json:"started_at,omitzero"`
	Pending   []Report  `json:"pending,omitempty"`
}

// FromShim is a frame that a shim sends; exactly one field is set.
type FromShim struct {
	Hello   *Hello   `json:"hello,omitempty"`
	Started *Started `json:"started,omitempty"`
	Report  *Report  `json:"report,omitempty"`
	Loss    *Loss    `json:"loss,omitempty"`
	Mended  string   `json:"mended,omitempty"` // what of the log was found broken, and mended
	Wish    *Wish    `json:"wish,omitempty"`
}

// Started says that a run's process lives.
type Started struct {
	Run int       `json:"run"`
	Pid int       `json:"pid"`
	At  time.Time `json:"at"`
}

// Loss says that output could not be kept.
type Loss struct {
	Bytes int64  `json:"bytes"`
	Why   string `json:"why"`
}

// Wish is what the person in the pane asked for by key.
type Wish struct {
	Start bool `json:"start,omitempty"`
}

// ToShim is a frame that a controller sends; exactly one field is set.
type ToShim struct {
	Start  *Start  `json:"start,omitempty"`
	Stop   *Stop   `json:"stop,omitempty"`
	Signal int     `json:"signal,omitempty"`
	Notice *Notice `json:"notice,omitempty"`
	Ack    uint64  `json:"ack,omitempty"`   // reports up to this number are known
	Leave  bool    `json:"leave,omitempty"` // end the shim; its window closes
}

// Start orders run number Run. A shim that has it, or a later one, ignores it.
type Start struct {
	Run  int  `json:"run"`
	Spec Spec `json:"spec"`
}

// Stop orders the end of a run; Now goes straight to SIGKILL.
type Stop struct {
	Run int  `json:"run"`
	Now bool `json:"now,omitempty"`
}

// Notice is a line for the person in the pane.
type Notice struct {
	State string    `json:"state"`
	Text  string    `json:"text"`
	Next  time.Time `json:"next,omitzero"` // when the next start comes
}

// Conn is one end of the line. Send may be called from any goroutine,
// Receive from one.
type Conn struct {
	c  net.Conn
	r  *bufio.Reader
	mu sync.Mutex // guards writes to c
}

// New makes a Conn of an upgraded connection; r holds what was read ahead.
func New(c net.Conn, r *bufio.Reader) *Conn {
	if r == nil {
		r = bufio.NewReader(c)
	}
	return &Conn{c: c, r: r}
}

// Upgrade asks the controller at the other end of c for the line.
func Upgrade(ctx context.Context, c net.Conn) (*Conn, error) {
	deadline, ok := ctx.Deadline()
	if !ok {
		deadline = time.Now().Add(5 * time.Second)
	}
	if err := c.SetDeadline(deadline); err != nil {
		return nil, fmt.Errorf("cannot ask for a line to the controller: %w", err)
	}
	_, err := io.WriteString(c, "GET "+Path+" HTTP/1.1\r\nHost: prox\r\nConnection: Upgrade\r\nUpgrade: "+Protocol+"\r\n\r\n")
	if err != nil {
		return nil, fmt.Errorf("cannot ask for a line to the controller: %w", err)
	}
	r := bufio.NewReader(c)
	status, err := r.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("cannot read the controller's answer: %w", err)
	}
	if len(status) < 12 || status[9:12] != "101" {
		return nil, fmt.Errorf("cannot get a line to the controller: it answered %q", status)
	}
	for { // the rest of the header
		line, err := r.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("cannot read the controller's answer: %w", err)
		}
		if line == "\r\n" || line == "\n" {
			break
		}
	}
	if err := c.SetDeadline(time.Time{}); err != nil {
		return nil, fmt.Errorf("cannot ask for a line to the controller: %w", err)
	}
	return New(c, r), nil
}

// Send writes one frame. It blocks for two seconds at most.
func (l *Conn) Send(frame any) error {
	b, err := json.Marshal(frame)
	if err != nil {
		return fmt.Errorf("cannot encode a frame: %w", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	if _, err := l.c.Write(append(b, '\n')); err != nil {
		return fmt.Errorf("cannot send: %w", err)
	}
	return nil
}

// ErrFrameTooLong says that the peer sent a line no frame can be.
var ErrFrameTooLong = errors.New("frame too long")

// Receive reads the next frame into frame; io.EOF when the peer is gone.
func (l *Conn) Receive(frame any) error {
	var line []byte
	for {
		part, err := l.r.ReadSlice('\n')
		if len(line)+len(part) > maxFrame {
			return ErrFrameTooLong
		}
		if err == nil {
			if line != nil {
				part = append(line, part...)
			}
			if err := json.Unmarshal(part, frame); err != nil {
				return fmt.Errorf("cannot read a frame: %w", err)
			}
			return nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return err
		}
		line = append(line, part...)
	}
}

// Close ends the line; a Receive under way returns.
func (l *Conn) Close() error { return l.c.Close() }
