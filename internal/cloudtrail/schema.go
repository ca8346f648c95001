package cloudtrail

import (
	"strings"

	"github.com/ctsql/ctsql/internal/s3logs"
)

// A Kind is the kind of value that a column holds.
type Kind uint8

const (
	Text    Kind = iota
	Bool         // true, false, and the strings "true" and "false"
	Time         // RFC 3339, kept to the microsecond, in UTC
	JSON         // any JSON value, its text as it was in the record
	Struct       // an object with known members
	List         // an array of such objects
	Map          // an object of strings
	Integer      // a whole number that is not negative, of 31 bits
	BigInt       // the same, of 56 bits
	Origin       // not a member: the object's name
	Index        // not a member: the record's place in its object
)

// A Column is one column of a table, or one member of a nested column.
type Column struct {
	Name    string
	Kind    Kind
	Members []*Column // of a Struct, or of the elements of a List

	// ID numbers all columns of a Table, parents before their members, in
	// order; the values of a Map have the ID after the Map's own.
	ID int

	parent *Column
	byName map[string]*Column
	// other finds members by names that they have elsewhere; or nil.
	other func(name string) *Column
}

// A Table is the schema of one table of rows.
type Table struct {
	Name    string
	Columns []*Column
	// IDs is the number of IDs in use; at most MaxIDs.
	IDs int

	// Key names the columns that a row is known by, with its Time: the first
	// of them it must have.
	Key []string
	// Time is the name of the column of that Kind, "" where there is none.
	Time string

	root  Column
	extra *Column
	key   [maxKey]int // IDs of Key's columns, -1 after them
}

const maxKey = 4

// MaxIDs is how many IDs an Entry has room for.
const MaxIDs = 1 << 7

func text(names string) (cs []*Column) {
	for n := range strings.FieldsSeq(names) {
		cs = append(cs, &Column{Name: n})
	}
	return cs
}

func one(kind Kind, name string, members ...[]*Column) []*Column {
	return []*Column{{Name: name, Kind: kind, Members: join(members...)}}
}

func join(cs ...[]*Column) (all []*Column) {
	for _, c := range cs {
		all = append(all, c...)
	}
	return all
}

// Events is the table of records: CloudTrail's documented members, in the order
// in which the log has them and spelled as there.
var Events = newTable("cloudtrail", "eventID eventSource eventName",
	text("eventVersion"),
	one(Struct, "userIdentity",
		text("type principalId arn accountId accessKeyId userName"),
		one(Struct, "sessionContext",
			one(Struct, "sessionIssuer", text("type principalId arn accountId userName")),
			one(Struct, "webIdFederationData",
				text("federatedProvider"),
				one(Map, "attributes")),
			one(Struct, "attributes", text("creationDate mfaAuthenticated")),
			text("sourceIdentity ec2RoleDelivery ec2IssuedInVpc"),
			one(Bool, "assumedRoot")),
		text("invokedBy identityProvider credentialId"),
		one(Struct, "onBehalfOf", text("userId identityStoreArn")),
		one(Struct, "inScopeOf", text("sourceArn sourceAccount issuerType credentialsIssuedTo")),
		one(Struct, "invokedByDelegate", text("accountId"))),
	one(Time, "eventTime"),
	text("eventSource eventName awsRegion sourceIPAddress userAgent errorCode errorMessage"),
	one(JSON, "requestParameters"), one(JSON, "responseElements"), one(JSON, "additionalEventData"),
	text("requestID eventID"),
	one(Bool, "readOnly"),
	one(List, "resources", text("accountId type ARN ARNPrefix")),
	text("eventType apiVersion"),
	one(Bool, "managementEvent"),
	text("recipientAccountId sharedEventID"),
	one(JSON, "serviceEventDetails"),
	text("annotation vpcEndpointId vpcEndpointAccountId eventCategory"),
	one(Struct, "addendum", text("reason updatedFields originalRequestID originalEventID")),
	one(Bool, "sessionCredentialFromConsole"),
	one(JSON, "eventContext"), one(JSON, "edgeDeviceDetails"), one(JSON, "insightDetails"),
	one(Struct, "tlsDetails", text("tlsVersion cipherSuite clientProvidedHostHeader keyExchange")),
	one(JSON, "extra"), one(Origin, "sourceObject"), one(Index, "recordIndex"),
)

