package discover

import (
	"fmt"
	"slices"

	"prox/config"
)

// Proposal is what a folder's files say about how the project is run.
type Proposal struct {
	Dir      string            // the folder, absolute
	Name     string            // the project's, where a file gives one; "" = the folder's
	Env      map[string]string // for every service
	Services []*Service        // in the order in which they are written
	Notes    []Note            // what could not be read or kept
	Files    []string          // those that services were found in, best first
}

// Service is one that a file of the folder asks for.
type Service struct {
	Name      string   // valid and unique once Look returns
	Command   string   // as typed in a shell, run in Dir
	Argv      []string // in place of Command: a list that no shell reads
	Dir       string   // relative to the proposal's folder, with slashes; "." is the folder itself
	DependsOn []config.Dependency
	Settings  []Setting // further keys of prox.toml
	From      Origin    // the file that says so
	Also      []Origin  // others that say the same, and were not preferred
	Remarks   []string  // for the comment above it
	Off       bool      // it is written as a comment: something is missing, and Remarks say what

	names     []string         // better names, if Name is taken
	vague     bool             // Name says nothing; those of names are better
	ids       []Ref            // by which other commands call it
	borrow    string           // a folder whose own service tells the command; "" = none
	choose    func([]*Service) // what to do with the folder's own services, best first; nil = take the best
	lent      bool             // another has borrowed its command
	rank      int              // of its source
	concluded bool             // nobody has written it
	order     int              // in which it was found
	absorbed  []*Service       // those that say the same
	awaited   []awaited        // services of other files that it waits for
	minor     bool             // a library's watcher, say: it goes first where there are too many
	depth     int              // of the folder it was found in
}

// Setting is one key of a service in prox.toml.
type Setting struct {
	Key   string // with dots: "healthcheck.http_get"
	Value any    // string, bool, int, float64, []string, []int or map[string]string
	Guess string // why it was guessed; "" = a file says it
}

// Origin is where something was found.
type Origin struct {
	File string // relative to the proposal's folder, with slashes
	Line int    // 0 = the whole file
	Key  string // in the file: "scripts.dev"
}

func (o Origin) String() string {
	s := o.File
	if s == "." {
		s = "this folder"
	}
	if o.Key != "" {
		s += " " + o.Key
	}
	if o.Line > 0 {
		s += fmt.Sprintf(" (line %d)", o.Line)
	}
	return s
}

// NoteKind is what a note is about.
type NoteKind string

// The kinds of notes.
const (
	Broken  NoteKind = "broken"  // a file could not be read, or not to its end
	Dropped NoteKind = "dropped" // a setting that prox doesn't have
	Changed NoteKind = "changed" // a setting that means something else with prox
	Missing NoteKind = "missing" // something that services need, and that is not there yet
	Left    NoteKind = "left"    // something that looks like a service, and why it was left out
)

// Note is something that a person should know of a proposal.
type Note struct {
	Kind NoteKind
	Origin
	Text string
}

func (n Note) String() string { return n.Origin.String() + ": " + n.Text }

// Set gives the service a key of prox.toml, in place of what it had. A zero
// value (an empty text, list or table, but not 0 or false) is not set.
func (s *Service) Set(key string, value any) { s.put(Setting{Key: key, Value: value}) }

// Guess is Set for what no file says outright: why is written beside it. It
// does not replace what is known.
func (s *Service) Guess(key string, value any, why string) {
	if s.Get(key) == nil {
		s.put(Setting{Key: key, Value: value, Guess: why})
	}
}

func (s *Service) put(set Setting) {
	if isEmpty(set.Value) {
		return
	}
	if at := s.at(set.Key); at >= 0 {
		s.Settings[at] = set
		return
	}
	s.Settings = append(s.Settings, set)
}

func isEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []string:
		return len(v) == 0
	case map[string]string:
		return len(v) == 0
	}
	return false
}

// Get is what was set under a key; nil if nothing was.
func (s *Service) Get(key string) any {
	if at := s.at(key); at >= 0 {
		return s.Settings[at].Value
	}
	return nil
}

// Drop takes a key away.
func (s *Service) Drop(key string) {
	s.Settings = slices.DeleteFunc(s.Settings, func(set Setting) bool { return set.Key == key })
}

func (s *Service) at(key string) int {
	return slices.IndexFunc(s.Settings, func(set Setting) bool { return set.Key == key })
}

// SetEnv gives the service a variable.
func (s *Service) SetEnv(name, value string) {
	env, _ := s.Get("env").(map[string]string)
	if env == nil {
		env = map[string]string{}
	}
	env[name] = value
	s.Set("env", env)
}

// Needs lets the service wait until another has come so far: a condition of
// config. Another's name is the one that its own file gives it.
func (s *Service) Needs(name, condition string) {
	if condition == "" {
		condition = config.Ready
	}
	d := config.Dependency{Service: name, Condition: condition}
	if !slices.Contains(s.DependsOn, d) {
		s.DependsOn = append(s.DependsOn, d)
	}
}

// awaited is a service that another waits for, whatever its name becomes.
type awaited struct {
	service   *Service
	condition string
}

// NeedsService is Needs for a service that may stand in another file.
func (s *Service) NeedsService(other *Service, condition string) {
	s.awaited = append(s.awaited, awaited{other, condition})
}

// Remark adds a line to the comment above the service.
func (s *Service) Remark(format string, args ...any) {
	s.Remarks = append(s.Remarks, fmt.Sprintf(format, args...))
}

// TurnOff has the service written as a comment, with the reason.
func (s *Service) TurnOff(format string, args ...any) {
	s.Off = true
	s.Remark(format, args...)
}
