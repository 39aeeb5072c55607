package controller

import (
	"testing"
	"time"

	"prox/internal/machine"
	"prox/restart"
)

func TestPolicyWords(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(p *restart.Policy){
		"on-failure, at most 5 times, after 1s, then each time 2 times as long, 30s at most": func(*restart.Policy) {},
		"on-failure, at most 2 times, at once":                                               func(p *restart.Policy) { p.MaxRestarts, p.Delay = 2, 0 },
		"on-failure, at most once, after 1s":                                                 func(p *restart.Policy) { p.MaxRestarts = 1 },
		"on-failure, but no restart is allowed (max_restarts = 0)":                           func(p *restart.Policy) { p.MaxRestarts = 0 },
		"always, after 1s, then each time 2 times as long, 30s at most":                      func(p *restart.Policy) { p.Mode, p.MaxRestarts = restart.Always, restart.Unlimited },
		"on-failure, at most 5 times, after 1s":                                              func(p *restart.Policy) { p.BackoffFactor = 1 },
		"never restarted":                                                                    func(p *restart.Policy) { p.Mode = restart.Never },
	} {
		p := restart.Policy{Mode: restart.OnFailure, MaxRestarts: 5, Delay: time.Second, BackoffFactor: 2, MaxDelay: 30 * time.Second}
		change(&p)
		if is := policyWords(&machine.Instance{Definition: machine.Definition{Policy: p}}); is != want {
			t.Errorf("%q, want %q", is, want)
		}
	}
}
