// Package cloudtrail knows the CloudTrail log: its objects and their key
// layout, the record and its members, and the decoder that turns a whole object
// into rows. It refuses nothing silently: what is not an event is a Damaged,
// an Aggregated or a named reason why the object was skipped. It opens no file
// and writes none.
package cloudtrail
