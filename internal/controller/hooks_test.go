package controller

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"prox/internal/machine"
)

// changedTo and endedRun are effects on api; each line of a story is a step.
func changedTo(run int, s machine.State, reason string) machine.Effect {
	return machine.Changed{Name: "api", Run: run, State: s, Reason: reason}
}

func endedRun(run, code int) machine.Effect {
	return machine.Ended{Name: "api", Exit: machine.Exit{Run: run, Code: code}}
}

func TestOccasions(t *testing.T) {
	t.Parallel()
	type steps = [][]machine.Effect
	for name, c := range map[string]struct {
		steps steps
		want  string
	}{
		"ready is told once a run": {steps{
			{changedTo(1, machine.Starting, "")},
			{changedTo(1, machine.Running, "")},
			{changedTo(1, machine.Ready, "")},
			{changedTo(1, machine.Unhealthy, "slow")},
			{changedTo(1, machine.Ready, "")},
			{endedRun(1, 2), changedTo(1, machine.Waiting, ""), changedTo(2, machine.Starting, "")},
			{changedTo(2, machine.Ready, "")},
		}, `
on_ready 1 ready ""
on_exit 1 waiting "exit code 2"
on_restart 1 waiting "exit code 2"
on_ready 2 ready ""`},
		"backoff, then given up": {steps{
			{endedRun(1, 2), changedTo(1, machine.Backoff, "restarting in 1s")},
			{changedTo(1, machine.Waiting, "")},
			{changedTo(1, machine.Waiting, "waiting for db")},
			{endedRun(2, 2), changedTo(2, machine.Failed, "gave up")},
			{changedTo(2, machine.Failed, "its window did not come up")},
		}, `
on_exit 1 backoff "restarting in 1s"
on_restart 1 backoff "restarting in 1s"
on_exit 2 failed "gave up"
on_failed 2 failed "gave up"`},
		"something outlives a run that is restarted by hand": {steps{
			{changedTo(1, machine.Stopping, "restart by hand")},
			{endedRun(1, 0)},
			{changedTo(1, machine.Waiting, "")},
		}, `
on_exit 1 stopping "restart by hand"
on_restart 1 waiting "restart by hand"`},
		"a start by hand is no restart": {steps{
			{endedRun(1, 0), changedTo(1, machine.Stopped, "stopped by hand")},
			{changedTo(1, machine.Waiting, "")},
			{changedTo(1, machine.Starting, "")},
			{changedTo(1, machine.Waiting, "waiting for db")},
			{endedRun(2, 0), changedTo(2, machine.Done, "exit code 0")},
			{changedTo(2, machine.Waiting, "")},
			{changedTo(2, machine.Failed, "no window")},
		}, `
on_exit 1 stopped "stopped by hand"
on_exit 2 done "exit code 0"
on_failed 2 failed "no window"`},
		"each instance has its own past": {steps{
			{endedRun(1, 1), machine.Changed{Name: "web", Run: 1, State: machine.Waiting}, machine.Changed{Name: "web", Run: 1, State: machine.Ready}},
		}, `
on_exit 1  "exit code 1"
on_ready 1 ready ""`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, anew := range []bool{false, true} {
				seen := map[string]*seenOf{}
				var got strings.Builder
				for _, effects := range c.steps {
					for _, o := range occasions(seen, effects) {
						fmt.Fprintf(&got, "\n%s %d %s %q", o.hook, o.run, o.state, o.reason)
					}
					if anew { // a successor after every step
						b, err := json.Marshal(seen)
						if err != nil {
							t.Fatal(err)
						}
						seen = nil
						if err := json.Unmarshal(b, &seen); err != nil {
							t.Fatal(err)
						}
					}
				}
				if got.String() != c.want {
					t.Errorf("with successors %t: got%s\nwant%s", anew, &got, c.want)
				}
			}
		})
	}
}

func TestHooksAreToldWhatIsKnown(t *testing.T) {
	t.Parallel()
	crash := occasion{onExit, "api", 3, machine.Backoff, "soon", &machine.Exit{Run: 3, Code: -1, Signal: "SIGSEGV", Ran: 1500 * time.Millisecond}}
	want := []string{
		"PROX_HOOK=on_exit", "PROX_SERVICE=api", "PROX_INSTANCE_NAME=api", "PROX_STATE=backoff", "PROX_REASON=soon",
		"PROX_RUN=3", "PROX_RESTARTS=2", "PROX_PORT=3000", "PROX_RAN_SECONDS=1.500", "PROX_SIGNAL=SIGSEGV",
	}
	if got := crash.facts("api", 3000, 2); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	unborn := occasion{onFailed, "api", 1, machine.Failed, "not found", &machine.Exit{Run: 1, Code: -1, Error: "not found"}}
	for _, kv := range unborn.facts("api", 0, 0) {
		if strings.HasPrefix(kv, "PROX_EXIT_CODE=") || strings.HasPrefix(kv, "PROX_PORT=") {
			t.Errorf("it is told %s, which nobody knows", kv)
		}
	}
}
