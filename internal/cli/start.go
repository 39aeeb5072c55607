package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"prox/config"
	"prox/internal/api"
	"prox/mux"
)

type startCmd struct {
	Names []string `completes:"service,instance,group,file" arg:"" optional:"" name:"service-or-file" help:"Services, with what they depend on, or a file to run by its interpreter; default: all services."`
	environmentFlags
	Foreground bool          `short:"f" help:"Show the merged output, and stop everything at Ctrl-C (twice: at once)."`
	Wait       bool          `default:"true" negatable:"" help:"Return when all is ready, or at once (--no-wait)."`
	Timeout    time.Duration `default:"60s" help:"How long to wait for all to be ready; 0 = without limit."`
}

// Help is printed below the usage.
func (*startCmd) Help() string {
	return `What runs already stays as it is.

Examples:
  prox start                     all services, in the order of their dependencies
  prox start api                 api and what it depends on
  prox start @backend            the group backend, and what it depends on
  prox start --env production    with prox.production.toml and .env.production
  prox start app.js -- --debug   a file, by its interpreter, with arguments
  prox start -f                  as foreman does, and in CI

Exit codes: 0 all ready, 1 failed (a port is taken, say), 2 no such service, 4 bad config,
5 a service did not become ready, 130 Ctrl-C while waiting. With -f: the code of the first service that failed.`
}

// Run starts services.
func (c *startCmd) Run(ctx context.Context, a *app) error {
	if err := c.use(a); err != nil {
		return err
	}
	t, err := a.strict(len(c.Names) > 0)
	if errors.Is(err, config.ErrNoConfig) {
		written, offered := a.offer(ctx, err)
		if !written {
			return offered
		}
		t, err = a.strict(false)
	}
	if err != nil {
		return err
	}
	requests, err := a.startRequests(t, c.Names)
	if err != nil {
		return err
	}
	return a.start(ctx, t, requests, startMode{foreground: c.Foreground, wait: c.Wait, timeout: c.Timeout})
}

type startMode struct {
	foreground bool
	wait       bool
	timeout    time.Duration
}

// startRequests sorts names into services and files. Several files take
// several requests.
func (a *app) startRequests(t *target, names []string) ([]api.StartRequest, error) {
	base := a.startRequest(t)
	var requests []api.StartRequest
	var services []string
	for _, name := range names {
		if _, ok := t.project.Service(serviceOf(name)); ok || strings.HasPrefix(name, "@") {
			services = append(services, name)
			continue
		}
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(a.dir, path)
		}
		if fi, err := os.Stat(path); err != nil || fi.IsDir() {
			if t.file != "" || strings.ContainsAny(name, "./") {
				return nil, a.noSuch(t, name)
			}
			_, none := a.configPath()
			return nil, a.noConfig(fmt.Errorf("no service or file %q: %w", name, none), true)
		}
		svc, err := config.FileService(path, a.rest)
		if err != nil {
			return nil, &exitError{code: exitUsage, err: err}
		}
		r := base
		r.AdHoc = &api.AdHoc{Name: svc.Name, Dir: filepath.Dir(path), File: path, Argv: a.rest}
		requests = append(requests, r)
	}
	if len(a.rest) > 0 && len(requests) == 0 {
		return nil, &exitError{code: exitUsage, err: errors.New("arguments after -- belong to a file, and none is named"), hint: "prox start app.js -- --debug"}
	}
	if len(services) > 0 || len(names) == 0 {
		var whole []string
		for _, name := range services {
			whole = append(whole, serviceOf(name))
		}
		if _, err := t.project.Select(whole...); err != nil {
			return nil, err
		}
		base.Services = services
		requests = append([]api.StartRequest{base}, requests...)
	}
	return requests, nil
}

// serviceOf is the service of an instance's name: api of api.2.
func serviceOf(name string) string {
	service, number, ok := strings.Cut(name, ".")
	if _, err := strconv.Atoi(number); ok && err == nil {
		return service
	}
	return name
}

// noSuch is the error about a name that is neither a service nor a file. A
// service added by hand is known to the controller only.
func (a *app) noSuch(t *target, name string) error {
	near := t.project.Near(name)
	e := &exitError{code: exitUsage, err: fmt.Errorf("no service %q in %s, and no such file", name, orElse(filepath.Base(t.file), t.place.Dir))}
	if t.file == "" {
		e.err = fmt.Errorf("no file %q in %s", name, a.dir)
	}
	if near != "" {
		e.hint = "did you mean " + near + "?"
	}
	return e
}

