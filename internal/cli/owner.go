package cli

import (
	"fmt"
	"os"
	"syscall"
)

// ownFolder makes sure that a folder belongs to this user, and is no link.
func ownFolder(dir string) error {
	fi, err := os.Lstat(dir)
	if err != nil {
		return fmt.Errorf("cannot use folder %s: %w", dir, cause(err))
	}
	if st, ok := fi.Sys().(*syscall.Stat_t); !fi.IsDir() || ok && int(st.Uid) != os.Getuid() {
		return fmt.Errorf("cannot use %s: it is not a folder of this user", dir)
	}
	return nil
}
