package discover

import (
	"slices"
	"strconv"
	"strings"

	"prox/internal/document"
)

// configPort is a port that a tool's config file says as a plain number.
type configPort struct {
	number int
	file   string
	line   int
}

func (p *configPort) set(s *Service) {
	if s.Get("port") == nil {
		s.Set("port", p.number)
		s.Remark("its port: %s", Origin{File: p.file, Line: p.line})
	}
}

// portConfigs are the config files that name a port, the programs that read
// them, and where in them it stands.
var portConfigs = []struct {
	programs []string
	file     string // without its ending
	keys     []string
}{
	{[]string{"vite", "vike", "react-router", "remix", "svelte-kit", "vitest"}, "vite.config", []string{"server", "port"}},
	{[]string{"astro"}, "astro.config", []string{"server", "port"}},
	{[]string{"nuxt", "nuxi"}, "nuxt.config", []string{"devServer", "port"}},
	{[]string{"webpack", "webpack-dev-server", "webpack-cli"}, "webpack.config", []string{"devServer", "port"}},
	{[]string{"rspack"}, "rspack.config", []string{"devServer", "port"}},
	{[]string{"vue-cli-service"}, "vue.config", []string{"devServer", "port"}},
	{[]string{"rsbuild"}, "rsbuild.config", []string{"server", "port"}},
	{[]string{"farm"}, "farm.config", []string{"server", "port"}},
}

var scriptEndings = []string{".ts", ".js", ".mjs", ".mts", ".cjs", ".cts"}

// configFile is the file of a folder with one of the endings that a tool's
// config may have; "" if there is none.
func (r *root) configFile(dir, name string) string {
	for _, ending := range append([]string{""}, scriptEndings...) {
		if (ending != "" || strings.Contains(name, ".json")) && r.exists(join(dir, name+ending)) {
			return name + ending
		}
	}
	return ""
}

// portOfConfig is the port that a program's config in a folder says; nil if it
// says none as a plain number. Without a program any config counts.
func (r *root) portOfConfig(dir, program string) *configPort {
	for _, known := range portConfigs {
		if program != "" && !slices.Contains(known.programs, program) {
			continue
		}
		file := r.configFile(dir, known.file)
		if file == "" {
			continue
		}
		data, ok := r.readQuietly(join(dir, file))
		if !ok {
			continue
		}
		if number, line := literalNumber(string(data), known.keys); number > 0 && number < 1<<16 {
			return &configPort{number, join(dir, file), line}
		}
	}
	return nil
}

// angularPort is the port of the project that "ng serve" serves.
func (r *root) angularPort(dir, project string) *configPort {
	name := join(dir, "angular.json")
	data, ok := r.readQuietly(name)
	if !ok {
		return nil
	}
	tree := r.tree(name, document.JSON, data)
	projects := tree.Get("projects").Each()
	if project == "" {
		project = tree.Get("defaultProject").Scalar()
	}
	for _, p := range projects {
		if p.Key != project && (project != "" || len(projects) > 1) {
			continue
		}
		port := p.Value.First("architect", "targets").Get("serve", "options", "port")
		if number, ok := port.Int(); ok && number > 0 && number < 1<<16 {
			return &configPort{number, name, port.At()}
		}
	}
	return nil
}

// portOfRun sets the port that a config file gives to what a run comes down
// to, unless the command says another.
func (r *root) portOfRun(s *Service, run nodeRun) {
	for _, c := range r.mains(run) {
		if c.flag("--port", "-p") != "" || roleOf(c) == roleTool || roleOf(c) == roleWatch {
			continue
		}
		port := (*configPort)(nil)
		switch {
		case c.program() == "ng":
			project := ""
			if words := c.words(); len(words) > 1 {
				project = words[1]
			}
			port = r.angularPort(c.dir, project)
		case slices.ContainsFunc(portConfigs, func(known struct {
			programs []string
			file     string
			keys     []string
		},
		) bool {
			return slices.Contains(known.programs, c.program())
		}):
			port = r.portOfConfig(c.dir, c.program())
		}
		if port != nil {
			port.set(s)
			return
		}
	}
}

