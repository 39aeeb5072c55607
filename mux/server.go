// Package mux drives tmux: sessions, windows, sizes, attaching.
//
// It runs the tmux program and reads what it prints. What it makes it
// addresses by the ids tmux gives (@3, %7, $1), never by a name that could
// mean something else, and it starts programs by their argument vectors, never
// through a shell. It sets options on its own sessions and windows only; the
// user's global options, key bindings and other sessions stay as they are,
// and whatever they are, they change nothing for what this package makes.
//
//	s := mux.New(mux.Options{})
//	session, err := s.NewSession(ctx, mux.SessionSpec{
//		Name:    "shop",
//		Marks:   map[string]string{"@shop": "1"},
//		Windows: []mux.WindowSpec{{Name: "api", Dir: "/src/shop", Argv: []string{"npm", "start"}}},
//	})
//
// A session that exists is told by a mark, a user option of the caller's
// choice; KillSession kills no session without it. Nothing is learned from
// tmux about exits: it can miss them.
package mux

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"time"
)

// Options say which tmux server is meant. The zero value means the user's
// default server, by the tmux in PATH.
type Options struct {
	Bin    string   // the program; "" = tmux, looked up in PATH
	Socket string   // path of the server's socket (-S); "" = the default server, or $TMUX_TMPDIR's
	Config string   // file that is read when the server starts (-f); "" = tmux's own choice
	Env    []string // of the tmux client, and so of a server it starts; nil = this process's
}

// Server is one tmux server, running or not.
type Server struct{ o Options }

// New names a server; it runs nothing.
func New(o Options) *Server { return &Server{o} }

// FromEnv takes the socket's path out of the value of $TMUX; ok is false when
// there is none in it.
func FromEnv(value string) (socket string, ok bool) {
	// "/tmp/tmux-1000/default,4211,0"; the path itself may hold commas.
	for range 2 {
		k := strings.LastIndexByte(value, ',')
		if k < 0 {
			return "", false
		}
		value = value[:k]
	}
	return value, value != ""
}

// runTimeout bounds one tmux command where the caller's context does not.
const runTimeout = 15 * time.Second

// retries and retryDelay get a command through the moments in which an old
// server is on its way out.
const (
	retries    = 5
	retryDelay = 50 * time.Millisecond
)

// argv is the start of every command line.
func (s *Server) argv() []string {
	bin := s.o.Bin
	if bin == "" {
		bin = "tmux"
	}
	argv := []string{bin, "-u"} // UTF-8, whatever the locale is
	if s.o.Socket != "" {
		argv = append(argv, "-S", s.o.Socket)
	}
	if s.o.Config != "" {
		argv = append(argv, "-f", s.o.Config)
	}
	return argv
}

// environ is the client's environment. Without TMUX, which would name another
// server than the default one, unless inside says that it is meant.
func (s *Server) environ(inside bool) []string {
	env := s.o.Env
	if env == nil {
		env = os.Environ()
	}
	if inside {
		return env
	}
	out := make([]string, 0, len(env))
	for _, kv := range env {
		if !strings.HasPrefix(kv, "TMUX=") {
			out = append(out, kv)
		}
	}
	return out
}

// run runs one tmux command line, with script as what source-file - reads.
// What it prints comes back even with an error.
func (s *Server) run(ctx context.Context, script string, args ...string) (string, error) {
	return s.runIn(ctx, s.environ(false), script, args...)
}

func (s *Server) runIn(ctx context.Context, env []string, script string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, runTimeout)
	defer cancel()
	argv := append(s.argv(), args...)
	for try := 1; ; try++ {
		cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
		cmd.Env = env
		cmd.WaitDelay = time.Second // a server it started may keep the pipes open
		var out, errs bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errs
		if script != "" {
			cmd.Stdin = strings.NewReader(script)
		}
		err := cmd.Run()
		if err == nil && strings.HasPrefix(errs.String(), "error ") {
			err = errors.New("exit code 0") // so it ends, with a socket it can't make
		}
		if err == nil || errors.Is(err, exec.ErrWaitDelay) {
			return out.String(), nil
		}
		if errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) {
			return "", ErrNoTmux
		}
		err = explain(args[0], errs.String(), err, ctx)
		if try > retries || out.Len() > 0 || !errors.Is(err, errRace) {
			return out.String(), err
		}
		select {
		case <-time.After(retryDelay):
		case <-ctx.Done():
			return "", err
		}
	}
}

// explain makes an error of what tmux said.
func explain(command, said string, err error, ctx context.Context) error {
	said = strings.TrimSpace(said)
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("tmux %s did not answer in time: %w", command, ctx.Err())
	case strings.Contains(said, "server exited unexpectedly"), strings.Contains(said, "lost server"):
		return fmt.Errorf("tmux %s: %s: %w", command, said, errRace)
	case strings.Contains(said, "no server running"), strings.Contains(said, "error connecting to") && (strings.Contains(said, "No such file") || strings.Contains(said, "refused")), said == "no current target":
		return fmt.Errorf("tmux %s: %s: %w", command, said, ErrServerGone)
	case said != "":
		return fmt.Errorf("tmux %s: %s", command, said)
	}
	return fmt.Errorf("tmux %s: %w", command, err)
}
