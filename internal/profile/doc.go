// Package profile knows what is normal for each actor, and judges what is not. It
// reads batches of records, keeps what it has learned in memory, and returns what
// changed as values that its user stores; it stores and sends nothing itself, reads
// no clock, and asks nobody but the snapshot of places that it is given.
//
// # What is learned
//
// A Profile is a question that each record may answer with a value: which country,
// which service, which user agent. The values are kept for subjects: the actor
// (cloudtrail.Identity's), its peers (the same account and type; of roles, the same
// name without what was generated) and the account. Of each value there are the
// first and the last time, how often it came, and on how many UTC days.
//
// Frequencies are counted over all activity, an hour at a time: see Rate.
//
// # Days
//
// A record is judged against what was learned on the days before its own, in UTC, so
// that the order in which a day's records arrive changes nothing. A day is open until
// Options.Late after its end, by the records' own clock (the watermark); then it is
// judged for the last time, and learned. Until then its judgement is provisional, and
// stands in what the open days before it hold as well. What comes even later is learned,
// and judged against what is known by then.
//
// # Stories
//
// All that deviates on one day in what one root actor did is one Story, whose ID depends
// on nothing else. The root is found by lineage: of temporary credentials it is who
// asked for them, of a user, a role or an access key that is new who created it.
package profile
