package main

import (
	"encoding/json"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// needsProc skips a test where a sandbox cannot find what it has started.
func needsProc(t *testing.T) {
	t.Helper()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("there is no /proc")
	}
}

// A sandbox finds what it has started wherever that hangs, and ends it.
func TestASandboxLeavesNothing(t *testing.T) {
	t.Parallel()
	needsProc(t)
	box, err := newSandbox(nil, scripts)
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			box.end()
		}
	}()
	term, err := box.open("sh", "tree.sh", "1")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, line := range []string{leader, detached, child} {
		if !await(patience, func() bool { return len(box.named(line)) == 1 }) {
			t.Fatalf("no %q among %v: %s", line, box.processes(), term.output)
		}
		pids = append(pids, box.named(line)...)
	}
	if parent := ppid(pids[1]); parent == ppid(pids[0]) || parent == pids[0] {
		t.Errorf("the daemon has a parent, %d", parent)
	}
	if term.ended() {
		t.Error("the command is told to have ended")
	}
	if kib := box.overhead(); kib != 0 {
		t.Errorf("%d KiB of overhead, where there is none but the terminal's shell", kib)
	}
	ended = true
	if err := box.end(); err != nil {
		t.Fatal(err)
	}
	for _, pid := range pids {
		if err := syscall.Kill(pid, 0); err == nil && !await(patience, func() bool { return syscall.Kill(pid, 0) != nil }) {
			t.Errorf("process %d lives on", pid)
		}
	}
	if _, err := os.Stat(box.root); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", box.root, err)
	}
}

func TestTheExitCodeOfWhatWasTyped(t *testing.T) {
	t.Parallel()
	needsProc(t)
	box, err := newSandbox(nil, scripts)
	if err != nil {
		t.Fatal(err)
	}
	defer box.end()
	term, err := box.open("sh", "exit.sh")
	if err != nil {
		t.Fatal(err)
	}
	if !await(patience, term.ended) {
		t.Fatal("it does not end")
	}
	if code, _ := term.exit(); code != 7 {
		t.Errorf("exit code %d", code)
	}
}

func TestCountLines(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]kept{
		"":                              {},
		"row-1\nrow-2\n":                {count: 2},
		"12:00:01 job | row-1\r\n":      {count: 1},
		"\x1b[32mjob\x1b[0m | row-1\n":  {count: 1},
		"row-1\nrow-1\nrow-2\n":         {count: 2}, // shown twice
		"started with pid 4711\nrow-3":  {count: 1},
		"row-7\nrow-19 exited\n":        {count: 1}, // cut short
		"row-19999\nrow-20000\n":        {count: 2, last: true},
		"row-20000\njob exited with 3 ": {count: 1, last: true},
	} {
		if got := countLines(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

// Every tool can be told what is measured with it.
func TestEveryToolHasAConfig(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, tool := range all() {
		if seen[tool.name] || len(tool.version) == 0 || tool.up == nil || tool.output == nil {
			t.Errorf("%s is twice there, or incomplete", tool.name)
		}
		seen[tool.name] = true
		if tool.down == nil && tool.quit == "" {
			t.Errorf("%s cannot be stopped", tool.name)
		}
		box, err := newSandbox(nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer box.end()
		if err := tool.config(box, []service{{name: "job", command: "sh up.sh 1", port: 4711, once: true, decides: true, typed: true}}); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(box.dir)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%s wrote %v, %v", tool.name, entries, err)
		}
		text := box.read(entries[0].Name())
		if !strings.Contains(text, "job") || !strings.Contains(text, "up.sh") {
			t.Errorf("%s was told:\n%s", tool.name, text)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := &report{Date: "2026-01-31", Machine: "2 cores", Tools: []toolVersion{{"a", "1.0"}, {"b", "2"}}, Missing: []absence{{"c", "not installed"}}}
	r.add("x | y", "a", "yes")
	r.add("z", "a", "1 | 2")
	r.add("x | y", "b", "no")
	want := "Measured 2026-01-31 on 2 cores.\n\n| | a 1.0 | b 2 |\n|---|---|---|\n| x \\| y | yes | no |\n| z | 1 \\| 2 |  |\n\nNot measured: c (not installed).\n"
	if got := r.markdown(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	var b strings.Builder
	if err := r.json(&b); err != nil {
		t.Fatal(err)
	}
	var back report
	if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back.Facts[1].Values["a"] != "1 | 2" {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestPlainAndMedian(t *testing.T) {
	t.Parallel()
	if got := plain("\x1b[1;32mgreen\x1b[0m\r\n\x1b[2K\x07done\x1b"); got != "green\ndone" {
		t.Errorf("%q", got)
	}
	if got := median([]time.Duration{3, 1, 2}); got != 2 {
		t.Errorf("%d", got)
	}
	if !chosen("a port", "") || !chosen("a port", "x,port") || chosen("a port", "exit") {
		t.Error("facts are chosen wrongly")
	}
}