// usualPorts are those that programs listen on if nobody says otherwise.
var usualPorts = map[string]int{
	"vite": 5173, "next": 3000, "nuxt": 3000, "nuxi": 3000, "react-scripts": 3000, "ng": 4200, "astro": 4321, "svelte-kit": 5173, "gatsby": 8000,
	"vue-cli-service": 8080, "webpack-dev-server": 8080, "remix": 3000, "react-router": 5173, "storybook": 6006, "expo": 8081, "parcel": 1234,
	"json-server": 3000, "wrangler": 8787, "docusaurus": 3000, "vitepress": 5173, "electron-vite": 5173,
}

// listensOn reports whether a run is known to listen on a port: its command or
// config says so, or, with usual, it is the one its program has anyhow.
func (r *root) listensOn(s *Service, run nodeRun, port int, usual bool) bool {
	text := strconv.Itoa(port)
	if set, ok := s.Get("port").(int); ok {
		return set == port
	}
	for _, variable := range run.env {
		if variable == "PORT="+text {
			return true
		}
	}
	for _, c := range r.mains(run) {
		said := c.flag("--port", "-p", "-l", "--listen")
		if said == text || slices.Contains(c.env, "PORT="+text) {
			return true
		}
		if usual && said == "" && usualPorts[c.program()] == port {
			return true
		}
	}
	return false
}

// literalNumber finds a whole number in a script's text, under keys of objects
// in one another: server: { port: 3001 }. Nothing is evaluated: what is not
// written as a number there is 0. The line counts from 1.
func literalNumber(text string, keys []string) (number, line int) {
	x := &scriptScanner{text: text, line: 1}
	var path []string // the key of each object that is open; "" of what has none
	key := ""
	begins := false // the value of key does, with the next token
	want := len(keys) - 1
	for {
		token, at := x.next()
		value := begins
		begins = false
		switch token {
		case "":
			return 0, 0
		case "{", "(", "[":
			path = append(path, key)
			key = ""
		case "}", ")", "]":
			if len(path) > 0 {
				path = path[:len(path)-1]
			}
			key = ""
		case ",", ";":
			key = ""
		default:
			after, _ := x.peek()
			switch {
			case key == "" && after == ":":
				key = strings.Trim(token, `"'`)
				x.next()
				begins = true
			case value && key == keys[want] && len(path) >= want && slices.Equal(path[len(path)-want:], keys[:want]):
				if v, err := strconv.Atoi(token); err == nil && (after == "," || after == "}") {
					return v, at
				}
			}
		}
	}
}

// scriptScanner reads words, strings and marks of a JavaScript text. It does
// not know regular expressions, which no config has before its port.
type scriptScanner struct {
	text string
	line int
}

func (x *scriptScanner) peek() (string, int) {
	before := *x
	token, line := x.next()
	*x = before
	return token, line
}

func (x *scriptScanner) next() (token string, line int) {
	for len(x.text) > 0 {
		switch c := x.text[0]; {
		case c == '\n':
			x.line++
			x.text = x.text[1:]
		case c == ' ' || c == '\t' || c == '\r':
			x.text = x.text[1:]
		case strings.HasPrefix(x.text, "//"):
			x.skip(strings.IndexByte(x.text, '\n'))
		case strings.HasPrefix(x.text, "/*"):
			end := strings.Index(x.text[2:], "*/")
			if end >= 0 {
				end += 4
			}
			x.skip(end)
		case c == '"' || c == '\'' || c == '`':
			return x.quoted(c)
		case isWordByte(c):
			end := 1
			for end < len(x.text) && isWordByte(x.text[end]) {
				end++
			}
			return x.take(end)
		default:
			return x.take(1)
		}
	}
	return "", x.line
}

// quoted takes a string to its end; one of a line ends there at the latest.
func (x *scriptScanner) quoted(quote byte) (string, int) {
	for i := 1; i < len(x.text); i++ {
		switch c := x.text[i]; {
		case c == '\\':
			i++
		case c == quote:
			return x.take(i + 1)
		case c == '\n' && quote != '`':
			return x.take(i)
		}
	}
	return x.take(len(x.text))
}

func (x *scriptScanner) take(n int) (string, int) {
	token, line := x.text[:n], x.line
	x.skip(n)
	return token, line
}

// skip passes over n bytes; all of the rest if it is negative.
func (x *scriptScanner) skip(n int) {
	if n < 0 || n > len(x.text) {
		n = len(x.text)
	}
	x.line += strings.Count(x.text[:n], "\n")
	x.text = x.text[n:]
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= 0x80
}
