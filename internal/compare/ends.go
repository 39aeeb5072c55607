package main

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"
)

// leftovers stops a service that has a child, and a daemon in a session of its
// own, and looks what lives on.
func (r *run) leftovers(ctx context.Context, t tool) (string, error) {
	s, err := r.start(t, service{name: "job", command: "sh tree.sh 1"})
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.begun(); err != nil {
		return "", err
	}
	if !await(patience, func() bool { return len(s.named(detached)) > 0 && len(s.named(child)) > 0 }) {
		return "", fmt.Errorf("the service's children did not begin: %s", s.said())
	}
	done := s.stop(ctx)
	if left := s.settle(leader); len(left) > 0 {
		return "", fmt.Errorf("the service was not stopped: %s", s.said())
	}
	value := fmt.Sprintf("%s, %s", lives(s.settle(child)), lives(s.settle(detached)))
	if !done {
		value += "; does not end by itself"
	}
	return value, nil
}

func lives(pids []int) string {
	if len(pids) > 0 {
		return "lives"
	}
	return "gone"
}

// boss is the process without which the tool is headless.
func (s *session) boss() int {
	if s.tool.supervisor != nil {
		return s.tool.supervisor(s.sandbox)
	}
	for _, p := range s.processes() { // the one that was typed into the shell
		if ppid(p.pid) == s.screen.shell.Process.Pid {
			return p.pid
		}
	}
	return 0
}

// killed kills the supervisor, looks what becomes of two services, starts the
// tool again, and looks whether it has them in its hands.
func (r *run) killed(ctx context.Context, t tool) (string, error) {
	s, err := r.start(t, numbered(2, "up.sh")...)
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.begun(); err != nil {
		return "", err
	}
	before := s.settle(leader)
	boss := s.boss()
	if boss == 0 {
		return "", fmt.Errorf("no supervisor among %v", s.processes())
	}
	if err := syscall.Kill(boss, syscall.SIGKILL); err != nil {
		return "", err
	}
	await(settling, func() bool { return ppid(boss) == 0 })
	lived := common(before, s.settle(leader))
	if err := s.up(0); err != nil {
		return "", err
	}
	again := s.outcome(before)
	s.stop(ctx)
	fate := "live on"
	switch {
	case lived == 0:
		return "end; " + again, nil
	case lived < len(before):
		fate = fmt.Sprintf("%d of %d live on", lived, len(before))
	}
	if left := common(before, s.settle(leader)); left > 0 {
		return fate + "; " + again + "; the first stay, unkept", nil
	}
	if again == nothingNew {
		again = "taken back"
	}
	return fate + "; " + again, nil
}

const nothingNew = "nothing new"

// twice starts what runs already.
func (r *run) twice(_ context.Context, t tool) (string, error) {
	s, err := r.start(t, numbered(2, "up.sh")...)
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.begun(); err != nil {
		return "", err
	}
	before := s.settle(leader)
	if err := s.up(0); err != nil {
		return "", err
	}
	return s.outcome(before), nil
}

// outcome tells what has become of the services in the time after a start,
// beside those that ran before.
func (s *session) outcome(before []int) string {
	await(settling, func() bool { return s.screen.ended() || len(s.named(leader)) > len(before) })
	now := s.settle(leader)
	stayed := common(before, now)
	switch code, ended := s.screen.exit(); {
	case stayed == 0 && len(now) == len(before):
		return "started anew"
	case len(now) > stayed && stayed > 0:
		return "a second copy"
	case ended && code != 0:
		return "refuses"
	case stayed == len(before):
		return nothingNew
	}
	return fmt.Sprintf("%d of %d run", len(now), len(before))
}

func common(a, b []int) int {
	n := 0
	for _, pid := range a {
		if slices.Contains(b, pid) {
			n++
		}
	}
	return n
}

// typing types a line for the second of two services that wait for one.
func (r *run) typing(ctx context.Context, t tool) (string, error) {
	services := numbered(2, "read.sh")
	for k := range services {
		services[k].typed = true
	}
	if t.screen != nil {
		t.up = func(*sandbox, int) []string { return t.screen() }
	}
	s, err := r.start(t, services...)
	if err != nil {
		return "", err
	}
	defer r.end(s.sandbox)
	if err := s.begun(); err != nil {
		return "", err
	}
	const line = "hello"
	means, to := "", s.screen
	switch name := services[1].name; {
	case t.connect != nil:
		means = "on a terminal"
		if to, err = s.open(t.connect(s.sandbox, name)...); err != nil {
			return "", err
		}
	case t.send != nil:
		means = "by a command"
		s.run(ctx, t.send(1, line)...)
		to = nil
	case t.keys != nil:
		means = "in its screen"
		for _, k := range t.keys(1) {
			s.screen.drawn()
			s.screen.key(k)
		}
		s.screen.drawn()
	}
	await(settling, func() bool {
		if to != nil && s.count("typed.") == 0 {
			to.key(line + "\r")
			time.Sleep(300 * time.Millisecond) // until its terminal is up, keys are lost
		}
		return s.count("typed.") > 0
	})
	first, second := s.read("typed.1"), s.read("typed.2")
	switch {
	case means != "" && second == line && first == "":
		return "yes, " + means, nil
	case means == "" && first+second != "":
		return "no: whichever reads first", nil
	}
	return "no", nil
}
