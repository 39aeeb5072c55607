package controller

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/machine"
)

// memory is the file in which a controller keeps what its successor must
// know. It holds the person's environment, so it lies in the runtime folder
// (0700, gone with a reboot) with mode 0600. It is written whole and renamed:
// a reader finds the old or the new. It is not synced: it must survive the
// controller's death, not the machine's.
type memory struct {
	path    string
	changed bool
	due     <-chan time.Time // when what has changed is written; nil = nothing has
	off     bool             // the project has ended
}

// memoryDelay gathers changes: a start of many services is hundreds of them.
// What must not be lost (a wish, an exit that is about to be acknowledged) is
// written at once; the rest shims tell a successor again.
const memoryDelay = 50 * time.Millisecond

// soon sees to it that what has changed is written before long.
func (m *memory) soon() {
	if m.changed && m.due == nil && !m.off {
		m.due = time.After(memoryDelay)
	}
}

// memoirs is what the file holds. Dir and Config stand first: they tell whose
// it is to who looks through the folder.
type memoirs struct {
	Version       int                       `json:"version"`
	Dir           string                    `json:"dir"`
	Config        string                    `json:"config"`
	Project       *config.Project           `json:"project"`
	Environment   string                    `json:"environment,omitempty"` // the project's, for who looks through the folder
	Base          []string                  `json:"base"`
	Set           []string                  `json:"set,omitempty"`
	Session       seen                      `json:"session"`
	Wish          screenWish                `json:"wish"` // how the session was to be made
	Windows       map[string]string         `json:"windows"`
	Known         []string                  `json:"known,omitempty"`
	Ran           map[string]config.Service `json:"ran,omitempty"`
	Scales        map[string]int            `json:"scales,omitempty"`
	InstancePorts map[string]int            `json:"instance_ports,omitempty"`
	Machine       machine.Machine           `json:"machine"`
	Seq           uint64                    `json:"seq"`
	Notices       []string                  `json:"notices,omitempty"`
	// Hooks is what hooks were run for.
	Hooks map[string]*seenOf `json:"hooks,omitempty"`
}

func (m *memory) save(snapshot func() *memoirs) error {
	if !m.changed || m.off {
		m.due = nil
		return nil
	}
	m.changed, m.due = false, nil
	s := snapshot()
	if s == nil {
		return nil
	}
	b, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("cannot write down the project's state: %w", err)
	}
	tmp := m.path + ".new"
	if err := os.WriteFile(tmp, b, 0o600); err != nil {
		return fmt.Errorf("cannot write down the project's state: %w", err)
	}
	if err := os.Rename(tmp, m.path); err != nil {
		return fmt.Errorf("cannot write down the project's state: %w", err)
	}
	return nil
}

// forget ends the memory: there is nothing left to take up.
func (m *memory) forget() error {
	m.off = true
	if err := os.Remove(m.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("cannot remove the project's state: %w", err)
	}
	return nil
}

func (c *Controller) snapshot() *memoirs {
	if c.project == nil {
		return nil
	}
	return &memoirs{
		Version:       launch.MemoryVersion,
		Dir:           c.project.Dir,
		Config:        c.project.File,
		Project:       c.project,
		Environment:   c.project.Environment,
		Base:          c.given.Shell,
		Set:           c.given.Set,
		Session:       c.screen.seen(),
		Wish:          c.screen.wished(),
		Windows:       c.windows,
		Machine:       c.machine,
		Scales:        c.scales,
		Ran:           c.ran,
		Known:         c.known,
		InstancePorts: c.instancePorts,
		Seq:           c.events.seq,
		Notices:       c.notices,
		Hooks:         c.hooks.seen,
	}
}

// adoptPatience is how long shims may take to say hello to a new controller;
// they redial every half second at most.
const adoptPatience = 3 * time.Second

// recall takes up what an earlier controller left.
func (c *Controller) recall() error {
	b, err := os.ReadFile(c.place.Memory())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("cannot read %s: %w", c.place.Memory(), err)
	}
	if err := launch.CheckMemory(c.place); err != nil {
		return err
	}
	var m memoirs
	if err := json.Unmarshal(b, &m); err != nil {
		return fmt.Errorf("cannot read %s: %w", c.place.Memory(), err)
	}
	c.project, c.machine, c.notices = m.Project, m.Machine, m.Notices
	c.given = config.Given{Shell: m.Base, Set: m.Set}
	c.known = m.Known
	if m.Ran != nil {
		c.ran = m.Ran
	}
	if m.Scales != nil {
		c.scales = m.Scales
	}
	if m.InstancePorts != nil {
		c.instancePorts = m.InstancePorts
	}
	if m.Windows != nil {
		c.windows = m.Windows
	}
	if m.Hooks != nil {
		c.hooks.seen = m.Hooks
	}
	c.events.seq = m.Seq + journalKept // numbers that were given out are not given again
	if err := c.screen.adopt(c.ctx, m.Session, m.Wish); err != nil {
		c.log.Error("cannot look for the tmux session", "err", err)
	}
	for _, i := range c.machine.Instances {
		c.adopting[i.Name] = i.Shim != machine.ShimNone
	}
	c.step(machine.Restored{Patience: adoptPatience})
	c.log.Info("took up what an earlier controller left", "instances", len(c.machine.Instances))
	// Shims that live are back by then.
	time.AfterFunc(adoptPatience, func() { c.post(c.checkSession) })
	return nil
}

// ended is what the state folder keeps of a project's end.
type ended struct {
	Time   time.Time   `json:"time"`
	Reason string      `json:"reason"`
	Events []api.Event `json:"events"`
}

// writeLast says how the project ended, for who asks when nothing runs.
func (c *Controller) writeLast(reason string) {
	b, err := json.Marshal(ended{Time: time.Now(), Reason: reason, Events: c.events.last(50)})
	if err == nil {
		err = os.WriteFile(c.place.Last(), b, 0o600)
	}
	if err != nil {
		c.log.Error("cannot write down how the project ended", "err", err)
	}
}