// Aggregated is the table of the 5-minute summaries of data events: they must
// never be counted beside the events themselves.
var Aggregated = newTable("aggregated", "eventId",
	text("eventVersion accountId eventId eventCategory awsRegion"),
	one(JSON, "timeWindow"), one(JSON, "summary"),
	one(JSON, "extra"), one(Origin, "sourceObject"), one(Index, "recordIndex"),
)

// Requests is the table of S3's server access logs, whose records are of a
// request each: the fields of a line by the names that Athena's documentation
// gives them. A batch delete has one request ID for all its keys and versions.
var Requests = func() *Table {
	t := newTable("s3logs", "requestid operation key versionid",
		requestColumns(),
		one(JSON, "extra"), one(Origin, "sourceObject"), one(Index, "recordIndex"),
	)
	t.root.other = t.requestMember
	return t
}()

// Tables are all of them, in the order in which a Batch has their rows.
var Tables = [...]*Table{InEvents: Events, InAggregated: Aggregated, InRequests: Requests}

const (
	InEvents = iota
	InAggregated
	InRequests
)

// requestMember finds the column of a member of such a record as CloudWatch Logs
// has it, under another name.
func (t *Table) requestMember(name string) *Column {
	f, ok := s3logs.Member(name)
	switch {
	case !ok:
		return nil
	case f == s3logs.RequestDateTime:
		return t.column(t.Time)
	}
	return t.column(s3logs.Names[f])
}

// requestColumns are the fields of a line, with the time that one of them tells.
func requestColumns() (cs []*Column) {
	for i, name := range s3logs.Names {
		kind := Text
		switch i {
		case s3logs.HTTPStatus:
			kind = Integer
		case s3logs.BytesSent, s3logs.ObjectSize, s3logs.TotalTime, s3logs.TurnAroundTime:
			kind = BigInt
		}
		cs = append(cs, &Column{Name: name, Kind: kind})
		if i == s3logs.RequestDateTime {
			cs = append(cs, &Column{Name: "time", Kind: Time})
		}
	}
	return cs
}

// What the decoder asks for by name.
var (
	eventTime, eventSource, eventName, eventID = Events.column("eventTime"), Events.column("eventSource"),
		Events.column("eventName"), Events.column("eventID")
	awsRegion, recipientAccount = Events.column("awsRegion"), Events.column("recipientAccountId")
	identityAccount             = Events.column("userIdentity").byName["accountId"]
	issuerAccount               = Events.column("userIdentity").byName["sessionContext"].byName["sessionIssuer"].byName["accountId"]
)

func newTable(name, key string, columns ...[]*Column) *Table {
	t := &Table{Name: name, Columns: join(columns...)}
	t.root = Column{Name: name, Kind: Struct, Members: t.Columns, ID: -1}
	t.number(&t.root)
	t.extra = t.column("extra")
	t.Key = strings.Fields(key)
	for i := range t.key {
		t.key[i] = -1
	}
	for i, k := range t.Key {
		t.key[i] = t.column(k).ID
	}
	for _, c := range t.Columns {
		if c.Kind == Time {
			t.Time = c.Name
		}
	}
	if t.IDs > MaxIDs {
		panic("cloudtrail: table " + name + " has more columns than an Entry can number")
	}
	return t
}

func (t *Table) number(parent *Column) {
	parent.byName = make(map[string]*Column, len(parent.Members))
	for _, c := range parent.Members {
		c.ID = t.IDs
		t.IDs++
		if c.Kind == Map {
			t.IDs++
		}
		c.parent = parent
		if c.member() {
			parent.byName[c.Name] = c
		}
		t.number(c)
	}
}

// member reports whether the column is a member of the record, rather than
// something that the decoder says about it.
func (c *Column) member() bool {
	return c.Kind != Origin && c.Kind != Index && (c.Name != "extra" || c.parent.ID >= 0)
}

func (t *Table) column(name string) *Column {
	for _, c := range t.Columns {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// find returns the member called name, or nil. Members mostly come in the
// schema's order, so a few after the last one found are tried first.
func (c *Column) find(name []byte, last *int) *Column {
	for i := *last; i < len(c.Members) && i < *last+4; i++ {
		if m := c.Members[i]; string(name) == m.Name && m.member() {
			*last = i + 1
			return m
		}
	}
	m := c.byName[string(name)]
	if m == nil && c.other != nil {
		m = c.other(string(name))
	}
	if m != nil {
		for i := range c.Members {
			if c.Members[i] == m {
				*last = i + 1
			}
		}
	}
	return m
}