// startRequest is what all requests to start have in common.
func (a *app) startRequest(t *target) api.StartRequest {
	r := api.StartRequest{
		Config:      t.file,
		Name:        t.place.Name,
		Dir:         t.place.Dir,
		Env:         a.personEnv(),
		Set:         a.set,
		Environment: a.environment,
		Width:       a.print.width,
		Height:      a.print.height,
	}
	if socket := a.getenv("PROX_TMUX_SOCKET"); socket != "" {
		r.Tmux, r.Private = socket, true
		if !filepath.IsAbs(socket) {
			r.Tmux = filepath.Join(a.dir, socket)
		}
	} else if socket, ok := mux.FromEnv(a.getenv("TMUX")); ok {
		r.Tmux = socket
	}
	return r
}

// start sends the requests and waits as mode says.
func (a *app) start(ctx context.Context, t *target, requests []api.StartRequest, mode startMode) error {
	if err := usableTmux(ctx); err != nil {
		return err // before a controller is started for nothing
	}
	began := time.Now()
	client := a.starter(t.place)
	defer client.Close()
	all, err := startAll(ctx, client, requests)
	if err != nil {
		return err
	}
	for _, n := range all.Notices {
		a.print.note("%s", plain(n))
	}
	a.checkVersion(ctx, client, all)
	if mode.foreground {
		return a.foreground(ctx, t, all, began)
	}
	if !mode.wait {
		a.print.say("%s coming up%s", count(len(all.Started), "service"), a.next(all))
		return nil
	}
	// From here on a controller that has ended is not to be started again.
	watcher := a.client(t.place)
	defer watcher.Close()
	came, err := a.follow(ctx, t, watcher, all, began, mode.timeout)
	if err != nil {
		return err
	}
	if all.Session == "" { // it was still being made
		if st, err := statusWithSession(ctx, watcher); err == nil {
			all.Session, all.Tmux = st.Session, st.Tmux
		}
	}
	if len(all.Started) == 0 && came == (tally{}) {
		a.print.say("everything runs already%s", a.next(all))
		return nil
	}
	a.print.say("%s in %s%s", came, span(time.Since(began)), a.next(all))
	return nil
}

// usableTmux returns an error when there is no tmux, or one that is too old. One
// that doesn't say its version is tried.
func usableTmux(ctx context.Context) error {
	err := mux.New(mux.Options{}).Check(ctx)
	var old *mux.TooOldError
	if errors.Is(err, mux.ErrNoTmux) || errors.As(err, &old) {
		return err
	}
	return nil
}

// startAll makes one answer of those to all requests.
func startAll(ctx context.Context, client *api.Client, requests []api.StartRequest) (*api.StartResponse, error) {
	var all *api.StartResponse
	for _, r := range requests {
		resp, err := startOnce(ctx, client, r)
		if err != nil {
			return nil, err
		}
		if all == nil {
			all = resp
			continue
		}
		all.Session, all.Tmux, all.Notices, all.Controller = resp.Session, resp.Tmux, resp.Notices, resp.Controller
		all.Started = append(all.Started, resp.Started...)
		for _, name := range resp.Already {
			if !slices.Contains(all.Started, name) && !slices.Contains(all.Already, name) {
				all.Already = append(all.Already, name)
			}
		}
	}
	return all, nil
}

// checkVersion says so when the controller is of another prox. One that is too
// old to tell it with a start tells it with its status.
func (a *app) checkVersion(ctx context.Context, client *api.Client, r *api.StartResponse) {
	c := r.Controller
	if c == nil {
		st, err := client.Status(ctx)
		if err != nil {
			return // the start itself will tell what is wrong
		}
		c = &st.Controller
	}
	a.noteOtherVersion(*c)
}

// busyPatience is how long a start waits for a project that is just ending.
const busyPatience = 10 * time.Second

// startOnce sends one request, again if it met the end of the project's last
// controller.
func startOnce(ctx context.Context, client *api.Client, r api.StartRequest) (*api.StartResponse, error) {
	for end := time.Now().Add(busyPatience); ; {
		resp, err := client.Start(ctx, r)
		if err == nil || !api.IsKind(err, api.KindBusy) || time.Now().After(end) {
			return resp, err
		}
		select {
		case <-time.After(redial):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// next says what to type now.
func (a *app) next(r *api.StartResponse) string {
	attach := "prox attach"
	if r.Session != "" && !r.Tmux.Private && isDefaultServer(a, r.Tmux.Socket) {
		attach = "tmux attach -t " + r.Session
	}
	return " · " + attach + " · prox status"
}
