// Package cloudtrail knows the CloudTrail log: its objects and their key
// layout, the record and its members, and the decoder that turns a whole object
// into rows, and the digests that tell whether logs are what was delivered
// (Verification). What an object holds is known only once it is inflated: so that
// decoder takes S3's access logs too, and has package s3logs take their lines
// apart. It also reads the messages that tell of new objects and events
// (ParseNotice). It refuses nothing silently: what is not a record is a Damaged, an
// Aggregated or a named reason why the object was skipped. It opens no file and
// writes none.
package cloudtrail
