package linefilter

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// passedOver is a line of b that matches and that f passes over.
func passedOver(match func([]byte) bool, f *Filter, b []byte) (string, bool) {
	at := 0 // the line that the search is at
	for at <= len(b) {
		next := len(b)
		if at < len(b) {
			next = at + f.Next(b[at:])
		}
		for at < next {
			line, rest, _ := bytes.Cut(b[at:], []byte("\n"))
			if text := bytes.TrimRight(line, "\r"); match(text) || strangeLine(b[at:len(b)-len(rest)]) {
				return string(b[at : len(b)-len(rest)]), true
			}
			at = len(b) - len(rest)
		}
		if at != next {
			return fmt.Sprintf("%d is not the beginning of a line", next), true
		}
		if at == len(b) {
			break
		}
		_, rest, _ := bytes.Cut(b[at:], []byte("\n"))
		at = len(b) - len(rest)
	}
	for line := range bytes.SplitSeq(b, []byte("\n")) {
		if match(line) && !f.May(line) {
			return "May: " + string(line), true
		}
	}
	return "", false
}

// strangeLine says of a line and its end whether it has bytes that may not mean
// just themselves.
func strangeLine(line []byte) bool {
	if text, ok := bytes.CutSuffix(line, []byte("\n")); ok {
		line = bytes.TrimSuffix(text, []byte("\r"))
	}
	return bytes.ContainsFunc(line, func(r rune) bool { return r != '\t' && (r < ' ' || r > '~') })
}

type source struct {
	*rand.Rand
}

func pick[T any](r source, from ...T) T { return from[r.IntN(len(from))] }

// word is a text that patterns and lines both are made of.
func (r source) word() string {
	return pick(r, "error", "Error", "ERR", "warn", "timeout", "kiosk", "status=", "5", "42", "ms", "a", "b", "ab", "aab", " ", ": ", "é", "ſ", "\u212a", "日本", "k", "s", "deadbeef", "-", "_x", "\t", "connection refused")
}

func (r source) pattern(depth int) string {
	if depth == 0 || r.IntN(4) == 0 {
		switch r.IntN(12) {
		case 0:
			return pick(r, `\d`, `\w`, `\s`, `\S`, `\W`, `\D`, `.`, `[[:punct:]]`, `[[:upper:]]`)
		case 1:
			return pick(r, `[a-f0-9]`, `[^a]`, `[^\x00-\x7f]`, `[kK]`, `[5-7]`, `[éa]`, `[^\n]`, `\x{FFFD}`, `[\x{80}-\x{10FFFF}]`)
		case 2:
			return pick(r, `\pL`, `\p{Lu}`, `\PN`, `\p{Han}`, `\pS`)
		case 3:
			return pick(r, `^`, `$`, `\b`, `\B`, `\A`, `\z`, `(?m:^)`, `(?m:$)`, ``)
		default:
			return regexp.QuoteMeta(r.word())
		}
	}
	switch r.IntN(9) {
	case 0, 1, 2:
		return r.pattern(depth-1) + r.pattern(depth-1)
	case 3, 4:
		return "(" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + ")"
	case 5:
		return "(?i:" + r.pattern(depth-1) + ")"
	case 6:
		return "(?:" + r.pattern(depth-1) + ")" + pick(r, "*", "+", "?", "{2,3}", "{1,}", "+?", "{3}", "*?")
	case 7:
		return "(" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + "|" + r.pattern(depth-1) + ")"
	default:
		return r.pattern(depth-1) + pick(r, ".*", `\d+`, " ", ".", "[a-z]+", "") + r.pattern(depth-1)
	}
}

func (r source) log(odd bool) []byte {
	var b strings.Builder
	for range 1 + r.IntN(40) {
		for range r.IntN(8) {
			w := r.word()
			switch r.IntN(8) {
			case 0:
				w = strings.ToUpper(w)
			case 1:
				w = strings.Repeat("plain text ", r.IntN(20)) + w
			}
			if strings.ContainsFunc(w, func(r rune) bool { return r > 127 }) && !odd {
				continue
			}
			b.WriteString(w)
			if odd && r.IntN(16) == 0 {
				b.WriteString(pick(r, "\xff", "\xe2\x84", "\x1b[31m", "\r", "\x00", "\x7f", "\x80"))
			}
		}
		b.WriteString(pick(r, "\n", "\n", "\n", "\r\n", "\r\r\n"))
	}
	if r.IntN(3) == 0 {
		b.WriteString(r.word() + pick(r, "", "", "\r"))
	}
	return []byte(b.String())
}

