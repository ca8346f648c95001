// Package queries holds the questions that come with ctsql, as SQL text, and reads
// the comments that tell of them. The package runs nothing and imports nothing of
// ctsql's.
//
// # The form of a file
//
// A file is one question, and its folder the group: s3/denied.sql is the question
// s3/denied. It begins with a comment of -- lines, then comes one statement.
//
//	-- Who was refused, and how often?
//	--
//	-- What it finds and why that matters: paragraphs, shown as they are written.
//	--
//	-- False positives: what it also finds, and how to tell.
//	-- Parameters:
//	--   $bucket  text      = '%'           buckets whose name is like this
//	--   $since   timestamp = '1970-01-01'  from this time on
//	--   $key     text                      one that has to be given
//	-- Severity: high
//	-- ATT&CK: T1530, T1485
//	-- Needs: s3logs, cloudtrail, geoip
//	-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
//
// The first paragraph is the title. What has a heading comes last, each heading
// once and in this order; all may be left out. Indented lines go on with what was
// begun.
//
//   - Parameters are what the statement has as $name, each with its type: text,
//     timestamp (UTC, with or without the time of day), integer, number or boolean.
//     Text and timestamps stand in quotes, a quote in them twice.
//   - Severity is of detections, whose rows call for somebody: info, low, medium,
//     high or critical.
//   - ATT&CK are MITRE's techniques.
//   - Needs names the tables that are read (cloudtrail, s3logs, aggregated) and the
//     data that functions of addresses answer from, as the flags of ctsql query call
//     it: geoip, tor, ip-ranges.
//
// # The SQL of a file
//
// Those in s3 are written in what DuckDB and Athena (Trino) both understand, but for
// $parameters and functions of addresses; a test refuses what only DuckDB has. No
// answer may come of something that is not there: a NULL is an unknown, also for
// lines that were written before a field existed. No name of a partition is
// assumed: arn:aws-cn: is an ARN too.
package queries
