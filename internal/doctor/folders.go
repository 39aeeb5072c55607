package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Folder is what is known of a folder that prox needs.
type Folder struct {
	Name     string // "state folder"
	Path     string
	Shared   bool   // others may look in
	Notice   string // why it is not where one would look; "" as a rule
	Refused  error  // why a start would not use it, though it could; nil as a rule
	Exists   bool
	IsFolder bool
	Mine     bool        // it is this user's
	Writable bool        // or, where it doesn't exist, can be made
	Blocks   string      // where it can't be made: what is in the way
	Mode     fs.FileMode // permissions
	Free     uint64      // bytes on its disk; 0 = not known, or none
	Known    bool        // Free is known
}

// littleSpace is what a chatty service fills in minutes.
const littleSpace = 100 << 20

// LookAt finds out what a folder is like. It makes nothing.
func LookAt(name, path string) Folder {
	f := Folder{Name: name, Path: path}
	fi, err := os.Stat(path)
	if err == nil {
		f.Exists, f.IsFolder, f.Mode = true, fi.IsDir(), fi.Mode().Perm()
		if st, ok := fi.Sys().(*syscall.Stat_t); ok {
			f.Mine = int(st.Uid) == os.Getuid()
		}
		f.Writable = unix.Access(path, unix.W_OK|unix.X_OK) == nil
	}
	at := path
	for err != nil { // the first that exists decides whether it can be made
		if at = filepath.Dir(at); at == filepath.Dir(at) {
			break
		}
		if fi, err = os.Stat(at); err == nil {
			f.Blocks = at
			f.Writable = fi.IsDir() && unix.Access(at, unix.W_OK|unix.X_OK) == nil
		} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			f.Blocks = at
			break
		}
	}
	var disk unix.Statfs_t
	if unix.Statfs(at, &disk) == nil {
		f.Free, f.Known = disk.Bavail*uint64(disk.Bsize), true
	}
	return f
}

// Folders checks that folders can be used, and are this user's alone.
func Folders(all ...Folder) []Finding {
	var found []Finding
	for _, f := range all {
		found = append(found, f.check())
	}
	return found
}

func (f Folder) check() Finding {
	switch {
	case f.Exists && !f.IsFolder:
		return problem(f.Name, f.Path+" is a file", "move it away: mv "+f.Path+" "+f.Path+".old")
	case f.Exists && !f.Mine && !f.Shared:
		return problem(f.Name, f.Path+" belongs to another user", "sudo chown -R $(id -un) "+f.Path)
	case f.Exists && !f.Writable:
		return problem(f.Name, f.Path+" can't be written to", "chmod u+rwx "+f.Path+" (or is its disk read-only?)")
	case !f.Exists && !f.Writable && filepath.Base(f.Blocks) == "prox": // it was prox's, of another user
		return problem(f.Name, fmt.Sprintf("%s can't be made: %s can't be written to", f.Path, f.Blocks), "sudo chown $(id -un) "+f.Blocks)
	case !f.Exists && !f.Writable:
		return problem(f.Name, fmt.Sprintf("%s can't be made: %s can't be written to", f.Path, f.Blocks),
			fmt.Sprintf("ls -ld %s says whose it is; to have it there all the same:", f.Blocks),
			fmt.Sprintf("sudo mkdir -p %s && sudo chown $(id -un) %s", f.Path, f.Path))
	case f.Refused != nil:
		return problem(f.Name, f.Refused.Error(), hint(f.Refused))
	case f.Known && f.Free < littleSpace:
		return warning(f.Name, fmt.Sprintf("%s: %d MB are free on its disk", f.Path, f.Free>>20), "make room: logs that can't be written are lost")
	case f.Notice != "":
		return warning(f.Name, f.Notice, "make that folder one of your own (ls -ld says whose it is), or name another: export XDG_STATE_HOME=/a/folder/of/yours")
	case f.Exists && !f.Shared && f.Mode&0o077 != 0:
		return warning(f.Name, fmt.Sprintf("%s is open to others (mode %04o)", f.Path, f.Mode), "chmod 700 "+f.Path+" (prox start does it too)")
	case !f.Exists:
		return ok(f.Name, f.Path+", is made when it is needed")
	}
	return ok(f.Name, f.Path)
}

// Socket checks that the path of the controller's socket is short enough; most
// is what the system takes, in bytes.
func Socket(path string, err error, most int) Finding {
	const check = "socket"
	if err != nil {
		return problem(check, err.Error(), "set XDG_RUNTIME_DIR to a shorter folder, one of your own: export XDG_RUNTIME_DIR=/run/user/$(id -u)")
	}
	return ok(check, fmt.Sprintf("%s (%d of %d bytes)", path, len(path), most))
}
