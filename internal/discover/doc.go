// Package discover reads what other programs' files in a folder say about how a
// project is run, and proposes a prox.toml from it.
//
// Begin with [Look], which reads a folder and the workspaces below it, or with
// [Import], which takes one config of another runner over whole. Both give a
// [Proposal]: services, each with the file and line it was found in, and notes
// on what could not be read or kept. [Proposal.TOML] writes it as a config with
// comments.
//
// Nothing that is found is ever run. Files are bounded in size, symbolic links
// do not lead out of the folder, and a file that can't be read costs a note and
// nothing else.
//
// # How it works
//
// [sources] lists the kinds of files; each has a reader in a file of its name,
// which is given one file and adds services to what was found. When all are
// read, services that several files speak of become one: see same.go. For that,
// each service knows by which [Ref]s others call it, and what its own command
// calls (calls.go). At last the proposal is loaded as a config would be, and
// what would be a mistake there is turned off, with the reason beside it.
package discover
