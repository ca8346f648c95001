// Package synth makes CloudTrail trails that never happened: the demo, the
// tests and the benchmarks load them. The same Config gives the same bytes, on
// any machine and however many cores render it; no clock, no environment and
// no file is read.
//
// A trail is an organisation's: several accounts and regions in CloudTrail's own
// key layout, gzip'd, handed over in the order in which CloudTrail would have
// delivered it. In it are
//
//   - management and data events of some hundred calls, in bursts, by roles and
//     services mostly, people in working hours, and a few of every other kind of
//     userIdentity;
//   - one of each rare shape of record at least (shapes.go), however small the
//     trail;
//   - calls across accounts, recorded in both under one sharedEventID;
//   - files of network activity, Insights, aggregated events and digests;
//   - events and whole files that were delivered twice, and files that came
//     hours late;
//   - a story: after quiet weeks a deploy user's access key is used from a
//     country nobody else calls from (Config.Story).
//
// WriteAccess makes the S3 server access log of the same buckets: everyday
// requests, of which some are data events of the trail too, under the same
// request and host IDs; lifecycle rules, visitors of a website, and what only
// this log tells of the story: which keys the thief deleted. AccessConfig.Odd adds
// what a reader can stumble over, and access_odd.go lists it.
//
// Everything is made up: account ids, the organisation's id and the addresses
// are those that documentation uses. Addresses mean something, so that a small
// GeoIP file can be made for them:
//
//	192.0.2.0/25        the company's office
//	192.0.2.128/25      its workloads' and build machines' way out
//	198.51.100.0/25     homes of people who work there
//	198.51.100.128/25   the internet's noise: guessed passwords, scanners
//	203.0.113.0/24      the thief; nobody else ever calls from there
//	2001:db8:1::/48     homes with IPv6
//	2001:db8:bad::/48   noise with IPv6
//
// Workloads behind a VPC endpoint have addresses in 10.0.0.0/8.
package synth
