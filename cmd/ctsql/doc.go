// Command ctsql answers SQL over AWS CloudTrail logs and S3 server access logs.
//
// A tour of the code, along the way of the data:
//
//	internal/source      says which objects there are, and opens them
//	internal/load        fetches them and has them decoded, side by side
//	internal/cloudtrail  decodes whole objects into batches of rows
//	internal/s3logs      takes the lines of access logs apart, for cloudtrail
//	internal/inflate     is gzip for what is in memory
//	internal/cache       stores batches in a DuckDB file, and answers from it
//	internal/duck        is DuckDB: its files, its functions, its results
//	internal/geoip       tells what is known of an address
//	internal/dialect     takes SQL text apart
//	internal/detect      asks detections, and leaves out those that can find nothing
//	internal/triage      tells who somebody is, what they did, and what is left of it
//	internal/profile     knows what is normal for each actor, and judges what is not
//	internal/watch       learns from batches, and keeps what was learned, and alerts
//	internal/outbox      keeps at alerts until they are delivered
//	internal/sns         delivers them to a topic
//	internal/render      lays results out
//	internal/synth       makes the logs of the demo, the tests and the benchmark
//	queries              are questions that come with the program
//
// This package wires them together: a file for each command. Configuration is a
// flag, else an environment variable, else the configuration file, else a default,
// read here (config.go) and passed down as plain values.
package main
