package discover

import (
	"slices"
)

var rubyNames = []string{"Gemfile", "config.ru"}

var gem = onDemand(`(?m)^\s*gem\s+['"]([a-zA-Z0-9_-]+)['"]`)

// ruby concludes from a Gemfile how Rails, Rack and their workers are run. A
// Procfile beside it has said so already.
func ruby(f *file) {
	if f.has(procfileNames...) || f.name == "config.ru" && f.has("Gemfile") {
		return
	}
	gems := map[string]bool{}
	for _, m := range gem().FindAllStringSubmatch(f.text("Gemfile"), -1) {
		gems[m[1]] = true
	}
	bundle := ""
	if f.has("Gemfile") {
		bundle = "bundle exec "
	}
	add := func(name, command string, id Ref, why string) {
		s := f.add(name, command, 0, why)
		f.nameByFolder(s)
		s.ids = append(s.ids, id)
	}
	web := ref("ruby-web", f.dir, "")
	rails := "bundle exec rails"
	if f.root.exists(join(f.dir, "bin/rails")) {
		rails = "bin/rails"
	}
	switch {
	case gems["rails"] || rails == "bin/rails":
		add("web", rails+" server", web, "rails")
	case gems["jekyll"]:
		add("web", bundle+"jekyll serve --livereload", web, "jekyll")
	case f.has("config.ru") && gems["puma"]:
		add("web", bundle+"puma", web, "puma")
	case f.has("config.ru"):
		add("web", bundle+"rackup", web, "")
	}
	for _, w := range []struct{ gem, name, command, kind string }{
		{"sidekiq", "sidekiq", bundle + "sidekiq", "sidekiq"},
		{"good_job", "jobs", bundle + "good_job start", "good_job"},
		{"solid_queue", "jobs", "bin/jobs", "solid_queue"},
		{"delayed_job", "jobs", "bin/delayed_job run", "delayed_job"},
		{"tailwindcss-rails", "css", rails + " tailwindcss:watch", "tailwindcss"},
		{"dartsass-rails", "css", rails + " dartsass:watch", "dartsass"},
		{"vite_rails", "vite", "bin/vite dev", "vite"},
		{"vite_ruby", "vite", "bin/vite dev", "vite"},
	} {
		if !gems[w.gem] || w.command == "bin/jobs" && !f.root.exists(join(f.dir, "bin/jobs")) {
			continue
		}
		add(w.name, w.command, ref(w.kind, f.dir, ""), w.gem)
	}
}

func rubyCalls(c invocation) []Ref {
	id := func(kind string) []Ref { return []Ref{ref(kind, c.dir, "")} }
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(c.argv, w) })
	}
	switch c.program() {
	case "rails":
		switch {
		case has("server", "s"):
			return id("ruby-web")
		case has("tailwindcss:watch"):
			return id("tailwindcss")
		case has("dartsass:watch"):
			return id("dartsass")
		}
	case "puma", "rackup", "unicorn", "thin", "falcon", "jekyll", "shotgun", "rerun":
		return id("ruby-web")
	case "sidekiq":
		return id("sidekiq")
	case "good_job":
		return id("good_job")
	case "jobs":
		return id("solid_queue")
	case "delayed_job":
		return id("delayed_job")
	}
	return nil
}
