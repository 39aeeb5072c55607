package launch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"prox/internal/place"
)

// MemoryVersion is the form in which this prox writes down a project's state.
const MemoryVersion = 2

// MemoryError says that a project's state was written down in another form
// than the one this prox reads.
type MemoryError struct {
	Path string
	Have int // the form's version
}

// Remembered reports whether a controller ended without ending its project:
// what it left is there for a new one to take up.
func Remembered(p place.Project) bool {
	_, err := os.Stat(p.Memory())
	return err == nil
}

// CheckMemory finds out whether a controller of this prox can take up what one
// of another has left, or would leave; nil where there is nothing.
func CheckMemory(p place.Project) error {
	b, err := os.ReadFile(p.Memory())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read the project's state: %w", err)
	}
	var m struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("cannot read the project's state in %s: %w", p.Memory(), err)
	}
	if m.Version != MemoryVersion {
		return &MemoryError{Path: p.Memory(), Have: m.Version}
	}
	return nil
}

func (e *MemoryError) Error() string {
	return fmt.Sprintf("cannot read the project's state in %s: it is of version %d, and this prox reads version %d", e.Path, e.Have, MemoryVersion)
}
