package completion_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"prox/internal/completion"
	"prox/internal/proxtest"
)

func TestMain(m *testing.M) {
	code := m.Run()
	proxtest.CleanUp()
	os.Exit(code)
}

const shop = `
[services.db]
command = "sleep 1000"
groups = ["backend"]

[services.api]
command = "sleep 1000"
groups = ["backend", "web"]

[services.front]
command = "sleep 1000"
autostart = false
`

// offer is what a shell offers for each of some lines, as they are typed.
type offer func(t *testing.T, p *proxtest.Project, lines []string) [][]string

func shells(t *testing.T) map[string]offer {
	t.Helper()
	all := map[string]offer{"bash": bashOffers, "zsh": zshOffers, "fish": fishOffers}
	for _, shell := range completion.Shells {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("no %s here: make shells installs it", shell)
			delete(all, shell)
		}
	}
	return all
}

// next separates what is offered for one line from what is for the next.
const next = "--next--"

// bashOffers calls the function as bash does when Tab is pressed.
func bashOffers(t *testing.T, p *proxtest.Project, lines []string) [][]string {
	t.Helper()
	script := `eval "$(prox completion bash)"
try() {
	COMP_LINE=$1 COMP_POINT=${#1}
	local tail=$2; shift 2
	COMP_WORDS=("$@") COMP_CWORD=$(($#-1))
	_prox prox "$tail" "${COMP_WORDS[COMP_CWORD-1]}"
	[[ ${#COMPREPLY[@]} == 0 ]] || printf '%s\n' "${COMPREPLY[@]}"
	echo ` + next + `
}
`
	for _, line := range lines {
		words, tail := bashWords(line)
		script += "try"
		for _, w := range append([]string{line, tail}, words...) {
			script += " '" + w + "'"
		}
		script += "\n"
	}
	all := run(t, p, "bash", "--norc", "-c", script)
	for k, values := range all {
		_, tail := bashWords(lines[k])
		kept := strings.TrimSuffix(lines[k][strings.LastIndexByte(lines[k], ' ')+1:], tail)
		for n := range values { // what bash leaves as it is
			values[n] = kept + values[n]
		}
	}
	return all
}

// bashWords are the words that bash makes of a line: it breaks at =, : and @,
// too. The tail is what it takes for the word being typed.
func bashWords(line string) (words []string, tail string) {
	for word := range strings.SplitSeq(line, " ") {
		tail = ""
		for rest := word; rest != ""; {
			at := strings.IndexAny(rest, "=:@")
			switch {
			case at < 0:
				words, tail, rest = append(words, rest), rest, ""
			case at == 0:
				words, rest = append(words, rest[:1]), rest[1:]
			default:
				words, rest = append(words, rest[:at]), rest[at:]
			}
		}
	}
	if strings.HasSuffix(line, " ") {
		words = append(words, "")
	}
	return words, tail
}

func fishOffers(t *testing.T, p *proxtest.Project, lines []string) [][]string {
	t.Helper()
	script := "prox completion fish | source; for line in $argv; complete -C $line; echo " + next + "; end"
	all := run(t, p, append([]string{"fish", "--no-config", "-c", script}, lines...)...)
	for _, values := range all {
		for k, v := range values {
			values[k], _, _ = strings.Cut(v, "\t")
		}
	}
	return all
}

// zshOffers types into a zsh and notes what goes through compadd, which is how
// everything is offered; with -O, -A or -D it is only asked.
func zshOffers(t *testing.T, p *proxtest.Project, lines []string) [][]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "offered")
	script := `zmodload zsh/zpty
file=$1; shift
zpty z zsh -f -i
put() { zpty -w z "$1" }
put "autoload -Uz compinit && compinit -D -i; source <(prox completion zsh) 2>> $file.complaints"
put "compadd() { if (( \${@[(I)-[OAD]]} )); then builtin compadd \"\$@\"; return; fi; local -a hits; builtin compadd -O hits \"\$@\"; print -rl -- \${hits/#/\$IPREFIX} >> $file; builtin compadd \"\$@\" }"
put "finish() { print -- ` + next + ` >> $file; zle kill-whole-line }; zle -N finish; bindkey '^X' finish; bindkey '^I' list-choices"
: > $file; done=0
for line; do
	zpty -w -n z "$line"$'\t\x18'
	(( done++ ))
	for i in {1..2000}; do
		zpty -r -t z junk
		(( $(grep -cx -- ` + next + ` $file 2>/dev/null) >= done )) && break
		sleep 0.01
	done
done
zpty -d z
cat $file; cat $file.complaints >&2`
	all := run(t, p, append([]string{"zsh", "-f", "-c", script, "zsh", file}, lines...)...)
	for k, values := range all { // one group may be tried more than once
		slices.Sort(values)
		all[k] = slices.DeleteFunc(slices.Compact(values), func(v string) bool { return v == "" })
	}
	return all
}

