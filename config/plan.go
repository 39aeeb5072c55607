package config

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
)

// shortestEvery is as often as a task may run.
const shortestEvery = Duration(time.Second)

// plan checks when a task runs.
func (c serviceCheck) plan() {
	given := ""
	for _, key := range []string{"schedule", "every", "overlap"} {
		if c.n.get(key) == nil {
			continue
		}
		given = key
		if !c.s.Task {
			c.add(c.n.where(key), c.key+"."+key, "is for tasks only", "write "+c.setting("task", "true")+": what runs at set times runs to its end")
			return
		}
	}
	switch {
	case given == "":
		return
	case c.n.get("schedule") != nil && c.n.get("every") != nil:
		c.add(c.n.where("every"), c.key+".every", "cannot be given together with schedule", "delete one of the two")
	case c.n.get("every") != nil && c.s.Every < shortestEvery:
		c.add(c.n.where("every"), c.key+".every", fmt.Sprintf("expected at least %s, found %s", shortestEvery, c.s.Every), "")
	case c.s.Plan() == "":
		if c.n.get("schedule") == nil {
			c.add(c.n.where(given), c.key+"."+given, "there is no schedule", "write "+c.setting("every", `"5m"`))
		}
	case c.s.Schedule != "" && c.schedule != nil:
		if err := c.schedule(c.s.Schedule); err != nil {
			c.add(c.n.where("schedule"), c.key+".schedule", err.Error(), hintOf(err))
		}
	}
}

// watch checks the patterns of watched files.
func (c serviceCheck) watch() {
	for key, patterns := range map[string][]string{"watch": c.s.Watch, "watch_ignore": c.s.WatchIgnore} {
		n := c.n.get(key)
		for i, p := range patterns {
			at := n.at
			if i < len(n.items) {
				at = n.items[i].at
			}
			if message, hint := c.pattern(p); message != "" {
				c.add(at, c.key+"."+key, message, hint)
			}
		}
	}
	for _, key := range []string{"watch_ignore", "watch_action"} {
		if n := c.n.get(key); n != nil && len(c.s.Watch) == 0 && (key == "watch_action" && !c.s.WatchAction.Restarts() || len(c.s.WatchIgnore) > 0) {
			c.add(n.at, c.key+"."+key, "nothing is watched", "write "+c.setting("watch", `["src/**"]`))
		}
	}
	if c.s.AfterCrashLoop == "wait-for-change" && len(c.s.Watch) == 0 {
		c.add(c.n.where("after_crash_loop"), c.key+".after_crash_loop", "nothing is watched that could change", "write "+c.setting("watch", `["src/**"]`))
	}
}

// pattern tells what is wrong with one of watched files.
func (c serviceCheck) pattern(p string) (message, hint string) {
	dir := strings.TrimSuffix(filepath.ToSlash(c.s.Dir), "/") + "/"
	switch {
	case p == "":
		return "the pattern is empty", ""
	case !doublestar.ValidatePattern(p):
		return fmt.Sprintf("%q is not a pattern", p), `write for instance "src/**/*.go"`
	case strings.HasPrefix(p, dir) && len(p) > len(dir):
		return fmt.Sprintf("%q is absolute: patterns are relative to the service's folder", p), fmt.Sprintf("write %q", p[len(dir):])
	case strings.HasPrefix(p, "/"):
		return fmt.Sprintf("%q is absolute: patterns are relative to the service's folder", p), "only files in that folder are watched: set dir further up, or name files below it"
	case slices.Contains(strings.Split(p, "/"), ".."):
		return fmt.Sprintf("%q leaves the service's folder, %s", p, c.s.Dir), "only files in it are watched: set dir further up, or name files below it"
	}
	return "", ""
}

// action reads what happens when a watched file changes.
func (d *decoder) action(n *node, key string, dst *Action) {
	if n.kind != text {
		d.command(n, key, &dst.Command)
		return
	}
	word := strings.TrimSpace(n.raw)
	name := strings.ToUpper(word)
	if !strings.HasPrefix(name, "SIG") {
		name = "SIG" + name
	}
	switch {
	case word == "restart":
	case slices.Contains(signals[:], name):
		dst.Signal = name
	case !strings.ContainsAny(word, " \t/") && nearest(word, []string{"restart"}) != "":
		d.wrong(n, key, "restart, a signal or a command", `did you mean "restart"?`)
	case strings.HasPrefix(word, "SIG") && !strings.ContainsAny(word, " \t/"):
		d.wrong(n, key, "restart, a signal or a command", signalHint(word))
	default:
		d.command(n, key, &dst.Command)
	}
}
