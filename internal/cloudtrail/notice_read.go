package cloudtrail

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A noticeReader goes through a message that its scanner has found to be JSON.
type noticeReader struct{ scanner }

// noticeMembers are the members of an object that were asked for, by where their
// values begin. A member that is null is not there.
type noticeMembers struct {
	n      *noticeReader
	object int // where it begins
	what   string
	named  map[string]int
	others []string // the first few names that were not asked for
}

// members finds the members of the object at i. One of them twice is a fault: two
// readers would make two things of it.
func (n *noticeReader) members(i int, what string, names ...string) (noticeMembers, error) {
	m := noticeMembers{n: n, object: i, what: what, named: map[string]int{}}
	if n.data[i] != '{' {
		return m, &Fault{Byte: int64(i), What: what + " is not a JSON object"}
	}
	for i = n.space(i + 1); n.data[i] != '}'; {
		from := i + 1
		i = n.key(i)
		name := string(n.data[from:n.keyEnd])
		if n.keyEscaped {
			name = string(appendUnquoted(nil, n.data[from:n.keyEnd]))
		}
		_, again := m.named[name]
		switch {
		case again:
			return m, &Fault{Byte: int64(from - 1), What: name + " is there twice in " + what}
		case !slices.Contains(names, name):
			if len(m.others) < 8 {
				m.others = append(m.others, short(name))
			}
		case n.data[i] != 'n':
			m.named[name] = i
		}
		i = n.space(n.value(i))
		if n.data[i] == ',' {
			i = n.space(i + 1)
		}
	}
	return m, nil
}

// elements calls each for the elements of the array at i.
func (n *noticeReader) elements(i int, what string, each func(at int, what string) error) error {
	if n.data[i] != '[' {
		return &Fault{Byte: int64(i), What: what + " is not a JSON array"}
	}
	i = n.space(i + 1)
	for k := 0; n.data[i] != ']'; k++ {
		if err := each(i, what+"["+strconv.Itoa(k)+"]"); err != nil {
			return err
		}
		i = n.space(n.value(i))
		if n.data[i] == ',' {
			i = n.space(i + 1)
		}
	}
	return nil
}

// text is what the string at i says.
func (n *noticeReader) text(i int, what string) (string, error) {
	if n.data[i] != '"' {
		return "", &Fault{Byte: int64(i), What: what + " is not a string"}
	}
	n.notUnicode = false
	end := n.str(i + 1)
	if n.notUnicode {
		return "", &Fault{Byte: int64(i), What: what + " is not Unicode"}
	}
	return string(appendUnquoted(nil, n.data[i+1:end])), nil
}

func (m noticeMembers) has(name string) bool {
	_, ok := m.named[name]
	return ok
}

// at is where a member's value begins.
func (m noticeMembers) at(name string) (int, error) {
	if i, ok := m.named[name]; ok {
		return i, nil
	}
	return 0, &Fault{Byte: int64(m.object), What: "no " + name + " in " + m.what}
}

func (m noticeMembers) text(name string) (string, error) {
	i, err := m.at(name)
	if err != nil {
		return "", err
	}
	return m.n.text(i, name)
}

// textOr is text, or missing where there is none.
func (m noticeMembers) textOr(name, missing string) (string, error) {
	if !m.has(name) {
		return missing, nil
	}
	return m.text(name)
}

// stored is the object that a member describes, as S3 does.
func (m noticeMembers) stored(name string) (o NoticeObject, err error) {
	at, err := m.at(name)
	if err != nil {
		return o, err
	}
	s3, err := m.n.members(at, name, "bucket", "object")
	if err != nil {
		return o, err
	}
	bucketAt, err := s3.at("bucket")
	if err != nil {
		return o, err
	}
	objectAt, err := s3.at("object")
	if err != nil {
		return o, err
	}
	bucket, err := m.n.members(bucketAt, "bucket", "name")
	if err != nil {
		return o, err
	}
	object, err := m.n.members(objectAt, "object", "key", "size")
	if err != nil {
		return o, err
	}
	if o.Bucket, err = bucket.text("name"); err != nil {
		return o, err
	}
	if o.Key, err = object.text("key"); err != nil {
		return o, err
	}
	o.Size = object.size()
	return o, nil
}

// size is -1 for what is not a size: it is told for information only.
func (m noticeMembers) size() int64 {
	if i, ok := m.named["size"]; ok {
		if size, err := strconv.ParseInt(string(m.n.data[i:m.n.value(i)]), 10, 64); err == nil && size >= 0 {
			return size
		}
	}
	return -1
}

// all are the names of the members, as far as there are few.
func (m noticeMembers) all() string {
	names := m.others
	for name := range m.named {
		names = append(names, short(name))
	}
	if len(names) == 0 {
		return "it has no members"
	}
	slices.Sort(names)
	return "its members are " + strings.Join(names[:min(len(names), 8)], ", ")
}

// short is a text for an error: quoted, and not too long.
func short(s string) string {
	const most = 80
	if len(s) > most {
		return fmt.Sprintf("%+q…", s[:most])
	}
	return fmt.Sprintf("%+q", s)
}
