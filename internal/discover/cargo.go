package discover

import (
	"slices"
	"strings"

	"prox/internal/document"
)

var cargoNames = []string{"Cargo.toml"}

// cargoServes are crates that only what serves, or works on, needs.
var cargoServes = []string{
	"axum", "actix-web", "rocket", "warp", "tonic", "poem", "tide", "salvo", "hyper", "loco-rs", "apalis", "lapin",
	"rdkafka", "serenity", "teloxide", "async-graphql-axum", "ntex", "dropshot", "pingora", "leptos_axum",
}

var cargoWorks = onDemand(`(?i)^(?:.*[-_])?(?:server|api|worker|web|backend|gateway|service|svc|daemon|bot)$`)

// cargo looks for binaries that serve: what a package depends on tells.
func cargo(f *file) {
	doc := f.tree(document.TOML)
	for _, dir := range f.glob(doc.Get("workspace", "members").Scalars()) {
		f.addMember(dir)
	}
	name := doc.Get("package", "name").Scalar()
	if name == "" {
		return
	}
	serves := false
	for _, crate := range cargoServes {
		serves = serves || doc.Has("dependencies", crate)
	}
	bins := f.cargoBins(doc, name)
	for _, bin := range bins {
		if !serves && !cargoWorks().MatchString(bin) {
			continue
		}
		command := "cargo run"
		if len(bins) > 1 && doc.Get("package", "default-run").Scalar() != bin {
			if !cargoWorks().MatchString(bin) && bin != name {
				continue // one of several, and nothing says that it goes on
			}
			command += " --bin " + bin
		}
		s := f.add(bin, command, doc.Get("package", "name").At(), "package.name")
		s.ids = append(s.ids, ref("cargo", f.dir, bin), ref("cargo-package", "", name))
		if len(bins) == 1 {
			s.ids = append(s.ids, ref("cargo", f.dir, ""))
		}
		if !serves {
			s.Remark("a guess by its name")
		}
	}
}

// cargoBins are the names of a package's binaries.
func (f *file) cargoBins(doc *document.Node, name string) []string {
	var bins []string
	add := func(bin string) {
		if bin != "" && !slices.Contains(bins, bin) {
			bins = append(bins, bin)
		}
	}
	for _, bin := range doc.Get("bin").Elements() {
		add(bin.Get("name").Scalar())
	}
	if f.root.exists(join(f.dir, "src/main.rs")) && len(bins) == 0 {
		add(name)
	}
	if f.root.exists(join(f.dir, "src/bin")) {
		if sub, ok := f.root.open(join(f.dir, "src/bin"), 0); ok {
			for _, entry := range sub.sorted() {
				if bin, isRust := strings.CutSuffix(entry, ".rs"); isRust || sub.subfolder(entry) {
					add(bin)
				}
			}
		}
	}
	return bins
}

func cargoCalls(c invocation) []Ref {
	if c.program() != "cargo" {
		return nil
	}
	words := c.words()
	if len(words) > 0 && words[0] == "watch" {
		inner := c.flag("-x", "--exec")
		if inner == "" {
			inner = "run"
		}
		return calls("cargo "+inner, c.dir)
	}
	if !slices.Contains(words, "run") && !slices.Contains(words, "r") {
		return nil
	}
	own, _, _ := strings.Cut(strings.Join(c.argv, " "), " -- ")
	c.argv = strings.Fields(own)
	switch bin, pkg := c.flag("--bin"), c.flag("-p", "--package"); {
	case bin != "":
		return []Ref{ref("cargo", c.dir, bin)}
	case pkg != "":
		return []Ref{ref("cargo-package", "", pkg)}
	}
	return []Ref{ref("cargo", c.dir, "")}
}
