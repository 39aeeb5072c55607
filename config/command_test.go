package config

import (
	"bytes"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/syntax"
)

var commands = []struct {
	text   string
	argv   []string // executed directly
	script string   // or by a shell
	asText string   // Text, if it is not text without the blanks around it
}{
	{text: "npm start", argv: []string{"npm", "start"}},
	{text: "  npm \t start ", argv: []string{"npm", "start"}},
	{text: "go run ./cmd/api -addr :80 a=b", argv: []string{"go", "run", "./cmd/api", "-addr", ":80", "a=b"}},
	{text: `echo 'a  b' "c \"d\" \e" f\ g ''`, argv: []string{"echo", "a  b", `c "d" \e`, "f g", ""}},
	{text: `python -c 'print("$HOME *")'`, argv: []string{"python", "-c", `print("$HOME *")`}},
	{text: "grün --größe 5", argv: []string{"grün", "--größe", "5"}},
	{text: "a \\\n  b", argv: []string{"a", "b"}},
	{text: "a b # not this", argv: []string{"a", "b"}},
	{text: `a \* "[x]" x~`, argv: []string{"a", "*", "[x]", "x~"}},
	{text: "npm start --port $PORT", script: "exec npm start --port $PORT"},
	{text: `serve "${DIR:-.}"`, script: `exec serve "${DIR:-.}"`},
	{text: "ls *.go", script: "exec ls *.go"},
	{text: "ls ~/src", script: "exec ls ~/src"},
	{text: "a > out.log 2>&1", script: "exec a > out.log 2>&1"},
	{text: "> out.log a", script: "> out.log exec a"},
	{text: "NODE_ENV=test node app.js", script: "NODE_ENV=test exec node app.js"},
	{text: "echo $(date)", script: "exec echo $(date)"},
	{text: "cat <<X\nhi\nX", script: "exec cat <<X\nhi\nX"},
	{text: "$EDITOR x", script: "exec $EDITOR x"},
	{text: "cd api && npm start", script: "cd api && npm start"},
	{text: "a | b", script: "a | b"},
	{text: "a; b", script: "a; b"},
	{text: "a\nb", script: "a\nb"},
	{text: "a &", script: "a &"},
	{text: "! a", script: "! a"},
	{text: "(a)", script: "(a)"},
	{text: "cd api", script: "cd api"},
	{text: "exit 3", script: "exit 3"},
	{text: "'exec' a", script: "'exec' a"},
	{text: "exec a $B", script: "exec a $B"},
	{text: "A=1", script: "A=1"},
	{text: "a\r\nb", asText: "a\nb", script: "a\nb"},
	{text: "while true; do sleep 1; done", script: "while true; do sleep 1; done"},
}

func TestParseCommand(t *testing.T) {
	t.Parallel()
	for _, c := range commands {
		got, err := ParseCommand(c.text)
		if err != nil {
			t.Errorf("%q: %v", c.text, err)
			continue
		}
		want := Command{Text: strings.TrimSpace(c.text), Argv: c.argv}
		if c.asText != "" {
			want.Text = c.asText
		}
		if c.argv == nil {
			want.Argv, want.Shell = []string{"/bin/sh", "-c", c.script}, true
		}
		if !slices.Equal(got.Argv, want.Argv) || got.Text != want.Text || got.Shell != want.Shell {
			t.Errorf("%q is %+v, want %+v", c.text, got, want)
		}
	}
}

func TestParseCommandRefuses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]error{
		"":                                 errEmptyCommand,
		" \n":                              errEmptyCommand,
		"# nothing":                        errEmptyCommand,
		"'' a":                             errNoProgram,
		"a\x00b":                           errNUL,
		strings.Repeat("a", mostCommand):   nil,
		strings.Repeat("a", mostCommand+1): errLong,
	} {
		if _, err := ParseCommand(text); !errors.Is(err, want) {
			t.Errorf("%.20q: %v, want %v", text, err, want)
		}
	}
	for _, text := range []string{"a 'b", "a &&", "(", "a | | b", "if x", "fi", "a )"} {
		var bad *CommandError
		if _, err := ParseCommand(text); !errors.As(err, &bad) {
			t.Errorf("%q: %v, want a *CommandError", text, err)
		}
	}
}

