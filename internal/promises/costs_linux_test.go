package promises

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"prox/internal/api"
	"prox/internal/proxtest"
)

// What is asked once is looked at for that, also what is otherwise only looked
// at while somebody goes on looking.
func TestTopTellsAllAtOnce(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := proxtest.New(t, "prox.toml", fmt.Sprintf(`
[services.api]
command = [%q]
env = { %s = "1" }
healthcheck = { log = "up" }
`, self, talkEnv))
	p.Must("start")
	top := func() api.Instance {
		t.Helper()
		var st api.Status
		if out := p.Must("top", "--json").Out; json.Unmarshal([]byte(out), &st) != nil || len(st.Services) != 1 {
			t.Fatalf("not one service: %s", out)
		}
		return st.Services[0].Instances[0]
	}
	i := top()
	if c := i.Costs; c == nil || c.PrivateBytes == nil || *c.PrivateBytes < 100_000 || c.Files == nil || c.FileLimit == nil || len(i.Ports) != 1 {
		t.Errorf("at the first time: %+v, %+v", i, c)
	}
	var c api.Costs
	proxtest.Await(t, "what its connection carries", func() bool {
		c = *top().Costs
		return c.SentPerSecond != nil && *c.SentPerSecond > 50_000
	})
	if c.ReceivedPerSecond == nil || *c.ReceivedPerSecond < 20_000 || *c.ReceivedPerSecond > 400_000 || *c.SentPerSecond > 400_000 {
		t.Errorf("received %v, sent %v a second", *c.ReceivedPerSecond, *c.SentPerSecond)
	}
	p.Must("kill")
}
