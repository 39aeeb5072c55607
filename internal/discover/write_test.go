package discover

import (
	"strings"
	"testing"
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
