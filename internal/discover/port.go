package discover

import (
	"slices"
	"strconv"
	"strings"
)

// portOfCommand sets the port of a service whose command names one: prox gives
// it as PORT, and the service is ready when something listens there. What the
// command itself says is known; what a script that it calls says is a guess,
// beside which the reason is written.
func (r *root) portOfCommand(s *Service) {
	if s.Get("task") == true || s.Get("healthcheck.tcp") != nil {
		return
	}
	if known := s.at("port"); known >= 0 && s.Settings[known].Guess == "" {
		return
	}
	own, called := r.programs(s)
	// What calls a script has its say when the script says nothing.
	direct := slices.DeleteFunc(slices.Clone(own), r.callsScript)
	if port, ok := onePort(direct); ok {
		s.Set("port", port)
	} else if port, ok := onePort(called); ok {
		s.Drop("port")
		s.Guess("port", port, "the script that it runs names it")
	} else if port, ok := onePort(own); ok {
		s.Set("port", port)
	}
}

func (r *root) callsScript(c invocation) bool {
	return slices.ContainsFunc(callsOf(c), func(id Ref) bool { _, ok := r.definition(id); return ok })
}

// onePort is the port that programs listen on, if they name exactly one.
func onePort(programs []invocation) (int, bool) {
	var found []int
	for _, c := range programs {
		if port, _ := portOf(c); port != 0 && !slices.Contains(found, port) {
			found = append(found, port)
		}
	}
	if len(found) != 1 {
		return 0, false
	}
	return found[0], true
}

// programs are what a service runs: what its own command says, and what the
// scripts that it calls come to.
func (r *root) programs(s *Service) (own, called []invocation) {
	key := s.Dir + "\x00" + s.Command + "\x00" + strings.Join(s.Argv, "\x00")
	found, ok := r.ran[key]
	if !ok {
		found.own, found.called = r.findPrograms(s)
		r.ran[key] = found
	}
	return found.own, found.called
}

// programs are what a command comes to.
type programs struct{ own, called []invocation }

func (r *root) findPrograms(s *Service) (own, called []invocation) {
	own = invocationsOf(s)
	const most = 200 // of scripts that call many others
	seen := map[Ref]bool{}
	next := own
	for len(next) > 0 && len(called) < most {
		var after []invocation
		for _, c := range next {
			for _, id := range callsOf(c) {
				d, ok := r.definition(id)
				if seen[id] || !ok {
					continue
				}
				seen[id] = true
				after = append(after, passedOn(c, invocations(d.command, d.dir))...)
			}
		}
		called = append(called, after...)
		next = after
	}
	return own, called
}

func invocationsOf(s *Service) []invocation {
	if s.Command == "" && len(s.Argv) > 0 {
		return inShell([]invocation{unwrap(invocation{dir: s.Dir, argv: s.Argv})})
	}
	return inShell(invocations(s.Command, s.Dir))
}

// inShell adds what "sh -c" is given.
func inShell(all []invocation) []invocation {
	var out []invocation
	for _, c := range all {
		if len(c.argv) == 0 {
			continue
		}
		out = append(out, c)
		if name := c.program(); len(c.argv) > 2 && (name == "sh" || name == "bash") && (c.argv[1] == "-c" || c.argv[1] == "-lc") {
			out = append(out, invocations(c.argv[2], c.dir)...)
		}
	}
	return out
}

// passedOn are the programs of a script with the arguments that the caller
// hands on to its last one: npm run dev -- --port 4000, yarn dev --port 4000.
func passedOn(c invocation, script []invocation) []invocation {
	if len(script) == 0 {
		return nil
	}
	var words []string
	switch c.program() {
	case "npm", "pnpm", "yarn", "bun", "just", "task":
		if at := slices.Index(c.argv, "--"); at >= 0 {
			words = c.argv[at+1:]
		} else if c.program() == "yarn" || c.program() == "pnpm" || c.program() == "bun" {
			for at, word := range c.argv[1:] { // what stands behind the script's name
				if strings.HasPrefix(word, "-") && at > 0 {
					words = c.argv[at+1:]
					break
				}
			}
		}
	}
	out := slices.Clone(script)
	if last := &out[len(out)-1]; len(words) > 0 {
		last.argv = append(slices.Clone(last.argv), words...)
	}
	for i := range out {
		out[i].env = append(slices.Clone(c.env), out[i].env...)
	}
	return out
}

