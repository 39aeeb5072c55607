package discover

// listener is how a program is told where to listen.
type listener struct {
	verbs    []string // the program listens with one of these words; none = always
	not      []string // and not with one of these
	anywhere bool     // other words may stand before the verb
	flags    []string // whose value is a port, or an address with one
	argument bool     // the first word that is no flag is one
	any      bool     // it runs a program of the project, which may listen or not
}

var (
	long = []string{"--port"}
	both = []string{"--port", "-p"}
	bind = []string{"--bind", "-b"}
	// ofOwn are the flags by which people's own programs are told. A single -p
	// may be anything there.
	ofOwn = []string{
		"--port", "-port", "--addr", "-addr", "--listen", "-listen", "--http", "-http", "--bind", "-bind",
		"--http-addr", "-http-addr", "--listen-addr", "-listen-addr", "--server.port", "-Dserver.port", "--urls",
	}
	ownProgram = &listener{flags: ofOwn, any: true}
)

var runsOwn = []listener{{flags: ofOwn, any: true}}

// portVariables are those that a program reads beside PORT.
var portVariables = map[string][]string{
	"flask": {"FLASK_RUN_PORT"}, "uvicorn": {"UVICORN_PORT"}, "streamlit": {"STREAMLIT_SERVER_PORT"}, "nuxt": {"NUXT_PORT", "NITRO_PORT"},
	"java": {"SERVER_PORT"}, "mvnw": {"SERVER_PORT"}, "mvn": {"SERVER_PORT"}, "gradlew": {"SERVER_PORT"}, "gradle": {"SERVER_PORT"},
	"artisan": {"SERVER_PORT"},
}

