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
// There are two ways of looking, and a filter goes over to the other one when
// what it has read shows that it is dear:
//
//   - for texts that every match has in it, one of few, in either case: eight
//     bytes at a time, by the two of each text's bytes that are the rarest in
//     logs;
//   - with an automaton over bytes that is built as the bytes come, on four
//     parts of the log at a time, because one alone would mostly wait for
//     memory.
//
// Bytes that a reader of logs takes out before it searches, such as colours, or
// those of other scripts, make a line one that may match, because only the
// caller knows what becomes of them. [Filter.May] takes a line as it is.
package linefilter
