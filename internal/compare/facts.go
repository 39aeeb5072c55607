package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// fact is a row of the table: one thing that is measured of each tool.
type fact struct {
	name    string
	measure func(r *run, ctx context.Context, t tool) (string, error)
}

// facts are the rows, in order.
func facts() []fact {
	return []fact{
		{"start of 1, 10, 50 services, × a bare shell", (*run).startTime},
		{"memory beside 50 services, for each", (*run).memory},
		{"last of 20,000 lines kept, then exit 3", (*run).lines},
		{"stdout of a service is a terminal", (*run).terminal},
		{"a line typed reaches the service meant", (*run).typing},
		{"restart of a service reads .env again", (*run).dotenv},
		{"shell or .env wins", (*run).precedence},
		{"left after stop: a child, a daemon", (*run).leftovers},
		{"supervisor killed: services; started again", (*run).killed},
		{"started twice", (*run).twice},
		{"a taken port is named", (*run).port},
		{"exit code 7 of a service, the run's is", (*run).exitCode},
	}
}

func numbered(n int, script string) []service {
	out := make([]service, n)
	for k := range out {
		out[k] = service{name: fmt.Sprintf("s%02d", k+1), command: fmt.Sprintf("sh %s %d", script, k+1)}
	}
	return out
}

// startTime is how long it takes from the command to the last service's first
// act, against a shell that starts the same in the background.
func (r *run) startTime(_ context.Context, t tool) (string, error) {
	var cells []string
	for _, n := range []int{1, 10, 50} {
		var ratios []float64
		var took []time.Duration
		for range r.rounds {
			bare, err := r.bareStart(n)
			if err != nil {
				return "", err
			}
			d, err := r.timedStart(t, n)
			if err != nil {
				return "", err
			}
			took, ratios = append(took, d), append(ratios, float64(d)/float64(bare))
		}
		cells = append(cells, fmt.Sprintf("%.1f (%d ms)", median(ratios), median(took).Milliseconds()))
	}
	return strings.Join(cells, ", "), nil
}

func (r *run) timedStart(t tool, n int) (time.Duration, error) {
	s, err := r.prepare(t, numbered(n, "up.sh")...)
	if err != nil {
		return 0, err
	}
	defer r.end(s.sandbox)
	began := time.Now()
	if err := s.up(0); err != nil {
		return 0, err
	}
	err = s.begun()
	took := time.Since(began)
	if n == most {
		r.overheads[t.name] = append(r.overheads[t.name], s.overhead())
	}
	return took, err
}

// bareStart is the yardstick: a shell that starts them all in the background.
func (r *run) bareStart(n int) (time.Duration, error) {
	box, err := newSandbox(r.bins, scripts)
	if err != nil {
		return 0, err
	}
	defer r.end(box)
	s := &session{sandbox: box, services: make([]service, n)}
	began := time.Now()
	s.screen, err = box.open("sh", "-c", fmt.Sprintf("for i in $(seq 1 %d); do sh up.sh $i & done; wait", n))
	if err != nil {
		return 0, err
	}
	err = s.begun()
	return time.Since(began), err
}

const most = 50 // services

// memory is of the start with the most services.
func (r *run) memory(_ context.Context, t tool) (string, error) {
	all := r.overheads[t.name]
	if len(all) == 0 {
		return "", fmt.Errorf("no start with %d services", most)
	}
	kib := median(all)
	return fmt.Sprintf("%.1f MiB (%d in all)", float64(kib)/1024/most, kib/1024), nil
}

// lines counts what is kept of a service that prints a lot and fails.
func (r *run) lines(ctx context.Context, t tool) (string, error) {
	whole, fewest := 0, 20000
	for range r.repeats {
		s, err := r.start(t, service{name: "job", command: "sh lines.sh", once: true})
		if err != nil {
			return "", err
		}
		got := s.keptLines(ctx)
		r.end(s.sandbox)
		if got.last {
			whole++
		}
		fewest = min(fewest, got.count)
	}
	return fmt.Sprintf("%d of %d runs; fewest lines %d", whole, r.repeats, fewest), nil
}

type kept struct {
	count int
	last  bool
}

