package discover

import (
	"strings"
	"testing"

	"prox/config"
)

func FuzzProcessCompose(f *testing.F) {
	fuzzImport(f, "process-compose.yaml", "processes: {a: {command: a, depends_on: [a, b]}}", "extends: process-compose.yaml\nprocesses: {}")
}

func TestProcessComposeConditions(t *testing.T) {
	t.Parallel()
	p := imported(t, "process-compose.yaml", `
processes:
  a: {command: ./a, depends_on: {b: {condition: process_started}, c: {condition: process_healthy}, d: {condition: process_log_ready}, e: {condition: process_completed_successfully}, f: {condition: process_completed}, g: {}, h: process_healthy}}
  b: {command: ./b}
  c: {command: ./c}
  d: {command: ./d}
  e: {command: ./e, availability: {restart: always}}
  f: {command: ./f, availability: {restart: "no"}}
  g: {command: ./g}
  h: {command: ./h}
`)
	got := map[string]string{}
	for _, d := range p.Services[0].DependsOn {
		got[d.Service] = d.Condition
	}
	for name, want := range map[string]string{"b": config.Started, "c": config.Ready, "d": config.Ready, "e": config.Completed, "f": config.Completed, "g": config.Started, "h": config.Ready} {
		if got[name] != want {
			t.Errorf("it waits until %s is %q, not %q", name, got[name], want)
		}
	}
	for _, s := range p.Services {
		if task := s.Get("task") == true; task != (s.Name == "e" || s.Name == "f") {
			t.Errorf("%s is a task: %v", s.Name, task)
		}
	}
	has(t, p, "f.condition (line 3): prox waits for an end with the exit code 0", "processes.e.availability.restart", `restart = { mode = "on-failure" }`)
}

func TestProcessComposeExtendsItself(t *testing.T) {
	t.Parallel()
	p := imported(t, "process-compose.yaml", "extends: a.yaml\nprocesses: {x: {command: ./x}}\n",
		"a.yaml", "extends: b.yaml\nprocesses: {y: {command: ./y}}\n", "b.yaml", "extends: a.yaml\nprocesses: {z: {command: ./z}}\n")
	if len(p.Services) != 3 {
		t.Errorf("found\n%s", p.TOML())
	}
	has(t, p, `there is no file "a.yaml" beside it to extend`)
}

func TestProcessComposeShells(t *testing.T) {
	t.Parallel()
	for shell, want := range map[string]string{
		"":                                  `command = "a && b"`,
		"shell: {shell_command: sh}":        `command = "a && b"`,
		"shell: {shell_command: /bin/bash}": `command = "a && b"`,
		"shell: {shell_command: fish}":      `command = ["fish", "-c", "a && b"]`,
		"shell: {shell_command: zsh, shell_argument: -lc}": `command = ["zsh", "-lc", "a && b"]`,
	} {
		p := imported(t, "process-compose.yaml", shell+"\nprocesses: {x: {command: 'a && b'}}\n")
		if got := string(p.TOML()); !strings.Contains(got, want) {
			t.Errorf("with %q it is\n%s", shell, got)
		}
	}
}
