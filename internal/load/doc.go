// Package load is the pump: it lists objects, leaves alone those that the sink
// has, fetches and decodes the others side by side, and hands whole objects over
// in batches. It counts everything that is not a row, and writes nothing but
// spooled copies of large objects, in the folder for temporary files.
package load
