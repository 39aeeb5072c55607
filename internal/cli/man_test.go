package cli

import (
	"bytes"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
)

// shown are the commands that a person is told of.
func shown(t *testing.T) []*kong.Node {
	t.Helper()
	m, err := Manual()
	if err != nil {
		t.Fatal(err)
	}
	var all []*kong.Node
	for _, n := range m.App.Leaves(true) {
		if !n.Hidden {
			all = append(all, n)
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d commands", len(all))
	}
	return all
}

func TestEverythingOfTheCommandLineIsToldOf(t *testing.T) {
	t.Parallel()
	for _, n := range shown(t) {
		if n.Help == "" {
			t.Errorf("prox %s says nothing in the list of commands", n.Name)
		}
		if !regexp.MustCompile(`(?m)^  .*\bprox (-\S+ \S+ )?` + n.Name + `\b`).MatchString(n.Detail) {
			t.Errorf("prox %s --help has no example", n.Name)
		}
		for _, v := range n.Positional {
			if v.Help == "" {
				t.Errorf("prox %s: no word about <%s>", n.Name, v.Name)
			}
		}
		for _, f := range n.Flags {
			if f.Help == "" {
				t.Errorf("prox %s: no word about --%s", n.Name, f.Name)
			}
		}
	}
}

// formatters turn a man page into text, and complain on standard error.
var formatters = map[string][]string{
	"groff":  {"groff", "-man", "-ww", "-Tutf8", "-P-cbou"},
	"mandoc": {"mandoc", "-T", "utf8", "-W", "warning"},
	"lint":   {"mandoc", "-T", "lint"},
}

func page(t *testing.T) []byte {
	t.Helper()
	m, err := Manual()
	if err != nil {
		t.Fatal(err)
	}
	return m.Roff()
}

func TestManualPageIsFormattedWithoutAWarning(t *testing.T) {
	t.Parallel()
	source := page(t)
	for name, argv := range formatters {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, complaints := format(t, source, argv)
			if name == "lint" {
				complaints, text = complaints+text, "prox [flags] command"
			}
			if complaints != "" {
				t.Errorf("complains: %s", complaints)
			}
			if !strings.Contains(text, "prox [flags] command") {
				t.Errorf("no page: %.300q", text)
			}
		})
	}
}

func TestManualPageHasEveryCommandAndFlag(t *testing.T) {
	t.Parallel()
	text, _ := format(t, page(t), formatters["mandoc"])
	_, commands, _ := strings.Cut(text, "COMMANDS")
	for _, n := range shown(t) {
		_, own, found := strings.Cut(commands, "\n   prox "+n.Name)
		if !found {
			t.Errorf("no section for prox %s", n.Name)
			continue
		}
		own, _, _ = strings.Cut(own, "\n   prox ")
		own, _, _ = strings.Cut(own, "\nEXIT CODES")
		for _, f := range n.Flags {
			want := "--" + f.Name
			if f.Tag.Negatable != "" {
				want = "--[no-]" + f.Name
			}
			if has := regexp.MustCompile(`(?m)^ +(-\w, )?` + regexp.QuoteMeta(want) + `\b`).MatchString(own); has == f.Hidden {
				t.Errorf("prox %s: %s: in the page %v, hidden %v", n.Name, want, has, f.Hidden)
			}
		}
	}
	for _, want := range []string{"prox logs --grep 'status=5\\d\\d' -C 3", "EXIT CODES"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// format runs a formatter; the test is skipped where there is none.
func format(t *testing.T, source []byte, argv []string) (text, complaints string) {
	t.Helper()
	if _, err := exec.LookPath(argv[0]); err != nil {
		t.Skipf("no %s here: make shells installs it", argv[0])
	}
	cmd := exec.CommandContext(t.Context(), argv[0], argv[1:]...)
	cmd.Stdin = bytes.NewReader(source)
	cmd.Env = append(cmd.Environ(), "LC_ALL=C.UTF-8")
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	_ = cmd.Run() // mandoc's exit code says no more than what it complains of
	// Bold is a letter struck twice.
	return regexp.MustCompile(`.\x08`).ReplaceAllString(out.String(), ""), bad.String()
}

func TestTheSameSourcesMakeTheSamePage(t *testing.T) {
	t.Parallel()
	if at := built("86400", time.Now()); !at.Equal(time.Unix(86400, 0)) {
		t.Errorf("SOURCE_DATE_EPOCH is not heeded: %s", at)
	}
	now := time.Now()
	if at := built("nonsense", now); at.After(now) {
		t.Errorf("from the future: %s", at)
	}
}
