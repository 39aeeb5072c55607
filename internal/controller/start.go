package controller

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/internal/link"
	"prox/internal/logstore"
	"prox/internal/machine"
	"prox/internal/place"
	"prox/internal/schedule"
	"prox/metrics"
	"prox/restart"

	"golang.org/x/sys/unix"
)

// Start asks for services to be up. It answers as soon as the wish is taken;
// the events after the answer's number tell how it goes.
func (c *Controller) Start(ctx context.Context, r api.StartRequest) (*api.StartResponse, error) {
	c.starts.Add(1)
	resp, err := c.accept(ctx, r)
	c.starts.Add(-1)
	if err != nil {
		c.post(c.endUnused)
	}
	return resp, err
}

func (c *Controller) accept(ctx context.Context, r api.StartRequest) (*api.StartResponse, error) {
	project, given, err := c.load(ctx, r)
	if err != nil {
		return nil, err
	}
	var resp *api.StartResponse
	var fresh bool
	err = c.do(ctx, func() error {
		if c.ending {
			return errGone
		}
		var err error
		resp, fresh, err = c.start(project, given, r)
		return err
	})
	if err != nil {
		return nil, err
	}
	if fresh {
		if err := c.awaitSession(ctx); err != nil {
			return nil, err
		}
	}
	return c.respond(ctx, resp)
}

// awaitSession waits until tmux has made the windows, or has failed to: the
// answer tells where they are.
func (c *Controller) awaitSession(ctx context.Context) error {
	return c.await(ctx, func() bool { return c.opening == 0 })
}

// respond completes an answer with what is known of the session.
func (c *Controller) respond(ctx context.Context, resp *api.StartResponse) (*api.StartResponse, error) {
	at := c.screen.seen()
	resp.Session, resp.Tmux = at.Name, c.screen.wire()
	resp.Controller = ref(c.identity())
	err := c.do(ctx, func() error {
		resp.Notices = slices.Concat(c.notices, c.tellOnce, resp.Notices)
		c.tellOnce = nil
		return nil
	})
	return resp, err
}

