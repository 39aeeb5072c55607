// Package linefilter tells quickly which lines of a log a regular expression
// may match, so that only those few need be shown to package regexp, which
// takes ten to a hundred times as long over a line. It may name a line that
// does not match; it never passes over one that does.
//
//	f := linefilter.Compile(re) // nil: ask re about every line
//	for at := 0; at < len(b); {
//		at += f.Next(b[at:])
//		line, rest, _ := bytes.Cut(b[at:], []byte("\n"))
//		// ask re about the line
//		at = len(b) - len(rest)
//	}
//
// There are two ways of looking. A filter takes the one that is the quicker in
// the log at hand, and goes over to the other when what it reads shows that it is
// not:
//
//   - for texts of which every match has one, each by its rarest byte, with the
//     processor's own search;
//   - with an automaton over bytes that is built as the bytes come, on six parts
//     of the log at a time, because one alone would mostly wait for memory.
//
// Bytes that a reader of logs takes out before it searches, such as colours, or
// those of other scripts, make a line one that may match, because only the
// caller knows what becomes of them. [Filter.May] takes a line as it is.
package linefilter
