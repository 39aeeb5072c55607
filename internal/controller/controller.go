package controller

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/health"
	"prox/internal/machine"
	"prox/internal/place"
	"prox/internal/version"
)

// unasked is how long a controller waits for its first start. Who began it asks
// at once, if nobody killed him.
const unasked = 15 * time.Second

// errEnded says that the project was ended, and the controller with it.
var errEnded = errors.New("the project has ended")

// Controller implements api.Backend. Fields below inbox belong to Run's
// goroutine.
type Controller struct {
	place   place.Project
	log     *slog.Logger
	started time.Time
	inbox   chan func()
	done    chan struct{}  // closed when Run no longer takes anything
	work    sync.WaitGroup // goroutines that Run waits for
	screen  *screen
	ctx     context.Context // ends with Run; for work begun by the loop
	cancel  context.CancelCauseFunc

	project       *config.Project         // nil until the first start
	given         config.Given            // the person's environment at the last start, and what they set
	gave          map[string][]config.Var // what each instance was given for its last run
	shells        map[string][]string     // the shell's environment that was part of that
	ports         *ports
	known         []string                  // the config's services when all of it was last started or reloaded: others are new
	ran           map[string]config.Service // what the last process of a service was made from
	scales        map[string]int            // how many instances of a service were asked for, by service
	instancePorts map[string]int            // of numbered instances
	watches       map[string]*watching      // by service
	touched       map[string][]touched      // by service, oldest first
	began         map[string]circumstances  // by instance, of the run it is at
	good          map[string]circumstances  // by instance, of its last run that was ready
	changedFiles  map[string][]string       // by service, at the last change
	machine       machine.Machine
	shims         map[string]*shim
	acks          []ack
	windows       map[string]string // instance -> tmux window id
	forced        map[string][]api.Process
	stuck         map[string][]api.Process
	timers        map[timerKey]*time.Timer
	probes        map[string]context.CancelFunc
	notifies      map[string]*health.Notify // sockets of runs that are not probed yet
	waiters       []*waiter
	notices       []string
	tellOnce      []string // for the next answer to a start
	events        journal
	costs         costs
	usage         usage
	gits          gits
	announced     announced
	tidying       tidying
	memory        memory
	opening       int // batches of windows that tmux is making
	ending        bool
	kill          *killing // nil unless one is under way
	hooks         hooks
	excesses      map[string]*watchOf // by instance, of what has limits
	adopting      map[string]bool     // by instance: it was up when this controller took over

	starts atomic.Int32 // starts that are being answered
}

type timerKey struct {
	name  string
	timer machine.Timer
}

// waiter is somebody who waits for a condition of the state.
type waiter struct {
	met  func() bool
	done chan struct{}
}

func newController(p place.Project, log *slog.Logger) *Controller {
	return &Controller{
		place:         p,
		log:           log,
		started:       time.Now(),
		inbox:         make(chan func(), 64),
		done:          make(chan struct{}),
		screen:        newScreen(p),
		shims:         map[string]*shim{},
		windows:       map[string]string{},
		ran:           map[string]config.Service{},
		scales:        map[string]int{},
		instancePorts: map[string]int{},
		shells:        map[string][]string{},
		gave:          map[string][]config.Var{},
		touched:       map[string][]touched{},
		began:         map[string]circumstances{},
		good:          map[string]circumstances{},
		watches:       map[string]*watching{},
		changedFiles:  map[string][]string{},
		ports:         &ports{path: p.Ports(), project: p.ID},
		forced:        map[string][]api.Process{},
		stuck:         map[string][]api.Process{},
		timers:        map[timerKey]*time.Timer{},
		probes:        map[string]context.CancelFunc{},
		notifies:      map[string]*health.Notify{},
		memory:        memory{path: p.Memory()},
		costs:         newCosts(p.Metrics()),
		hooks:         newHooks(),
		excesses:      map[string]*watchOf{},
		adopting:      map[string]bool{},
	}
}