// run gives what a script printed for each line; it must complain of nothing.
func run(t *testing.T, p *proxtest.Project, argv ...string) [][]string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*proxtest.Patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Env = p.Dir, p.Env
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil || complaint.Len() > 0 {
		t.Errorf("%s: %v: %s", argv[0], err, complaint.String())
	}
	all := [][]string{nil}
	for line := range strings.Lines(out.String()) {
		if line = strings.TrimSuffix(line, "\n"); line == next {
			all = append(all, nil)
			continue
		}
		all[len(all)-1] = append(all[len(all)-1], line)
	}
	return all[:len(all)-1]
}

// check asks every shell for each line.
func check(t *testing.T, p *proxtest.Project, cases map[string]string) {
	t.Helper()
	lines := slices.Sorted(maps.Keys(cases))
	for shell, ask := range shells(t) {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			all := ask(t, p, lines)
			if len(all) != len(lines) {
				t.Fatalf("%d answers to %d lines", len(all), len(lines))
			}
			for k, got := range all {
				for n := range got { // bash leaves it to its line editor
					got[n] = strings.TrimSuffix(got[n], "/")
				}
				slices.Sort(got)
				want := strings.Fields(cases[lines[k]])
				slices.Sort(want)
				if !slices.Equal(got, want) {
					t.Errorf("%q: offers %q, want %q", lines[k], got, want)
				}
			}
		})
	}
}

func TestShellsCompleteFromTheConfig(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop, "prox.production.toml", "[services.cdn]\ncommand = \"true\"\n", ".env.staging", "", "sub/x", "", "../other/prox.toml", "[services.lone]\ncommand = \"true\"\n")
	check(t, p, map[string]string{
		"prox sta":                        "start status",
		"prox comp":                       "completion",
		"prox completion ":                "bash zsh fish",
		"prox start ":                     "db api front @backend @web",
		"prox start @b":                   "@backend",
		"prox start api d":                "db",
		"prox start api --env ":           "production staging",
		"prox start --env=prod":           "--env=production",
		"prox start --env production c":   "cdn",
		"prox start --env=production cd":  "cdn",
		"prox stop -":                     "--now --help --config --chdir",
		"prox logs --format ":             "text line json",
		"prox logs --format=t":            "--format=text",
		"prox logs --level w":             "warn",
		"prox logs --grep x -C t":         "trace",
		"prox graph --format ":            "text dot mermaid json",
		"prox scale ":                     "db api front",
		"prox scale api ":                 "",
		"prox exec a":                     "api",
		"prox -C ../other start ":         "lone",
		"prox -c ../other/prox.toml why ": "lone",
		"prox --config prox.t":            "prox.toml",
		"prox -C su":                      "sub",
		"prox nothing ":                   "",
		"prox help rel":                   "reload",
	})
	if _, err := os.Stat(filepath.Join(p.Root, "run", "prox")); !os.IsNotExist(err) {
		entries, _ := filepath.Glob(filepath.Join(p.Root, "run", "prox", "*"))
		if len(entries) > 0 {
			t.Errorf("something was made for it: %v", entries)
		}
	}
}

func TestShellsCompleteWhatRuns(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop)
	p.Must("start")
	p.Must("scale", "api", "2")
	p.Must("run", "adhoc", "--", "sleep", "1000")
	// What runs is known although the config no longer says it.
	p.Write("prox.toml", "[services.db\n")
	check(t, p, map[string]string{
		"prox stop ":           "db api front api.1 api.2 adhoc @backend @web",
		"prox attach ad":       "adhoc",
		"prox restart @back":   "@backend",
		"prox logs api.":       "api.1 api.2",
		"prox logs db --run 1": "1",
	})
}

func TestShellsCompleteAnothersCommandLine(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop, "bin/prox-test-tool", "#!/bin/sh\n")
	p.Env = append(p.Env, "PATH="+filepath.Join(p.Dir, "bin")+":"+os.Getenv("PATH")+":"+filepath.Dir(proxtest.Binary(t)))
	check(t, p, map[string]string{
		"prox exec api prox-test-t":    "prox-test-tool",
		"prox exec api -- prox-test-t": "prox-test-tool",
		"prox run x prox-test-t":       "prox-test-tool",
	})
}

