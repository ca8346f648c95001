// Package source knows where log objects come from: a folder or one file, an
// S3 bucket or a prefix in it, CloudTrail's event history, which it makes objects
// of, and memory for tests. It lists them and opens them, and it leaves alone
// what their keys prove to be of no use. Where messages tell of new objects, a
// Queue receives them, and Objects finds what they name.
//
// # Messages
//
// SQS gives a message to one reader and hides it from others for a while. A Queue
// extends that for as long as the message is held, also while it waits for its turn,
// and deletes it only when it is told that all is done. A message may still come twice:
// whoever takes objects knows which it has.
//
// # Order
//
// Objects come in the order of the time in their keys, across accounts and
// regions, because a sink drops copies cheaply only while a batch spans little
// time. The layout (cloudtrail.Key) is discovered level by level down to the
// region folders, whose keys sort by time, and these listings are merged page
// by page. What does not follow the layout comes after it, in key order. Never
// more than about 200,000 keys are held, some 90 MB, however large the bucket is.
//
// # Faults
//
// Nothing is dropped silently: an object that the listing knows to be
// unreadable is yielded with Fault set, and a folder that cannot be listed is
// yielded as an error that names it while the rest goes on. Only an error that
// spoils everything (no such bucket, no credentials, cancelled) ends a listing.
//
// The package refuses to look into objects: what they hold is the business of
// whoever reads them. It writes nothing.
package source
