package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"

	"prox/config"
	"prox/internal/api"
	"prox/internal/doctor"
	"prox/internal/launch"
	"prox/internal/place"
	"prox/internal/version"
	"prox/metrics"
)

// examineController looks at the project's controller, and starts none.
func (a *app) examineController(ctx context.Context) []doctor.Finding {
	const check = "controller"
	t, err := a.find()
	if err != nil {
		return nil // there is no project
	}
	ctx, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	conn, err := launch.Dial(ctx, t.place)
	if errors.Is(err, launch.ErrNotRunning) {
		if !launch.Remembered(t.place) {
			return []doctor.Finding{{Check: check, Outcome: doctor.OK, Text: "none: the project is not running"}}
		}
		return []doctor.Finding{{
			Check: check, Outcome: doctor.Warning, Text: "it was killed, and left a project behind",
			Fix: []string{"prox status takes it up, prox kill ends what is left"},
		}}
	}
	if err != nil {
		return []doctor.Finding{{Check: check, Outcome: doctor.Problem, Text: err.Error(), Fix: []string{"prox restart --controller"}}}
	}
	_ = conn.Close() // only whether it is there
	client := api.NewClient(func(ctx context.Context) (net.Conn, error) { return launch.Dial(ctx, t.place) })
	defer client.Close()
	st, err := client.Status(ctx)
	if err != nil {
		return []doctor.Finding{{Check: check, Outcome: doctor.Problem, Text: "it does not answer", Fix: []string{"prox restart --controller replaces it, and services run on"}}}
	}
	if st.Controller.Version != version.String() {
		return []doctor.Finding{{
			Check: check, Outcome: doctor.Warning,
			Text: fmt.Sprintf("it is prox %s, this is prox %s", versionWords(st.Controller.Version), version.String()),
			Fix:  []string{"prox restart --controller swaps it, and services run on"},
		}}
	}
	return []doctor.Finding{{Check: check, Outcome: doctor.OK, Text: fmt.Sprintf("runs (pid %d), of this version", st.Controller.Pid)}}
}

// examineProject checks what the config asks of the machine.
func (a *app) examineProject(p *config.Project) []doctor.Finding {
	found := doctor.Ports(a.portsOf(p), unprivilegedPort())
	given := config.Given{Shell: a.personEnv(), Set: a.set}
	var uses []doctor.Use
	dirs := []string{p.Dir}
	for _, s := range p.Services {
		vars, err := p.Environ(s.Name, given)
		if err != nil {
			found = append(found, doctor.Finding{Check: "environment", Outcome: doctor.Problem, Text: err.Error()})
			continue
		}
		uses = append(uses, doctor.Uses(s, config.Strings(vars))...)
		dirs = append(dirs, s.Dir)
	}
	_, err := exec.LookPath("direnv")
	found = append(found, doctor.Direnv(dirs, p.Dir, a.getenv("DIRENV_DIR"), err == nil)...)
	found = append(found, doctor.Tools(uses, p.Dir, installer())...)
	return append(found, doctor.Packages(uses, p.Dir)...)
}

// portsOf finds out who holds the ports that a config wants.
func (a *app) portsOf(p *config.Project) []doctor.Port {
	at, err := place.For(p.Name, p.Dir)
	if err != nil {
		return nil // told by the folders
	}
	var all []doctor.Port
	for _, s := range p.Services {
		if s.Port == 0 {
			continue
		}
		for k := range s.Instances {
			if s.AutoPort && k > 0 {
				break // chosen when they start
			}
			w := doctor.Port{Number: s.Port + k, Service: s.Name}
			var h *metrics.Holder
			if h, w.Err = metrics.PortHolder(w.Number); h != nil {
				w.Holder = holder(h, at.ID)
			}
			all = append(all, w)
		}
	}
	return all
}

// holder names who has a port; what prox runs by its project and service.
func holder(h *metrics.Holder, own string) *doctor.Holder {
	out := &doctor.Holder{Pid: h.Pid, Name: h.Name, Dir: h.Cwd}
	if h.Pid == 0 {
		return out
	}
	id, instance, ok := strings.Cut(metrics.EnvOf(h.Pid, "PROX_INSTANCE"), "/")
	if !ok {
		return out
	}
	out.Instance, out.Project, out.Own = instance, id, id == own
	for _, p := range place.All() {
		if p.ID == id {
			out.Project, out.Folder = p.Name, p.Dir
		}
	}
	return out
}

// unprivilegedPort is the first port that this user may listen on; 0 = any.
func unprivilegedPort() int {
	if os.Getuid() == 0 || runtime.GOOS != "linux" {
		return 0
	}
	b, err := os.ReadFile("/proc/sys/net/ipv4/ip_unprivileged_port_start")
	if err != nil {
		return 0
	}
	n, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return n
}

// installer is the machine's package manager; "" when it is none of those that
// advice is known for.
func installer() string {
	for _, m := range [][2]string{{"apt-get", "apt"}, {"brew", "brew"}, {"dnf", "dnf"}, {"pacman", "pacman"}} {
		if _, err := exec.LookPath(m[0]); err == nil {
			return m[1]
		}
	}
	return ""
}