// TestCommandMeansTheSame lets a real shell say what the words are.
func TestCommandMeansTheSame(t *testing.T) {
	t.Parallel()
	const show = `for a; do printf '%s\0' "$a"; done`
	for _, c := range commands {
		if c.argv == nil {
			continue
		}
		want, err := exec.Command("/bin/sh", "-c", "set -- "+c.text+"\n"+show).Output()
		if err != nil {
			t.Fatalf("%q: %v", c.text, err)
		}
		if got := strings.Join(c.argv, "\x00") + "\x00"; got != string(want) {
			t.Errorf("%q is %q to us and %q to a shell", c.text, got, want)
		}
	}
}

// TestCommandsRun executes what a shell is given, for what exec changes.
func TestCommandsRun(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"printenv A":             "",
		"A=1 printenv A":         "1\n",
		"printf '%s|' a 'b  c'":  "a|b  c|",
		"printf '%s|' $A $PORT":  "5000|",
		"echo $PORT 2>/dev/null": "5000\n",
		"cd / && pwd":            "/\n",
		"cat <<X\n$PORT\nX":      "5000\n",
	} {
		c, err := ParseCommand(text)
		if err != nil {
			t.Errorf("%q: %v", text, err)
			continue
		}
		cmd := exec.Command(c.Argv[0], c.Argv[1:]...)
		cmd.Env = []string{"PORT=5000", "PATH=/usr/bin:/bin"}
		out, _ := cmd.Output()
		if string(out) != want {
			t.Errorf("%q prints %q, want %q", text, out, want)
		}
	}
}

// TestExecReplacesShell: what is started is the service itself, so that it
// gets the signals.
func TestExecReplacesShell(t *testing.T) {
	t.Parallel()
	c, err := ParseCommand("sh -c 'echo $PPID' $NOTHING")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("/bin/sh", "-c", `echo $$; "$@"; true`, "sh")
	cmd.Args = append(cmd.Args, c.Argv...)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if ids := strings.Fields(string(out)); len(ids) != 2 || ids[0] != ids[1] {
		t.Errorf("between us and the command is another process: %v", ids)
	}
}

func TestListCommand(t *testing.T) {
	t.Parallel()
	argv := []string{"a", "b c", "", "it's", "$X", "*", "grün"}
	c, err := listCommand(argv)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.Argv, argv) || c.Shell {
		t.Errorf("got %+v", c)
	}
	if want := `a 'b c' '' 'it'\''s' '$X' '*' 'grün'`; c.Text != want {
		t.Errorf("the text is %s, want %s", c.Text, want)
	}
	back, err := ParseCommand(c.Text)
	if err != nil || !slices.Equal(back.Argv, argv) {
		t.Errorf("read back: %q, %v", back.Argv, err)
	}
}

func FuzzParseCommand(f *testing.F) {
	for _, c := range commands {
		f.Add(c.text)
	}
	f.Add("a 'b")
	f.Add("\">\r\n+\r\r\n+\r\n\n55\"")
	f.Add("a\\\n\\\n $B")
	f.Add("x() { y; }; x")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := ParseCommand(text)
		if err != nil {
			return
		}
		if len(c.Argv) == 0 || c.Argv[0] == "" {
			t.Fatalf("%q has no program: %+v", text, c)
		}
		if slices.ContainsFunc(c.Argv, func(a string) bool { return strings.Contains(a, "\x00") }) {
			t.Fatalf("%q has a NUL", text)
		}
		if !c.Shell {
			again, err := listCommand(c.Argv)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := ParseCommand(again.Text); err != nil || !slices.Equal(back.Argv, c.Argv) {
				t.Fatalf("%q is %q, written %s, read back as %q (%v)", text, c.Argv, again.Text, back.Argv, err)
			}
			return
		}
		script := c.Argv[2]
		if script == c.Text {
			return
		}
		// Our "exec" is a word of its own in front of the command's first.
		was, err := words(c.Text)
		if err != nil {
			t.Fatal(err)
		}
		is, err := words(script)
		if err != nil || !slices.Equal(is, append([]string{"exec"}, was...)) {
			t.Fatalf("%q became %q: %q, %v", c.Text, script, is, err)
		}
	})
}

// words are those of a simple command, as they are written.
func words(script string) ([]string, error) {
	f, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(script), "")
	if err != nil {
		return nil, err
	}
	call, ok := f.Stmts[0].Cmd.(*syntax.CallExpr)
	if !ok || len(f.Stmts) != 1 {
		return nil, errors.New("not a simple command")
	}
	var out []string
	for _, w := range call.Args {
		var b bytes.Buffer
		if err := syntax.NewPrinter().Print(&b, w); err != nil {
			return nil, err
		}
		out = append(out, b.String())
	}
	return out, nil
}
