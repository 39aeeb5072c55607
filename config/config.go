// Package config reads what a project runs: prox.toml, the same schema in
// prox.yml, or a plain Procfile.
//
// Begin with [Find], which walks up from a folder to the project's config, and
// [Load], which reads it. Load reports every mistake in the file at once, each
// with its line, its key and what was expected; the error is an
// [*InvalidError]. A project without a config comes from [AdHoc].
//
// The exported types are the schema. Their `key` tags name the keys of the
// file and their `jsonschema` tags limit the values; the decoder of both
// formats, the check for unknown keys and the generated JSON Schema ([Schema])
// all read these tags, so they cannot disagree. The `json` tags are for
// keeping a loaded project: it survives a round trip through JSON unchanged.
//
// The package reads files and looks at folders. It starts no process and looks
// at no environment: what a service is given is computed by [Project.Environ]
// from the environment that the caller passes in, and so is what a value of the
// config refers to.
package config

import "time"

//go:generate go run -tags generate ./internal/schemagen -o schema.json

// Project is everything that one config file says, with all defaults filled in.
type Project struct {
	// Name of the project and of its tmux session; the folder's name unless given.
	Name string `json:"name" key:"name" jsonschema:"pattern=^[\\p{L}\\p{N}][\\p{L}\\p{N}_-]*$,maxLength=64" also:"project,session"`
	// Dir is the absolute folder of the config.
	Dir string `json:"dir" key:"-"`
	// File is the absolute path of the config; empty for a project without one.
	File string `json:"file,omitempty" key:"-"`
	// Environment is the name of the one the project was loaded for; "" = none.
	Environment string `json:"environment,omitempty" key:"-"`
	// Env is given to every service; the shell and .env files win over it. Values may refer to other variables, ${VAR} and ${VAR:-default}, and to ports, ${api.port}.
	Env map[string]string `json:"env,omitempty" key:"env" also:"environment,vars"`
	// Services are what the project runs, in the order of the file.
	Services []Service `json:"services" key:"services" jsonschema:"required" also:"processes,procs,apps,programs"`
	// Tmux says where the project's windows are.
	Tmux Tmux `json:"tmux" key:"tmux"`
	// Logs say how much is kept of what the services print: max_total is of all of them together (default: 10GiB), the others hold for each service that doesn't say otherwise.
	Logs Logs `json:"logs" key:"logs" also:"log,logging"`
}

// Tmux says where the project's windows are.
type Tmux struct {
	// Server is the tmux server to use: "user" (the one that a plain tmux command reaches) or "private" (one of the project's own).
	Server string `json:"server" key:"server" jsonschema:"enum=user,enum=private,default=user"`
}

