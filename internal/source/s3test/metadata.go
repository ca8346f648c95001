package s3test

// PutSigned stores an object with user metadata: its signature.
func (s *Server) PutSigned(bucket, key string, body []byte, signature string) {
	s.put(bucket, key, body, map[string]string{"X-Amz-Meta-Signature": signature})
}
