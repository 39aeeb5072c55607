package place

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
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
