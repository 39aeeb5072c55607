package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"
)

// session is a tool with something running, in a sandbox.
type session struct {
	*sandbox
	tool     tool
	services []service
	screen   *terminal // where it was started
}

// start begins a measurement: the config is written, and the tool started.
func (r *run) start(t tool, services ...service) (*session, error) {
	s, err := r.prepare(t, services...)
	if err != nil {
		return nil, err
	}
	return s, s.up(0)
}

// prepare does everything but start the tool.
func (r *run) prepare(t tool, services ...service) (*session, error) {
	box, err := newSandbox(r.bins, scripts)
	if err != nil {
		return nil, err
	}
	s := &session{sandbox: box, tool: t, services: services}
	return s, t.config(box, services)
}

// up starts the tool on a terminal.
func (s *session) up(base int) error {
	var err error
	s.screen, err = s.open(s.tool.up(s.sandbox, base)...)
	return err
}

// begun waits until every service has done its first act.
func (s *session) begun() error {
	if await(patience, func() bool { return s.count("began.") == len(s.services) }) {
		return nil
	}
	return fmt.Errorf("%d of %d services have begun: %s", s.count("began."), len(s.services), s.said())
}

// count is how many files in the project begin so.
func (s *session) count(prefix string) int {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return 0
	}
	n := 0
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) {
			n++
		}
	}
	return n
}

// said is the end of what the tool has printed, in one line.
func (s *session) said() string {
	text := strings.Join(strings.Fields(plain(s.screen.output.String())), " ")
	const most = 200
	if len(text) > most {
		text = "…" + text[len(text)-most:]
	}
	return text
}

// stop ends everything as a person does, and reports whether the tool was done
// in time.
func (s *session) stop(ctx context.Context) bool {
	if s.tool.down != nil {
		_, code := s.run(ctx, s.tool.down()...)
		return code == 0
	}
	s.screen.key(s.tool.quit)
	return await(patience/2, s.screen.ended)
}

// settle waits until the number of a kind of processes has not changed for a
// while, and returns it.
func (s *session) settle(line string) []int {
	const quiet = 1200 * time.Millisecond
	last, since := s.named(line), time.Now()
	await(settling, func() bool {
		now := s.named(line)
		if len(now) != len(last) {
			last, since = now, time.Now()
		}
		time.Sleep(100 * time.Millisecond)
		return time.Since(since) > quiet
	})
	return s.named(line)
}

// plain is a text without what a terminal is told in it.
func plain(text string) string {
	var b strings.Builder
	for k := 0; k < len(text); k++ {
		if text[k] != 0x1b || k+1 == len(text) {
			if text[k] >= ' ' || text[k] == '\n' {
				b.WriteByte(text[k])
			}
			continue
		}
		k++
		if text[k] != '[' {
			continue
		}
		for k++; k < len(text) && (text[k] < 0x40 || text[k] > 0x7e); k++ { // up to the final byte
		}
	}
	return b.String()
}
