// Package promises holds no code. Its tests try to break what prox promises:
// they kill the controller, shims and tmux, race commands, flood terminals,
// and look at what is left.
package promises
