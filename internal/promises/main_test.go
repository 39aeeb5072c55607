package promises

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	if n, err := strconv.Atoi(os.Getenv(numbersEnv)); err == nil {
		writeNumbers(n)
		return
	}
	if os.Getenv(talkEnv) != "" {
		talk()
		return
	}
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

// alive reports whether a process lives; a zombie does not.
func alive(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	return len(f) > 0 && f[0] != "Z" && f[0] != "X"
}

func kill9(t *testing.T, pid int) {
	t.Helper()
	if pid <= 1 {
		t.Fatalf("pid %d is not to be killed", pid)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatalf("cannot kill pid %d: %v", pid, err)
	}
}

// pidFile waits for a file with a pid in it.
func pidFile(t *testing.T, p *proxtest.Project, name string) int {
	t.Helper()
	var pid int
	proxtest.Await(t, name, func() bool {
		n, err := strconv.Atoi(strings.TrimSpace(p.Read(name)))
		pid = n
		return err == nil && n > 1
	})
	return pid
}

// parent is the process above one: a service's shim.
func parent(t *testing.T, pid int) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		t.Fatal(err)
	}
	f := strings.Fields(string(b[strings.LastIndexByte(string(b), ')')+1:]))
	n, err := strconv.Atoi(f[1])
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func controller(t *testing.T, p *proxtest.Project) int {
	t.Helper()
	s, ok := p.Status()
	if !ok {
		t.Fatal("it is not running")
	}
	return s.Controller.Pid
}

func within(t *testing.T, limit time.Duration, what string, fn func()) {
	t.Helper()
	began := time.Now()
	fn()
	if took := time.Since(began); took > limit {
		t.Errorf("%s took %s, more than %s", what, took, limit)
	}
}

// daemon is a script that leaves, as daemons do, a process in a session of its
// own, whose parent has ended, and which ignores what can be ignored.
const daemon = `#!/bin/sh
(setsid sh -c 'trap "" TERM HUP INT; echo $$ > daemon.new; mv daemon.new daemon.pid; while :; do sleep 0.2; done' &)
while [ ! -f daemon.pid ]; do sleep 0.01; done
echo up
exec sleep 1000
`
