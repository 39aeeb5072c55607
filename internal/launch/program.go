package launch

import (
	"fmt"
	"os"
	"strings"
)

// shimSuffix makes the name of the shim's own program of that of prox: both
// lie in one folder.
const shimSuffix = "-shim"

// Executable is the path under which prox can be run again from here, from the
// shim's own program too, and after its file was replaced or deleted.
func Executable() string {
	path, err := os.Executable()
	if err == nil {
		path = strings.TrimSuffix(path, shimSuffix)
		if _, err = os.Stat(path); err == nil {
			return path
		}
	}
	if kept != nil {
		return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), kept.Fd())
	}
	return fmt.Sprintf("/proc/%d/exe", os.Getpid())
}

// kept is prox, held open by the shim's own program.
var kept *os.File

// KeepExecutable is for the shim's own program, which is not prox: from then
// on Executable holds though prox is deleted.
func KeepExecutable() {
	path, err := os.Executable()
	if err != nil || !strings.HasSuffix(path, shimSuffix) {
		return
	}
	// Without it, only a prox that was deleted can't be started again.
	kept, _ = os.Open(strings.TrimSuffix(path, shimSuffix))
}

// ShimArgv begins the command line of a shim: the shim's own program, or prox
// itself where that is missing or, being older, from another build.
func ShimArgv() []string {
	prox := Executable()
	if shim, err := os.Stat(prox + shimSuffix); err == nil && shim.Mode().IsRegular() && shim.Mode()&0o111 != 0 {
		if self, err := os.Stat(prox); err == nil && !shim.ModTime().Before(self.ModTime()) {
			return []string{prox + shimSuffix}
		}
	}
	return []string{prox, "shim"}
}