// Service is one thing that a project runs.
type Service struct {
	// Name is the key of the service's table.
	Name string `json:"name" key:"-"`
	// Command is what to run: a text as typed in a shell, or a list that is executed as it stands.
	Command Command `json:"command" key:"command" jsonschema:"required" also:"cmd,run,exec,script,start,shell"`
	// Dir is the folder to run in, relative to the config's folder; default: that folder.
	Dir string `json:"dir" key:"dir" also:"cwd,directory,working_dir,workdir,path,folder"`
	// Env is the service's own environment; the shell and .env files win over it, unless a value builds upon theirs: PATH = "bin:${PATH}".
	Env map[string]string `json:"env,omitempty" key:"env" also:"environment,vars"`
	// EnvFile are files of variables for this service, in the form of .env; a later one wins, and all win over .env and its kin.
	EnvFile []string `json:"env_file,omitempty" key:"env_file" also:"env_files,dotenv,envfile"`
	// DependsOn are the services that must have come some way before this one starts: a list of names (all must be ready), or a table of names and conditions.
	DependsOn []Dependency `json:"depends_on,omitempty" key:"depends_on" also:"depends,needs,requires,after"`
	// RestartWith are those of depends_on whose restart restarts this one too, and runs a task again; otherwise it is left alone.
	RestartWith []string `json:"restart_with,omitempty" key:"restart_with" also:"restarts_with,part_of,binds_to"`
	// Task is true for what runs once, to its end: it is ready when it is completed, and is not started again unless restart.mode says so.
	Task bool `json:"task,omitempty" key:"task" jsonschema:"default=false" also:"oneshot,once,job,run_once"`
	// Schedule is when a task runs again and again, in cron's five fields (minute, hour, day, month, weekday), or @hourly, @daily, @weekly; a zone may stand in front: TZ=Europe/Berlin.
	Schedule string `json:"schedule,omitempty" key:"schedule" jsonschema:"minLength=1" also:"cron,cron_restart,crontab"`
	// Every is how long after its last planned time a task runs again; at least 1s.
	Every Duration `json:"every,omitzero" key:"every"`
	// Overlap says what becomes of a run that is due while the last one goes on: skip it, queue it, or replace the last one.
	Overlap string `json:"overlap,omitempty" key:"overlap" jsonschema:"enum=skip,enum=queue,enum=replace,default=skip" also:"concurrency,concurrency_policy"`
	// Instances is how many copies of the service run; `prox scale` changes it.
	Instances int `json:"instances" key:"instances" jsonschema:"minimum=1,maximum=200,default=1" also:"scale,replicas,numprocs,count"`
	// Watch are patterns of files, relative to dir, that the service is made from: it is restarted when one changes. What .gitignore names is left out.
	Watch []string `json:"watch,omitempty" key:"watch" also:"watches,files,reload_on"`
	// WatchIgnore are patterns of files and folders that are not watched.
	WatchIgnore []string `json:"watch_ignore,omitempty" key:"watch_ignore" also:"ignore_watch,ignore,exclude"`
	// WatchAction says what happens then: restart, a signal by name, or a command.
	WatchAction Action `json:"watch_action,omitzero" key:"watch_action" also:"on_change,onchange"`
	// AfterCrashLoop says what becomes of a service that has been given up: stop, or wait-for-change, which starts it again when a watched file changes.
	AfterCrashLoop string `json:"after_crash_loop" key:"after_crash_loop" jsonschema:"enum=stop,enum=wait-for-change,default=stop"`
	// Port that the service listens on, or "auto" for a free one that stays the same: it is given as PORT, and the service is ready when something listens there, unless it has a healthcheck.
	Port int `json:"port,omitempty" key:"port" jsonschema:"minimum=1,maximum=65535" also:"ports,listen"`
	// AutoPort is true when Port was chosen: port = "auto".
	AutoPort bool `json:"auto_port,omitempty" key:"-"`
	// AdHoc is true for a service that stands in no config.
	AdHoc bool `json:"ad_hoc,omitempty" key:"-"`
	// OfferedPort is what a Procfile's service gets as PORT without having to listen on it; 0 = none.
	OfferedPort int `json:"offered_port,omitempty" key:"-"`
	// ReadyAfter is how long the service must have run to be ready, for one that nobody can ask; 0 = not given.
	ReadyAfter Duration `json:"ready_after,omitzero" key:"ready_after" also:"ready_delay,startsecs,start_seconds,min_uptime"`
	// Restart says what happens when the service ends by itself.
	Restart Restart `json:"restart" key:"restart" also:"autorestart,restart_policy,availability"`
	// Stop says how the service is stopped.
	Stop Stop `json:"stop" key:"stop" also:"shutdown,kill"`
	// Healthcheck says how it is found out whether the service is ready, and stays healthy; nothing but zeros if none is given.
	Healthcheck Healthcheck `json:"healthcheck,omitzero" key:"healthcheck" also:"health,readiness,readiness_probe,liveness_probe,probe,check,ready"`
	// OnUnhealthy says what happens when the healthcheck of a service that was ready fails: restart, or report, which leaves it running.
	OnUnhealthy string `json:"on_unhealthy" key:"on_unhealthy" jsonschema:"enum=restart,enum=report,default=restart" also:"unhealthy,when_unhealthy"`
	// Limits are what the service may use, all its processes together.
	Limits Limits `json:"limits" key:"limits" also:"limit,resources,resource_limits,deploy"`
	// OnLimit says what happens to a service that is over a limit: report, which leaves it running, or restart, which ends its run and leaves the rest to the restart policy.
	OnLimit string `json:"on_limit" key:"on_limit" jsonschema:"enum=report,enum=restart,default=report" also:"on_limits,on_exceeded,when_over"`
	// Logs say how much is kept of what the service prints; the project's hold where it says nothing.
	Logs Logs `json:"logs" key:"logs" also:"log,logging,log_configuration"`
	// Hooks are commands to run when something becomes of the service.
	Hooks Hooks `json:"hooks" key:"hooks" also:"hook,callbacks"`
	// Autostart is false for a service that is started only by its name, by one of its groups, or because another depends on it.
	Autostart bool `json:"autostart" key:"autostart" jsonschema:"default=true" also:"enabled"`
	// Groups that the service is in; @name stands for every service in the group.
	Groups []string `json:"groups,omitempty" key:"groups" jsonschema:"pattern=^[\\p{L}\\p{N}][\\p{L}\\p{N}_-]*$,maxLength=64" also:"group,profiles,tags,labels,namespace"`
	// PTY gives the service a terminal; false means plain pipes, with output and error output told apart.
	PTY bool `json:"pty" key:"pty" jsonschema:"default=true" also:"tty,terminal"`
	// Interactive keeps the copy in the service's window complete, however fast the service writes.
	Interactive bool `json:"interactive,omitempty" key:"interactive" jsonschema:"default=false"`
}