// ways are f in each of the ways it can look.
func ways(f *Filter) map[string]*Filter {
	all := map[string]*Filter{"as it is": f, "a clone": f.Clone()}
	if f.literals != nil {
		literals := f.Clone()
		literals.log, literals.line = nil, nil
		all["by literals"] = literals
		both := f.Clone()
		for _, l := range both.literals {
			l.cost = 0
		}
		both.aimed = 1 << 60
		all["by literals first"] = both
		automaton := f.Clone()
		automaton.literals = nil
		all["by automaton"] = automaton
	}
	return all
}

// TestNoLineThatMatchesIsPassedOver is what a filter must never do.
func TestNoLineThatMatchesIsPassedOver(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			r := source{rand.New(rand.NewPCG(seed, 2))}
			filters, literals := 0, 0
			for range 200 {
				pattern := r.pattern(1 + r.IntN(4))
				re, err := regexp.Compile(pattern)
				if err != nil {
					continue // repeated too many times
				}
				f := Compile(re)
				if f == nil {
					continue
				}
				filters++
				if f.literals != nil {
					literals++
				}
				for name, f := range ways(f) {
					for k := range 3 {
						b := r.log(k > 0)
						if line, passed := passedOver(re.Match, f, b); passed {
							t.Fatalf("%q, %s: passes over %q of %q", pattern, name, line, b)
						}
					}
				}
			}
			if filters < 60 || literals < 20 {
				t.Errorf("%d patterns are filtered for, %d by literals, which says little", filters, literals)
			}
		})
	}
}

// TestAutomatonForgets: one that has more states than it can name misses nothing
// for it, and takes its time to say that it is of no use.
func TestAutomatonForgets(t *testing.T) {
	t.Parallel()
	r := source{rand.New(rand.NewPCG(5, 6))}
	var words []string
	for range 60 {
		var word []byte
		for range 12 {
			word = append(word, byte('a'+r.IntN(26)))
		}
		words = append(words, string(word))
	}
	re := regexp.MustCompile("(" + strings.Join(words, "|") + ")$")
	f := Compile(re)
	f.literals = nil
	match := func(line []byte) bool { // sooner than re
		return slices.ContainsFunc(words, func(word string) bool { return bytes.HasSuffix(line, []byte(word)) })
	}
	forgot := 0
	for _, word := range words {
		var b []byte
		for len(b) < 20000 {
			b = append(b, "one "+word+" and "+word[:r.IntN(12)]...)
			if r.IntN(50) == 0 {
				b = append(b, " and "+words[r.IntN(60)]...)
			}
			b = append(b, pick(r, "\n", "\r\n")...)
		}
		before := len(f.log.sets)
		if line, passed := passedOver(match, f, b); passed {
			t.Fatalf("passes over %q", line)
		}
		if len(f.log.sets) < before {
			forgot++
		}
	}
	if forgot < 2 || f.log.lost {
		t.Errorf("forgets %d times, is lost: %t", forgot, f.log.lost)
	}
}

// TestAutomatonIsLost: one that would be learning all the time stops, and passes
// over nothing. Before it does, it takes little time and memory.
func TestAutomatonIsLost(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{`(a|b)*a(a|b){20}c`, `(a|b)*a(a|b){9}$`, `(a|b)*a(a|b){900}c`, `(a?){50}(a|b){30}a(a|b){30}(c|$)`} {
		t.Run(pattern, func(t *testing.T) {
			t.Parallel()
			r := source{rand.New(rand.NewPCG(5, 6))}
			re := regexp.MustCompile(pattern)
			f := Compile(re)
			f.literals = nil
			var b []byte
			for len(b) < 150000 {
				for range r.IntN(300) {
					b = append(b, pick(r, byte('a'), 'b'))
				}
				b = append(b, pick(r, "\n", "\n", "c\r\n")...)
			}
			began := time.Now()
			for at := 0; at < len(b); at = lineAfter(b, at) {
				if at += f.Next(b[at:]); at == len(b) {
					break
				}
				if f.log.kept > mostKept {
					t.Fatalf("%d instructions are kept", f.log.kept)
				}
			}
			took := time.Since(began)
			if !f.log.lost || f.Next([]byte("-\n")) != 0 || f.Clone().Next([]byte("-\n")) != 0 {
				t.Error("it goes on learning")
			}
			if took > 2*time.Second { // it is 20 ms
				t.Errorf("it took %v", took)
			}
			f = Compile(re)
			f.literals = nil
			if line, passed := passedOver(re.Match, f, b[:20000]); passed {
				t.Errorf("passes over %q", line)
			}
		})
	}
}

// TestAutomatonKeepsLittle: however large its states are.
func TestAutomatonKeepsLittle(t *testing.T) {
	t.Parallel()
	r := source{rand.New(rand.NewPCG(5, 6))}
	re := regexp.MustCompile(`a(a|b){900}a(a|b){900}(c|$)`)
	f := Compile(re)
	f.literals = nil
	f.log.patience, f.line.patience = 1<<40, 1<<40
	var b []byte
	for range 6 {
		for range 800 + r.IntN(1500) {
			b = append(b, pick(r, byte('a'), 'b'))
		}
		b = append(b, '\n')
	}
	if line, passed := passedOver(re.Match, f, b); passed {
		t.Errorf("passes over %q", line)
	}
	if f.log.kept > mostKept || f.line.kept > mostKept || f.log.lost {
		t.Errorf("%d and %d instructions are kept, is lost: %t", f.log.kept, f.line.kept, f.log.lost)
	}
}

