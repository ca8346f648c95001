package s3logs

// NumFields is how many fields the format has today. A line may have fewer, or
// more.
const NumFields = 27

// The fields, in the order in which they stand in a line.
const (
	BucketOwner     = iota // canonical user ID
	BucketName             //
	RequestDateTime        // without its brackets
	RemoteIP               //
	Requester              // canonical user ID or ARN; null if not authenticated
	RequestID              //
	Operation              // such as REST.GET.OBJECT
	ObjectKey              // URL-encoded
	RequestURI             // method, target and version, as the client sent them
	HTTPStatus             //
	ErrorCode              //
	BytesSent              // bytes, without the protocol's own
	ObjectSize             // bytes
	TotalTime              // milliseconds
	TurnAroundTime         // milliseconds
	Referrer               // as the client sent it
	UserAgent              // as the client sent it
	VersionID              //
	HostID                 // x-amz-id-2
	SigV                   // SigV2, SigV4
	CipherSuite            //
	AuthType               // AuthHeader, QueryString
	Endpoint               // the Host header
	TLSVersion             // such as TLSv1.2, also in other capitals
	AccessPointARN         //
	ACLRequired            // Yes or null
	SourceRegion           //
)

// minFields is how many fields the oldest lines have: up to the version ID.
const minFields = VersionID + 1

// Names are the columns' names in the order of the fields in a line: those of
// the table that Athena's documentation makes of these logs.
var Names = [NumFields]string{
	"bucketowner", "bucket_name", "requestdatetime", "remoteip", "requester", "requestid", "operation", "key",
	"request_uri", "httpstatus", "errorcode", "bytessent", "objectsize", "totaltime", "turnaroundtime",
	"referrer", "useragent", "versionid", "hostid", "sigv", "ciphersuite", "authtype", "endpoint",
	"tlsversion", "accesspointarn", "aclrequired", "sourceregion",
}

// Member tells which field a member of the JSON form is. That form is what S3
// delivers through CloudWatch Logs; the names are all those of
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/sal-cw-log-format.html
// but schema_version_id and bucket_arn, which a line has not.
//
// All members are strings or null, with these exceptions: http_status is an int;
// bytes_sent_size, object_size, total_duration and turn_around_duration are
// longs; acl_required is a boolean, where a line has Yes or -. request_time is ISO
// 8601 with milliseconds and Z.
func Member(name string) (field int, ok bool) {
	switch name {
	case "bucket_owner_id":
		return BucketOwner, true
	case "bucket_name":
		return BucketName, true
	case "request_time":
		return RequestDateTime, true
	case "remote_ip":
		return RemoteIP, true
	case "requester":
		return Requester, true
	case "request_id":
		return RequestID, true
	case "operation":
		return Operation, true
	case "key_name":
		return ObjectKey, true
	case "request_uri":
		return RequestURI, true
	case "http_status":
		return HTTPStatus, true
	case "error_code":
		return ErrorCode, true
	case "bytes_sent_size":
		return BytesSent, true
	case "object_size":
		return ObjectSize, true
	case "total_duration":
		return TotalTime, true
	case "turn_around_duration":
		return TurnAroundTime, true
	case "referer":
		return Referrer, true
	case "user_agent":
		return UserAgent, true
	case "version_id":
		return VersionID, true
	case "host_id":
		return HostID, true
	case "signature_version":
		return SigV, true
	case "cipher_suite":
		return CipherSuite, true
	case "authentication_type":
		return AuthType, true
	case "host_header":
		return Endpoint, true
	case "tls_version":
		return TLSVersion, true
	case "access_point_arn":
		return AccessPointARN, true
	case "acl_required":
		return ACLRequired, true
	case "source_region":
		return SourceRegion, true
	}
	return 0, false
}

// maxNumber is far above any size or time, and far below what overflows.
const maxNumber = 1 << 56

// Number reads a count of bytes, of milliseconds, or a status. It reports false
// for anything but digits, and for more than 2^56.
func Number(text []byte) (int64, bool) {
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		if n = n*10 + int64(c-'0'); n > maxNumber {
			return 0, false
		}
	}
	return n, len(text) > 0
}
