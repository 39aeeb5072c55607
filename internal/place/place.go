// Package place knows where a project's files lie: its id, the folder of its
// sockets and locks, and the folder of its state and logs.
//
// Everything is derived from the project's name and folder, so that a command
// typed anywhere finds the same project without asking anybody. Two checkouts
// of one project (git worktrees) have different folders, so different ids, and
// never meet. For makes no folder; Prepare does.
package place

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"unicode"

	"golang.org/x/sys/unix"
)

// MaxSocketPath is the longest path a Unix socket may have where it is
// shortest: sun_path holds 104 bytes on macOS, the last of them a NUL.
const MaxSocketPath = 103

// Project tells where one project's files are. All paths are absolute.
type Project struct {
	ID   string // name and a short hash of the folder: "shop-1f3a9c02"
	Name string // as given
	Dir  string // the folder's real path

	Runtime string // sockets, locks and what a controller must remember; 0700
	State   string // logs and what outlives a reboot; 0700
	Notice  string // why State is not where one would look; "" as a rule
}

// Socket is the controller's Unix socket.
func (p Project) Socket() string { return filepath.Join(p.Runtime, "ctl.sock") }

// Lock is held (flock) by the controller as long as it lives.
func (p Project) Lock() string { return filepath.Join(p.Runtime, "lock") }

// Memory is the file in which a controller keeps what its successor must know.
func (p Project) Memory() string { return filepath.Join(p.Runtime, "memory.json") }

// Last is the file that says how the project last ended.
func (p Project) Last() string { return filepath.Join(p.State, "last.json") }

// Ports is the file that says which ports were chosen for services.
func (p Project) Ports() string { return filepath.Join(p.State, "ports.json") }

// Logs is the folder that holds one folder of log segments an instance.
func (p Project) Logs() string { return filepath.Join(p.State, "logs") }

// Events is the folder that holds what happened, as a log of one JSON object a
// line.
func (p Project) Events() string { return filepath.Join(p.State, "events") }

// Metrics is the folder that holds what each instance cost, a file an instance.
func (p Project) Metrics() string { return filepath.Join(p.State, "metrics") }

// ControllerLog is what the controller says of itself.
func (p Project) ControllerLog() string { return filepath.Join(p.State, "controller.log") }

// For finds the places of the project called name in folder dir.
func For(name, dir string) (Project, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return Project{}, fmt.Errorf("cannot find folder %s: %w", dir, err)
	}
	folder, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return Project{}, fmt.Errorf("cannot find folder %s: %w", abs, err)
	}
	p := Project{ID: id(name, folder), Name: name, Dir: folder}
	root, err := runtimeRoot(p.ID)
	if err != nil {
		return Project{}, err
	}
	p.Runtime = filepath.Join(root, p.ID)
	p.State, p.Notice = stateFolder(p)
	return p, nil
}

// Prepare makes the project's folders, for this user only.
func (p Project) Prepare() error {
	for _, dir := range []string{filepath.Dir(p.Runtime), p.Runtime, p.State} {
		if err := private(dir); err != nil {
			return err
		}
	}
	return nil
}

func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make folder %s: %w", dir, err)
	}
	fi, err := own(dir)
	if err != nil {
		return err
	}
	if fi.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(dir, 0o700); err != nil {
			return fmt.Errorf("cannot close folder %s to others: %w", dir, err)
		}
	}
	return nil
}

