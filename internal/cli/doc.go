// Package cli is what a person types: one file for each command.
//
// A command is a struct of its flags with a method Run, which is given all it
// needs in an [app]: there are no package variables. Results go to standard
// output, everything else to standard error. An error becomes words and an
// exit code in one place, [report]; the codes are:
//
//	0    fine
//	1    failed
//	2    the command line is wrong
//	3    the project is not running
//	4    the config is wrong, or there is none
//	5    a service did not become ready
//	130  ended by Ctrl-C
//
// `prox exec` and `prox start --foreground` pass on the code of what they ran.
//
// The commands talk to the controller through package api only; `prox logs`
// reads the store itself, so that it works when nothing runs.
package cli