// load reads the project that a request is about, and what its services are to
// be given; a project without a config is named after its folder and has ad-hoc
// services only.
func (c *Controller) load(ctx context.Context, r api.StartRequest) (*config.Project, config.Given, error) {
	err := c.do(ctx, func() error {
		if c.project == nil || r.Environment == "" || r.Environment == c.project.Environment {
			return nil
		}
		for _, s := range c.project.Services {
			if c.running(s.Name) {
				return &api.Error{
					Kind:     api.KindUsage,
					Message:  fmt.Sprintf("the project runs in the %s, not in the environment %s", environmentWords(c.project.Environment), r.Environment),
					HintText: "prox reload --env " + r.Environment + " changes it; or prox stop, and then this again",
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, config.Given{}, err
	}
	return c.read(ctx, r)
}

// read reads the config. What the request doesn't say stays as it is.
func (c *Controller) read(ctx context.Context, r api.StartRequest) (*config.Project, config.Given, error) {
	given := config.Given{Shell: r.Env, Set: r.Set}
	o := config.Options{Environment: r.Environment}
	var busy []int
	err := c.do(ctx, func() error {
		if c.project == nil {
			return nil
		}
		o.Environment = cmp.Or(o.Environment, c.project.Environment)
		if len(r.Set) == 0 {
			given.Set = c.given.Set
		}
		for _, s := range c.project.Services {
			if c.running(s.Name) {
				busy = append(busy, s.Port)
			}
		}
		return nil
	})
	if err != nil {
		return nil, given, err
	}
	o.Given = given
	o.Schedule = checkSchedule
	o.Port = func(service string) (int, error) {
		return c.ports.choose(service, func(port int) bool { return slices.Contains(busy, port) })
	}
	var p *config.Project
	if r.Config != "" {
		p, err = config.Load(r.Config, o)
	} else if p, err = config.AdHoc(r.Dir, "", nil); err == nil {
		p.Environment = o.Environment
	}
	if err != nil {
		return nil, given, badConfig(err)
	}
	return p, given, nil
}

func checkSchedule(expr string) error {
	_, err := schedule.Parse(expr)
	return err
}

func environmentWords(name string) string {
	if name == "" {
		return "default environment"
	}
	return "environment " + name
}

// badConfig is an error about the config, or about what services are given,
// fit for the wire.
func badConfig(err error) error {
	e := &api.Error{Kind: api.KindBadConfig, Message: err.Error()}
	var bad *config.InvalidError
	if errors.As(err, &bad) {
		for _, problem := range bad.Problems {
			e.Problems = append(e.Problems, problem.String())
		}
	}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		e.HintText = h.Hint()
	}
	return e
}

// start runs in the controller's goroutine.
func (c *Controller) start(p *config.Project, given config.Given, r api.StartRequest) (*api.StartResponse, bool, error) {
	p, gone := c.keepKnown(p)
	named := r.Services
	if r.AdHoc != nil {
		name, err := c.addByHand(p, *r.AdHoc)
		if err != nil {
			return nil, false, err
		}
		named = []string{name}
	}
	names, only, err := c.selected(p, named)
	if err != nil {
		return nil, false, err
	}
	if err := c.checkStart(p, given, names); err != nil {
		return nil, false, err
	}
	drift := ""
	if c.project != nil {
		drift = c.drift(p, given, gone)
	}
	if c.project == nil || len(named) == 0 {
		c.known = namesOf(p)
	}
	c.project, c.given = p, given
	c.define(p)
	c.screen.want(screenWish{Name: p.Name, Socket: r.Tmux, Private: r.Private || p.Tmux.Server == "private", Width: r.Width, Height: r.Height})

	resp := &api.StartResponse{Started: []string{}, Already: []string{}, Seq: c.events.seq}
	if c.place.Notice != "" {
		c.notice(c.place.Notice)
	}
	fresh := c.screen.seen().ID == ""
	want, atOnce := c.wishes(names, named, only, resp)
	// A successor must know of the wish before any window knows of us.
	c.memory.changed = true
	if err := c.memory.save(c.snapshot); err != nil {
		return nil, false, err
	}
	c.step(machine.Want{Names: want})
	if len(atOnce) > 0 {
		c.step(machine.Want{Names: atOnce, AtOnce: true})
	}
	c.remember() // windows take far longer than this to come up
	if drift != "" {
		resp.Notices = append(resp.Notices, drift)
	}
	return resp, fresh && len(resp.Started) > 0, nil
}

// addByHand puts a service that stands in no config into the project.
func (c *Controller) addByHand(p *config.Project, a api.AdHoc) (string, error) {
	svc, err := adHoc(a)
	if err != nil {
		return "", &api.Error{Kind: api.KindUsage, Message: err.Error()}
	}
	old, ok := p.Service(svc.Name)
	switch {
	case !ok || !c.up(svc.Name) || slices.Equal(old.Command.Argv, svc.Command.Argv) && old.Dir == svc.Dir:
	case a.File != "" && len(a.Argv) == 0 && old.Dir == svc.Dir:
		svc = *old // it runs with the arguments it was given
	default:
		return "", &api.Error{
			Kind:     api.KindUsage,
			Message:  fmt.Sprintf("%s runs already, with another command: %s (in %s)", svc.Name, old.Command.Text, old.Dir),
			HintText: "prox stop " + svc.Name + ", and then this again; or give it another name",
		}
	}
	p.Services = slices.DeleteFunc(p.Services, func(s config.Service) bool { return s.Name == svc.Name })
	p.Services = append(p.Services, svc)
	return svc.Name, nil
}

// selected are the services that a start is about, with what they depend on,
// and the instances that were named, where others of their services were not.
func (c *Controller) selected(p *config.Project, named []string) (services, only []string, err error) {
	whole := slices.Clone(named)
	for k, name := range whole {
		if i := c.machine.Instance(name); i != nil && i.Service != name {
			only = append(only, name)
			whole[k] = i.Service
		}
	}
	if services, err = p.Select(whole...); err != nil {
		return nil, nil, noService(err)
	}
	if len(services) == 0 {
		return nil, nil, &api.Error{
			Kind: api.KindUsage, Message: "nothing to start: every service has autostart = false", HintText: "prox start NAME, or prox start @GROUP",
		}
	}
	return services, only, nil
}

// checkStart finds out whether services can be started, before any is.
func (c *Controller) checkStart(p *config.Project, given config.Given, names []string) error {
	if err := checkEnviron(p, names, given); err != nil {
		return err
	}
	for _, name := range names {
		s, ok := p.Service(name)
		if !ok {
			continue
		}
		n, numbered := c.wantedInstances(*s)
		if err := c.givePorts(p, *s, n, numbered); err != nil {
			return &api.Error{Kind: api.KindPortTaken, Message: "cannot start: " + err.Error(), HintText: "change a port in the config; nothing was started"}
		}
	}
	return c.checkPorts(p, names, nil)
}

// wishes sorts the instances of services into those that are to be up, and
// scheduled ones that are to run now; the answer tells which are new.
func (c *Controller) wishes(services, named, only []string, resp *api.StartResponse) (want, atOnce []string) {
	for _, name := range services {
		of := c.machine.Of(name)
		byName := slices.Contains(named, name)
		some := slices.ContainsFunc(of, func(i *machine.Instance) bool { return slices.Contains(only, i.Name) })
		for _, i := range of {
			switch {
			case some && !byName && !slices.Contains(only, i.Name):
				// It stays as it is.
			case i.Schedule != "" && byName && (i.AtRest() || !i.Wanted):
				atOnce = append(atOnce, i.Name) // who names it means now
				resp.Started = append(resp.Started, i.Name)
			case i.Task && i.State == machine.Done && !byName:
				resp.Already = append(resp.Already, i.Name) // it has done its work; who wants it again names it
			case i.Wanted && api.State(i.State).Up():
				want = append(want, i.Name)
				resp.Already = append(resp.Already, i.Name)
			default:
				want = append(want, i.Name)
				resp.Started = append(resp.Started, i.Name)
			}
		}
	}
	return want, atOnce
}

// keepKnown carries services over into the project as it is read now: those
// that were added by hand, and those that have gone from the config, whose
// names it returns. What runs is not let go of by a start.
func (c *Controller) keepKnown(p *config.Project) (*config.Project, []string) {
	if c.project == nil {
		return p, nil
	}
	var gone []string
	for _, i := range c.machine.Instances {
		if _, ok := p.Service(i.Service); ok {
			continue
		}
		// Running, or added by hand: either way somebody may ask for it.
		if old, ok := c.project.Service(i.Service); ok {
			p.Services = append(p.Services, *old)
			if !old.AdHoc && c.up(i.Service) {
				gone = append(gone, i.Service)
			}
		}
	}
	return p, gone
}

func adHoc(a api.AdHoc) (config.Service, error) {
	if a.File == "" {
		s, err := config.CommandService(a.Name, a.Dir, a.Argv)
		s.AdHoc = true
		return s, err
	}
	s, err := config.FileService(a.File, a.Argv)
	if err == nil && a.Name != "" {
		s.Name = a.Name
	}
	s.AdHoc = true
	return s, err
}

func noService(err error) error {
	e := &api.Error{Kind: api.KindNoService, Message: err.Error()}
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		e.HintText = h.Hint()
	}
	return e
}

// checkPorts names every declared port that somebody else holds, before
// anything starts.
func (c *Controller) checkPorts(p *config.Project, services, instances []string) error {
	type port struct {
		of     string
		number int
	}
	var wanted []port
	for _, name := range services {
		s, ok := p.Service(name)
		if !ok || s.Port == 0 || c.running(name) {
			continue
		}
		n, numbered := c.wantedInstances(*s)
		for k := range n {
			of, number := name, s.Port+k
			if numbered {
				of = instanceName(name, k+1)
				if chosen, ok := c.instancePorts[of]; ok {
					number = chosen
				}
			}
			wanted = append(wanted, port{of, number})
		}
	}
	for _, name := range instances {
		if number := c.instancePorts[name]; number != 0 {
			wanted = append(wanted, port{name, number})
		}
	}
	var taken, next []string
	for _, w := range wanted {
		h, err := metrics.PortHolder(w.number)
		if err != nil {
			c.log.Warn("cannot tell who holds a port", "port", w.number, "err", err)
			continue
		}
		if h == nil {
			continue
		}
		by, step := c.holder(h)
		if by == "" {
			continue // it makes way for this one
		}
		taken = append(taken, fmt.Sprintf("port %d of service %q is taken by %s", w.number, w.of, by))
		if !slices.Contains(next, step) {
			next = append(next, step)
		}
	}
	if len(taken) == 0 {
		return nil
	}
	return &api.Error{
		Kind:     api.KindPortTaken,
		Message:  "cannot start: " + strings.Join(taken, "; "),
		HintText: strings.Join(next, ", ") + `, or give the service another port ("auto" finds a free one); nothing was started`,
	}
}

// holder names the process that holds a port, and says how to be rid of it. What
// prox runs itself is named by its project and service. An instance of this
// project is no stranger where it makes way: then it has no name.
func (c *Controller) holder(h *metrics.Holder) (who, step string) {
	if h.Pid == 0 {
		return "a process of another user", "end that process"
	}
	who = fmt.Sprintf("%s (pid %d", h.Name, h.Pid)
	if h.Cwd != "" {
		who += ", in " + h.Cwd
	}
	id, instance, ok := strings.Cut(metrics.EnvOf(h.Pid, envInstance), "/")
	switch {
	case !ok:
		return who + ")", fmt.Sprintf("end that process (kill %d)", h.Pid)
	case id == c.place.ID:
		if i := c.machine.Instance(instance); i != nil && i.Service == c.serviceOf(instance) && c.scales[i.Service] > 0 && i.Name == i.Service {
			return "", ""
		}
		return who + "), which is service " + instance + " of this project", "prox stop " + instance
	}
	project, dir := id, ""
	for _, p := range place.All() {
		if p.ID == id {
			project, dir = p.Name, p.Dir
		}
	}
	who += "), which is service " + instance + " of the prox project " + project
	if dir == "" {
		return who, fmt.Sprintf("end that process (kill %d)", h.Pid)
	}
	return who + " in " + dir, fmt.Sprintf("prox -C %s stop %s", dir, instance)
}

// running reports whether an instance of the service has a process.
func (c *Controller) running(service string) bool {
	return slices.ContainsFunc(c.machine.Of(service), func(i *machine.Instance) bool { return !i.AtRest() })
}

// up reports whether an instance of the service runs, or will by itself.
func (c *Controller) up(service string) bool {
	return slices.ContainsFunc(c.machine.Of(service), func(i *machine.Instance) bool { return i.Wanted && api.State(i.State).Up() })
}

// define tells the machine what there is. An instance that runs keeps its
// process and gets its new policy.
func (c *Controller) define(p *config.Project) {
	var defs []machine.Definition
	for _, s := range p.Services {
		defs = append(defs, c.definitions(s)...)
	}
	c.step(machine.Define{Definitions: defs})
}

// definition is the seam from config to machine.
func definition(s config.Service) machine.Definition {
	d := machine.Definition{
		Name:        s.Name,
		Service:     s.Name,
		DependsOn:   dependencies(s),
		RestartWith: s.RestartWith,
		Task:        s.Task,
		Schedule:    s.Plan(),
		Overlap:     schedule.Overlap(s.Overlap),
		Touched:     touch(s),
		AwaitChange: s.AfterCrashLoop == "wait-for-change",
		Policy: restart.Policy{
			Mode:          restart.Mode(s.Restart.Mode),
			MaxRestarts:   s.Restart.MaxRestarts,
			Delay:         time.Duration(s.Restart.Delay),
			MaxDelay:      time.Duration(s.Restart.MaxDelay),
			BackoffFactor: s.Restart.BackoffFactor,
			ResetAfter:    time.Duration(s.Restart.ResetAfter),
			Jitter:        s.Restart.Jitter,
			Window:        time.Duration(s.Restart.Window),
			SuccessCodes:  s.Restart.ExitCodes,
			SameEndings:   restart.DefaultSameEndings,
			GiveUpAlike:   s.Restart.GiveUpAlike,
		},
		StopTimeout: time.Duration(s.Stop.Timeout),
	}
	h := s.Healthcheck
	switch {
	case s.Task: // done, or not: nobody asks it anything
	case h.Kind() != "":
		d.Probed = true
		d.Check = &machine.Check{
			Retries:     h.Retries,
			StartPeriod: time.Duration(h.StartPeriod),
			Restart:     s.OnUnhealthy == "restart",
		}
	case s.Port != 0:
		d.Probed = true
	default:
		d.ReadyAfter = time.Duration(s.ReadyAfter)
	}
	return d
}

// touch is what becomes of a service when a watched file changes.
func touch(s config.Service) machine.Touch {
	switch {
	case len(s.Watch) == 0:
		return ""
	case s.WatchAction.Restarts():
		return machine.TouchRestart
	}
	return machine.TouchAct
}

// dependencies are a service's, with how far each must have come. Ready is, of
// a task, the same as completed.
func dependencies(s config.Service) []machine.Dependency {
	var on []machine.Dependency
	for _, d := range s.DependsOn {
		when := machine.WhenReady
		switch d.Condition {
		case config.Started:
			when = machine.WhenStarted
		case config.Completed:
			when = machine.WhenCompleted
		}
		on = append(on, machine.Dependency{Service: d.Service, When: when})
	}
	return on
}

// spec is what a shim is given to run.
func (c *Controller) spec(name string, run int) (link.Spec, error) {
	i := c.machine.Instance(name)
	s, ok := c.project.Service(i.Service)
	if !ok {
		return link.Spec{}, fmt.Errorf("cannot start %s: it is no longer in the config", name)
	}
	vars, err := c.give(i)
	if err != nil {
		return link.Spec{}, err
	}
	c.ran[s.Name] = *s
	c.began[name] = c.circumstancesNow(i, s.Dir, vars)
	env := append(config.Strings(vars),
		envProject+"="+c.place.ID,
		envInstance+"="+c.place.ID+"/"+name,
		fmt.Sprintf("%s=%d", envRun, run))
	if s.Healthcheck.Notify {
		env = append(env, "NOTIFY_SOCKET="+c.notifySocket(name),
			fmt.Sprintf("WATCHDOG_USEC=%d", time.Duration(s.Healthcheck.Interval).Microseconds()))
	}
	sig := unix.SignalNum(s.Stop.Signal)
	if sig == 0 {
		sig = unix.SIGTERM
	}
	return link.Spec{
		Argv:        s.Command.Argv,
		Dir:         s.Dir,
		Env:         env,
		PTY:         s.PTY,
		Interactive: s.Interactive,
		StopSignal:  int(sig),
		StopTimeout: time.Duration(s.Stop.Timeout),
		Logs:        c.logs(name),
		LogSize:     int64(s.Logs.MaxSize),
		LogTotal:    int64(s.Logs.MaxTotal),
		LogAge:      segmentAge(s.Logs),
	}, nil
}

func (c *Controller) logs(instance string) string { return logstore.Folder(c.place.Logs(), instance) }

// Restart asks for services to be stopped and started again.
func (c *Controller) Restart(ctx context.Context, r api.RestartRequest) (*api.StartResponse, error) {
	resp := &api.StartResponse{Started: []string{}, Already: []string{}}
	err := c.do(ctx, func() error {
		names, err := c.instances(r.Services)
		if err != nil {
			return err
		}
		given := c.given
		if len(r.Env) > 0 {
			given.Shell = r.Env
		}
		var services []string
		for _, name := range names {
			services = append(services, c.serviceOf(name))
		}
		if err := checkEnviron(c.project, services, given); err != nil {
			return err
		}
		c.given = given
		resp.Seq, resp.Started = c.events.seq, names
		c.step(machine.Again{Names: names})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return c.respond(ctx, resp)
}

// instances resolves names of services or instances; none means all.
func (c *Controller) instances(names []string) ([]string, error) {
	if c.project == nil {
		return nil, &api.Error{Kind: api.KindNoService, Message: "nothing has been started yet", HintText: "prox start"}
	}
	var out []string
	if len(names) == 0 {
		for _, i := range c.machine.Instances {
			out = append(out, i.Name)
		}
		return out, nil
	}
	for _, name := range names {
		if strings.HasPrefix(name, "@") {
			services, err := c.project.Select(name)
			if err != nil {
				return nil, noService(err)
			}
			for _, i := range c.machine.Instances {
				// Of the group itself, and not what it depends on.
				if s, ok := c.project.Service(i.Service); ok && slices.Contains(services, s.Name) && slices.Contains(s.Groups, name[1:]) {
					out = append(out, i.Name)
				}
			}
			continue
		}
		found := false
		for _, i := range c.machine.Instances {
			if i.Service == name || i.Name == name {
				found = true
				out = append(out, i.Name)
			}
		}
		if !found {
			_, err := c.project.Closure(name)
			if err == nil {
				err = fmt.Errorf("no service %q runs here", name)
			}
			return nil, noService(err)
		}
	}
	sort.Strings(out)
	return slices.Compact(out), nil
}