// Dependency is a service that must have come some way before another starts.
type Dependency struct {
	// Service is its name.
	Service string `json:"service"`
	// Condition is [Started], [Ready] or [Completed]; never empty in a loaded project.
	Condition string `json:"condition"`
}

// How far a service must have come for one that depends on it.
const (
	Started   = "started"   // it runs
	Ready     = "ready"     // it can be used; of a task, the same as Completed
	Completed = "completed" // it is a task, and has ended with the exit code 0
)

// Restart says what happens when a service ends by itself.
type Restart struct {
	// Mode is always, on-failure (an exit code other than 0, or a signal) or never, which is a task's default.
	Mode string `json:"mode" key:"mode" jsonschema:"enum=always,enum=on-failure,enum=never,default=on-failure" also:"policy,when"`
	// MaxRestarts is how many restarts in a row are made before giving up; -1 = no limit.
	MaxRestarts int `json:"max_restarts" key:"max_restarts" jsonschema:"minimum=-1,maximum=1000000,default=5" also:"max,retries,max_retries,attempts"`
	// Delay before the first restart.
	Delay Duration `json:"delay" key:"delay" jsonschema:"default=1s" also:"wait,backoff"`
	// MaxDelay is what the delay never grows beyond.
	MaxDelay Duration `json:"max_delay" key:"max_delay" jsonschema:"default=30s" also:"max_backoff"`
	// BackoffFactor is what the delay is multiplied by after each restart.
	BackoffFactor float64 `json:"backoff_factor" key:"backoff_factor" jsonschema:"minimum=1,maximum=1000,default=2" also:"factor,multiplier"`
	// Jitter spreads a delay by this share of it to both sides, so that what died together does not come back together; 0 = off.
	Jitter float64 `json:"jitter,omitempty" key:"jitter" jsonschema:"minimum=0,maximum=1,default=0" also:"random,spread"`
	// ResetAfter is how long a run must last for the restarts before it to be forgotten.
	ResetAfter Duration `json:"reset_after" key:"reset_after" jsonschema:"default=1m0s" also:"reset,min_uptime,startsecs"`
	// Window makes max_restarts count the restarts within so long, in place of those in a row; 0 = in a row.
	Window Duration `json:"window,omitzero" key:"window" jsonschema:"default=0s" also:"within,interval,period"`
	// GiveUpAlike gives up after so many failures in a row that were quick and had the same exit code and the same last lines, whatever max_restarts allows; 0 = off.
	GiveUpAlike int `json:"give_up_alike,omitempty" key:"give_up_alike" jsonschema:"minimum=0,maximum=20,default=0" also:"same_endings"`
	// ExitCodes are those that count as success, beside 0.
	ExitCodes []int `json:"exit_codes,omitempty" key:"exit_codes" jsonschema:"minimum=0,maximum=255" also:"success_codes,success_exit_codes,successful_exit_codes,exitcodes"`
}

// Action is what happens when a watched file changes; the zero value is a
// restart.
type Action struct {
	// Signal to send, by name.
	Signal string `json:"signal,omitempty"`
	// Command to run in the service's folder and environment, with the files' names in PROX_CHANGED.
	Command Command `json:"command,omitzero"`
}

// Restarts reports whether the service is restarted.
func (a Action) Restarts() bool { return a.Signal == "" && len(a.Command.Argv) == 0 }

