package config

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLogsOfAServiceAndOfAll(t *testing.T) {
	t.Parallel()
	const day = Duration(24 * time.Hour)
	for name, c := range map[string]struct {
		config string
		want   Logs
		all    Bytes
	}{
		"nothing":     {"", Logs{64 << 20, 0, 1 << 30, true}, 10 << 30},
		"the project": {"logs = { max_size = \"1MiB\", max_age = \"24h\", compress = false }\n", Logs{1 << 20, day, 1 << 30, false}, 10 << 30},
		"both": {
			"logs = { max_size = \"1MiB\", max_age = \"24h\", compress = false }\n[services.a]\nlogs = { max_size = \"2MiB\", compress = true, max_age = \"48h\", max_total = \"8MiB\" }\n",
			Logs{2 << 20, 2 * day, 8 << 20, true},
			10 << 30,
		},
		"a small total makes small files":         {"[services.a]\nlogs.max_total = \"1MiB\"\n", Logs{512 << 10, 0, 1 << 20, true}, 10 << 30},
		"a service has no more than all":          {"logs.max_total = \"100MiB\"\n", Logs{50 << 20, 0, 100 << 20, true}, 100 << 20},
		"and not by saying that it has":           {"logs.max_total = \"100MiB\"\n[services.a]\nlogs.max_total = \"200MiB\"\n", Logs{50 << 20, 0, 100 << 20, true}, 100 << 20},
		"an age that is said for a service":       {"[services.a]\nlogs.max_age = \"24h\"\n", Logs{64 << 20, day, 1 << 30, true}, 10 << 30},
		"compression that a service goes without": {"[services.a]\nlogs.compress = false\n", Logs{64 << 20, 0, 1 << 30, false}, 10 << 30},
	} {
		file := filepath.Join(t.TempDir(), "prox.toml")
		config := c.config
		if !strings.Contains(config, "[services.a]") {
			config += "[services.a]\n"
		}
		if err := os.WriteFile(file, []byte(config+"command = \"a\"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := Load(file, Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if p.Services[0].Logs != c.want || p.Logs.MaxTotal != c.all || p.Logs.MaxSize > c.all/2 {
			t.Errorf("%s: %+v of %d, not %+v of %d", name, p.Services[0].Logs, p.Logs.MaxTotal, c.want, c.all)
		}
	}
}

// TestLogsInAnEnvironment: each key can be laid over by itself.
func TestLogsInAnEnvironment(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "prox.toml")
	write(t, file, "logs = { max_size = '2MiB', max_age = '7d' }\n[services.a]\ncommand = 'a'\nlogs = { max_total = '8MiB', compress = false }\n")
	write(t, filepath.Join(dir, "prox.ci.toml"), "logs = { max_age = '1d', max_total = '64MiB' }\n[services.a]\nlogs = { max_total = '4MB' }\n")
	p, err := Load(file, Options{Environment: "ci"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := p.Services[0].Logs, (Logs{2e6, Duration(24 * time.Hour), 4e6, false}); got != want || p.Logs.MaxTotal != 64<<20 {
		t.Errorf("%+v of %+v, not %+v", got, p.Logs, want)
	}
	write(t, filepath.Join(dir, "prox.ci.toml"), "\nservices.a.logs.max_size = '8MiB'\n")
	_, err = Load(file, Options{Environment: "ci"})
	if want := "prox.toml:4: services.a.logs.max_total: expected at least twice max_size, which is 8 MiB, in prox.ci.toml:2"; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
}

// TestLogsOfWhatHasNoConfig: the defaults hold there too.
func TestLogsOfWhatHasNoConfig(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	adHoc, err := AdHoc(dir, "a", []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "Procfile"), "a: a\n")
	procfile, err := Load(filepath.Join(dir, "Procfile"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*Project{adHoc, procfile} {
		if p.Logs != logsOfAll() || p.Services[0].Logs != defaultLogs() {
			t.Errorf("%q: %+v of %+v", p.File, p.Services[0].Logs, p.Logs)
		}
	}
}

// TestLogsApplyWithoutRestart: a change is seen, and no process ends for it.
func TestLogsApplyWithoutRestart(t *testing.T) {
	t.Parallel()
	for _, change := range []func(*Logs){
		func(l *Logs) { l.MaxSize++ }, func(l *Logs) { l.MaxAge++ }, func(l *Logs) { l.MaxTotal++ }, func(l *Logs) { l.Compress = false },
	} {
		a, b := newService("a", ""), newService("a", "")
		change(&b.Logs)
		if keys := a.Changed(&b); !slices.Equal(keys, []string{"logs"}) || NeedsRestart(keys) {
			t.Errorf("%+v: changed are %q, needs a restart: %t", b.Logs, keys, NeedsRestart(keys))
		}
	}
}

// TestLogsAreTold: people are shown what is in force, defaults included.
func TestLogsAreTold(t *testing.T) {
	t.Parallel()
	s := newService("a", "")
	s.Logs.MaxAge = Duration(time.Hour)
	var got []string
	for _, x := range s.Settings() {
		if strings.HasPrefix(x.Key, "logs") {
			got = append(got, x.Key+" "+x.Value)
		}
	}
	if want := []string{"logs.max_size 64 MiB", "logs.max_age 1h0m0s", "logs.max_total 1 GiB", "logs.compress true"}; !slices.Equal(got, want) {
		t.Errorf("told is %q, want %q", got, want)
	}
}
