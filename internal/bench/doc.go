// Package bench holds no code. Its benchmarks measure prox as a whole, against
// the bare thing in the same run; README.md has figures and how to run them.
package bench
