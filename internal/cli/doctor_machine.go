package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/charmbracelet/colorprofile"
	"github.com/xo/terminfo"

	"prox/config"
	"prox/internal/doctor"
	"prox/internal/place"
	"prox/mux"
)

// examineMachine gathers what is known of the machine, and has it checked.
func (a *app) examineMachine(ctx context.Context, p *config.Project) []doctor.Finding {
	found := doctor.Tmux(a.tmuxFacts(ctx, p))
	found = append(found, doctor.Terminal(doctor.TerminalFacts{
		Term:    a.getenv("TERM"),
		NoColor: a.getenv("NO_COLOR") != "",
		Colors:  colorprofile.Env(a.environ),
		Known:   func(term string) bool { _, err := terminfo.Load(term); return err == nil },
		Locale:  orElse(a.getenv("LC_ALL"), orElse(a.getenv("LC_CTYPE"), a.getenv("LANG"))),
		OS:      runtime.GOOS,
	})...)
	if soft, hard, err := openFiles(ctx); err == nil {
		found = append(found, doctor.OpenFiles(soft, hard)...)
	}
	found = append(found, doctor.Watches(inotify())...)
	return append(found, a.examineFolders(p)...)
}

func (a *app) tmuxFacts(ctx context.Context, p *config.Project) doctor.TmuxFacts {
	var f doctor.TmuxFacts
	path, err := exec.LookPath("tmux")
	if err != nil {
		return f
	}
	ctx, cancel := context.WithTimeout(ctx, tmuxPatience)
	defer cancel()
	f.Path = path
	f.Private = p != nil && p.Tmux.Server == "private" || a.getenv("PROX_TMUX_SOCKET") != ""
	f.Configs = doctor.TmuxConfigs(a.getenv("HOME"), a.getenv("XDG_CONFIG_HOME"))
	socket, _ := mux.FromEnv(a.getenv("TMUX"))
	server := mux.New(mux.Options{Socket: socket, Env: a.environ})
	if f.Version, f.Err = server.Version(ctx); f.Err != nil || !exists(orElse(socket, defaultSocket(a))) {
		return f
	}
	switch v, err := server.Running(ctx); {
	case err == nil:
		f.Server = &v
	case errors.Is(err, mux.ErrServerGone):
		return f
	default:
		f.ServerErr = err
		return f
	}
	f.Harm, f.ServerErr = server.Harm(ctx)
	return f
}

// openFiles are the limits that a program is started with: this one's own were
// raised by Go.
func openFiles(ctx context.Context) (soft, hard uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, "/bin/sh", "-c", "ulimit -Sn; ulimit -Hn").Output()
	if err != nil {
		return 0, 0, err
	}
	var limits [2]uint64 // 0 where it says "unlimited"
	for k, word := range strings.Fields(string(out)) {
		if n, err := strconv.ParseUint(word, 10, 64); err == nil && k < 2 {
			limits[k] = n
		}
	}
	return limits[0], limits[1], nil
}

// inotify reads Linux's limits, and what this user's processes use of them.
func inotify() doctor.Inotify {
	limit := func(name string) int {
		b, err := os.ReadFile("/proc/sys/fs/inotify/" + name)
		if err != nil {
			return 0 // another system, or one that hides it
		}
		n, err := strconv.Atoi(strings.TrimSpace(string(b)))
		if err != nil {
			return 0
		}
		return n
	}
	i := doctor.Inotify{Watches: limit("max_user_watches"), Instances: limit("max_user_instances")}
	if i.Watches == 0 {
		return i
	}
	links, err := filepath.Glob("/proc/[0-9]*/fd/*") // those that may be read are this user's, or the user is root
	if err != nil {
		return i
	}
	for _, link := range links {
		if to, err := os.Readlink(link); err != nil || to != "anon_inode:inotify" {
			continue
		}
		i.UsedInstances++
		if b, err := os.ReadFile(filepath.Join(filepath.Dir(filepath.Dir(link)), "fdinfo", filepath.Base(link))); err == nil {
			i.UsedWatches += strings.Count(string(b), "inotify wd:")
		}
	}
	return i
}

// examineFolders looks at the folders that prox keeps its files in.
func (a *app) examineFolders(p *config.Project) []doctor.Finding {
	at, err := a.doctorPlace(p)
	if err != nil {
		return []doctor.Finding{doctor.Socket("", err, place.MaxSocketPath)}
	}
	state := doctor.LookAt("state folder", at.State)
	state.Notice = at.Notice
	sockets := doctor.LookAt("runtime folder", at.Runtime)
	sockets.Refused = at.CheckRuntime()
	found := doctor.Folders(sockets, state)
	project := doctor.LookAt("project folder", at.Dir)
	project.Shared = true
	project.Writable = project.Exists // prox writes nothing there
	return append(append(found, doctor.Socket(at.Socket(), nil, place.MaxSocketPath)), doctor.Folders(project)...)
}

// doctorPlace is where the project's files lie, or would lie.
func (a *app) doctorPlace(p *config.Project) (place.Project, error) {
	if p != nil {
		return place.For(p.Name, p.Dir)
	}
	return place.For(filepath.Base(a.dir), a.dir)
}
