package config

import (
	"os"
	"path/filepath"
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
		"both": {"logs = { max_size = \"1MiB\", max_age = \"24h\", compress = false }\n[services.a]\nlogs = { max_size = \"2MiB\", compress = true, max_age = \"48h\", max_total = \"8MiB\" }\n",
			Logs{2 << 20, 2 * day, 8 << 20, true}, 10 << 30},
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
		if p.Services[0].Logs != c.want || p.Logs.MaxTotal != c.all {
			t.Errorf("%s: %+v of %d, not %+v of %d", name, p.Services[0].Logs, p.Logs.MaxTotal, c.want, c.all)
		}
	}
}
