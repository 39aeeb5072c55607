package manual_test

import (
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"prox/internal/manual"
)

type grammar struct {
	Quiet bool `short:"q" help:"Quiet."`

	Odd struct {
		Name   string        `arg:"" help:"A | bar, *stars* and <angles>."`
		Format string        `enum:"a,b" default:"a" help:"How."`
		Wait   bool          `default:"true" negatable:"" help:"Wait."`
		Long   time.Duration `default:"5s" help:".dot 'first, and a \\ and – in it."`
		Hidden bool          `hidden:"" help:"Nobody's."`
	} `cmd:"" aliases:"o" help:"An odd one."`
	Secret struct{} `cmd:"" hidden:"" help:"Nobody's."`
}

func odd(t *testing.T) manual.Manual {
	t.Helper()
	k, err := kong.New(&grammar{}, kong.Name("tool"), kong.Description("Does it.\n\nExamples:\n  tool odd 'x'\n\n  .tool -q\n\nAnd:\n  - one\n  - two"))
	if err != nil {
		t.Fatal(err)
	}
	return manual.Manual{
		App: k.Model, Version: "1.2", Date: time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC), Title: "does it",
		Tables: []manual.Table{{Title: "Exit codes", Rows: [][2]string{{"0", "Fine."}}}}, SeeAlso: []string{"tmux(1)"},
	}
}

func TestRoffStandsForItself(t *testing.T) {
	t.Parallel()
	got := string(odd(t).Roff())
	for _, want := range []string{
		".TH \"TOOL\" \"1\" \"2026-01-02\" \"tool 1.2\"",
		"\n.nf\ntool odd \\(aqx\\(aq\n\\&\n\\&.tool \\-q\n.fi\n", // a line that begins with a dot is no macro
		"\n\\&.dot \\(aqfirst, and a \\e and \\[u2013] in it; default: 5s.\n",
		".IP \\(bu 2\none\n",
		"\\fB\\-\\-[no\\-]wait\\fR",
		"\\fB\\-\\-long=DURATION\\fR",
		"\\fB\\-\\-format=a|b\\fR",
		"\\fB\\-q, \\-\\-quiet\\fR",
		".SH \"EXIT CODES\"\n.TP\n\\fB0\\fR\nFine.\n",
		".SH \"SEE ALSO\"\ntmux(1)\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if strings.Contains(got, "Nobody") || strings.Contains(got, "\n\n") {
		t.Errorf("has what is hidden, or an empty line:\n%s", got)
	}
}

func TestMarkdownStandsForItself(t *testing.T) {
	t.Parallel()
	got := string(odd(t).Markdown("Tool", "Intro."))
	for _, want := range []string{
		"# Tool\n\nIntro.\n\nDoes it.\n\nExamples:\n\n```\ntool odd 'x'\n\n.tool -q\n```\n\nAnd:\n\n- one\n- two\n",
		"| [`tool odd`](#tool-odd) | An odd one. |",
		"## tool odd\n\nAn odd one.\n\n```\ntool odd <name> [flags]\n```\n\nAlso: `o`.\n",
		`| A \| bar, \*stars\* and &lt;angles>. |`,
		"| `--format=a\\|b` | How; default: a. |",
		"## Exit codes\n\n| | |\n|---|---|\n| `0` | Fine. |\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Nobody") {
		t.Error("has what is hidden")
	}
}
