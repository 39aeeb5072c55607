package completion_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"prox/internal/completion"
)

// grammar has one of each: what a command line can be made of.
type grammar struct {
	Config string `short:"c" completes:"file" help:"The config; default: the nearest. More of it."`

	Start struct {
		Names  []string `arg:"" optional:"" completes:"service,file"`
		Env    string   `completes:"environment" help:"Environment."`
		Wait   bool     `default:"true" negatable:"" help:"Wait."`
		Set    []string `short:"e"`
		Format string   `enum:"text,json" default:"text"`
		Level  string   `words:"info,warn"`
		Quiet  bool     `short:"q"`
		Secret string   `hidden:""`
	} `cmd:"" help:"Start."`
	Status struct{} `cmd:"" aliases:"ps" help:"Show; default: all. And more."`
	Exec   struct {
		Service string   `arg:"" completes:"service"`
		Command []string `arg:"" passthrough:""`
	} `cmd:""`
	Dash struct{} `cmd:"" hidden:""`
}

func answer(t *testing.T, words ...string) completion.Answer {
	t.Helper()
	var g grammar
	k, err := kong.New(&g, kong.Name("prox"))
	if err != nil {
		t.Fatal(err)
	}
	return completion.Complete(k.Model, words, func(kind string, line completion.Line) []completion.Candidate {
		switch kind {
		case "service":
			if slices.Contains(line.Flags["env"], "live") {
				return []completion.Candidate{{Value: "edge"}}
			}
			return []completion.Candidate{{Value: "api", About: "ready"}, {Value: "db"}}
		case "environment":
			return []completion.Candidate{{Value: "live"}}
		}
		t.Errorf("asked for kind %q", kind)
		return nil
	})
}

func TestWhatCanBeTypedNext(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ line, want string }{
		{"", "start status exec"},
		{"s", "start status exec"},
		{"p", "start status exec ps"},
		{"start ", "api db"},
		{"start api ", "db"},
		{"-c x start ", "api db"},
		{"--config=x start ", "api db"},
		{"start --env ", "live"},
		{"start --env=", "live"},
		{"start --env live ", "edge"},
		{"start --env=live ", "edge"},
		{"start --format ", "text json"},
		{"start --level ", "info warn"},
		{"start -", "--env --no-wait -e --set --format --level -q --quiet --help --config"},
		{"start --", "--env --no-wait --set --format --level --quiet --help --config"},
		{"start --w", "--env --no-wait --wait --set --format --level --quiet --help --config"},
		{"start --env live --no-wait -q -", "-e --set --format --level --help --config"},
		{"start -e A=1 ", "api db"},
		{"start -eA=1 ", "api db"},
		{"start -qe A=1 ", "api db"},
		{"start -- ", "api db"},
		{"start -- -", "api db"},
		{"ps ", ""},
		{"ps -", "--help --config"},
		{"exec ", "api db"},
		{"nothing ", ""},
		{"start --nothing x ", ""},
		{"start -x ", ""},
	} {
		a := answer(t, strings.Split(c.line, " ")...)
		var got []string
		for _, x := range a.Candidates {
			got = append(got, x.Value)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.line, strings.Join(got, " "), c.want)
		}
	}
}

func TestAnotherProgramsCommandLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]int{
		"exec ": 0, "exec api ": 3, "exec api l": 3, "exec api ls -": 3, "exec api ls x ": 3, "-c x exec api l": 5, "exec api -- ls ": 4,
	} {
		// What Complete is given lacks the program's name, which is word 0.
		if a := answer(t, strings.Split(line, " ")...); a.Command != want {
			t.Errorf("%q: word %d, want %d", line, a.Command, want)
		}
	}
}

func TestHelpBecomesOneLine(t *testing.T) {
	t.Parallel()
	a := answer(t, "st")
	if a.Candidates[1] != (completion.Candidate{Value: "status", About: "Show"}) {
		t.Errorf("%q", a.Candidates[1])
	}
}

