// Command ctsql answers SQL over AWS CloudTrail logs.
//
// A tour of the code, along the way of the data:
//
//	internal/source      says which objects there are, and opens them
//	internal/load        fetches them and has them decoded, side by side
//	internal/cloudtrail  decodes whole objects into batches of rows
//	internal/cache       stores batches in a DuckDB file, and answers from it
//	internal/duck        is DuckDB: its files, its functions, its results
//	internal/dialect     takes SQL text apart
//	internal/render      lays results out
//	internal/synth       makes the logs of the demo, the tests and the benchmark
//
// This package wires them together: a file for each command. Configuration is a
// flag, else an environment variable, else a default, read here and passed down
// as plain values.
package main
