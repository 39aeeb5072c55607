// Package ptyproc runs one process tree on a pseudo-terminal, or on pipes, and
// sees it to its end: exact exit, every byte of output, no orphan.
//
// A Reaper owns all children of the operating system process it lives in: it
// is the only one to call wait4, so nothing else in the program may use
// os/exec or os.Process.Wait while it lives. On Linux it is a subreaper too:
// whoever in the tree loses its parent, a daemon that forked twice included,
// becomes a child of ours, so that "no child is left" proves that nothing of
// the tree is left. It is made for a small program that runs one tree at a
// time:
//
//	r, err := ptyproc.NewReaper()
//	p, err := r.Start(ptyproc.Spec{Argv: []string{"npm", "start"}, Env: os.Environ(), PTY: true})
//	io.Copy(os.Stdout, p.Stdout()) // until the terminal closes, or all is read after the exit
//	<-p.Exited()
//	fmt.Println(p.Exit())
//	report := p.Stop(ctx, 10*time.Second, nil) // what outlived the leader
//	p.Close()
//
// On macOS there is no subreaper: a daemon that made a session of its own and
// lost its parent is not found.
package ptyproc

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Size is a terminal's size, in characters and in pixels (0 = not known).
type Size struct{ Rows, Cols, XPixel, YPixel uint16 }

// Spec is what to run.
type Spec struct {
	Argv []string // Argv[0] is looked up in the PATH of Env, relative to Dir when it has a slash
	Dir  string   // "" = the caller's
	Env  []string // the whole environment, key=value; nil = an empty one
	PTY  bool     // a terminal of its own; otherwise pipes, with /dev/null to read from
	Size Size     // of the terminal

	StopSignal  syscall.Signal // 0 = SIGTERM
	StopTimeout time.Duration  // what Stop takes for a negative grace; 0 = 10 s
}

// ErrNoTerminal answers what only a terminal can do.
var ErrNoTerminal = errors.New("the process runs on pipes, it has no terminal")

// ErrClosed says that the Reaper was closed.
var ErrClosed = errors.New("the reaper is closed")

// StartError says why a process could not be started. Nothing was left behind.
type StartError struct {
	Path string // the command, or the folder
	Why  string
	Next string // what to do about it; may be empty
	code int
	err  error
}

func (e *StartError) Error() string { return fmt.Sprintf("cannot start %s: %s", e.Path, e.Why) }

// Unwrap gives the system's error.
func (e *StartError) Unwrap() error { return e.err }

// Hint tells the person what to do.
func (e *StartError) Hint() string { return e.Next }

// Code is the exit code a shell would have given: 127 for a command that was
// not found, 126 for one that can't be executed.
func (e *StartError) Code() int { return e.code }

// find resolves argv[0] as execvp would, in the environment and the folder of
// the process to come.
func find(s Spec) (string, error) {
	name := s.Argv[0]
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) && s.Dir != "" {
			path = filepath.Join(s.Dir, path)
		}
		return path, executable(name, path)
	}
	search := ""
	for _, kv := range s.Env { // the last one counts, as for getenv of most systems
		if v, ok := strings.CutPrefix(kv, "PATH="); ok {
			search = v
		}
	}
	var denied error
	for _, dir := range filepath.SplitList(search) {
		if dir == "" {
			dir = "."
		}
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(s.Dir, dir)
		}
		path := filepath.Join(dir, name)
		err := executable(name, path)
		if err == nil {
			return path, nil
		}
		if errors.Is(err, fs.ErrPermission) {
			denied = err
		}
	}
	if denied != nil {
		return "", denied
	}
	return "", &StartError{
		Path: name, Why: "command not found", code: 127, err: fs.ErrNotExist,
		Next: "not in any folder of PATH: " + search,
	}
}

// Look finds what Start would execute. The error is a [*StartError], also for a
// script whose interpreter is not there; nothing is started.
func Look(s Spec) (string, error) {
	if len(s.Argv) == 0 || s.Argv[0] == "" {
		return "", &StartError{Why: "there is no command", code: 127, err: fs.ErrNotExist}
	}
	if err := checkDir(s.Dir); err != nil {
		return "", err
	}
	path, err := find(s)
	if err != nil {
		return "", err
	}
	if with := interpreter(path); with != "" {
		if _, err := os.Stat(with); errors.Is(err, fs.ErrNotExist) {
			return "", refused(s.Argv[0], path, err)
		}
	}
	return path, nil
}

func executable(name, path string) error {
	fi, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &StartError{Path: name, Why: "no such file: " + path, code: 127, err: err}
	case err != nil:
		return &StartError{Path: name, Why: err.Error(), code: 126, err: err}
	case fi.IsDir():
		return &StartError{Path: name, Why: path + " is a folder", code: 126, err: fs.ErrPermission}
	case fi.Mode()&0o111 == 0:
		return &StartError{
			Path: name, Why: path + " is not executable", code: 126, err: fs.ErrPermission,
			Next: "chmod +x " + path,
		}
	}
	return nil
}

// refused explains why the system would not execute a file that is there and
// is executable.
func refused(name, path string, err error) error {
	e := &StartError{Path: name, Why: err.Error(), code: 126, err: err}
	if errors.Is(err, fs.ErrNotExist) {
		e.code = 127
		e.Why = "what " + path + " needs to be loaded is missing"
		e.Next = "was it built for another system?"
		if with := interpreter(path); with != "" {
			e.Why = with + ", named in the first line of " + path + ", does not exist"
			e.Next = "install it, or correct the first line"
		}
	}
	return e
}

// interpreter is the program that the first line of a script names; "" when
// there is none.
func interpreter(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }() // only read
	b := make([]byte, 256)           // the kernel looks no further
	n, err := f.Read(b)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(string(b[:n]), "\n")
	line, ok := strings.CutPrefix(line, "#!")
	if words := strings.Fields(line); ok && len(words) > 0 {
		if strings.HasSuffix(line, "\r") {
			return strconv.Quote(strings.TrimLeft(line, " \t")) // what nobody sees
		}
		return words[0]
	}
	return ""
}

// checkDir tells a missing folder from a missing command, which exec can't.
func checkDir(dir string) error {
	if dir == "" {
		return nil
	}
	fi, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &StartError{Path: "in " + dir, Why: "no such folder", code: 126, err: err}
	case err != nil:
		return &StartError{Path: "in " + dir, Why: err.Error(), code: 126, err: err}
	case !fi.IsDir():
		return &StartError{Path: "in " + dir, Why: "it is not a folder", code: 126, err: syscall.ENOTDIR}
	case unix.Access(dir, unix.X_OK) != nil:
		return &StartError{
			Path: "in " + dir, Why: "this user may not enter the folder", code: 126, err: fs.ErrPermission,
			Next: "ls -ld " + dir + " says whose it is; chmod u+rx " + dir + " opens it to its owner",
		}
	}
	return nil
}
