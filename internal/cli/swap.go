package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"prox/internal/api"
	"prox/internal/launch"
	"prox/internal/version"
	"prox/metrics"
)

const (
	// swapTries is how often the controller is ended, should it be an old prox
	// that starts the next one each time.
	swapTries = 5
	// answerPatience is how long the old controller may take to tell what runs.
	// One that hangs is replaced all the same.
	answerPatience = 3 * time.Second
	// adoptPatience is how long all shims may take to come to the new one.
	adoptPatience = 15 * time.Second
)

// swap replaces the project's controller by one of this prox. The services run
// on: their shims keep what they have to report, and come to the new one.
func (a *app) swap(ctx context.Context, t *target) error {
	began := time.Now()
	if err := launch.CheckMemory(t.place); err != nil {
		return &exitError{code: exitFailed, err: err, hint: "the controller was left as it is; prox kill (of the prox that started it), then prox start"}
	}
	before, old, err := a.oldController(ctx, t)
	if err != nil {
		return err
	}
	client := a.starter(t.place)
	defer client.Close()
	after, err := a.replaced(ctx, t, client, old)
	if err != nil {
		return err
	}
	if after, err = awaitAdopted(ctx, client, after); err != nil {
		return err
	}
	return a.reportSwap(before, after, old, time.Since(began))
}

// oldController finds the controller that is to go, and asks it what runs. The
// process is nil where none runs, and the status where it did not answer.
func (a *app) oldController(ctx context.Context, t *target) (*api.Status, *os.Process, error) {
	conn, err := launch.Dial(ctx, t.place)
	if errors.Is(err, launch.ErrNotRunning) {
		if !launch.Remembered(t.place) {
			return nil, nil, t.notRunning()
		}
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	_ = conn.Close() // only whether it is there
	client := a.client(t.place)
	defer client.Close()
	asking, cancel := context.WithTimeout(ctx, answerPatience)
	defer cancel()
	st, err := client.Status(asking)
	if err == nil {
		p, err := os.FindProcess(st.Controller.Pid)
		return st, p, err
	}
	pids, ferr := metrics.EndingWith(ctx, "controller", "--runtime", t.place.Runtime)
	if ferr != nil || len(pids) != 1 {
		return nil, nil, fmt.Errorf("cannot find the controller's process: %w", errors.Join(err, ferr))
	}
	a.print.note("the controller (pid %d) does not answer, and is replaced as it is", pids[0])
	p, err := os.FindProcess(pids[0])
	return nil, p, err
}

// replaced ends old, and returns the status of a controller of this prox. Where
// the old program starts another first, that one is replaced in its turn.
func (a *app) replaced(ctx context.Context, t *target, client *api.Client, old *os.Process) (*api.Status, error) {
	var st *api.Status
	for range swapTries {
		if old != nil {
			conn, err := launch.Replace(ctx, t.place, old)
			if err != nil {
				return nil, err
			}
			_ = conn.Close() // the client makes its own
			client.Close()   // those it has lead to the old one
		}
		var err error
		if st, err = client.Status(ctx); err != nil {
			return nil, err
		}
		if st.Controller.Version == version.String() && (old == nil || st.Controller.Pid != old.Pid) {
			return st, nil
		}
		if old, err = os.FindProcess(st.Controller.Pid); err != nil {
			return nil, fmt.Errorf("cannot find the controller's process: %w", err)
		}
	}
	return nil, &exitError{
		code: exitFailed,
		err:  fmt.Errorf("the controller is of prox %s again: something starts it each time it ends", versionWords(st.Controller.Version)),
		hint: "end what uses the other prox (a prox start -f, say), and then this again",
	}
}

// awaitAdopted waits until every shim has come to the new controller, or has
// been given up by it.
func awaitAdopted(ctx context.Context, client *api.Client, st *api.Status) (*api.Status, error) {
	for end := time.Now().Add(adoptPatience); len(st.Controller.Awaited) > 0; {
		if time.Now().After(end) {
			return nil, &exitError{
				code: exitFailed,
				err:  fmt.Errorf("the controller was swapped, and after %s %s not come to the new one: %s", span(adoptPatience), haveWords(len(st.Controller.Awaited)), strings.Join(st.Controller.Awaited, ", ")),
				hint: "prox status",
			}
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		var err error
		if st, err = client.Status(ctx); err != nil {
			return nil, err
		}
	}
	return st, nil
}

func haveWords(n int) string {
	if n == 1 {
		return "one service has"
	}
	return fmt.Sprintf("%d services have", n)
}

// reportSwap compares what ran before with what runs now, and says what was
// done.
func (a *app) reportSwap(before, after *api.Status, old *os.Process, took time.Duration) error {
	kept, other, lost := compare(before, after)
	for _, words := range other {
		a.print.note("%s", words)
	}
	now := fmt.Sprintf("prox %s (pid %d)", versionWords(after.Controller.Version), after.Controller.Pid)
	head := "controller started: " + now
	switch {
	case old != nil && before == nil:
		head = fmt.Sprintf("controller swapped: pid %d → %s", old.Pid, now)
	case before != nil && before.Controller.Version == after.Controller.Version:
		head = fmt.Sprintf("controller restarted, of the same version: pid %d → %s", old.Pid, now)
	case before != nil:
		head = fmt.Sprintf("controller swapped: prox %s (pid %d) → %s", versionWords(before.Controller.Version), before.Controller.Pid, now)
	}
	a.print.say("%s; %s, in %s", head, keptWords(kept), span(took))
	if len(lost) == 0 {
		return nil
	}
	return &exitError{code: exitFailed, err: errors.New("not every service was taken over\n" + strings.Join(lost, "\n")), hint: "prox status"}
}

func keptWords(n int) string {
	switch n {
	case 0:
		return "no service was running"
	case 1:
		return "1 service runs on"
	}
	return fmt.Sprintf("%d services run on", n)
}

// compare counts the processes that are what they were, and tells of those
// that are not: what ended by itself meanwhile, and what was lost.
func compare(before, after *api.Status) (kept int, other, lost []string) {
	was := map[string]api.Instance{}
	if before != nil {
		for _, s := range before.Services {
			for _, i := range s.Instances {
				was[i.Name] = i
			}
		}
	}
	for _, s := range after.Services {
		for _, i := range s.Instances {
			b, known := was[i.Name]
			delete(was, i.Name)
			switch {
			case !known || b.Pid == nil || i.Pid != nil && *b.Pid == *i.Pid:
				if i.Pid != nil {
					kept++
				}
			case i.Exit != nil && i.Exit.Error != "" && i.Exit.Run >= b.Run:
				lost = append(lost, fmt.Sprintf("%s: its process (pid %d) is gone: %s", i.Name, *b.Pid, plain(i.Exit.Error)))
			default:
				other = append(other, fmt.Sprintf("%s ended by itself meanwhile, and is %s", i.Name, i.State))
			}
		}
	}
	for name, b := range was {
		if b.Pid != nil {
			lost = append(lost, fmt.Sprintf("%s: its process (pid %d) is not known to the new controller", name, *b.Pid))
		}
	}
	return kept, other, lost
}

// versionWords is a version of prox, also of one that doesn't tell it.
func versionWords(v string) string { return orElse(v, "of an unknown version") }

// noteOtherVersion says in one line that the controller is of another prox than
// this one.
func (a *app) noteOtherVersion(c api.Controller) {
	if c.Version == version.String() {
		return
	}
	a.print.note("the project's controller is prox %s, this is prox %s: prox restart --controller swaps it, and services run on",
		versionWords(c.Version), version.String())
}
