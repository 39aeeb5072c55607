package discover

import (
	"testing"
)

func TestPortWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		word  string
		port  int
		takes bool
	}{
		{"3000", 3000, false},
		{":8080", 8080, false},
		{"0.0.0.0:8000", 8000, false},
		{"[::1]:8000", 8000, false},
		{"::1", 0, false},
		{"tcp://0.0.0.0:9292", 9292, false},
		{"http://localhost:5000/", 5000, false},
		{"http://localhost:5000?x=1:2", 5000, false},
		{"unix:///tmp/x.sock", 0, false},
		{"$PORT", 0, true},
		{"${PORT}", 0, true},
		{"${PORT:-3000}", 3000, true},
		{"${PORT-3000}", 3000, true},
		{"0.0.0.0:${PORT:-80}", 80, true},
		{"$API_PORT", 0, false},
		{`"4000"`, 4000, false},
		{"0", 0, false},
		{"65536", 0, false},
		{"localhost", 0, false},
		{"", 0, false},
	} {
		if port, takes := portWord(c.word); port != c.port || takes != c.takes {
			t.Errorf("%q is %d, %t", c.word, port, takes)
		}
	}
}

// What a service calls says its port as well, and arguments are handed on.
func TestPortsOfScripts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command, script string
		port            any
	}{
		{"bin/dev", "vite --port 5000", 5000},
		{"bin/dev", "PORT=4000 node x.js", 4000},
		{"PORT=4001 bin/dev", "node x.js", 4001},
		{"PORT=4001 bin/dev", "next dev -p 4002", 4002},
		{"bin/dev", "bin/dev", nil}, // a circle
		{"bin/dev", "vite --port 1 & next -p 2", nil},
		{"bin/dev --port 6000", "ssh -p 22 x", 6000},
	} {
		r, err := newRoot(t.Context(), t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer r.inside.Close()
		r.define(ref("file", "bin/dev", ""), c.script, ".")
		s := &Service{Name: "x", Command: c.command, Dir: "."}
		r.portOfCommand(s)
		if got := s.Get("port"); got != c.port {
			t.Errorf("%s, which is %s, has the port %v, not %v", c.command, c.script, got, c.port)
		}
	}
}

func TestArgumentsAreHandedOn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		port    int
	}{
		{"npm run dev -- --port 4000", 4000},
		{"yarn dev --port 4000", 4000},
		{"pnpm run dev --port=4000", 4000},
		{"npm run dev --port 4000", 0}, // npm's own
	} {
		script := invocations("vite", ".")
		got, _ := onePort(passedOn(invocations(c.command, ".")[0], script))
		if got != c.port {
			t.Errorf("%s has the port %d", c.command, got)
		}
	}
}

func TestAPortThatIsKnownStays(t *testing.T) {
	t.Parallel()
	r, err := newRoot(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer r.inside.Close()
	for _, c := range []struct {
		set  func(*Service)
		want any
	}{
		{func(s *Service) { s.Set("port", 1) }, 1},
		{func(s *Service) { s.Guess("port", 1, "why") }, 3000},
		{func(s *Service) { s.Set("task", true) }, nil},
		{func(s *Service) { s.Set("healthcheck.tcp", 1) }, nil},
	} {
		s := &Service{Command: "vite --port 3000", Dir: "."}
		c.set(s)
		r.portOfCommand(s)
		if got := s.Get("port"); got != c.want {
			t.Errorf("the port is %v, not %v", got, c.want)
		}
	}
}

func TestEveryListenerIsReachable(t *testing.T) {
	t.Parallel()
	for name, all := range listeners {
		if len(all) == 0 {
			t.Errorf("%s has no rule", name)
		}
		for i, l := range all {
			if len(l.verbs) == 0 && len(l.not) == 0 && i < len(all)-1 {
				t.Errorf("a rule of %s stands behind one that always holds", name)
			}
		}
	}
}

func FuzzPortOf(f *testing.F) {
	for _, seed := range []string{"vite --port 3000", "PORT=1 x -p", "python -m", "php artisan", "php -S", "python manage.py runserver", "sh -c 'rails s -p1'", "npm run dev -- ", "rails s -p ${PORT:-x}", "./x --addr :${PORT}"} {
		f.Add(seed)
	}
	r, err := newRoot(f.Context(), f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { r.inside.Close() })
	f.Fuzz(func(t *testing.T, command string) {
		r.ran, r.defined = map[string]programs{}, map[Ref]definition{ref("file", "bin/dev", ""): {command: command, dir: "."}}
		s := &Service{Command: command, Dir: "."}
		r.portOfCommand(s)
		r.takesPort(s)
		r.isServer(s)
		if port, ok := s.Get("port").(int); ok && (port < 1 || port > 65535) {
			t.Errorf("%q has the port %d", command, port)
		}
	})
}