// Stop says how a service is stopped.
type Stop struct {
	// Signal is what the service is asked with, by name: SIGTERM, SIGINT, SIGQUIT and so on.
	Signal string `json:"signal" key:"signal" jsonschema:"default=SIGTERM"`
	// Timeout is how long the service may take before it is killed.
	Timeout Duration `json:"timeout" key:"timeout" jsonschema:"default=10s" also:"grace,grace_period,kill_timeout,wait"`
}

// Healthcheck asks a service in one of five ways whether it is healthy: by
// http_get, tcp, command, log or notify. The first good answer makes it ready.
type Healthcheck struct {
	// HTTPGet is the URL to ask for, or a path on the service's own port.
	HTTPGet string `json:"http_get,omitempty" key:"http_get" also:"http,url,get,uri,path,endpoint"`
	// Status is what http_get must be answered with: "200", "200-399" or "2xx".
	Status string `json:"status,omitempty" key:"status" jsonschema:"pattern=^([1-5][0-9][0-9](-[1-5][0-9][0-9])?|[1-5][xX][xX])$,default=200-399" also:"status_code,statuses,code,expect"`
	// Body is a regular expression that the body of the answer to http_get must match.
	Body string `json:"body,omitempty" key:"body" jsonschema:"minLength=1" also:"content,contains,match"`
	// Headers are sent with http_get.
	Headers map[string]string `json:"headers,omitempty" key:"headers" also:"header,http_headers"`
	// TCP is where something must listen: a port, or a text of host and port. It is a host and a port in a loaded project.
	TCP string `json:"tcp,omitempty" key:"tcp" also:"port,tcp_socket,socket,connect"`
	// Command must exit with 0: a text as typed in a shell, or a list that is executed as it stands.
	Command Command `json:"command,omitzero" key:"command" also:"cmd,run,exec,script,shell,test"`
	// Log is a regular expression that a line of the service's output must match.
	Log string `json:"log,omitempty" key:"log" jsonschema:"minLength=1" also:"logs,line,output,ready_log_line"`
	// Notify is true when the service itself says that it is ready, as sd_notify does.
	Notify bool `json:"notify,omitempty" key:"notify" jsonschema:"default=false" also:"sd_notify"`
	// Interval between two checks; at least 100ms.
	Interval Duration `json:"interval,omitzero" key:"interval" jsonschema:"default=10s" also:"period,period_seconds,every"`
	// Timeout of one check, after which it has failed.
	Timeout Duration `json:"timeout,omitzero" key:"timeout" jsonschema:"default=2s" also:"timeout_seconds"`
	// Retries is after how many failures in a row the service is unhealthy.
	Retries int `json:"retries,omitempty" key:"retries" jsonschema:"minimum=1,maximum=1000,default=3" also:"failure_threshold,max_retries,attempts"`
	// StartPeriod is how long after the start failures do not count.
	StartPeriod Duration `json:"start_period,omitzero" key:"start_period" jsonschema:"default=30s" also:"initial_delay,initial_delay_seconds,grace,grace_period"`
	// StartInterval between two checks until the service is ready for the first time; at least 10ms.
	StartInterval Duration `json:"start_interval,omitzero" key:"start_interval" jsonschema:"default=100ms"`
}

// Logs say how much is kept of what services print.
type Logs struct {
	// MaxSize is the size at which a new file is begun, of at least 64KiB.
	MaxSize Bytes `json:"max_size" key:"max_size" jsonschema:"default=64MiB" also:"size,max_size_mb,rotate_size,max_file_size"`
	// MaxAge is how old lines may get; older files are removed; at least 1m. Not given: as old as max_total lets them.
	MaxAge Duration `json:"max_age,omitzero" key:"max_age" also:"age,max_age_days,keep,retention"`
	// MaxTotal is how much is kept of each instance, oldest files go first; at least 128KiB.
	MaxTotal Bytes `json:"max_total" key:"max_total" jsonschema:"default=1GiB" also:"total,max_backups,max_files,limit"`
	// Compress packs files that are no longer written to with zstd.
	Compress bool `json:"compress" key:"compress" jsonschema:"default=true" also:"compression,gzip,zstd"`
}