func TestTabInARealShell(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop)
	for shell, argv := range map[string][]string{
		"bash": {"bash", "--norc", "--noprofile", "-i"},
		"zsh":  {"zsh", "-f", "-i"},
		"fish": {"fish", "--no-config", "-i"},
	} {
		t.Run(shell, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(shell); err != nil {
				t.Skipf("no %s here: make shells installs it", shell)
			}
			source := "source <(prox completion " + shell + ")"
			if shell == "fish" {
				source = "prox completion fish | source"
			}
			start := fmt.Sprintf("cd %s; PATH=%s:$PATH exec %s", p.Dir, filepath.Dir(proxtest.Binary(t)), strings.Join(argv, " "))
			s := proxtest.NewScreen(t, proxtest.ScreenOptions{Width: 90, Height: 30, Argv: []string{"sh", "-c", start}, Env: append(p.Env, "PS1=> ")})
			s.Type(source + "; echo loa''ded")
			s.Keys("Enter")
			s.AwaitText("\nloaded")
			s.Type("prox star")
			s.Keys("Tab")
			s.AwaitText("prox start")
			s.Type("@back")
			s.Keys("Tab")
			s.AwaitText("prox start @backend")
			if shell == "bash" { // shows names only
				return
			}
			s.Keys("C-u")
			s.Type("prox attach ")
			s.Keys("Tab")
			s.AwaitText("sleep 1000")
		})
	}
}

// BenchmarkComplete tells how long Tab takes, against what a command of prox
// takes that reads no config, and against the start of a bare process.
func BenchmarkComplete(b *testing.B) {
	p := proxtest.New(b, "prox.toml", shop)
	took := func(what string, run func() time.Duration) time.Duration {
		b.Helper()
		fastest := time.Hour // the machine may be busy with something else
		for range 5 {
			fastest = min(fastest, run())
		}
		if fastest <= 0 {
			b.Fatalf("%s takes no time", what)
		}
		return fastest
	}
	version := took("prox version", func() time.Duration { return p.Must("version").Took })
	bare := took("true", func() time.Duration {
		began := time.Now()
		if err := exec.CommandContext(b.Context(), "true").Run(); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	})
	fastest := time.Hour
	for b.Loop() {
		fastest = min(fastest, p.Must("__complete", "zsh", "start", "").Took)
	}
	b.ReportMetric(float64(fastest)/float64(version), "×version")
	b.ReportMetric(float64(fastest)/float64(bare), "×process")
}

func TestCompletionIsQuiet(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop)
	p.Write("prox.toml", "this is no TOML")
	for _, args := range [][]string{
		{"__complete", "zsh", "start", ""},
		{"__complete", "zsh", "start", "--env", "nosuch", ""},
		{"__complete", "zsh", "-C", "/no/such/folder", "start", ""},
		{"__complete", "zsh", "-c", "/dev/zero", "start", ""},
		{"__complete"},
		{"__complete", "zsh"},
		{"__complete", "fish"},
		{"__complete", "bash"},
		{"__complete", "bash", "prox", "2", "pr", "prox"},
		{"__complete", "bash", "prox", "x", ""},
	} {
		if r := p.Run(args...); r.Err != "" {
			t.Errorf("%q says %q", args, r.Err)
		}
	}
}

func TestAControllerThatHangsHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	p := proxtest.New(t, "prox.toml", shop)
	p.Must("start")
	var st struct {
		Controller struct {
			Pid int `json:"pid"`
		} `json:"controller"`
	}
	if err := json.Unmarshal([]byte(p.Must("status", "--json").Out), &st); err != nil || st.Controller.Pid == 0 {
		t.Fatalf("no controller: %v", err)
	}
	if err := syscall.Kill(st.Controller.Pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = syscall.Kill(st.Controller.Pid, syscall.SIGCONT) }()
	// Without a limit of its own it would wait for as long as the controller is
	// stopped; how busy the machine is must not matter.
	r := p.Must("__complete", "zsh", "stop", "")
	if r.Took > proxtest.Patience/2 {
		t.Errorf("takes %s", r.Took)
	}
	if !strings.Contains(r.Out, "\ndb\t") { // the config's word
		t.Errorf("offers %q", r.Out)
	}
}
