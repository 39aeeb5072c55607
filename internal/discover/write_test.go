package discover

import (
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"pgregory.net/rapid"

	"prox/config"
)

// What is written for docker compose is written as long as it runs something.
func TestNoComposeWithoutIt(t *testing.T) {
	t.Parallel()
	p := find(t, "Procfile", "web: ./serve\n", "compose.yaml", "services:\n  db:\n    image: postgres:16\n")
	if title := p.Services[1].Title(); title != "docker compose up db" {
		t.Errorf("the list says %q", title)
	}
	const menu = `COMPOSE_MENU = "false"`
	if text := string(p.TOML()); !strings.Contains(text, menu) {
		t.Errorf("there is no %s in\n%s", menu, text)
	}
	p.Keep(func(s *Service) bool { return s.Name == "web" })
	if text := string(p.TOML()); strings.Contains(text, "env") {
		t.Errorf("nothing is composed in\n%s", text)
	}
}

// Whatever texts files have, the config says exactly them, and reads.
func TestEveryTextIsWrittenAsItStands(t *testing.T) {
	t.Parallel()
	odd := rapid.SampledFrom([]string{
		"'", "''", `"`, `"""`, `\`, "\n", "\r", "\t", "\x1b[1m", "\x00", "\x7f", "\u0085", "\u2028", "${A}", "$${", "#", " ", "=", "[", "é", "x", "\xff",
	})
	text := rapid.Custom(func(rt *rapid.T) string { return strings.Join(rapid.SliceOfN(odd, 1, 6).Draw(rt, "parts"), "") })
	valid := rapid.Custom(func(rt *rapid.T) string { return strings.ToValidUTF8(text.Draw(rt, "text"), "") })
	rapid.Check(t, func(rt *rapid.T) {
		env := rapid.MapOf(valid, valid).Draw(rt, "env")
		words := rapid.SliceOf(valid).Draw(rt, "words")
		s := &Service{
			Name: "web", Command: valid.Draw(rt, "command"), Dir: valid.Draw(rt, "dir"), Off: rapid.Bool().Draw(rt, "off"),
			From: Origin{File: text.Draw(rt, "file"), Key: text.Draw(rt, "key")}, Also: []Origin{{File: text.Draw(rt, "other file")}},
			Remarks:   []string{text.Draw(rt, "remark")},
			DependsOn: []config.Dependency{{Service: valid.Draw(rt, "needed"), Condition: config.Started}},
		}
		s.Set("env", env)
		s.Set("watch", words)
		s.Guess("healthcheck.command", valid.Draw(rt, "check"), text.Draw(rt, "why"))
		last := &Service{Name: "last", Argv: []string{valid.Draw(rt, "word")}, Dir: "."}
		p := &Proposal{Services: []*Service{s, last}}
		var doc struct {
			Services map[string]struct {
				Command     any
				Dir         string
				Env         map[string]string
				Watch       []string
				Healthcheck struct{ Command string }
			}
		}
		if _, err := toml.Decode(string(p.TOML()), &doc); err != nil {
			rt.Fatalf("%v\n%s", err, p.TOML())
		}
		if got := doc.Services["last"].Command; !reflect.DeepEqual(got, []any{last.Argv[0]}) {
			rt.Errorf("the last command is %q\n%s", got, p.TOML())
		}
		if s.Off {
			if len(doc.Services) != 1 {
				rt.Errorf("what is off is there\n%s", p.TOML())
			}
			return
		}
		got := doc.Services["web"]
		check, _ := s.Get("healthcheck.command").(string)
		if command, _ := got.Command.(string); strings.TrimRight(command, "\n") != strings.TrimRight(s.Command, "\n") {
			rt.Errorf("the command is %q\n%s", command, p.TOML())
		}
		if s.Dir != "" && s.Dir != "." && got.Dir != s.Dir || got.Healthcheck.Command != check {
			rt.Errorf("dir is %q, the check %q\n%s", got.Dir, got.Healthcheck.Command, p.TOML())
		}
		if len(env)+len(got.Env) > 0 && !reflect.DeepEqual(got.Env, env) || len(words)+len(got.Watch) > 0 && !reflect.DeepEqual(got.Watch, words) {
			rt.Errorf("env is %q, watch %q\n%s", got.Env, got.Watch, p.TOML())
		}
	})
}
