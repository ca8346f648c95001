package triage

import (
	"context"
	"fmt"
	"time"
)

// Deeds are calls, grouped by what they were about.
type Deeds struct {
	Of     int64  `json:"of"` // how many groups there are
	Groups []Deed `json:"groups"`
}

// A Deed is calls of one kind on one thing.
type Deed struct {
	Service string     `json:"service"`
	Event   string     `json:"event"`
	Object  string     `json:"object"`
	Error   string     `json:"error,omitempty"`
	Account string     `json:"account"`
	Calls   int64      `json:"calls"`
	Items   int64      `json:"items,omitempty"` // different keys of a bucket
	Bytes   int64      `json:"bytes,omitempty"` // that S3 says it sent
	First   *time.Time `json:"first"`
	Last    *time.Time `json:"last"`
	EventID string     `json:"eventID"` // of the first
}

// reading are calls that return what a company keeps, or send it elsewhere, by
// service.
var reading = map[string][]string{
	"s3":             {"GetObject", "SelectObjectContent", "GetObjectTorrent", "CopyObject", "PutBucketReplication"},
	"secretsmanager": {"GetSecretValue", "BatchGetSecretValue"},
	"ssm":            {"GetParameter", "GetParameters", "GetParametersByPath", "GetParameterHistory"},
	"dynamodb":       {"GetItem", "BatchGetItem", "TransactGetItems", "Query", "Scan", "ExecuteStatement", "BatchExecuteStatement", "ExportTableToPointInTime"},
	"ec2": {"ModifySnapshotAttribute", "ModifyImageAttribute", "CreateSnapshot", "CreateSnapshots", "CopySnapshot", "CreateImage", "ExportImage",
		"CreateInstanceExportTask", "GetPasswordData", "GetConsoleOutput", "GetConsoleScreenshot"},
	"ebs": {"GetSnapshotBlock", "ListSnapshotBlocks", "ListChangedBlocks"},
	"rds": {"ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute", "StartExportTask", "CopyDBSnapshot", "CopyDBClusterSnapshot", "CreateDBSnapshot",
		"CreateDBClusterSnapshot", "RestoreDBInstanceFromDBSnapshot", "RestoreDBClusterFromSnapshot", "DownloadDBLogFilePortion", "DownloadCompleteDBLogFile"},
	"rds-data":      {"ExecuteStatement", "BatchExecuteStatement"},
	"redshift":      {"AuthorizeSnapshotAccess", "CopyClusterSnapshot", "GetClusterCredentials"},
	"redshift-data": {"ExecuteStatement", "BatchExecuteStatement", "GetStatementResult"},
	"athena":        {"StartQueryExecution", "GetQueryResults"},
	"lambda":        {"GetFunction", "GetFunction20150331", "GetFunction20150331v2", "GetLayerVersion20181031"},
	"kms":           {"Decrypt"},
	"ecr":           {"BatchGetImage", "GetDownloadUrlForLayer"},
	"codecommit":    {"GitPull", "GetFile", "GetBlob"},
	"logs":          {"GetLogEvents", "FilterLogEvents", "StartQuery", "GetQueryResults", "CreateExportTask"},
	"sqs":           {"ReceiveMessage"},
	"glue":          {"GetConnection", "GetConnections"},
	"backup":        {"StartCopyJob", "StartRestoreJob"},
	"workmail":      {"StartMailboxExportJob"},
	"iam":           {"GetCredentialReport", "GetAccountAuthorizationDetails"},
}

// readingSQL is their condition on triage_deeds.
func readingSQL() string {
	where := "false"
	for _, s := range sortedKeys(reading) {
		where += " OR service = '" + s + "' AND name IN (" + named(reading[s]) + ")"
	}
	return "(" + where + ")"
}

// readingNames are their names.
func readingNames() []string {
	all := map[string]bool{}
	for _, names := range reading {
		for _, n := range names {
			all[n] = true
		}
	}
	return sortedKeys(all)
}

// guarding are services that say who may do what, or watch it: their calls come first.
var guarding = []string{"iam", "sso", "sso-directory", "identitystore", "organizations", "signin", "cloudtrail", "guardduty", "securityhub", "config", "kms"}

// maxDeeds is how many groups of deeds a page has.
const maxDeeds = 500

// deeds groups them: those that changed something and those that read data, as far
// as they succeeded, and those that were refused.
func (p *Page) deeds(ctx context.Context, a Asker) error {
	reads := readingSQL()
	for _, part := range []struct {
		to           *Deeds
		where, order string
	}{
		{&p.Changed, "error IS NULL AND NOT readOnly AND NOT " + reads, "service NOT IN (" + named(guarding) + "), NOT bool_or(management), first, service, name, object"},
		{&p.Refused, "denied", "n DESC, first, service, name, object"},
		{&p.Read, "error IS NULL AND " + reads, "n DESC, first, service, name, object"},
	} {
		part.to.Groups = []Deed{}
		rows, err := askAll(ctx, a, fmt.Sprintf(`SELECT service, name, object, error, account, count(*) AS n, count(DISTINCT nullif(item, '')), sum(bytes)::BIGINT, min(t) AS first, max(t), min_by(id, t), count(*) OVER ()
			FROM triage_deeds WHERE %s GROUP BY service, name, object, error, account ORDER BY %s LIMIT %d`, part.where, part.order, maxDeeds), nil)
		if err != nil {
			return err
		}
		for _, r := range rows {
			part.to.Of = r.n(11)
			part.to.Groups = append(part.to.Groups, Deed{Service: r[0], Event: r[1], Object: r[2], Error: r[3], Account: r[4], Calls: r.n(5), Items: r.n(6), Bytes: r.n(7),
				First: at(r.time(8)), Last: at(r.time(9)), EventID: r[10]})
		}
	}
	return nil
}
