// Package detect asks detections, which are queries whose rows are findings, over the
// tables of a cache.Session, and gathers what they find in one table of the session's
// own.
//
// Most detections demand events of certain names, and in most logs most of those never
// happen. So it first counts the events by source and name, once for all, and then
// leaves out each detection that is certain to find nothing, and has those that want few
// events read these from a table of few: see plan.
//
// A detection that lacks data is left out, and one that fails is told of; neither stops
// the others. All that is run of a detection is one query, which can read and not write.
// The package keeps no files. Its tables are temporary: ctsql_findings, and while it
// works ctsql_called, ctsql_wanted and ctsql_events.
package detect
