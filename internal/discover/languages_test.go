package discover

import (
	"slices"
	"strings"
	"testing"
)

func TestWhatACommandCalls(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		command string
		want    Ref
	}{
		{"uv run python manage.py runserver 0.0.0.0:8000", "django:api#"},
		{"poetry run python -m uvicorn app.main:app --reload", "asgi:api#"},
		{"DEBUG=1 flask --app shop run", "flask:api#"},
		{"exec celery -A shop worker -l info", "celery:api#worker"},
		{"bundle exec puma -C config/puma.rb", "ruby-web:api#"},
		{"bin/rails s -p 3000", "ruby-web:api#"},
		{"go run ./cmd/api/main.go --port 80", "go:api#./cmd/api"},
		{"go run .", "go:api#."},
		{"cd cmd/api && go run .", "go:api/cmd/api#."},
		{"cargo run --bin worker -- --bin x", "cargo:api#worker"},
		{"cargo watch -q -x 'run -p shop-api'", "cargo-package:#shop-api"},
		{"mix do ecto.migrate + phx.server", "mix:api#"},
		{"php artisan queue:work --tries=3", "php-queue:api#"},
		{"./mvnw -pl orders spring-boot:run", "jvm:api/orders#"},
		{"./gradlew :orders:core:bootRun", "jvm:api/orders/core#"},
		{"make -C backend -j2 run PORT=80", "make:api/backend#run"},
		{"just -d web dev --port 80", "just:api/web#dev"},
		{"task web:dev", "task:api#web:dev"},
		{"mise run dev", "mise:api#dev"},
		{"foreman start -f Procfile.dev", "procfile:api#Procfile.dev"},
		{"sh -c ./bin/server", "file:api/bin/server#"},
		{"echo hello", ""},
		{"node --watch src/server.js", "file:api/src/server.js#"},
		{"./scripts/start.sh", "file:api/scripts/start.sh#"},
	} {
		got := calls(c.command, "api")
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%s calls %q, not %q", c.command, got, c.want)
		}
	}
}

func FuzzCalls(f *testing.F) {
	for _, seed := range []string{"cd x && A=b make -C y z", "cargo watch -x 'cargo watch -x run'", "npx -- uv run x", "a $(b `c`) ${d:-\"e\"}", "exec", "python -m"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, command string) { calls(command, ".") })
}

func FuzzPyproject(f *testing.F) {
	f.Add("[project]\ndependencies = ['flask']\n[tool.poe.tasks]\nserve = {cmd = 'flask run'}\n[tool.poetry.group.dev.dependencies]\ncelery = '*'\n")
	fuzzFile(f, "pyproject.toml")
}

func FuzzGemfile(f *testing.F) {
	f.Add("gem 'rails'\ngem \"sidekiq\"\n")
	fuzzFile(f, "Gemfile")
}

func FuzzGoWork(f *testing.F) {
	f.Add("use (\n ./a\n b // c\n)\nuse ../d\n")
	fuzzFile(f, "go.work")
}

func FuzzCargo(f *testing.F) {
	f.Add("[package]\nname = 'x'\n[[bin]]\nname='worker'\n[dependencies]\naxum = '1'\n[workspace]\nmembers=['*','a/**']\n")
	fuzzFile(f, "Cargo.toml")
}

func FuzzMix(f *testing.F) {
	f.Add("apps_path: \"apps\"\n{:phoenix, \"~> 1\"}\nmod: {X, []}\n")
	fuzzFile(f, "mix.exs")
}

func FuzzComposer(f *testing.F) {
	f.Add(`{"require":{"laravel/framework":"*","laravel/horizon":"*"},"scripts":{"dev":["a","php artisan queue:listen"]}}`)
	fuzzFile(f, "composer.json")
}

func FuzzPom(f *testing.F) {
	f.Add("<project><artifactId>x</artifactId><modules><module>../..</module></modules><build><plugins><plugin><artifactId>spring-boot-maven-plugin</artifactId></plugin></plugins></build></project>")
	fuzzFile(f, "pom.xml")
}

func FuzzGradle(f *testing.F) {
	f.Add("plugins { id 'org.springframework.boot' version '3' apply false\n id(\"io.ktor.plugin\") }")
	fuzzFile(f, "build.gradle")
}

// The parser of the shell would end the program on each of these.
func TestCommandsOfBracketsAreNotLookedInto(t *testing.T) {
	t.Parallel()
	brackets := strings.Repeat("(", 1<<19)
	for name, content := range map[string]string{
		"Procfile":                        "web: " + brackets + "\n",
		"package.json":                    `{"scripts": {"dev": "` + brackets + ` & vite", "start": "npm run dev"}}`,
		"Makefile":                        "dev:\n\tnode " + brackets + "\n",
		"docker-compose.yml":              "services: {web: {build: ., command: 'npm " + brackets + "'}}",
		"mprocs.yaml":                     "procs: {web: {shell: '" + brackets + "'}}",
		"tmuxinator.yml":                  "windows: [{web: '" + brackets + "'}]",
		".devcontainer/devcontainer.json": `{"postStartCommand": "` + brackets + `"}`,
	} {
		p := find(t, name, content)
		for _, s := range p.Services {
			if !s.Off && strings.Contains(s.Command, brackets) {
				t.Errorf("%s: %s is on", name, s.Name)
			}
		}
	}
}
