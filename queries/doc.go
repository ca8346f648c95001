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
//	-- Scope: window 7d
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
//   - Scope makes the question a detection: see below.
//   - Severity is of detections, whose rows call for somebody: info, low, medium,
//     high or critical. It is the worst that a row may have.
//   - ATT&CK are MITRE's techniques.
//   - Needs names the tables that are read (cloudtrail, s3logs, aggregated), the
//     categories of events that trails log only where somebody asks for them (data,
//     network, insight; a question that is also of use without one does not need
//     it), and the data that functions of addresses answer from, as the flags of
//     ctsql query call it: geoip, tor, ip-ranges.
//
// The folders are detect, whose questions are all detections; investigate, about
// somebody or something that is known, mostly a parameter without a default;
// inventory, what there is; cost-and-errors, what it costs and what fails; s3, about
// S3's access logs; and demo, which is what `ctsql demo` asks and follows no more of
// this than the title.
//
// # Detections
//
// A detection's rows are findings, with [Columns] and no others, so that those of many
// detections make one table:
//
//   - time, TIMESTAMP, of the event, or of the last of those that it took;
//   - severity, which may be less than the file's: of what failed, for one. Then why
//     says that it failed;
//   - technique, one of the file's, mostly the first;
//   - actor: actor(userIdentity); address: sourceIPAddress; account:
//     recipientAccountId; region: awsRegion; event: eventName; each as of the event;
//   - object, what it was done to;
//   - why, a sentence for a person, with what matters of the event in it. It is never
//     NULL, so that each part of it that may be is in a coalesce;
//   - eventID, of the event, or of the one at time.
//
// The parameters $since and $until, with the defaults '1970-01-01' and '9999-12-31',
// bound the time of findings. Scope says how far before it a detection looks:
//
//   - event: a record is judged by itself, and the two bound eventTime;
//   - window 7d (or 36h): a finding takes what was up to so long before it. The
//     statement reads from CAST($since AS timestamp) - INTERVAL '7' DAY on, and
//     bounds the finding's time at its end. It finds the same whatever $since is.
//
// Beside NAME.sql is NAME.json, with which a test asks it; it is no part of the
// program:
//
//	{"find":   [ {"eventSource": "iam.amazonaws.com", "eventName": "CreateUser"},
//	             {"records": [{…}, {…}], "expect": ["ID"], "shows": {"severity": "low"}} ],
//	 "ignore": [ {…}, [{…}, {…}] ]}
//
// A case is a record, a list of them, or an object of records, requests (lines of
// S3's access log), params (by name, texts), note (for a person), expect (how many
// findings, or their eventIDs; 1 without it) and shows (what each finding's columns
// have in them). A record has what the case is about; the test fills in the rest: an
// IAM user alice of account 111122223333, eu-west-1, 198.51.100.7, the time (a minute
// after the record before). null takes a member away; "times": 20 and "every": "30s"
// repeat a record. A case is asked by itself, but for those to ignore of scope event.
// The test also asks of the same records with members left out, and with values of
// other kinds: a detection neither fails of those nor yields half a finding.
//
// # The SQL of a file
//
// Those that are not in demo are written in what DuckDB with ctsql's macros and Athena
// (Trino) both understand, so that they also run there, over a view in which eventTime
// is a timestamp. A test holds the list of functions and refuses all others, and:
//
//   - :: and -> and ->> (CAST; json_extract_scalar(requestParameters, '$.name') and
//     '$["x-amz-id-2"]', '$.list[0].name'), // and % (mod), / but by a decimal number
//     (of integers it is 0.5 to one and 0 to the other), [ ] and { } (element_at,
//     of a list from 1), LIMIT but by a number or $parameter, INTERVAL but as
//     INTERVAL '7' DAY, which may be multiplied: INTERVAL '1' DAY * CAST($days AS bigint);
//   - QUALIFY, FILTER, EXCLUDE, ILIKE, PIVOT, GROUP BY ALL, ORDER BY ALL, a query
//     that begins with FROM, count_if and string_agg (count(CASE WHEN … THEN 1 END);
//     array_join(array_agg(…), ', ')), concat (|| is NULL where a part is, to both);
//   - arn:aws: and amazonaws.com: an ARN may begin with arn:aws-cn:, and an
//     eventSource end in .com.cn or .eu. Write eventSource LIKE 'iam.amazonaws.%',
//     arn LIKE 'arn:%:role/name', split_part(arn, ':', 5), and
//     split_part(eventSource, '.', 1) to show one.
//
// Beyond both are only $parameters and ctsql's own functions: actor, those of
// addresses (city, country, …, asn, as_org, distance_km, is_tor, aws_service,
// aws_region, is_private, in_cidr).
//
// No answer may come of something that is not there: a NULL is an unknown, also for
// lines that were written before a field existed, and requestParameters of a call
// that failed may be null. TRY_CAST what is text in JSON: attackers type it.
//
// What is refused has an errorCode LIKE '%AccessDenied%' or LIKE '%Unauthorized%'.
// Where userIdentity.invokedBy is not NULL an AWS service acted for somebody; its
// address is the service's name. With a vpcEndpointId the address is the endpoint
// owner's choice: no geography. Both records of a call across accounts are there, with
// one sharedEventID. Who signs in through a provider of identities has MFAUsed No all
// the same.
package queries