// listeners are the programs whose flags really mean a port to listen on, by
// name; "-m NAME" is a module of Python's that is told differently than the
// program of that name.
var listeners = map[string][]listener{
	// JavaScript
	"vite":            {{not: []string{"build", "optimize"}, flags: long}},
	"next":            {{not: []string{"build", "lint", "export", "info", "telemetry", "typegen"}, flags: both}},
	"nuxt":            {{verbs: []string{"dev", "preview", "start"}, flags: both}},
	"nuxi":            {{verbs: []string{"dev", "preview"}, flags: both}},
	"astro":           {{verbs: []string{"dev", "preview"}, flags: long}},
	"remix":           {{verbs: []string{"dev", "vite:dev"}, flags: []string{"--port"}}},
	"react-router":    {{verbs: []string{"dev"}, flags: long}},
	"gatsby":          {{verbs: []string{"develop", "serve"}, flags: both}},
	"ng":              {{verbs: []string{"serve", "s"}, flags: long}},
	"nx":              {{verbs: []string{"serve", "dev"}, flags: long}},
	"vue-cli-service": {{verbs: []string{"serve"}, flags: long}},
	"webpack":         {{verbs: []string{"serve", "server", "s"}, flags: long}},
	"rspack":          {{verbs: []string{"serve", "dev"}, flags: long}},
	"rsbuild":         {{verbs: []string{"dev", "preview"}, flags: long}},
	"parcel":          {{not: []string{"build", "watch"}, flags: both}},
	"http-server":     {{flags: both}},
	"serve":           {{flags: []string{"-l", "--listen", "-p"}}},
	"sirv":            {{flags: both}},
	"live-server":     {{flags: long}},
	"browser-sync":    {{verbs: []string{"start"}, flags: long}},
	"json-server":     {{flags: both}},
	"wrangler":        {{verbs: []string{"dev"}, flags: long, anywhere: true}},
	"storybook":       {{verbs: []string{"dev"}, flags: both}},
	"start-storybook": {{flags: both}},
	"expo":            {{verbs: []string{"start"}, flags: both}},
	"react-native":    {{verbs: []string{"start"}, flags: long}},
	"ember":           {{verbs: []string{"serve", "server", "s"}, flags: both}},
	"eleventy":        {{verbs: []string{"--serve"}, flags: long, anywhere: true}},
	"hexo":            {{verbs: []string{"server", "s"}, flags: both}},
	"docusaurus":      {{verbs: []string{"start", "serve"}, flags: both}},
	"vuepress":        {{verbs: []string{"dev"}, flags: both}},
	"vitepress":       {{verbs: []string{"dev", "preview"}, flags: long}},
	"react-scripts":   {{verbs: []string{"start"}}},
	"verdaccio":       {{flags: []string{"-l", "--listen"}}},
	"prisma":          {{verbs: []string{"studio"}, flags: both}},
	"drizzle-kit":     {{verbs: []string{"studio"}, flags: long}},
	"esbuild":         {{flags: []string{"--serve"}}},
	"fastify":         {{verbs: []string{"start"}, flags: both}},
	"strapi":          {{verbs: []string{"develop", "start", "dev"}}},
	"nest":            {{verbs: []string{"start"}, any: true}},
	"node":            runsOwn, "nodemon": runsOwn, "tsx": runsOwn, "ts-node": runsOwn, "ts-node-dev": runsOwn, "bun": runsOwn, "deno": runsOwn,
	// Python
	"manage.py":      {{verbs: []string{"runserver", "runserver_plus"}, argument: true}},
	"django-admin":   {{verbs: []string{"runserver"}, argument: true}},
	"-m http.server": {{argument: true}},
	"uvicorn":        {{flags: long}},
	"hypercorn":      {{flags: bind}},
	"gunicorn":       {{flags: bind}},
	"daphne":         {{flags: both}},
	"granian":        {{flags: long}},
	"waitress-serve": {{flags: []string{"--port", "--listen"}}},
	"fastapi":        {{verbs: []string{"dev", "run"}, flags: long}},
	"flask":          {{verbs: []string{"run"}, flags: both, anywhere: true}},
	"quart":          {{verbs: []string{"run"}, flags: both, anywhere: true}},
	"litestar":       {{verbs: []string{"run"}, flags: both, anywhere: true}},
	"sanic":          {{flags: both}},
	"streamlit":      {{verbs: []string{"run"}, flags: []string{"--server.port"}}},
	"jupyter":        {{verbs: []string{"lab", "notebook", "server"}, flags: long}},
	"jupyter-lab":    {{flags: long}},
	"mlflow":         {{verbs: []string{"server", "ui"}, flags: both}},
	"celery":         {{verbs: []string{"flower"}, flags: long, anywhere: true}},
	"flower":         {{flags: long}},
	"mkdocs":         {{verbs: []string{"serve"}, flags: []string{"-a", "--dev-addr"}}},
	"bokeh":          {{verbs: []string{"serve"}, flags: long}},
	"panel":          {{verbs: []string{"serve"}, flags: long}},
	"airflow":        {{verbs: []string{"webserver", "api-server"}, flags: both}},
	"python":         runsOwn, "python3": runsOwn,
	// Ruby
	"rails":     {{verbs: []string{"s", "server"}, flags: both}},
	"puma":      {{flags: []string{"-p", "--port", "-b", "--bind"}}},
	"rackup":    {{flags: both}},
	"unicorn":   {{flags: []string{"-p", "--port", "-l", "--listen"}}},
	"thin":      {{verbs: []string{"start"}, flags: both, anywhere: true}},
	"falcon":    {{verbs: []string{"serve"}, flags: []string{"-b", "--bind", "-p", "--port"}}},
	"shotgun":   {{flags: both}},
	"jekyll":    {{verbs: []string{"serve", "server", "s"}, flags: []string{"--port", "-P"}}},
	"middleman": {{verbs: []string{"server", "serve"}, flags: both}},
	"ruby":      runsOwn,
	// PHP
	"php":     {{verbs: []string{"-S"}, argument: true}},
	"artisan": {{verbs: []string{"serve"}, flags: long}},
	"symfony": {{verbs: []string{"server:start", "serve", "local:server:start"}, flags: long}},
	// Go, Rust, the JVM, .NET, Elixir
	"go":     {{verbs: []string{"run"}, flags: ofOwn, any: true}},
	"air":    runsOwn,
	"cargo":  {{verbs: []string{"run"}, flags: ofOwn, any: true, anywhere: true}},
	"trunk":  {{verbs: []string{"serve"}, flags: both}},
	"dx":     {{verbs: []string{"serve"}, flags: long}},
	"java":   runsOwn,
	"dotnet": {{verbs: []string{"run"}, flags: []string{"--urls"}, anywhere: true}},
	"mix":    {{verbs: []string{"phx.server"}}},
	// Servers
	"redis-server":     {{flags: long}},
	"valkey-server":    {{flags: long}},
	"postgres":         {{flags: []string{"-p"}}},
	"mysqld":           {{flags: []string{"--port", "-P"}}},
	"mongod":           {{flags: long}},
	"memcached":        {{flags: both}},
	"nats-server":      {{flags: both}},
	"minio":            {{verbs: []string{"server"}, flags: []string{"--address"}}},
	"caddy":            {{verbs: []string{"file-server", "respond", "reverse-proxy"}, flags: []string{"--listen", "-l", "--from"}}},
	"meilisearch":      {{flags: []string{"--http-addr"}}},
	"mailpit":          {{flags: []string{"-l", "--listen"}}},
	"pocketbase":       {{verbs: []string{"serve"}, flags: []string{"--http"}}},
	"temporal":         {{verbs: []string{"start-dev"}, flags: both, anywhere: true}},
	"hugo":             {{verbs: []string{"server", "serve"}, flags: both}},
	"zola":             {{verbs: []string{"serve"}, flags: both}},
	"prometheus":       {{flags: []string{"--web.listen-address"}}},
	"typesense-server": {{flags: []string{"--api-port"}}},
}
