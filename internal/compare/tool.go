package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// service is one thing that a tool is told to run.
type service struct {
	name    string
	command string // words without anything special to a shell
	port    int    // told to tools that know ports, as PORT to the others
	once    bool   // it ends by itself, and is not to be restarted
	decides bool   // its exit code is to be the run's, where that is a setting
	typed   bool   // somebody is going to type into it, where that is a setting
}

// tool is one of those that are compared: how a person uses it.
type tool struct {
	name string
	// config writes what the tool is to run.
	config func(s *sandbox, services []service) error
	// up starts everything; base is the first port to hand out, 0 = the default.
	up func(s *sandbox, base int) []string
	// stays: up holds the terminal until everything has ended.
	stays bool
	// follow is up of a run whose exit code matters; nil = up.
	follow func() []string
	// down ends everything; nil = the key that its terminal has for that.
	down func() []string
	quit string
	// restart restarts one service; nil = there is no such command.
	restart func(s *sandbox, name string) []string
	// connect is what is typed into a terminal to reach one service.
	connect func(s *sandbox, name string) []string
	// send hands the nth service a line, without a terminal.
	send func(nth int, line string) []string
	// screen is up with the tool's own screen, where that is another command.
	screen func() []string
	// keys lead to a service from the tool's own screen.
	keys func(nth int) []string
	// supervisor finds the process without which the tool is headless; nil = the one on the terminal.
	supervisor func(s *sandbox) int
	// output is everything that a service has printed, as the tool shows or keeps it.
	output func(ctx context.Context, s *sandbox, t *terminal, name string) string
	// version asks the program which one it is.
	version []string
}

func procfile(s *sandbox, services []service) error {
	var b strings.Builder
	for _, sv := range services {
		fmt.Fprintf(&b, "%s: %s\n", sv.name, sv.command)
	}
	return s.write("Procfile", b.String())
}

// words makes a function of a fixed command line.
func words(argv ...string) func() []string { return func() []string { return argv } }

// shown is what the terminal showed of a service: its lines come after a prefix.
func shown(_ context.Context, _ *sandbox, t *terminal, _ string) string { return t.output.String() }

// base puts the first port behind a flag, when there is one.
func base(flag string, argv ...string) func(*sandbox, int) []string {
	return func(_ *sandbox, port int) []string {
		if port == 0 || flag == "" {
			return argv
		}
		return append(append([]string{}, argv...), flag, strconv.Itoa(port))
	}
}

// all are the tools, in the order of the table.
func all() []tool {
	return []tool{prox(), foreman(), hivemind(), goreman(), overmind(), processCompose(), mprocs(), pm2()}
}

func prox() tool {
	return tool{
		name: "prox", version: []string{"prox", "version"},
		config: func(s *sandbox, services []service) error {
			var b strings.Builder
			b.WriteString("name = \"shop\"\n")
			for _, sv := range services {
				fmt.Fprintf(&b, "[services.%s]\ncommand = %q\n", sv.name, sv.command)
				if sv.once {
					b.WriteString("restart = { mode = \"never\" }\n")
				}
				if sv.port != 0 {
					fmt.Fprintf(&b, "port = %d\n", sv.port)
				}
			}
			return s.write("prox.toml", b.String())
		},
		up:      base("", "prox", "start"),
		follow:  words("prox", "start", "--foreground"),
		down:    words("prox", "kill"),
		restart: func(_ *sandbox, name string) []string { return []string{"prox", "restart", name} },
		connect: func(_ *sandbox, name string) []string { return []string{"prox", "attach", name} },
		supervisor: func(s *sandbox) int {
			for _, p := range s.processes() {
				if len(p.argv) > 1 && filepath.Base(p.argv[0]) == "prox" && p.argv[1] == "controller" {
					return p.pid
				}
			}
			return 0
		},
		output: func(ctx context.Context, s *sandbox, _ *terminal, name string) string {
			out, _ := s.run(ctx, "prox", "logs", "--raw", name)
			return out
		},
	}
}

func foreman() tool {
	return tool{
		name: "foreman", version: []string{"foreman", "version"}, config: procfile,
		up: base("--port", "foreman", "start"), stays: true, quit: "\x03", output: shown,
	}
}

func hivemind() tool {
	return tool{
		name: "hivemind", version: []string{"hivemind", "--version"}, config: procfile,
		up: base("--port", "hivemind"), stays: true, quit: "\x03", output: shown,
	}
}

func goreman() tool {
	return tool{
		name: "goreman", version: []string{"goreman", "version"}, config: procfile,
		up: func(_ *sandbox, port int) []string {
			argv := []string{"goreman", "-p", "18555"}
			if port != 0 {
				argv = append(argv, "-b", strconv.Itoa(port))
			}
			return append(argv, "start")
		},
		follow: words("goreman", "-p", "18555", "-exit-on-error", "start"), stays: true, quit: "\x03", output: shown,
		restart: func(_ *sandbox, name string) []string {
			return []string{"goreman", "-p", "18555", "run", "restart", name}
		},
	}
}

