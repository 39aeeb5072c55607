package api

import "time"

// State is an instance's state; the same word stands in the API, on the
// screen, in the docs and in the controller.
type State string

// The states, in the order of a life.
const (
	Waiting   State = "waiting"   // for what it depends on
	Starting  State = "starting"  // its window or its process is being made
	Running   State = "running"   // its process lives, readiness not seen yet
	Ready     State = "ready"     // it can be used
	Unhealthy State = "unhealthy" // it was ready, and is no longer
	Stopping  State = "stopping"  // asked to end, or what it left is being cleaned
	Stopped   State = "stopped"   // ended because somebody wanted it so
	Backoff   State = "backoff"   // ended by itself, starts again at a known time
	Failed    State = "failed"    // given up, the reason says why
	Done      State = "done"      // ended with success, and is not to be restarted
)

// Symbol stands beside the state's word, for an eye that skims: colour alone
// tells nobody enough. Each takes one cell.
func (s State) Symbol() string {
	switch s {
	case Waiting:
		return "◌"
	case Starting:
		return "◔"
	case Running:
		return "◐"
	case Ready:
		return "●"
	case Unhealthy:
		return "▲"
	case Stopping:
		return "◑"
	case Stopped:
		return "○"
	case Backoff:
		return "↻"
	case Failed:
		return "✗"
	case Done:
		return "✓"
	}
	return "?"
}

// Up reports whether an instance in this state has a process, or will have
// one without anybody asking.
func (s State) Up() bool {
	switch s {
	case Waiting, Starting, Running, Ready, Unhealthy, Backoff:
		return true
	}
	return false
}

// Status is the whole project at one moment. Pointers and nil slices are null
// in JSON and mean "not known (yet)".
type Status struct {
	Project     string     `json:"project"`
	Dir         string     `json:"dir"`
	Config      string     `json:"config,omitempty"`      // absolute path; "" = there is none
	Environment string     `json:"environment,omitempty"` // what --env said; "" = none
	Session     string     `json:"session"`               // tmux's name of the session; "" when there is none
	Controller  Controller `json:"controller"`
	Tmux        Tmux       `json:"tmux"`
	Notices     []string   `json:"notices,omitempty"`
	Services    []Service  `json:"services"`
}

// Controller identifies the process that answers.
type Controller struct {
	Pid       int       `json:"pid"`
	Version   string    `json:"version"` // of prox; "" from one that is too old to tell
	StartedAt time.Time `json:"started_at"`
	// Awaited are instances that it took over from another, and whose shims
	// have not come to it yet.
	Awaited []string `json:"awaited,omitempty"`
}

// Tmux tells how to reach the session.
type Tmux struct {
	Socket    string `json:"socket"` // the server's socket path; "" = the user's default server
	Private   bool   `json:"private"`
	SessionID string `json:"session_id"`
	Status    string `json:"status_window,omitempty"` // window id of the status window
}

// Service is one service with its instances.
type Service struct {
	Name      string     `json:"name"`
	State     State      `json:"state"`
	Groups    []string   `json:"groups,omitempty"`
	Dir       string     `json:"dir,omitempty"` // it runs in
	Git       *Git       `json:"git,omitempty"` // of that folder; null: it isn't in a checkout
	DependsOn []string   `json:"depends_on,omitempty"`
	After     []After    `json:"after,omitempty"` // the same, with what is waited for
	Task      bool       `json:"task,omitempty"`  // it is to end
	Instances []Instance `json:"instances"`
}

// Git is what is checked out in a service's folder.
type Git struct {
	Branch string `json:"branch"`          // or the first digits of a commit
	Dirty  *bool  `json:"dirty,omitempty"` // something in the folder is not committed; null: not known (yet)
}

// After is a dependency.
type After struct {
	Service   string `json:"service"`
	Condition string `json:"condition"` // as in the config: "ready", "completed", …
	Holds     bool   `json:"holds"`
}

// Instance is one running copy of a service.
type Instance struct {
	Name        string     `json:"name"`
	Pid         *int       `json:"pid"`
	State       State      `json:"state"`
	Reason      string     `json:"reason,omitempty"`  // why it is in this state, a sentence
	Because     string     `json:"because,omitempty"` // why its run began, where that was a restart that nobody asked for
	Restarts    int        `json:"restarts"`
	Run         int        `json:"run"` // number of this or the last run, from 1
	Exit        *Exit      `json:"exit"`
	StartedAt   *time.Time `json:"started_at"`
	ReadyAt     *time.Time `json:"ready_at,omitempty"`
	NextAt      *time.Time `json:"next_at,omitempty"`  // when backoff ends, or a scheduled task runs next
	Schedule    string     `json:"schedule,omitempty"` // when a scheduled task runs, in words
	CPUPercent  *float64   `json:"cpu_percent"`        // of one core, the whole tree
	MemoryBytes *uint64    `json:"memory_bytes"`       // resident, the whole tree
	Check       string     `json:"check,omitempty"`    // by what it is known to be ready: "tcp :5432"
	Tries       int        `json:"tries,omitempty"`    // answers to that in this run which were not good
	Processes   int        `json:"processes,omitempty"`
	Ports       []int      `json:"ports"` // TCP ports its tree listens on
	Port        int        `json:"port,omitempty"`
	Window      string     `json:"window,omitempty"` // tmux window id
	Costs       *Costs     `json:"costs,omitempty"`  // null: it has no process, or nobody has looked yet
}