// portOf is the port that a program is told to listen on, 0 if none is named;
// takes is true if it is told to use PORT.
func portOf(c invocation) (port int, takes bool) {
	if len(c.argv) == 0 {
		return 0, false
	}
	// Of the variables in front of the command the last one counts.
	for _, assignment := range c.env {
		name, value, _ := strings.Cut(assignment, "=")
		if name == "PORT" || slices.Contains(portVariables[c.program()], name) {
			if n, t := portWord(value); n != 0 || t {
				port, takes = n, t
			}
		}
	}
	named := 0
	for _, word := range portWords(c) {
		n, t := portWord(word)
		takes = takes || t
		if named == 0 {
			named = n
		}
	}
	if named != 0 {
		port = named // a flag wins over a variable
	}
	return port, takes
}

// portWords are the words of a command line that say where the program listens.
func portWords(c invocation) []string {
	l, args := listenerOf(c)
	if l == nil {
		return nil
	}
	var words []string
	for i, word := range args {
		if word == "--" {
			continue
		}
		for _, flag := range l.flags {
			switch value, joined := strings.CutPrefix(word, flag); {
			case word == flag && i+1 < len(args):
				words = append(words, args[i+1])
			case joined && strings.HasPrefix(value, "="):
				words = append(words, value[1:])
			case joined && len(flag) == 2 && value != "":
				words = append(words, value)
			}
		}
	}
	if l.argument {
		for _, word := range args {
			// What is no port is the value of a flag, or a variable.
			if port, takes := portWord(word); !strings.HasPrefix(word, "-") && (port != 0 || takes) {
				words = append(words, word)
				break
			}
		}
	}
	return words
}

// installed is where programs are that others have written.
var installed = onDemand(`(^|/)\.?bin/[^/]*$|manage\.py$`)

// listenerOf is what is known of how a program is told its port, and the words
// behind what names it; nil for a program that doesn't listen.
func listenerOf(c invocation) (*listener, []string) {
	program, args := c.program(), c.argv[1:]
	if program == "python" || program == "python3" || program == "py" {
		for len(args) > 1 && (args[0] == "-u" || args[0] == "-B") {
			args = args[1:]
		}
		if len(args) > 1 && args[0] == "-m" {
			program, args = "-m "+args[1], args[2:]
			if _, ok := listeners[program]; !ok {
				program = strings.TrimPrefix(program, "-m ")
			}
		} else if len(args) > 0 && strings.HasSuffix(args[0], "manage.py") {
			program, args = "manage.py", args[1:]
		}
	}
	if program == "php" && len(args) > 0 && args[0] == "artisan" {
		program, args = "artisan", args[1:]
	}
	all, known := listeners[program]
	if strings.Contains(c.argv[0], "/") && program == c.program() && (!known || !installed().MatchString(c.argv[0])) {
		return ownProgram, args
	}
	for i := range all {
		l := &all[i]
		if slices.ContainsFunc(args, func(word string) bool { return slices.Contains(l.not, word) }) {
			continue
		}
		if len(l.verbs) == 0 {
			return l, args
		}
		for at, word := range args {
			if slices.Contains(l.verbs, word) {
				return l, args[at+1:]
			}
			if !strings.HasPrefix(word, "-") && !l.anywhere {
				break
			}
		}
	}
	return nil, nil
}

var portVariable = onDemand(`^(?:.*:)?\$(?:PORT|\{PORT(?::?-([^}]*))?\})$`)