// TestGoesOverWithinALine: what came before in the line is not forgotten.
func TestGoesOverWithinALine(t *testing.T) {
	t.Parallel()
	f := Compile(regexp.MustCompile(`x.{600}needle[ab]`))
	f.owed, f.aimed = debt, trusted
	f.literals[0].at, f.literals[0].cost = strings.IndexByte("needle", 'd'), 0
	b := []byte("a line\nx" + strings.Repeat("d", 600) + "needlea\n")
	if got := f.Next(b); got != len("a line\n") || f.exiled == 0 {
		t.Errorf("%d, goes over: %t", got, f.exiled > 0)
	}
}

// TestFilterIsOfUse: it doesn't just say that every line may match.
func TestFilterIsOfUse(t *testing.T) {
	t.Parallel()
	lines := []string{
		"2025-03-01 INFO all is well", "2025-03-01 ERROR: connection refused", "time=12:00 took=1234ms deadbeef",
		`10.0.0.1 - - "GET / HTTP/1.1" status=503`, "Warning: kernel says sorry", "trailing 42", "",
	}
	log := []byte(strings.Join(lines, "\r\n") + "\n")
	for pattern, want := range map[string]string{
		`connection refused`:     "1",
		`ERROR|panic`:            "1",
		`(?i)error`:              "1",
		`(?i)KERNEL|sorry`:       "4",
		`[a-z]+=\d{4}ms [a-f]+`:  "2",
		`status=5\d\d`:           "3",
		`^2025.*(well|refused)$`: "0 1",
		`\d+$`:                   "3 5",
		`^\d+$`:                  "",
		`(?m)^trailing`:          "5",
		`^ERROR`:                 "",
		`\bsays\b`:               "4",
		`^[^\d].*\d$`:            "5",
		`refused\s`:              "",
		`é|ſ`:                    "",
		`[^ -~]`:                 "",
		`(a|b){3,}c`:             "",
	} {
		f := Compile(regexp.MustCompile(pattern))
		for name, f := range ways(f) {
			if name == "by literals" && !f.whole {
				continue
			}
			var got []string
			for at := 0; at < len(log); {
				if at += f.Next(log[at:]); at == len(log) {
					break
				}
				got = append(got, fmt.Sprint(bytes.Count(log[:at], []byte("\n"))))
				at = lineAfter(log, at)
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%q, %s: lines %q, want %q", pattern, name, s, want)
			}
			got = nil
			for k, line := range lines {
				if f.May([]byte(line)) {
					got = append(got, fmt.Sprint(k))
				}
			}
			if s := strings.Join(got, " "); s != want {
				t.Errorf("%q, %s: May says %q, want %q", pattern, name, s, want)
			}
		}
	}
}

func TestOddLinesMayMatch(t *testing.T) {
	t.Parallel()
	f := Compile(regexp.MustCompile("needle"))
	for name, f := range ways(f) {
		for _, line := range []string{"\x1b[m", "é", "\xff", "a\rb", "a\r\r", "\x00", "\x7f", "\v", strings.Repeat("-", 5000) + "\b"} {
			for _, end := range []string{"\n", "\r\n", "\nmore\n", ""} {
				plain := strings.Repeat("some line\r\n", 300)
				if got := f.Next([]byte(plain + line + end)); got != len(plain) {
					t.Errorf("%s: %q: %d, want %d", name, line+end, got, len(plain))
				}
			}
		}
		if got := f.Next([]byte("a line\r")); got != 0 {
			t.Errorf("%s: a '\\r' with nothing behind it: %d", name, got)
		}
	}
}

func TestMayOfBytesThatAreNoASCII(t *testing.T) {
	t.Parallel()
	for pattern, lines := range map[string][]string{
		"(?i)kiosk":        {"KIO\u017fk", "\u212aiosk", "kiosK"},
		"(?i)ſ":            {"s", "S"},
		"a.c":              {"aéc", "a\xffc", "a日c"},
		"a\\x{FFFD}c":      {"a\xffc", "a\ufffdc", "a\xe2c"},
		"[^a]b":            {"\x80b"},
		"é+x":              {"ééx"},
		"warn|日本":          {"日本"},
		"\\pL{3}":          {"日本語"},
		"a\nb":             {"a\nb"},
		"(?m)^b":           {"a\nb"},
		"tab\tor\rreturn$": {"tab\tor\rreturn"},
	} {
		re := regexp.MustCompile(pattern)
		f := Compile(re)
		for name, f := range ways(f) {
			for _, line := range lines {
				if !re.MatchString(line) {
					t.Fatalf("%q does not match %q", pattern, line)
				}
				if !f.May([]byte(line)) {
					t.Errorf("%q, %s: %q may not match", pattern, name, line)
				}
			}
		}
	}
}

