package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// mostBytes is far more than any config has, and keeps us from reading a
// device or a log for ever.
const mostBytes = 1 << 20

// Options say for whom a config is read.
type Options struct {
	// Environment is the name of the one to be started: prox.NAME.toml is laid
	// over prox.toml, and .env.NAME is read too; "" = none.
	Environment string
	// Given is what ${VAR} may refer to.
	Given Given
	// Schedule checks an expression of cron. Without it none is checked.
	Schedule func(expr string) error
	// Port chooses a port for a service whose port is "auto". Without it such a
	// port is 0.
	Port func(service string) (int, error)
}

// Load reads the config at path. Its name tells the format: *.toml, *.yml and
// *.yaml, or a name with Procfile in it. The error is an [*InvalidError] with
// every mistake, also if the file cannot be read at all; then it wraps what
// the file system said.
func Load(path string, o Options) (*Project, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &InvalidError{Problems: []Problem{{File: path, Message: "cannot be read: " + err.Error()}}, cause: err}
	}
	ps := &problems{file: abs}
	data, err := read(abs)
	if err != nil {
		ps.add(position{}, "", "cannot be read: "+plain(err).Error(), readHint(abs, err))
		return nil, &InvalidError{Problems: ps.list, cause: err}
	}
	return load(abs, data, o, ps)
}

// Parse is Load for a config that is not written yet: data is read as if it
// were the file at path.
func Parse(path string, data []byte, o Options) (*Project, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, &InvalidError{Problems: []Problem{{File: path, Message: "cannot be read: " + err.Error()}}, cause: err}
	}
	return load(abs, data, o, &problems{file: abs})
}

// readHint says what to do about a file that can't be read.
func readHint(path string, err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return "chmod u+r " + path + ", or is it another user's?"
	}
	return ""
}

func read(path string) ([]byte, error) {
	// Opening a FIFO would wait for a writer.
	fi, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if fi.IsDir() {
		return nil, errors.New("it is a folder")
	}
	if fi.Mode().Type()&(fs.ModeNamedPipe|fs.ModeSocket|fs.ModeDevice) != 0 {
		return nil, errors.New("it is not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostBytes+1))
	if err == nil && len(data) > mostBytes {
		err = fmt.Errorf("it is larger than %d MiB", mostBytes>>20)
	}
	return data, err
}

// plain drops the path from an error, where the sentence around it has it.
func plain(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// load reads the config in data as if it were the file.
func load(file string, data []byte, o Options, ps *problems) (*Project, error) {
	dir := filepath.Dir(file)
	p := &Project{Dir: dir, File: file, Environment: o.Environment, Tmux: Tmux{Server: "user"}, Logs: logsOfAll(), Services: []Service{}}
	p.checkEnvironment(ps)
	files := p.readEnvFiles(outerOf(o.Given), ps)
	if err := ps.err(); err != nil {
		return nil, err // what refers to them could only be misjudged
	}
	var root *node
	switch format(file) {
	case procfile:
		parseProcfile(bytes.TrimPrefix(data, utf8Mark), files, p, ps)
	case unknownFormat:
		ps.add(position{}, "", "the format cannot be told from the name", "call it *.toml, *.yml or Procfile")
		return nil, ps.err()
	default:
		root = parse(file, data, ps)
		if root != nil && p.Environment != "" {
			root = overlay(root, file, p.Environment, ps)
		}
	}
	if root != nil {
		p.decode(root, files, o, ps)
	}
	if len(p.Services) == 0 && !ps.explainNoServices(root) {
		ps.add(position{}, "", "there are no services in it", noServicesHint(file))
	}
	if err := ps.err(); err != nil {
		return nil, err
	}
	if p.Name == "" {
		p.Name = folderName(dir)
	}
	return p, nil
}

// decode fills the project with what the files say.
func (p *Project) decode(root *node, files []envFile, o Options, ps *problems) {
	global := p.environmentOf(&Service{}, o.Given, files, nil)
	global.layers = append(global.layers, layer{OriginProject, root.get("env").texts(), true})
	r := newReferences(root, global, o.Port, ps)
	r.replace(root, "")
	d := &decoder{problems: ps, dir: p.Dir, yaml: format(p.File) == inYAML, schedule: o.Schedule}
	d.table(root, "", reflect.ValueOf(p).Elem())
	check(p, root, d)
	checkEnv(p, root, o.Given, files, ps)
}

var utf8Mark = []byte("\xef\xbb\xbf")

// The formats of configs.
const (
	unknownFormat = iota
	inTOML
	inYAML
	procfile
)

func format(file string) int {
	switch base := strings.ToLower(filepath.Base(file)); {
	case strings.HasSuffix(base, ".toml"):
		return inTOML
	case strings.HasSuffix(base, ".yml"), strings.HasSuffix(base, ".yaml"):
		return inYAML
	case strings.Contains(base, "procfile"):
		return procfile
	}
	return unknownFormat
}

// parse reads TOML or YAML; nil when there is no reading it.
func parse(file string, data []byte, ps *problems) *node {
	data = bytes.TrimPrefix(data, utf8Mark)
	if format(file) == inYAML {
		return parseYAML(data, ps)
	}
	return parseTOML(data, ps)
}

// explainNoServices reports whether the problems so far say why a config has
// no services.
func (ps *problems) explainNoServices(root *node) bool {
	if root == nil || root.kind != table || root.get("services") != nil && root.get("services").kind != table {
		return len(ps.list) > 0
	}
	return slices.ContainsFunc(ps.list, func(p Problem) bool { return strings.HasPrefix(p.Hint, "did you mean services") })
}

func noServicesHint(file string) string {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".toml":
		return `write one: [services.web], and below it: command = "npm start"`
	case ".yml", ".yaml":
		return `write one: services: { web: { command: npm start } }`
	}
	return "write one: web: npm start"
}

// folderName is the name of a project that is not given one.
func folderName(dir string) string {
	base := filepath.Base(dir)
	if ValidName(base) == nil {
		return base
	}
	if name := safeName(base); name != "service" {
		return name
	}
	return "project"
}
