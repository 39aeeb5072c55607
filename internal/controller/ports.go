package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"slices"
	"sync"

	"prox/metrics"
)

// The ports that are chosen from: below those that systems give to outgoing
// connections (from 32768 on Linux, 49152 on macOS), above most that programs
// have as their defaults.
const (
	firstPort = 20000
	lastPort  = 29999
)

// ports are what `port = "auto"` came to: the same from start to start, and
// another one in every worktree. They are kept in the project's state folder.
type ports struct {
	path    string
	project string // its id
	mu      sync.Mutex
	chosen  map[string]int // by service or instance; nil before they are read
}

// choose returns the port of a service. One that it had is kept, unless a
// stranger holds it; mine says that a service of this project does.
func (p *ports) choose(name string, mine func(port int) bool) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.read(); err != nil {
		return 0, err
	}
	usable := func(port int) bool {
		h, err := metrics.PortHolder(port)
		return err != nil || h == nil || mine(port)
	}
	old, ok := p.chosen[name]
	if ok && usable(old) {
		return old, nil
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(p.project + "/" + name))
	const span = lastPort - firstPort + 1
	given := slices.Collect(maps.Values(p.chosen))
	for k := range span {
		port := firstPort + (int(h.Sum32()%span)+k)%span
		if slices.Contains(given, port) || !usable(port) {
			continue
		}
		p.chosen[name] = port
		return port, p.write()
	}
	return 0, fmt.Errorf("no port from %d to %d is free", firstPort, lastPort)
}

func (p *ports) read() error {
	if p.chosen != nil {
		return nil
	}
	b, err := os.ReadFile(p.path)
	chosen := map[string]int{}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return fmt.Errorf("cannot read which ports were chosen: %w", err)
	default:
		if err := json.Unmarshal(b, &chosen); err != nil {
			chosen = map[string]int{} // they are chosen anew
		}
	}
	p.chosen = chosen
	return nil
}

func (p *ports) write() error {
	b, err := json.Marshal(p.chosen)
	if err == nil {
		err = os.WriteFile(p.path+".new", b, 0o600)
	}
	if err == nil {
		err = os.Rename(p.path+".new", p.path)
	}
	if err != nil {
		return fmt.Errorf("cannot write down which ports were chosen: %w", err)
	}
	return nil
}
