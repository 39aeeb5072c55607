package discover

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// wholeFormat is a config that is imported, as a test writes it: keys that are
// known, each with what its value is.
type wholeFormat struct {
	file     string
	services []string // the way to the table of services, or to their list
	list     bool
	command  string
	known    map[string]string // of a service: "text", "number", "texts" or "table"
}

var wholeFormats = []wholeFormat{
	{file: "process-compose.yaml", services: []string{"processes"}, command: "command", known: map[string]string{
		"description": "text", "environment": "table", "ready_log_line": "text", "log_location": "text", "namespace": "text", "replicas": "number",
		"availability.max_restarts": "number", "availability.backoff_seconds": "number", "shutdown.command": "text", "shutdown.timeout_seconds": "number",
		"log_configuration.rotation.max_size_mb": "number", "log_configuration.timestamp_format": "text", "schedule.max_concurrent": "number",
		"launch_timeout_seconds": "number", "vars": "table", "entrypoint": "texts",
		"readiness_probe.period_seconds": "number", "readiness_probe.exec.command": "text", "readiness_probe.http_get.path": "text",
		"liveness_probe.exec.command": "text",
	}},
	{file: "mprocs.json", services: []string{"procs"}, command: "shell", known: map[string]string{
		"env": "table", "add_path": "texts", "stop.cmd": "text", "stop.send-keys": "texts", "log": "text", "cmd": "texts",
	}},
	{file: "pitchfork.toml", services: []string{"daemons"}, command: "run", known: map[string]string{
		"retry": "number", "ready_delay": "number", "ready_output": "text", "ready_http": "text", "ready_port": "number", "ready_cmd": "text",
		"env": "table", "user": "text", "expected_port": "number", "hooks.on_ready": "text", "hooks.on_stop": "text", "cpu_limit": "number", "slug": "text",
	}},
	{file: "ecosystem.json", services: []string{"apps"}, list: true, command: "script", known: map[string]string{
		"args": "texts", "interpreter_args": "text", "env": "table", "env_production": "table", "max_restarts": "number", "kill_timeout": "number",
		"restart_delay": "number", "min_uptime": "number", "out_file": "text", "user": "text", "port": "number", "ignore_watch": "texts", "namespace": "text",
	}},
	{file: ".tmuxinator.yml", services: []string{"windows"}, list: true, command: "panes", known: map[string]string{
		"layout": "text", "pre": "text", "root": "text",
	}},
}

// TestNothingIsForgotten imports trees of keys that are known and of keys that
// nobody knows: the value of each is in what comes out, or the key in a note.
func TestNothingIsForgotten(t *testing.T) {
	t.Parallel()
	for _, format := range wholeFormats {
		t.Run(format.file, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { forgetNothing(t, rt, format) })
		})
	}
}

func forgetNothing(t *testing.T, rt *rapid.T, format wholeFormat) {
	count := 0
	marks := map[string]string{} // keys, as notes write them, and their values
	mark := func(key string) any {
		count++
		marks[key] = fmt.Sprintf("v%dq", 1000+count)
		return marks[key]
	}
	var unknown func(key string, depth int) any
	unknown = func(key string, depth int) any {
		switch kind := rapid.IntRange(0, 3).Draw(rt, "kind"); {
		case kind == 0 && depth > 0:
			return []any{unknown(key+".0", depth-1), unknown(key+".1", depth-1)}
		case kind == 1 && depth > 0:
			return map[string]any{"a": unknown(key+".a", depth-1), "command": unknown(key+".command", depth-1)}
		}
		return mark(key)
	}
	root := map[string]any{}
	all := map[string]any{}
	var items []any
	way := strings.Join(format.services, ".")
	for i := range rapid.IntRange(1, 3).Draw(rt, "services") {
		name := fmt.Sprintf("svc%d", i)
		key := way + "." + name
		service := map[string]any{format.command: "./" + name}
		switch {
		case format.file == ".tmuxinator.yml":
			key = fmt.Sprintf("%s.%d.%s", way, i, name)
			service["panes"] = []any{"./" + name}
			items = append(items, map[string]any{name: service})
		case format.list:
			key = fmt.Sprintf("%s.%d", way, i)
			service["name"] = name
			items = append(items, service)
		default:
			all[name] = service
		}
		names := make([]string, 0, len(format.known))
		for known := range format.known {
			names = append(names, known)
		}
		slices.Sort(names)
		for _, known := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, len(names), rapid.ID).Draw(rt, "known") {
			var value any
			switch full := key + "." + known; format.known[known] {
			case "number":
				count++
				marks[full] = fmt.Sprint(1001 + 2*count)
				value = 1001 + 2*count
			case "texts":
				value = []any{mark(full + ".0"), mark(full + ".1")}
			case "table":
				value = map[string]any{"A": mark(full + ".A"), "B": mark(full + ".B")}
			default:
				value = mark(full)
			}
			put(service, strings.Split(known, "."), value)
		}
		if rapid.Bool().Draw(rt, "unknown") {
			service["riddle"] = unknown(key+".riddle", 3)
		}
	}
	root[way] = all
	if format.list {
		root[way] = items
	}
	if rapid.Bool().Draw(rt, "unknown at the top") {
		root["enigma"] = unknown("enigma", 3)
	}
	checkNothingForgotten(t, rt, format.file, root, marks)
}

