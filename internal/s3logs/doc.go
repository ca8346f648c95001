// Package s3logs knows the S3 server access log: the line and its fields, the
// keys of its objects, and the names that the fields have where the log comes as
// JSON. It takes lines apart and says where each value lies; it opens no file,
// keeps no row and changes no byte: a key stays URL-encoded, TLSV1.2 keeps its
// capitals.
//
// A line is, as AWS documents it at
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html:
//
//	owner bucket [time] ip requester request-id operation key "request-URI"
//	status error bytes size total turn-around "referer" "user agent"
//	version [host-id sigv cipher auth endpoint tls [access-point [acl [region [...]]]]]
//
// The least is 18 fields, today's lines have 27, and AWS may append more. A
// field that is - is null, quoted or not.
//
// # Where a quoted field ends
//
// Request-URI, referer and user agent are the client's own text, with spaces and
// with quotes that nothing escapes, so that a client can write into them what
// looks like the fields that follow. All else is AWS's. The line is therefore
// decided from both ends, inwards:
//
//   - The request-URI ends at the first quote that is followed by a status, five
//     words without quotes, and a quote or a bare -. The first, since a request
//     line has no room for it: HTTP allows no spaces in a URI. The two headers
//     may hold anything, also a whole answer, and come later.
//   - The user agent ends at the last quote of the line that a space follows,
//     where seven fields or more come behind it, as in all lines of 24 fields and
//     more. So nothing in a user agent poses as what follows it, and it does not
//     matter what values AWS writes there.
//   - With fewer fields behind that quote, AWS may have appended a quoted field
//     to the format. Then the user agent ends at the last quote before it that is
//     followed by the ten fields from version ID to source region, each with its
//     shape, and by a quoted field. A user agent can pose as such a line, but only in
//     a line of fewer than 24 fields; and since the format had no such field
//     until 2026, lines with an older time do not get this reading. Where nothing
//     has that shape, the last quote is the end after all.
//   - Referer and user agent part at the first quote, spaces, quote between
//     those ends. Both are the same client's words, and nothing in the line tells
//     which of several such places is the one: a referer that holds `" "` gives its
//     rest to the user agent. No other field changes.
//
// What stays open: a client whose request line S3 takes with spaces in it, or its
// Host header with a quote; a bare - as user agent behind a quoted referer that holds
// `" "`, which S3 does not write; and seven or more unquoted fields that AWS might
// append behind a quoted one.
package s3logs