// portWord reads what is given as a port: 3000, :8080, 0.0.0.0:8000,
// [::1]:8000, tcp://0.0.0.0:9292, http://localhost:5000, $PORT, ${PORT:-3000}.
func portWord(word string) (port int, takes bool) {
	word = strings.Trim(word, `"'`)
	if m := portVariable().FindStringSubmatch(word); m != nil {
		port, _ = portNumber(m[1])
		return port, true
	}
	if strings.Contains(word, "$") || strings.HasPrefix(word, "unix:") {
		return 0, false
	}
	if _, rest, ok := strings.Cut(word, "://"); ok {
		word, _, _ = strings.Cut(rest, "/")
		word, _, _ = strings.Cut(word, "?")
	}
	if at := strings.LastIndexByte(word, ':'); at >= 0 {
		host := word[:at]
		if strings.Contains(host, ":") && !(strings.HasPrefix(host, "[") && strings.HasSuffix(host, "]")) {
			return 0, false // an IPv6 address without a port
		}
		word = word[at+1:]
	}
	port, _ = portNumber(word)
	return port, false
}

// portNumber is a text as a port; 0 if it is none.
func portNumber(text string) (int, bool) {
	if text == "" || len(text) > 5 || strings.Trim(text, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > 65535 {
		return 0, false
	}
	return n, true
}

// isServer reports whether a service runs a program that is known to listen.
func (r *root) isServer(s *Service) bool {
	own, called := r.programs(s)
	return slices.ContainsFunc(slices.Concat(own, called), func(c invocation) bool {
		l, _ := listenerOf(c)
		return l != nil && l != ownProgram && !l.any
	})
}

var mentionsPort = onDemand(`\$(PORT\b|\{PORT\b)`)

// takesPort reports whether a service's command, or a script that it calls,
// uses PORT.
func (r *root) takesPort(s *Service) bool {
	if mentionsPort().MatchString(s.Command) {
		return true
	}
	own, called := r.programs(s)
	return slices.ContainsFunc(slices.Concat(own, called), func(c invocation) bool {
		return slices.ContainsFunc(slices.Concat(c.argv, c.env), mentionsPort().MatchString)
	})
}

// offerPorts gives a port to services whose command needs one and has no other
// way to it. Who runs a Procfile offers ports by the order of its lines, and
// people know their services by these.
func (r *root) offerPorts() {
	all := sources()
	for _, s := range r.services {
		if s.Get("port") != nil || s.Get("healthcheck.tcp") != nil || !r.mayListen(s) {
			continue
		}
		if env, _ := s.Get("env").(map[string]string); env["PORT"] != "" {
			continue // it has one
		}
		takes := r.takesPort(s)
		offer, given := r.offers[s.Dir]
		switch {
		case all[s.rank].name != "procfile":
			if takes {
				s.Guess("port", "auto", "its command takes PORT, and no file says which")
			}
		case given && (takes || r.isServer(s)):
			s.offer(offer.base+offer.step*r.linesAbove(s), "offered by "+offer.from.String())
		case takes:
			s.offer(foremanPort+foremanStep*r.linesAbove(s), "its command takes PORT, and this is the one that foreman and overmind offer")
		}
	}
}

// What runners of Procfiles offer.
const (
	foremanPort = 5000
	foremanStep = 100
)

// portOffer are the ports that the services of a folder's Procfile are given.
type portOffer struct {
	base, step int
	from       Origin
}

func (s *Service) offer(port int, why string) {
	if port >= 1 && port <= 65535 {
		s.Guess("port", port, why)
	}
}

// linesAbove counts the services above one in its Procfile.
func (r *root) linesAbove(s *Service) int {
	above, number := 0, 0
	for line := range strings.Lines(string(r.kept[s.From.File])) {
		if number++; number >= s.From.Line {
			break
		}
		if procfileLine().MatchString(strings.TrimSpace(line)) {
			above++
		}
	}
	return above
}
