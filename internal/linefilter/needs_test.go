package linefilter

import (
	"regexp/syntax"
	"slices"
	"strings"
	"testing"
)

func TestNeeds(t *testing.T) {
	t.Parallel()
	// A text in either case has a ~ before it; "=" is before those that are all
	// there is to a match.
	for pattern, want := range map[string]string{
		"ERROR":                    "= ERROR",
		"(ERROR|panic)":            "= ERROR panic",
		"ERROR|ERR":                "= ERR",
		"(?i)error":                "= ~error",
		"(?i)timeout|refused":      "= ~refused ~timeout",
		"(?i:warn)ING":             "~warning",
		"(?i:warn) 5":              "= ~warn 5",
		"(?i:error)|error":         "= ~error",
		"ERROR|(?i:panic|err)":     "= ~err ~panic",
		`status=5\d\d`:             "status=5",
		`\d+ status=[45]0\d`:       " status=",
		"^ERROR$":                  "ERROR",
		`\bpanic\b: .*nil pointer`: "nil pointer",
		"fo[ox]ba[rz]":             "fooba foxba",
		"colou?r":                  "colo",
		"a(bc)+d":                  "bc",
		"(foo|bar)*quux":           "quux",
		"x{3}":                     "= xxx",
		"naïve":                    "ve",
		"naïveté":                  "vet",
		"é|ERROR":                  "",
		"ERROR|x*":                 "",
		"a|b":                      "",
		"E":                        "",
		"[a-z]+":                   "",
		".*":                       "",
		"(?i)[ks]x":                "",
		"(x|yz|[^a])bc":            "bc",
		"connection .*(refused|reset)|broken pipe": "broken pipe connection ",
	} {
		tree, err := syntax.Parse(pattern, syntax.Perl)
		if err != nil {
			t.Fatal(err)
		}
		got, whole := needs(tree.Simplify())
		var texts []string
		for _, one := range got {
			texts = append(texts, map[bool]string{true: "~"}[one.fold]+one.s)
		}
		slices.Sort(texts)
		s := strings.Join(texts, " ")
		if whole {
			s = "= " + s
		}
		if s != want {
			t.Errorf("%q needs %q, want %q", pattern, s, want)
		}
	}
}
