package discover

import (
	"encoding/xml"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

var jvmNames = []string{"pom.xml", "build.gradle", "build.gradle.kts"}

// pom is what is read of a Maven project.
type pom struct {
	Artifact string   `xml:"artifactId"`
	Modules  []string `xml:"modules>module"`
	Plugins  []string `xml:"build>plugins>plugin>artifactId"`
}

// framework is how a build tool starts an application while one works on it.
type framework struct{ plugin, task string }

var mavenFrameworks = []framework{
	{"spring-boot-maven-plugin", "spring-boot:run"}, {"quarkus-maven-plugin", "quarkus:dev"}, {"micronaut-maven-plugin", "mn:run"},
}

var gradleFrameworks = []framework{
	{"org.springframework.boot", "bootRun"}, {"io.quarkus", "quarkusDev"}, {"io.micronaut.application", "run"}, {"io.ktor.plugin", "run"},
}

// jvm knows Spring Boot, Quarkus, Micronaut and Ktor by the plugins of Maven's
// and Gradle's files.
func jvm(f *file) {
	if f.name == "pom.xml" {
		f.maven()
	} else {
		f.gradle()
	}
}

func (f *file) maven() {
	var p pom
	if err := xml.Unmarshal(f.data, &p); err != nil {
		line := 0
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			line = syntax.Line
		}
		f.note(Broken, line, "", "passed over: not valid XML: "+strings.TrimPrefix(err.Error(), fmt.Sprintf("XML syntax error on line %d: ", line)))
		return
	}
	for _, module := range p.Modules {
		f.addMember(join(f.dir, strings.TrimSpace(module)))
	}
	for _, w := range mavenFrameworks {
		// A parent names the plugin for its modules, and is no application.
		if slices.Contains(p.Plugins, w.plugin) && len(p.Modules) == 0 {
			program, dir, below := f.wrapper("mvnw", "mvn")
			if below != "." {
				program += " -pl " + below
			}
			f.jvmService(orElse(strings.TrimSpace(p.Artifact), f.base()), program+" "+w.task, dir, w.plugin)
			return
		}
	}
}

// gradleApplies leaves out plugins that a root only names for its subprojects.
var gradleApplies = onDemand(`(?m)^.*\bapply\(?\s*(?:=\s*)?false\)?.*$`)

func (f *file) gradle() {
	text := gradleApplies().ReplaceAllString(string(f.data), "")
	for _, w := range gradleFrameworks {
		if strings.Contains(text, w.plugin) {
			program, dir, below := f.wrapper("gradlew", "gradle")
			task := w.task
			if below != "." {
				task = ":" + strings.ReplaceAll(below, "/", ":") + ":" + task
			}
			f.jvmService(f.base(), program+" "+task, dir, w.plugin)
			return
		}
	}
}

// wrapper finds the build tool's own script, in the folder or above it; then
// the command is run where the script is, for the folder below.
func (f *file) wrapper(script, program string) (command, dir, below string) {
	for at := f.dir; ; at = path.Dir(at) {
		if f.root.exists(join(at, script)) {
			if at == "." {
				return "./" + script, at, f.dir
			}
			return "./" + script, at, orElse(strings.TrimPrefix(strings.TrimPrefix(f.dir, at), "/"), ".")
		}
		if at == "." {
			return program, f.dir, "."
		}
	}
}

func (f *file) jvmService(name, command, dir, key string) {
	if f.dir == "." {
		name = orElse(name, "app")
	}
	s := f.add(name, command, 0, key)
	s.Dir = dir
	s.ids = append(s.ids, ref("jvm", f.dir, ""))
	if port, from, line := f.springPort(); port > 0 {
		s.Guess("port", port, Origin{File: from, Line: line}.String()+" has it")
	}
}

var propertyPort = onDemand(`(?m)^\s*(?:server\.port|quarkus\.http\.port)\s*[=:]\s*(?:\$\{[A-Z_]+:)?(\d{2,5})\}?\s*$`)

// springPort is the port that an application's own settings name.
func (f *file) springPort() (port int, from string, line int) {
	const resources = "src/main/resources/"
	if text := f.text(resources + "application.properties"); text != "" {
		if at := propertyPort().FindStringSubmatchIndex(text); at != nil {
			port, _ = strconv.Atoi(text[at[2]:at[3]]) // digits, by the pattern
			return port, join(f.dir, resources+"application.properties"), 1 + strings.Count(text[:at[2]], "\n")
		}
	}
	for _, name := range []string{"application.yml", "application.yaml"} {
		doc := f.folder.tree(resources + name)
		for _, keys := range [][]string{{"server", "port"}, {"quarkus", "http", "port"}} {
			if n, ok := doc.Get(keys...).Int(); ok {
				return n, join(f.dir, resources+name), doc.Get(keys...).At()
			}
		}
	}
	return 0, "", 0
}

func jvmCalls(c invocation) []Ref {
	switch c.program() {
	case "mvnw", "mvn":
		if slices.ContainsFunc(c.argv, func(w string) bool {
			return slices.ContainsFunc(mavenFrameworks, func(f framework) bool { return f.task == w })
		}) {
			return []Ref{ref("jvm", join(c.dir, c.flag("-pl", "--projects", "-f", "--file")), "")}
		}
	case "gradlew", "gradle":
		for _, word := range c.words() {
			at := strings.LastIndexByte(word, ':')
			if slices.ContainsFunc(gradleFrameworks, func(f framework) bool { return f.task == word[at+1:] }) {
				return []Ref{ref("jvm", join(c.dir, strings.ReplaceAll(strings.Trim(word[:max(at, 0)], ":"), ":", "/")), "")}
			}
		}
	}
	return nil
}
