package document

import (
	"errors"
	"strings"
	"testing"
)

const asYAML = `# a comment
name: shop
scripts:
  dev: "vite --port 3000"
  "build:css": tailwind
ports: [3000, "4000"]
deep:
  on: true
  list:
    - a: 1
    - a: 2
nothing: ~
`

const asJSON = `// a comment
{"name": "shop",
"scripts": {
  "dev": "vite --port 3000",
  "build:css": "tailwind", /* another */
},
"ports": [3000, "4000"], "deep": {
  "on": true,
  "list": [
    {"a": 1},
    {"a": 2}]
},
"nothing": null}
`

const asTOML = `# a comment
name = "shop"
ports = [3000, "4000"]
[scripts]
dev = "vite --port 3000"
"build:css" = 'tailwind'
[deep]
on = true
[[deep.list]]
a = 1
[[deep.list]]
a = 2
`

func TestTheThreeFormatsMakeOneTree(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		format Format
		text   string
		lines  [3]int // of scripts.dev, deep.on, deep.list.1.a
	}{{"x.yml", YAML, asYAML, [3]int{4, 8, 11}}, {"x.json", JSON, asJSON, [3]int{4, 8, 11}}, {"x.toml", TOML, asTOML, [3]int{5, 8, 12}}} {
		if FormatOf(c.name) != c.format {
			t.Errorf("%s is taken for %v", c.name, FormatOf(c.name))
		}
		n, err := Parse(c.format, []byte(c.text))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got := n.Get("name").Scalar(); got != "shop" {
			t.Errorf("%s: name is %q", c.name, got)
		}
		dev := n.Get("scripts", "dev")
		if !dev.IsText() || dev.Scalar() != "vite --port 3000" || dev.At() != c.lines[0] {
			t.Errorf("%s: scripts.dev is %+v", c.name, dev)
		}
		if got := strings.Join(n.Get("scripts").Keys(), " "); got != "dev build:css" {
			t.Errorf("%s: scripts are %q", c.name, got)
		}
		if got := strings.Join(n.Get("ports").Scalars(), " "); got != "3000 4000" {
			t.Errorf("%s: ports are %q", c.name, got)
		}
		on := n.Get("deep", "on")
		if truth, ok := on.Truth(); !truth || !ok || on.At() != c.lines[1] {
			t.Errorf("%s: deep.on is %+v", c.name, on)
		}
		list := n.Get("deep", "list").Elements()
		if len(list) != 2 {
			t.Fatalf("%s: deep.list has %d items", c.name, len(list))
		}
		if v, ok := list[1].Get("a").Int(); v != 2 || !ok || list[1].Get("a").At() != c.lines[2] {
			t.Errorf("%s: the second a is %+v", c.name, list[1].Get("a"))
		}
		if n.Get("nothing").Scalar() != "" || n.Get("no", "such", "way").At() != 0 || n.First("no", "name").Scalar() != "shop" {
			t.Errorf("%s: what is not there has a value", c.name)
		}
	}
}

func TestAliasesAndMerges(t *testing.T) {
	t.Parallel()
	n, err := Parse(YAML, []byte("x: &x {a: 1, b: 2}\ny:\n  <<: *x\n  b: 3\n"))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := n.Get("y", "a").Scalar(), n.Get("y", "b").Scalar(); a != "1" || b != "3" {
		t.Errorf("y has a = %q, b = %q", a, b)
	}
}

func TestTagsOfAProgramsOwnAreKept(t *testing.T) {
	t.Parallel()
	n, err := Parse(YAML, []byte("a: !reset null\nb: !override [1]\nc: !!str 1\nd: 1\n"))
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{"a": "!reset", "b": "!override", "c": "", "d": ""} {
		if got := n.Get(key).Tag; got != want {
			t.Errorf("%s has the tag %q, not %q", key, got, want)
		}
	}
}

func TestMistakesHaveTheirLine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		format Format
		text   string
		line   int
	}{
		{YAML, "a: 1\nb: [1, 2\nc: 3\n", 3},
		{YAML, "a: &a [*a]\n", 1},
		{JSON, "{\n\"a\": 1,\n\"b\" 2}", 3},
		{TOML, "a = 1\nb = \n", 2},
		{TOML, "a = 1\na = 2\n", 2},
	} {
		_, err := Parse(c.format, []byte(c.text))
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || syntax.Line != c.line {
			t.Errorf("%q: %v (%+v)", c.text, err, syntax)
		}
	}
}

func TestDepthAndSizeAreBounded(t *testing.T) {
	t.Parallel()
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := 1; i < 9; i++ {
		now, last := string(rune('0'+i)), string(rune('0'+i-1))
		bomb += "a" + now + ": &a" + now + " [" + strings.TrimSuffix(strings.Repeat("*a"+last+",", 10), ",") + "]\n"
	}
	for _, c := range []struct {
		format Format
		text   string
	}{
		{YAML, bomb},
		{YAML, strings.Repeat("[", 5000) + strings.Repeat("]", 5000)},
		{JSON, strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)},
		{TOML, "a = " + strings.Repeat("[", 5000) + strings.Repeat("]", 5000)},
		{TOML, strings.Repeat("a.", 5000) + "a = 1"},
		{JSON, "\xff"},
	} {
		if _, err := Parse(c.format, []byte(c.text)); err == nil {
			t.Errorf("%.20q… is taken", c.text)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{asYAML, asJSON, asTOML, "", "a: &a [*a]", "{", "[[a]]\n[a.b]\nc=1", "a.b.c = {d.e = [1, {f = 2}]}"} {
		for format := YAML; format <= TOML; format++ {
			f.Add(int(format), []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, format int, data []byte) {
		n, err := Parse(Format(format), data)
		if err == nil && n == nil {
			t.Fatal("neither a tree nor an error")
		}
		walk(t, n, 0)
	})
}

func walk(t *testing.T, n *Node, depth int) {
	if n == nil {
		return
	}
	if depth > 3*mostNested {
		t.Fatal("too deep")
	}
	for _, item := range n.Elements() {
		walk(t, item, depth+1)
	}
	for _, f := range n.Each() {
		if f.Value == nil {
			t.Fatalf("%s has no value", f.Key)
		}
		walk(t, f.Value, depth+1)
	}
}