// Limits are what all processes of a service together may use, as prox status
// shows it. They are watched, and not enforced by the system.
type Limits struct {
	// Memory is how much memory may be resident, with a unit: "512MB", "1.5GiB". Pages that processes share count for each of them.
	Memory Bytes `json:"memory,omitzero" key:"memory" also:"mem,ram,rss,max_memory,memory_limit,mem_limit,max_memory_restart"`
	// CPU is how much of one core may be used: "50%" is half of one, "200%" are two.
	CPU Percent `json:"cpu,omitzero" key:"cpu" also:"cpus,cpu_limit,max_cpu"`
	// For is how long a limit must be exceeded, without a break, before that counts.
	For Duration `json:"for" key:"for" jsonschema:"default=10s" also:"period,after,during,interval,time"`
}

// Hooks are commands that are run when something becomes of a service, in its
// folder and with its environment. What becomes of a hook is told, and is
// nothing to the service.
type Hooks struct {
	// OnReady is run once a run, when the service is ready.
	OnReady Command `json:"on_ready,omitzero" key:"on_ready" also:"ready,post_start,on_start,on_started,started"`
	// OnExit is run at the end of each run, however it came about.
	OnExit Command `json:"on_exit,omitzero" key:"on_exit" also:"exit,post_stop,on_stop,on_stopped,on_end,stopped"`
	// OnRestart is run when the service is going to be started again after a run has ended.
	OnRestart Command `json:"on_restart,omitzero" key:"on_restart" also:"restart,on_backoff,restarted"`
	// OnFailed is run when the service is given up.
	OnFailed Command `json:"on_failed,omitzero" key:"on_failed" also:"failed,on_failure,on_fail,on_crash,on_error,failure"`
	// Timeout of one hook, after which it is killed with all that it has started.
	Timeout Duration `json:"timeout" key:"timeout" jsonschema:"default=10s" also:"grace,limit"`
}

// Command is what a service executes.
type Command struct {
	// Text as written in the config; of a list, its words quoted for a shell.
	Text string `json:"text"`
	// Argv is what is executed, and never empty in a loaded project.
	Argv []string `json:"argv"`
	// Shell is true when Argv is a shell that interprets Text.
	Shell bool `json:"shell,omitempty"`
}

// Plan is when the task runs, as an expression of cron; "" when it has no
// schedule.
func (s *Service) Plan() string {
	if s.Every != 0 {
		return "@every " + s.Every.String()
	}
	return s.Schedule
}

// Duration is a [time.Duration] that is written as text: "500ms", "1m30s", "7d".
type Duration time.Duration

func (d Duration) String() string { return time.Duration(d).String() }

// MarshalText writes what UnmarshalText reads.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads a duration as [time.ParseDuration] does, and days in
// front of it; it refuses a negative one and a number without a unit.
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := parseDuration(string(b))
	if err == nil {
		*d = Duration(v)
	}
	return err
}

// Service returns the service called name. The pointer is into p.
func (p *Project) Service(name string) (*Service, bool) {
	for i := range p.Services {
		if p.Services[i].Name == name {
			return &p.Services[i], true
		}
	}
	return nil, false
}

// Needs returns the names of the services that s depends on.
func (s *Service) Needs() []string {
	var names []string
	for _, d := range s.DependsOn {
		names = append(names, d.Service)
	}
	return names
}

// Near returns the name of the service that name most likely meant; "" if none
// is near.
func (p *Project) Near(name string) string {
	return nearest(name, p.names())
}

func (p *Project) names() []string {
	names := make([]string, len(p.Services))
	for i := range p.Services {
		names[i] = p.Services[i].Name
	}
	return names
}

// newService is a service with every default in place.
func newService(name, dir string) Service {
	return Service{
		Name:           name,
		Dir:            dir,
		OnUnhealthy:    "restart",
		Instances:      1,
		Overlap:        "skip",
		AfterCrashLoop: "stop",
		Autostart:      true,
		PTY:            true,
		Restart: Restart{
			Mode:          "on-failure",
			MaxRestarts:   5,
			Delay:         Duration(time.Second),
			MaxDelay:      Duration(30 * time.Second),
			BackoffFactor: 2,
			ResetAfter:    Duration(time.Minute),
		},
		Stop:    Stop{Signal: "SIGTERM", Timeout: Duration(10 * time.Second)},
		Limits:  Limits{For: Duration(10 * time.Second)},
		OnLimit: "report",
		Logs:    defaultLogs(),
		Hooks:   Hooks{Timeout: Duration(10 * time.Second)},
	}
}
