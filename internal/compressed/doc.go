// Package compressed keeps a file as zstd that can be read from any place.
//
// The file is a run of zstd frames of [FrameSize] bytes each before
// compression, and ends with a table of where they lie, in a frame that other
// programs pass over: the "seekable format" of the zstd project. So zstdcat,
// `rg -z` and less with a filter read it, and this package gets at a byte of it
// by unpacking one frame.
//
//	err := compressed.File(ctx, "000001.log", "000001.log.zst")
//	f, err := compressed.Open("000001.log.zst")
//	f.ReadAt(b, 1<<30)
package compressed