func TestEachShellIsGivenItsForm(t *testing.T) {
	t.Parallel()
	files := answer(t, "start", "x")
	fits := answer(t, "start", "a")
	value := answer(t, "start", "--env=li")
	for _, c := range []struct {
		name, got, want string
	}{
		{"files where nothing fits", written(t, files, "zsh"), "files\napi\tready\ndb\n"},
		{"what fits needs no files", written(t, fits, "zsh"), "words\napi\tready\ndb\n"},
		{"zsh cuts the prefix itself", written(t, value, "zsh"), "words\nlive\n"},
		{"fish wants whole words", written(t, value, "fish"), "words\n--env=live\n"},
		{"bash breaks at =", inBash(t, value, "li", "", 0), "words\nlive\n"},
		{"bash with = no break", inBash(t, value, "--env=li", "", 0), "words\n--env=live\n"},
		{"bash is given what fits", inBash(t, fits, "a", "", 0), "words\napi\tready\n"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
	evil := completion.Answer{Candidates: []completion.Candidate{{Value: "a\nb"}, {Value: "c", About: "\x1b[31mred\n"}}}
	if got := written(t, evil, "zsh"); got != "words\nc\t [31mred \n" {
		t.Errorf("%q", got)
	}
}

func written(t *testing.T, a completion.Answer, shell string) string {
	t.Helper()
	var b bytes.Buffer
	if err := completion.Write(&b, a, shell); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func inBash(t *testing.T, a completion.Answer, tail, line string, point int, words ...string) string {
	t.Helper()
	var b bytes.Buffer
	if err := completion.WriteBash(&b, a, tail, completion.Split(line, point), words); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestBashIsToldTheWordInItsOwnCount(t *testing.T) {
	t.Parallel()
	line := "prox -c=a:b exec api ls "
	a := completion.Answer{Command: 4}
	got := inBash(t, a, "", line, len(line), "prox", "-c", "=", "a", ":", "b", "exec", "api", "ls", "")
	if got != "command 8\n" {
		t.Errorf("%q", got)
	}
}

func TestALineInWords(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][]string{
		"":                       {""},
		"prox ":                  {"prox", ""},
		"prox st":                {"prox", "st"},
		"prox  start\tapi ":      {"prox", "start", "api", ""},
		`prox -c "a b" x`:        {"prox", "-c", "a b", "x"},
		`prox -c 'a\b' x`:        {"prox", "-c", `a\b`, "x"},
		`prox a\ b`:              {"prox", "a b"},
		`prox "a\"b`:             {"prox", `a"b`},
		`prox '' `:               {"prox", "", ""},
		`prox start @back`:       {"prox", "start", "@back"},
		`prox logs --format=js`:  {"prox", "logs", "--format=js"},
		`prox logs --grep "it's`: {"prox", "logs", "--grep", "it's"},
		`prox \`:                 {"prox", ""},
	} {
		if got := completion.Split(line, len(line)).Words; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	if got := completion.Split("prox start api", 7).Words; !slices.Equal(got, []string{"prox", "st"}) {
		t.Errorf("with the cursor in the middle: %q", got)
	}
}

// FuzzSplit: a line is split into the words that it was made of, however they
// were quoted, and anything at all into at least one.
func FuzzSplit(f *testing.F) {
	f.Add("prox start @back", 5)
	f.Add(`prox -c "a b" 'it`, 100)
	f.Add("a\\", -1)
	f.Fuzz(func(t *testing.T, line string, point int) {
		got := completion.Split(line, point)
		if len(got.Words) == 0 {
			t.Fatal("no word")
		}
		var quoted []string
		for _, w := range got.Words {
			quoted = append(quoted, "'"+strings.ReplaceAll(w, "'", `'\''`)+"'")
		}
		again := strings.Join(quoted, " ")
		if words := completion.Split(again, len(again)).Words; !slices.Equal(words, got.Words) {
			t.Fatalf("%q became %q", got.Words, words)
		}
		var b bytes.Buffer
		a := completion.Answer{Command: point, Word: line}
		if err := completion.WriteBash(&b, a, line, got, got.Words); err != nil {
			t.Fatal(err)
		}
	})
}
