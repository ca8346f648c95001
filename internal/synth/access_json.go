package synth

import "encoding/json"

// accessMembers are the members of the JSON object that CloudWatch Logs has for
// a line, by field.
var accessMembers = [accessFields]string{
	"bucket_owner_id", "bucket_name", "request_time", "remote_ip", "requester", "request_id", "operation", "key_name", "request_uri",
	"http_status", "error_code", "bytes_sent_size", "object_size", "total_duration", "turn_around_duration", "referer", "user_agent", "version_id",
	"host_id", "signature_version", "cipher_suite", "authentication_type", "host_header", "tls_version", "access_point_arn", "acl_required",
	"source_region",
}

// AppendJSON appends the record as CloudWatch Logs has it: one object, without
// a newline after it. Numbers are numbers, null is null, the time has
// milliseconds, and bytes that are not UTF-8 are U+FFFD. More is left out. A
// damaged record appends nothing.
func (r AccessRecord) AppendJSON(dst []byte) []byte {
	if r.Damaged {
		return dst
	}
	dst = append(dst, `{"schema_version_id":"V_1_0","bucket_arn":`...)
	dst = appendJSON(dst, "arn:aws:s3:::"+r.Fields[fieldBucket])
	for i, name := range accessMembers {
		dst = append(append(append(dst, `,"`...), name...), `":`...)
		switch {
		case r.Null[i] && i == fieldACL:
			dst = append(dst, "false"...)
		case r.Null[i]:
			dst = append(dst, "null"...)
		case i == fieldTime:
			dst = r.Time.UTC().AppendFormat(dst, `"2006-01-02T15:04:05.000Z"`)
		case i == fieldACL:
			dst = append(dst, "true"...)
		case i == fieldStatus || i >= fieldSent && i <= fieldTurnAround:
			dst = append(dst, r.Fields[i]...)
		default:
			dst = appendJSON(dst, r.Fields[i])
		}
	}
	return append(dst, '}')
}

func appendJSON(dst []byte, s string) []byte {
	text, _ := json.Marshal(s) // a string is never refused
	return append(dst, text...)
}