func put(table map[string]any, way []string, value any) {
	for len(way) > 1 {
		next, ok := table[way[0]].(map[string]any)
		if !ok {
			next = map[string]any{}
			table[way[0]] = next
		}
		table, way = next, way[1:]
	}
	table[way[0]] = value
}

func checkNothingForgotten(t *testing.T, rt *rapid.T, file string, root map[string]any, marks map[string]string) {
	text, err := json.Marshal(root)
	if err != nil {
		rt.Fatal(err)
	}
	if strings.HasSuffix(file, ".toml") {
		text = []byte(tomlOf(root))
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, file), text)
	p, err := Import(t.Context(), filepath.Join(dir, file), "")
	if err != nil {
		rt.Fatalf("%v\n%s", err, text)
	}
	out := string(p.TOML())
	for key, value := range marks {
		told := slices.ContainsFunc(p.Notes, func(n Note) bool {
			return n.Key == key || n.Kind == Dropped && n.Key != "" && strings.HasPrefix(key, n.Key+".")
		})
		if !told && !strings.Contains(out, value) {
			rt.Fatalf("%s = %s is forgotten\n%s\n%s\n%s", key, value, text, out, notes(p))
		}
	}
}

// tomlOf writes a tree inline, which any TOML reader takes.
func tomlOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for key, value := range v {
			parts = append(parts, key+" = "+inlineOf(value))
		}
		slices.Sort(parts)
		return strings.Join(parts, "\n") + "\n"
	default:
		return inlineOf(v)
	}
}

func inlineOf(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for key, value := range v {
			parts = append(parts, key+" = "+inlineOf(value))
		}
		slices.Sort(parts)
		return "{ " + strings.Join(parts, ", ") + " }"
	case []any:
		var parts []string
		for _, item := range v {
			parts = append(parts, inlineOf(item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

func TestAFolderIsNotToldOfEveryKey(t *testing.T) {
	t.Parallel()
	p := find(t, "mprocs.yaml", "scrollback: 5\nprocs: {web: {shell: ./web, colour: red}}\n", "process-compose.yaml", "log_level: x\nprocesses: {api: {command: ./api, riddle: 1}}\n")
	if got := notes(p); got != "" {
		t.Errorf("the notes are\n%s", got)
	}
	if len(p.Services) != 2 {
		t.Errorf("found\n%s", p.TOML())
	}
}

func TestManyUnknownKeysAreCounted(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString("procs:\n  web: ./web\n")
	for i := range mostListed + 7 {
		fmt.Fprintf(&b, "key%d: 1\n", i)
	}
	dir := t.TempDir()
	write(t, filepath.Join(dir, "mprocs.yaml"), []byte(b.String()))
	p, err := Import(t.Context(), filepath.Join(dir, "mprocs.yaml"), "")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(p.Notes); n != mostListed+1 || !strings.Contains(notes(p), "and 7 more keys that prox doesn't have") {
		t.Errorf("there are %d notes", n)
	}
}