// own returns a *ForeignError for what is not a folder of this user: one under
// the temp folder may have been put there by somebody else.
func own(dir string) (os.FileInfo, error) {
	fi, err := os.Lstat(dir)
	if err != nil {
		return nil, fmt.Errorf("cannot use folder %s: %w", dir, err)
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !fi.IsDir() || ok && int(st.Uid) != os.Getuid() {
		return nil, &ForeignError{Path: dir}
	}
	return fi, nil
}

// CheckRuntime returns the *ForeignError that Prepare would about the folders
// of sockets, as far as they exist. It makes none.
func (p Project) CheckRuntime() error {
	for _, dir := range []string{filepath.Dir(p.Runtime), p.Runtime} {
		var foreign *ForeignError
		if _, err := own(dir); errors.As(err, &foreign) {
			return foreign
		}
	}
	return nil
}

// ForeignError says that a folder of ours is not this user's.
type ForeignError struct{ Path string }

func (e *ForeignError) Error() string {
	return fmt.Sprintf("cannot use %s: it is not a folder of this user", e.Path)
}

// Hint tells the person what to do.
func (e *ForeignError) Hint() string {
	return "remove it, or set XDG_RUNTIME_DIR to a folder of your own"
}

func id(name, folder string) string {
	sum := sha256.Sum256([]byte(name + "\x00" + folder))
	var b strings.Builder
	for _, r := range name {
		if b.Len() >= 20 {
			break
		}
		switch {
		case r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_'):
			b.WriteRune(r)
		default:
			b.WriteByte('_')
		}
	}
	return b.String() + "-" + hex.EncodeToString(sum[:4])
}

// runtimeRoot chooses the first folder in which the socket's path is short
// enough. A shell without XDG_RUNTIME_DIR (sudo, cron, ssh with a bare
// environment) must come to the same answer as one with it, hence /run/user.
func runtimeRoot(id string) (string, error) {
	roots := runtimeRoots()
	for _, root := range roots {
		if fits(root, id) {
			return root, nil
		}
	}
	return "", fmt.Errorf("cannot place the socket: its path would be longer than %d bytes in %s",
		MaxSocketPath, strings.Join(roots, ", "))
}

// runtimeRoots are the folders that may hold projects' runtime folders, the
// preferred one first.
func runtimeRoots() []string {
	uid := strconv.Itoa(os.Getuid())
	var roots []string
	for _, dir := range []string{os.Getenv("XDG_RUNTIME_DIR"), "/run/user/" + uid} {
		root := filepath.Join(dir, "prox")
		if filepath.IsAbs(dir) && unix.Access(dir, unix.W_OK) == nil && !slices.Contains(roots, root) {
			roots = append(roots, root)
		}
	}
	return append(roots, filepath.Join("/tmp", "prox-"+uid))
}

func fits(root, id string) bool {
	return len(filepath.Join(root, id, "ctl.sock")) <= MaxSocketPath
}

// stateFolder is $XDG_STATE_HOME/prox/<id>, or below the runtime folder when
// that can't be written: losing logs at a reboot beats not starting.
func stateFolder(p Project) (dir, notice string) {
	base := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(base) {
		home, err := homeFolder()
		if err != nil {
			return filepath.Join(p.Runtime, "state"), "no home folder: logs are kept in " + p.Runtime + " until the next reboot"
		}
		base = filepath.Join(home, ".local", "state")
	}
	dir = filepath.Join(base, "prox", p.ID)
	if !creatable(dir) {
		return filepath.Join(p.Runtime, "state"),
			fmt.Sprintf("cannot write in %s: logs are kept in %s until the next reboot", base, p.Runtime)
	}
	return dir, ""
}

func homeFolder() (string, error) {
	if home := os.Getenv("HOME"); filepath.IsAbs(home) {
		return home, nil
	}
	u, err := user.Current()
	if err != nil || !filepath.IsAbs(u.HomeDir) {
		return "", errors.New("no home folder is known")
	}
	return u.HomeDir, nil
}

// creatable reports whether dir is writable, or could be made.
func creatable(dir string) bool {
	for {
		err := unix.Access(dir, unix.W_OK|unix.X_OK)
		if err == nil {
			fi, err := os.Stat(dir)
			return err == nil && fi.IsDir()
		}
		parent := filepath.Dir(dir)
		if !errors.Is(err, unix.ENOENT) || parent == dir {
			return false
		}
		dir = parent
	}
}
