package config

import (
	"errors"
	"strings"
	"testing"
)

func TestPlansAndWatches(t *testing.T) {
	t.Parallel()
	const service, task = "[services.a]\ncommand = 'a'\n", "[services.a]\ncommand = 'a'\ntask = true\n"
	schedule := func(expr string) error {
		if expr != "* * * * *" {
			return errors.New("not so")
		}
		return nil
	}
	for text, want := range map[string]string{
		task + "every = '5s'":                                                  "",
		task + "schedule = '* * * * *'":                                        "",
		task + "schedule = '* * * *'":                                          "schedule: not so",
		task + "every = '5ms'":                                                 "every: expected at least 1s, found 5ms",
		task + "every = '5s'\nschedule = '* * * * *'":                          "every: cannot be given together with schedule",
		task + "overlap = 'queue'":                                             `overlap: there is no schedule; write every = "5m"`,
		task + "overlap = 'queu'\nevery = '5s'":                                "overlap: expected one of skip, queue, replace",
		service + "every = '5s'":                                               "every: is for tasks only; write task = true",
		task + "every = '5s'\n[services.b]\ncommand = 'b'\ndepends_on = ['a']": "depends_on.a: a runs at times of its own",
		service + "watch = ['src/**/*.go', 'a[']":                              `watch: "a[" is not a pattern`,
		service + "watch = ['']":                                               "watch: the pattern is empty",
		service + "watch = ['src/**', '/etc/*']":                               `prox.toml:3: services.a.watch: "/etc/*" is absolute: patterns are relative to the service's folder; only files in that folder are watched: set dir`,
		service + "watch = ['/x/src/**']":                                      `prox.toml:3: services.a.watch: "/x/src/**" is absolute: patterns are relative to the service's folder; write "src/**"`,
		service + "watch = [\n  'a..b',\n  '../lib/**']":                       `prox.toml:5: services.a.watch: "../lib/**" leaves the service's folder, /x; only`,
		service + "watch = ['src/../../lib/*']":                                `leaves the service's folder`,
		service + "watch = ['a..b/..c']":                                       "",
		service + "watch = ['a']\nwatch_ignore = ['../b']":                     `prox.toml:4: services.a.watch_ignore: "../b" leaves the service's folder`,
		service + "watch_ignore = ['a']":                                       "watch_ignore: nothing is watched",
		service + "watch = ['a']\nwatch_action = 'restrat'":                    `did you mean "restart"?`,
		service + "watch = ['a']\nwatch_action = 'SIGHPU'":                     `did you mean SIGHUP?`,
		service + "watch = ['a']\nwatch_action = 'hup'":                        "",
		service + "watch = ['a']\nwatch_action = ['x', 'y']":                   "",
		service + "watch = ['a']\nwatch_action = 5":                            "watch_action: expected a text or a list",
		service + "after_crash_loop = 'wait-for-change'":                       "after_crash_loop: nothing is watched",
		service + "instances = 0":                                              "instances: expected a number from 1 to 200",
		service + "restart = { give_up_alike = 1 }":                            "give_up_alike: expected 2 or more",
	} {
		p, err := load("/x/prox.toml", []byte(text), Options{Schedule: schedule}, &problems{file: "/x/prox.toml"})
		switch {
		case want == "" && err != nil, want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%s\n%v, want %s", text, err, want)
		case strings.Contains(text, "hup") && p.Services[0].WatchAction.Signal != "SIGHUP":
			t.Errorf("%+v", p.Services[0].WatchAction)
		case strings.Contains(text, "'x', 'y'") && p.Services[0].WatchAction.Command.Text != "x y":
			t.Errorf("%+v", p.Services[0].WatchAction)
		}
	}
}