// Run owns the state until ctx ends or the project does (errEnded).
func (c *Controller) Run(ctx context.Context) error {
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	defer c.cancel(nil)
	defer c.work.Wait() // nothing of ours outlives Run
	defer c.shutDown()
	if err := c.events.keep(c.place.Events()); err != nil {
		c.log.Error("events", "err", err)
		c.notice(err.Error())
	}
	if err := c.recall(); err != nil {
		// A memory that can't be read must not keep the project from starting.
		c.log.Error("cannot take up what the last controller left", "err", err)
		c.notice("cannot take up what the last controller left, which ends: " + err.Error())
	}
	c.usage.events = c.events.seq
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-c.ctx.Done():
			return context.Cause(c.ctx)
		case fn := <-c.inbox:
			fn()
		case <-tick.C:
			c.usage.tick(time.Now())
			c.sample()
			c.lookForChanges()
			c.announce(time.Now())
			c.tidyLogs()
			if time.Since(c.started) > unasked {
				c.endUnused()
			}
		case <-c.memory.due:
			c.remember()
		}
		c.wake()
		c.acknowledge()
		c.runHooks()
		c.memory.soon()
	}
}

// remember writes down what has changed. When it can't be written the project
// goes on; only a successor would know less.
func (c *Controller) remember() {
	if err := c.memory.save(c.snapshot); err != nil {
		c.log.Error("a controller that takes over would know less", "err", err)
		c.notice(err.Error())
	}
}

// shutDown ends what lives outside Run's goroutine.
func (c *Controller) shutDown() {
	c.remember() // what a successor would have to ask for otherwise
	close(c.done)
	for _, t := range c.timers {
		t.Stop()
	}
	for _, cancel := range c.probes {
		cancel()
	}
	for name := range c.notifies {
		c.closeNotify(name)
	}
	for _, s := range c.shims {
		_ = s.line.Close()
	}
	c.events.close()
	for _, w := range c.waiters {
		close(w.done)
	}
}

// post hands fn to Run's goroutine; false when it has ended.
func (c *Controller) post(fn func()) bool {
	select {
	case c.inbox <- fn:
		return true
	case <-c.done:
		return false
	}
}

// errGone answers requests that come while the controller ends.
var errGone = &api.Error{Kind: api.KindBusy, Message: "the project is ending", HintText: "try again in a moment"}

// do runs fn in Run's goroutine and waits for it.
func (c *Controller) do(ctx context.Context, fn func() error) error {
	result := make(chan error, 1)
	select {
	case c.inbox <- func() { result <- fn() }:
	case <-c.done:
		return errGone
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	select {
	case err := <-result:
		return err
	case <-c.done:
	}
	select {
	case err := <-result: // it was the last thing that was done
		return err
	default:
		return errGone
	}
}

// await returns nil once met is true of the state; it is asked after every
// change, in Run's goroutine.
func (c *Controller) await(ctx context.Context, met func() bool) error {
	w := &waiter{met: met, done: make(chan struct{})}
	if err := c.do(ctx, func() error { c.waiters = append(c.waiters, w); return nil }); err != nil {
		return err
	}
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wake tells waiters whose condition is met.
func (c *Controller) wake() {
	kept := c.waiters[:0]
	for _, w := range c.waiters {
		if w.met() {
			close(w.done)
			continue
		}
		kept = append(kept, w)
	}
	c.waiters = kept
}

// Shim takes over a connection that a shim has upgraded.
func (c *Controller) Shim(conn net.Conn, r reader) { c.serveShim(conn, r) }

func (c *Controller) identity() api.Controller {
	return api.Controller{Pid: os.Getpid(), Version: version.String(), StartedAt: c.started}
}

// awaited are the instances that were taken over, and whose shims have not
// come yet.
func (c *Controller) awaited() []string {
	var names []string
	for _, i := range c.machine.Instances {
		if c.adopting[i.Name] && i.Shim == machine.ShimOpening {
			names = append(names, i.Name)
		}
	}
	return names
}
