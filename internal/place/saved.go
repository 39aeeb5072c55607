package place

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// savedName is the file in the runtime folder that tells the places again.
const savedName = "place.json"

// Save writes the places into the runtime folder, so that a process that is
// told only that folder (a shim, the status window, a controller brought back)
// comes to the same answers whatever its environment says.
func (p Project) Save() error {
	b, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("cannot write down the project's places: %w", err)
	}
	path := filepath.Join(p.Runtime, savedName)
	// Atomic: another command may be reading it.
	tmp := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("cannot write down the project's places: %w", err)
	}
	if err := os.Rename(tmp, path); err != nil {
		return fmt.Errorf("cannot write down the project's places: %w", err)
	}
	return nil
}

// Load reads what Save wrote in the runtime folder.
func Load(runtime string) (Project, error) {
	b, err := os.ReadFile(filepath.Join(runtime, savedName))
	if err != nil {
		return Project{}, fmt.Errorf("cannot tell which project %s belongs to: %w", runtime, err)
	}
	var p Project
	if err := json.Unmarshal(b, &p); err != nil {
		return Project{}, fmt.Errorf("cannot tell which project %s belongs to: %w", runtime, err)
	}
	return p, nil
}

// All finds the places of every project that this user has started on this
// machine, whether it still runs or not, in the order of their folders. What
// can't be read is somebody else's, or half gone, and left out.
func All() []Project {
	var all []Project
	for _, root := range runtimeRoots() {
		folders, err := os.ReadDir(root)
		if err != nil {
			continue // nothing was ever started there
		}
		for _, f := range folders {
			if p, err := Load(filepath.Join(root, f.Name())); err == nil {
				all = append(all, p)
			}
		}
	}
	slices.SortFunc(all, func(a, b Project) int {
		return cmp.Or(strings.Compare(a.Dir, b.Dir), strings.Compare(a.Name, b.Name))
	})
	return all
}
