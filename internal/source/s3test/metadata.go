package s3test

import (
	"bytes"
	"fmt"
)

// PutSigned stores an object with user metadata: its signature.
func (s *Server) PutSigned(bucket, key string, body []byte, signature string) {
	metadata := map[string]string{"X-Amz-Meta-Signature": signature}
	if _, err := s.backend.PutObject(bucket, key, metadata, bytes.NewReader(body), int64(len(body)), nil); err != nil {
		panic(fmt.Sprintf("put %s: %v", key, err))
	}
}
