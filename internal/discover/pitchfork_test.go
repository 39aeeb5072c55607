package discover

import "testing"

func FuzzPitchfork(f *testing.F) {
	fuzzImport(f, "pitchfork.toml", "[daemons.a]\nrun='{{ daemons.b.port }}'\nport={expect=[1,2]}\ncron='* * * * * *'\n[groups]\nx=['a']\n")
}

func TestPitchforkCronCountsSeconds(t *testing.T) {
	t.Parallel()
	for plan, want := range map[string]string{
		"0 2 * * *":        `schedule = "0 2 * * *"`,
		"0 0 2 * * *":      `schedule = "0 2 * * *"`,
		"0 0 2 * * 1-5":    `schedule = "0 2 * * 0-4"`,
		"0 0 2 * * MON":    `schedule = "0 2 * * MON"`,
		"30 */5 * * * *":   `prox counts minutes: the seconds and the year of "30 */5 * * * *" are left out`,
		"0 0 2 * * * 2030": `prox counts minutes`,
	} {
		p := imported(t, "pitchfork.toml", "[daemons.a]\nrun = './a'\ncron = { schedule = '"+plan+"' }\n")
		has(t, p, "task = true", want)
	}
}

func TestPitchforkPorts(t *testing.T) {
	t.Parallel()
	for port, want := range map[string]string{
		"port = 3000": "port = 3000",
		"port = { expect = [3000], bump = true }":  "port = 3000",
		"expected_port = [3000, 3001]":             "daemons.a.expected_port.1 (line 3): a service has one port",
		"port = 'auto'":                            `port = "auto"`,
		"port = { expect = [3000], bump = 10 }":    `daemons.a.port.bump (line 3): write port = "auto"`,
		"port = 3000\nready_port = 3000":           "port = 3000",
		"ready_port = '{{ daemons.b.port }}'":      "daemons.a.ready_port (line 3): expected a whole number",
		"ready_http = { url = 'http://x/', a = 1}": "daemons.a.ready_http.a (line 3): prox doesn't have it",
	} {
		has(t, imported(t, "pitchfork.toml", "[daemons.a]\nrun = './a'\n"+port+"\n"), want)
	}
}