func overmind() tool {
	return tool{
		name: "overmind", version: []string{"overmind", "--version"}, config: procfile,
		up: base("--port", "overmind", "start"), stays: true, quit: "\x03", output: shown,
		restart: func(_ *sandbox, name string) []string { return []string{"overmind", "restart", name} },
		connect: func(_ *sandbox, name string) []string { return []string{"overmind", "connect", name} },
	}
}

func processCompose() tool {
	return tool{
		name: "process-compose", version: []string{"process-compose", "version", "--short"},
		config: func(s *sandbox, services []service) error {
			var b strings.Builder
			b.WriteString("version: \"0.5\"\nprocesses:\n")
			for _, sv := range services {
				fmt.Fprintf(&b, "  %s:\n    command: %q\n", sv.name, sv.command)
				if sv.port != 0 {
					fmt.Fprintf(&b, "    environment: [\"PORT=%d\"]\n", sv.port)
				}
				if sv.decides {
					b.WriteString("    availability: {restart: exit_on_failure}\n")
				}
				if sv.typed {
					b.WriteString("    is_interactive: true\n")
				}
			}
			return s.write("process-compose.yaml", b.String())
		},
		up:    base("", "process-compose", "up", "-t=false", "-U"),
		stays: true, quit: "\x03", output: shown,
		restart: func(_ *sandbox, name string) []string {
			return []string{"process-compose", "-U", "process", "restart", name}
		},
		screen: words("process-compose", "up", "-U"),
		keys:   func(nth int) []string { return []string{strings.Repeat("\x1b[B", nth), "\t"} },
	}
}

func mprocs() tool {
	return tool{
		name: "mprocs", version: []string{"mprocs", "--version"},
		config: func(s *sandbox, services []service) error {
			procs := map[string]any{}
			for _, sv := range services {
				p := map[string]any{"cmd": strings.Fields(sv.command)}
				if sv.port != 0 {
					p["env"] = map[string]string{"PORT": strconv.Itoa(sv.port)}
				}
				procs[sv.name] = p
			}
			b, err := json.Marshal(map[string]any{"procs": procs})
			if err != nil {
				return err
			}
			return s.write("mprocs.yaml", string(b)) // JSON is YAML
		},
		up:    func(s *sandbox, _ int) []string { return []string{"mprocs", "--log-dir", s.path("state/logs")} },
		stays: true, quit: "q",
		keys: func(nth int) []string { return []string{strings.Repeat("j", nth), "\x01"} },
		output: func(_ context.Context, s *sandbox, _ *terminal, name string) string {
			b, err := os.ReadFile(s.path("state/logs/" + name + ".log"))
			if err != nil {
				return err.Error()
			}
			return string(b)
		},
	}
}

func pm2() tool {
	return tool{
		name: "pm2", version: []string{"pm2", "--version"},
		config: func(s *sandbox, services []service) error {
			var apps []map[string]any
			for _, sv := range services {
				argv := strings.Fields(sv.command)
				app := map[string]any{"name": sv.name, "script": argv[0], "args": argv[1:], "interpreter": "none", "autorestart": !sv.once}
				if filepath.IsAbs(s.lookup(argv[0])) {
					app["script"] = s.lookup(argv[0])
				}
				if sv.port != 0 {
					app["env"] = map[string]string{"PORT": strconv.Itoa(sv.port)}
				}
				apps = append(apps, app)
			}
			b, err := json.Marshal(map[string]any{"apps": apps})
			if err != nil {
				return err
			}
			return s.write("ecosystem.config.js", "module.exports = "+string(b)+"\n")
		},
		up:      base("", "pm2", "start", "ecosystem.config.js"),
		down:    words("pm2", "delete", "all"),
		restart: func(_ *sandbox, name string) []string { return []string{"pm2", "restart", name} },
		send:    func(nth int, line string) []string { return []string{"pm2", "send", strconv.Itoa(nth), line} }, // its ids
		supervisor: func(s *sandbox) int {
			b, err := os.ReadFile(s.path("state/pm2/pm2.pid"))
			if err != nil {
				return 0
			}
			pid, _ := strconv.Atoi(strings.TrimSpace(string(b))) // 0: nothing to kill
			return pid
		},
		output: func(_ context.Context, s *sandbox, _ *terminal, name string) string {
			b, err := os.ReadFile(s.path("state/pm2/logs/" + name + "-out.log"))
			if err != nil {
				return err.Error()
			}
			return string(b)
		},
	}
}