// Exit is how a run ended.
type Exit struct {
	Run        int       `json:"run"`
	Code       int       `json:"code"`
	Signal     string    `json:"signal,omitempty"`
	CoreDumped bool      `json:"core_dumped,omitempty"`
	Error      string    `json:"error,omitempty"` // it could not even be started
	At         time.Time `json:"at"`
	RanSeconds float64   `json:"ran_seconds"`
	Asked      string    `json:"asked,omitempty"` // why it was told to end; "" when it ended by itself
	Text       string    `json:"text"`            // "exit code 1", "killed by SIGSEGV (segmentation fault)"
}

// StartRequest asks for services to be up.
type StartRequest struct {
	Config      string   `json:"config"` // absolute path; "" = a project without a config
	Name        string   `json:"name"`   // of a project without a config
	Dir         string   `json:"dir"`
	Env         []string `json:"env"`                   // the person's environment
	Set         []string `json:"set,omitempty"`         // NAME=value from the command line, stronger than all else
	Environment string   `json:"environment,omitempty"` // which of the config's to start; "" = the one in force, none at first
	Services    []string `json:"services"`              // empty = all; what they depend on comes along
	AdHoc       *AdHoc   `json:"ad_hoc,omitempty"`
	Tmux        string   `json:"tmux,omitempty"`    // socket of the tmux server the person is in or chose; "" = the default server
	Private     bool     `json:"private,omitempty"` // Tmux is a server of prox's own, without the person's configuration
	Width       int      `json:"width,omitempty"`   // of the person's terminal
	Height      int      `json:"height,omitempty"`
}

// AdHoc adds a service that stands in no config.
type AdHoc struct {
	Name string   `json:"name,omitempty"` // "" = after the file
	Dir  string   `json:"dir"`
	File string   `json:"file,omitempty"` // run by its interpreter
	Argv []string `json:"argv"`           // the command, or the file's arguments
}

// StartResponse tells what a start set in motion.
type StartResponse struct {
	Session    string      `json:"session"`
	Tmux       Tmux        `json:"tmux"`
	Notices    []string    `json:"notices,omitempty"`
	Started    []string    `json:"started"`              // instances that are coming up now
	Already    []string    `json:"already"`              // instances that were up before
	Seq        uint64      `json:"seq"`                  // events after this one tell how it goes
	Controller *Controller `json:"controller,omitempty"` // null from one that is too old to tell
}

// ScaleRequest asks for a number of instances of a service.
type ScaleRequest struct {
	Service string `json:"service"`
	Count   int    `json:"count"`
}

// ScaleResponse tells what a scale set in motion.
type ScaleResponse struct {
	Started []string `json:"started"` // instances that are coming up now
	Already []string `json:"already"` // instances that were up before
	Stopped []string `json:"stopped"` // instances that are going, the first to go first
	Seq     uint64   `json:"seq"`     // events after this one tell how it goes
}

// ReloadRequest asks for the config to be read again, and for what runs to be
// made like it.
type ReloadRequest struct {
	Config      string `json:"config"`
	Dir         string `json:"dir"`
	Environment string `json:"environment,omitempty"` // "" = the one in force
	DryRun      bool   `json:"dry_run,omitempty"`     // only say what would be done
}

// The actions of a plan.
const (
	PlanStart   = "start"
	PlanRestart = "restart"
	PlanStop    = "stop"
	PlanUpdate  = "update" // takes effect without a new process
)

// PlanStep is what a reload does about one service.
type PlanStep struct {
	Service string `json:"service"`
	Action  string `json:"action"`
	Why     string `json:"why"`
}

// ReloadResponse tells what a reload set in motion.
type ReloadResponse struct {
	Plan    []PlanStep `json:"plan"`
	Started []string   `json:"started"` // instances that are coming up now
	Stopped []string   `json:"stopped"` // instances that are going
	Seq     uint64     `json:"seq"`     // events after this one tell how it goes
}

// StopRequest asks for services to be down; for a kill, everything and the session.
type StopRequest struct {
	Services []string `json:"services"` // empty = all
	Now      bool     `json:"now,omitempty"`
	By       string   `json:"by,omitempty"` // of a kill, for people: "Ctrl-C"; "" = prox kill
}