// keptLines waits until lines are there and no more are coming, and looks.
func (s *session) keptLines(ctx context.Context) kept {
	const quiet = 2 * time.Second
	var got kept
	since := time.Now()
	await(patience, func() bool {
		now := countLines(s.tool.output(ctx, s.sandbox, s.screen, "job"))
		if now != got {
			got, since = now, time.Now()
		}
		time.Sleep(50 * time.Millisecond)
		return got.last || got.count > 0 && time.Since(since) > quiet
	})
	return got
}

// countLines counts the numbered lines that are whole, whatever a tool puts
// before them.
func countLines(text string) kept {
	var k kept
	next := 1
	for line := range strings.Lines(plain(text)) {
		_, number, found := strings.Cut(strings.TrimSpace(line), "row-")
		n, err := strconv.Atoi(number)
		if !found || err != nil || n < next {
			continue // the tool's own, or cut short, or seen before
		}
		k.count++
		next = n + 1
		k.last = n == 20000
	}
	return k
}

func (r *run) terminal(_ context.Context, t tool) (string, error) {
	s, err := r.start(t, service{name: "job", command: "sh tty.sh 1"})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.begun(); err != nil {
		return "", err
	}
	return s.read("tty"), nil
}

// dotenv changes .env between two runs of a service.
func (r *run) dotenv(ctx context.Context, t tool) (string, error) {
	s, err := r.prepare(t, service{name: "job", command: "sh env.sh"})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	values := func() []string { return strings.Fields(s.read("values")) }
	if err := s.write(".env", "COMPARE_VALUE=1\n"); err != nil {
		return "", err
	}
	if err := s.up(0); err != nil {
		return "", err
	}
	if !await(patience, func() bool { return len(values()) == 1 }) {
		return "", fmt.Errorf("the service did not begin: %s", s.said())
	}
	switch {
	case values()[0] == "value=":
		return "reads no .env", nil
	case t.restart == nil:
		return "no restart of one", nil
	}
	if err := s.write(".env", "COMPARE_VALUE=2\n"); err != nil {
		return "", err
	}
	said, code := s.run(ctx, t.restart(s.sandbox, "job")...)
	if !await(patience, func() bool { return len(values()) > 1 }) {
		return "", fmt.Errorf("no restart: exit %d, %s", code, said)
	}
	return map[bool]string{true: "yes", false: "no"}[values()[1] == "value=2"], nil
}

// precedence gives a variable in .env and in the shell that the tool is typed into.
func (r *run) precedence(_ context.Context, t tool) (string, error) {
	s, err := r.prepare(t, service{name: "job", command: "sh env.sh"})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.write(".env", "COMPARE_VALUE=file\n"); err != nil {
		return "", err
	}
	s.env = append(s.env, "COMPARE_VALUE=shell")
	if err := s.up(0); err != nil {
		return "", err
	}
	if !await(patience, func() bool { return s.read("values") != "" }) {
		return "", fmt.Errorf("the service did not begin: %s", s.said())
	}
	return map[string]string{"value=shell": "shell", "value=file": ".env"}[s.read("values")], nil
}

// port has somebody listen where the service is to.
func (r *run) port(ctx context.Context, t tool) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	port := l.Addr().(*net.TCPAddr).Port
	s, err := r.prepare(t, service{name: "job", command: "sh up.sh 1", port: port})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.up(port); err != nil {
		return "", err
	}
	await(settling, func() bool { return s.count("began.") > 0 || s.screen.ended() })
	said := plain(s.screen.output.String())
	number, holder := strings.Contains(said, strconv.Itoa(port)), strings.Contains(said, strconv.Itoa(os.Getpid()))
	switch {
	case s.count("began.") > 0:
		return "no: the service is started", nil
	case number && holder:
		return "yes, with its holder's pid", nil
	case number:
		return "yes, without its holder", nil
	}
	return "", fmt.Errorf("neither started nor said: %s", s.said())
}

// exitCode is what the run ends with when its only service fails.
func (r *run) exitCode(_ context.Context, t tool) (string, error) {
	s, err := r.prepare(t, service{name: "job", command: "sh exit.sh", once: true, decides: true})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	argv := t.up(s.sandbox, 0)
	if t.follow != nil {
		argv = t.follow()
	}
	if s.screen, err = s.open(argv...); err != nil {
		return "", err
	}
	if !await(2*settling, s.screen.ended) {
		return "does not end", nil
	}
	code, _ := s.screen.exit()
	return strconv.Itoa(code), nil
}

func median[T int | float64 | time.Duration](of []T) T {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