func TestNoFilter(t *testing.T) {
	t.Parallel()
	for _, pattern := range []string{"", "x*", "^", "$", "a|", "(?i)a?b*", `\b`, "^.*$", "(a*)+", "((((((x{10}){10}){10})?)))"} {
		if f := Compile(regexp.MustCompile(pattern)); f != nil {
			t.Errorf("%q matches nothing, and there is a filter for it", pattern)
		}
	}
	long := strings.Repeat(`[a-z]{900}`, 12)
	if f := Compile(regexp.MustCompile(long)); f != nil {
		t.Error("there is a filter for what is too long")
	}
	re := regexp.MustCompile(long + "needle")
	f := Compile(re)
	if f == nil {
		t.Fatal("there is no filter for what is too long for an automaton, but has a literal")
	}
	if got := f.Next([]byte("a\nb\nthe needle\n")); got != 4 || f.May([]byte("a")) {
		t.Errorf("what is too long for an automaton: %d, want 4", got)
	}
	if f := Compile(regexp.MustCompilePOSIX(`a+b`)); f == nil || f.Next([]byte("x\naab\n")) != 2 {
		t.Error("no filter for a POSIX expression")
	}
}

// TestClonesWorkAtOnce is of use with the race detector.
func TestClonesWorkAtOnce(t *testing.T) {
	t.Parallel()
	re := regexp.MustCompile(`(?i)time=[0-9]+ms|kiosk \d{3}`)
	f := Compile(re)
	var wait sync.WaitGroup
	for k := range 4 {
		clone := f.Clone()
		wait.Go(func() {
			r := source{rand.New(rand.NewPCG(uint64(k), 1))}
			for range 20 {
				if line, passed := passedOver(re.Match, clone, r.log(true)); passed {
					t.Errorf("passes over %q", line)
				}
			}
		})
	}
	wait.Wait()
}

func FuzzFilter(f *testing.F) {
	r := source{rand.New(rand.NewPCG(8, 9))}
	for range 40 {
		f.Add(r.pattern(1+r.IntN(3)), r.log(true))
	}
	f.Add(`(?i)kiosk`, []byte("K\u212aſ\r\nKIO\u017fk\n"))
	f.Add(`\d+$|^x`, []byte("a1\r\nx\nx\r\r\n1"))
	f.Fuzz(func(t *testing.T, pattern string, b []byte) {
		if len(pattern) > 200 || len(b) > 1<<14 {
			return
		}
		re, err := regexp.Compile(pattern)
		if err != nil {
			return
		}
		filter := Compile(re)
		if filter == nil || filter.log == nil || len(filter.log.insts) > 200 {
			return // package regexp takes too long
		}
		for name, filter := range ways(filter) {
			for _, b := range [][]byte{b, bytes.Repeat(append(b, '\n'), 1+4096/(len(b)+1))} {
				if line, passed := passedOver(re.Match, filter, b); passed {
					t.Fatalf("%q, %s: passes over %q", pattern, name, line)
				}
			}
		}
	})
}

// TestTakesTheQuickerWay: what is looked for first is what is rare in the log at
// hand, and no literals are where none is.
func TestTakesTheQuickerWay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pattern, line, wrong string
		by                   string // the byte that is looked for
		automaton            bool
	}{
		"rare where it is written": {pattern: "quiz", line: "zzz qqq uuu", by: "i"},
		"rare in most logs":        {pattern: "quiz", line: "nothing of that", by: "q"},
		"rare in either case":      {pattern: "(?i)zuiq", line: "ZZZ iiq", by: "u"},
		"not rare":                 {pattern: "quiz", line: "zzz qqq uuu iii", automaton: true},
		"rare at first":            {pattern: "quiz[ab]", line: "nothing of that", wrong: "quiz - quiz", automaton: true},
	} {
		f := Compile(regexp.MustCompile(c.pattern))
		b := []byte(strings.Repeat(c.line+"\n", 500) + strings.Repeat(c.wrong+"\n", 5000))
		if got := f.Next(b); got != len(b) {
			t.Fatalf("%s: %d, want %d", name, got, len(b))
		}
		if gone := f.exiled > 0; gone != c.automaton {
			t.Errorf("%s: looks with the automaton: %t", name, gone)
		}
		if l := f.literals[0]; !c.automaton && l.s[l.at:l.at+1] != c.by {
			t.Errorf("%s: looks for %q, want %q", name, l.s[l.at], c.by)
		}
	}
}