// StopResponse is given when nothing is left, or when the wait was given up.
type StopResponse struct {
	Stopped    []string  `json:"stopped"`
	NotRunning []string  `json:"not_running,omitempty"`
	Forced     []Process `json:"forced,omitempty"` // had to be killed
	Left       []Process `json:"left,omitempty"`   // could not be killed
	Notices    []string  `json:"notices,omitempty"`
}

// Process names a process and the instance it belonged to.
type Process struct {
	Instance string `json:"instance"`
	Pid      int    `json:"pid"`
	Name     string `json:"name"`
}

// RestartRequest asks for services to be stopped and started again.
type RestartRequest struct {
	Services []string `json:"services"`
	Env      []string `json:"env"`
}

// Explanation is the whole story of one instance.
type Explanation struct {
	Instance    Instance   `json:"instance"`
	Service     string     `json:"service"`
	Since       time.Time  `json:"since"` // in this state since
	Command     string     `json:"command"`
	Dir         string     `json:"dir"`
	DependsOn   []string   `json:"depends_on,omitempty"`
	WaitsFor    []WaitsFor `json:"waits_for,omitempty"` // also of one that runs: what it goes on without
	Policy      string     `json:"policy"`              // the restart policy in words
	MaxRestarts int        `json:"max_restarts"`
	Health      *Health    `json:"health,omitempty"`     // null when nobody asks the service
	Limits      string     `json:"limits,omitempty"`     // what it may use and what follows, in words; "" = no limit
	Config      []Setting  `json:"config,omitempty"`     // its keys in force, but for its variables
	SinceGood   *SinceGood `json:"since_good,omitempty"` // null when it is at its last good run, or had none
	Exits       []Exit     `json:"exits,omitempty"`      // oldest first
	Advice      []string   `json:"advice,omitempty"`     // what to do about the last exit, where that is known
	Lines       []string   `json:"lines,omitempty"`      // the last lines before the last exit; raw bytes of the service
}

// Setting is a key of the config and its value.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// SinceGood is what is other than it was at the last run that was ready.
type SinceGood struct {
	Run     int       `json:"run"`
	At      time.Time `json:"at"`
	Changes []string  `json:"changes"` // in words; empty when nothing is known to be
}

// Health is what a service's healthcheck asks, and is answered.
type Health struct {
	Check    string `json:"check"`            // "http_get /health every 10s"
	Passed   bool   `json:"passed"`           // the last answer was a good one
	Answer   string `json:"answer,omitempty"` // when it was not
	Failures int    `json:"failures"`         // in a row
	Retries  int    `json:"retries"`          // after so many it is unhealthy
}

// WaitsFor names a dependency that is not ready: one of the instance's own, or
// one further down that keeps such a one from being it.
type WaitsFor struct {
	By      string    `json:"by,omitempty"` // the service whose dependency it is; "" for the instance's own
	Service string    `json:"service"`
	State   State     `json:"state"`
	Reason  string    `json:"reason,omitempty"`
	Since   time.Time `json:"since"`
}

// Environment is what a service was given when it was last started, or would be
// given now.
type Environment struct {
	Dir         string   `json:"dir"`
	Environment string   `json:"environment,omitempty"` // the one in force
	Vars        []Var    `json:"vars"`
	Changes     []string `json:"changes,omitempty"` // the variables that a restart would change
	Stale       string   `json:"stale,omitempty"`   // why it can't be told what a restart would change
}

// Var is one variable, and where its value is from.
type Var struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"` // "shell", ".env.local", "services.api.env"
}

// Env is the environment in the form of os.Environ.
func (e *Environment) Env() []string {
	out := make([]string, len(e.Vars))
	for i, v := range e.Vars {
		out[i] = v.Name + "=" + v.Value
	}
	return out
}

// EventKind tells what an Event is about.
type EventKind string

// The kinds of events.
const (
	EventState   EventKind = "state"   // an instance changed its state
	EventExit    EventKind = "exit"    // a run ended
	EventNotice  EventKind = "notice"  // something a person should know
	EventFiles   EventKind = "files"   // files changed that a service watches
	EventProbe   EventKind = "probe"   // a healthcheck was answered otherwise than the time before
	EventRemoved EventKind = "removed" // an instance is no longer there
	EventKill    EventKind = "kill"    // the project ends
)

// Event is one thing that happened.
type Event struct {
	Seq      uint64     `json:"seq"`
	Time     time.Time  `json:"time"`
	Kind     EventKind  `json:"kind"`
	Service  string     `json:"service,omitempty"`
	Instance string     `json:"instance,omitempty"`
	State    State      `json:"state,omitempty"`
	Reason   string     `json:"reason,omitempty"`
	Run      int        `json:"run,omitempty"`
	Exit     *Exit      `json:"exit,omitempty"`
	NextAt   *time.Time `json:"next_at,omitempty"`
}
