// Package logstore keeps the output of one instance of a service in one
// folder, byte for byte, and reads it back as lines.
//
// A folder holds numbered segments: NNNNNN.log has the bytes as they came,
// NNNNNN.idx says when each stretch came, from which stream, and in which run
// of the service. FORMAT.md beside this file describes both exactly.
//
// One Writer at a time appends to a segment. Any number of readers, in any
// number of processes, may read while it does; they need no word from the
// writer because a record of the index is always written before the bytes it
// describes.
package logstore
