package discover

import (
	"strings"
	"testing"
)

func TestPortsThatCouldBeSeveralsAreNobodys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ procfile, env, want string }{
		{"web: ./a\napi: ./b\n", "PORT=3000\n", ""},
		{"web: vite\nworker: ./b\n", "PORT=3000\n", "web=3000"},
		{"web: vite\napi: uvicorn x:y\n", "PORT=3000\n", ""},
		{"web: vite\napi: ./api $PORT\n", "PORT=3000\n", "api=3000"},
		{"web: ./a\n", "PORT=3000\n", "web=3000"},
		{"web: ./a\n", "PORT=x\n", ""},
		{"web: ./a\n", "PORT=0\n", ""},
		{"web: vite --port 4000\n", "PORT=3000\n", "web=4000"},
		{"Web-App: ./a\n", "WEB_APP_PORT=3000\n", "Web-App=3000"},
		{"db: docker compose up db\n", "DB_PORT=5432\n", ""},
		{"web: ./a\n", "\n  export WEB_PORT = \"3000\" # x\n", "web=3000"},
	} {
		p := find(t, "Procfile", c.procfile, ".env", c.env)
		var all []string
		for _, s := range p.Services {
			if port := s.Get("port"); port != nil {
				all = append(all, s.Name+"="+value(port))
			}
		}
		if got := strings.Join(all, " "); got != c.want {
			t.Errorf("%q with %q has %q, not %q", c.procfile, c.env, got, c.want)
		}
	}
}

func TestTheFileAndLineOfAPortAreSaid(t *testing.T) {
	t.Parallel()
	p := find(t, "Procfile", "web: ./a\n", ".env", "# a comment\nA=1\nexport PORT=3000\n")
	if text := string(p.TOML()); !strings.Contains(text, "port = 3000 # a guess: .env PORT (line 3)") {
		t.Errorf("it is\n%s", text)
	}
}

func FuzzDotenv(f *testing.F) {
	f.Add("PORT=3000\nWEB_PORT='3001'\nexport A=\"x\ny\"\n# z\n_PORT=1\n")
	f.Fuzz(func(t *testing.T, content string) {
		find(t, "Procfile", "web: ./web $PORT\n", ".env.development", content)
	})
}

func FuzzOvermind(f *testing.F) {
	f.Add("OVERMIND_PROCFILE=x\nOVERMIND_FORMATION=all=2,web=0\nOVERMIND_STOP_SIGNALS=web=INT,x\nOVERMIND_PORT=65535\nOVERMIND_TIMEOUT=5\nOVERMIND_CAN_DIE=web\n", "port: 99999\nformation: web=-1\nenv: a,b\nprocfile: ../x\nroot: ..\n")
	f.Fuzz(func(t *testing.T, overmind, foreman string) {
		p := find(t, "Procfile", "web: ./web $PORT\njob: ./job\n", ".overmind.env", overmind, ".foreman", foreman)
		for _, n := range p.Notes {
			if n.File == "prox.toml" {
				t.Errorf("what was made of it is no config: %s\n%s", n, p.TOML())
			}
		}
	})
}
