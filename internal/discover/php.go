package discover

import (
	"slices"
	"strings"

	"prox/internal/document"
)

var phpNames = []string{"composer.json"}

// php knows Laravel and Symfony by what composer.json requires. Laravel's own
// script dev, which starts several at once, is taken apart.
func php(f *file) {
	doc := f.tree(document.JSON)
	requires := func(name string) bool { return doc.Has("require", name) || doc.Has("require-dev", name) }
	add := func(name, command, kind string, at *document.Node, key string) {
		s := f.add(name, command, at.At(), key)
		f.nameByFolder(s)
		s.ids = append(s.ids, ref(kind, f.dir, ""))
	}
	require := doc.Get("require")
	dev := doc.Get("scripts", "dev")
	script := strings.Join(dev.Scalars(), "\n")
	f.root.define(ref("composer", f.dir, "dev"), script, f.dir)
	switch {
	case f.has("artisan") || requires("laravel/framework"):
		add("web", "php artisan serve", "php-web", require.Get("laravel/framework"), "laravel/framework")
		for _, w := range []struct{ name, command, word, needs string }{
			{"queue", "php artisan queue:listen --tries=1", "queue:", ""},
			{"horizon", "php artisan horizon", "artisan horizon", "laravel/horizon"},
			{"reverb", "php artisan reverb:start", "reverb:start", "laravel/reverb"},
			{"schedule", "php artisan schedule:work", "schedule:work", ""},
		} {
			switch {
			case w.needs != "" && requires(w.needs):
				add(w.name, w.command, "php-"+w.name, require.Get(w.needs), w.needs)
			case strings.Contains(script, w.word):
				add(w.name, w.command, "php-"+w.name, dev, "scripts.dev")
			}
		}
	case requires("symfony/framework-bundle"):
		at := require.Get("symfony/framework-bundle")
		add("web", "symfony server:start --no-tls", "php-web", at, "symfony/framework-bundle")
	}
}

func phpCalls(c invocation) []Ref {
	id := func(kind string) []Ref { return []Ref{ref(kind, c.dir, "")} }
	switch c.program() {
	case "php":
		switch {
		case slices.Contains(c.argv, "serve") || slices.Contains(c.argv, "-S"):
			return id("php-web")
		case slices.Contains(c.argv, "horizon"):
			return id("php-horizon")
		case slices.Contains(c.argv, "reverb:start"):
			return id("php-reverb")
		case slices.Contains(c.argv, "schedule:work"):
			return id("php-schedule")
		case slices.ContainsFunc(c.argv, func(w string) bool { return w == "queue:listen" || w == "queue:work" }):
			return id("php-queue")
		}
	case "symfony":
		if slices.ContainsFunc(c.argv, func(w string) bool { return w == "server:start" || w == "serve" }) {
			return id("php-web")
		}
	case "composer":
		if words := c.words(); len(words) > 0 {
			return []Ref{ref("composer", c.dir, words[len(words)-1])}
		}
	}
	return nil
}
