package triage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/ctsql/ctsql/internal/render"
)

// A Command would take something from the subject. It is for a person to judge and
// to run.
type Command struct {
	Account string `json:"account"` // whose credentials it needs
	Why     string `json:"why"`
	Command string `json:"command"` // for a POSIX shell; "" where none can be written
}

// revoke denies all to sessions that were issued before it is run. The shell puts in
// the time.
const revoke = `'{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:TokenIssueTime":"'"$(date -u +%Y-%m-%dT%H:%M:%SZ)"'"}}}]}'`

// A container collects commands, each once.
type container struct {
	all     []Command
	profile string
}

// contain writes the commands: first credentials, then what was made, the last first,
// for what is in a user goes before the user.
func (p *Page) contain(as subject, profile string) {
	c := container{profile: profile}
	for _, cred := range p.Credentials {
		if cred.State == Alive {
			c.credential(p, cred)
		}
	}
	for _, m := range slices.Backward(p.Persistence) {
		if m.Removed != nil || m.rule.call == "CreateAccessKey" || m.rule.call == "CreateLoginProfile" {
			continue
		}
		c.add(m.Account, m.partition(), m.Region, m.Kind+" "+strings.Join(m.Names, " "), m.rule.command, m.Names...)
	}
	p.Containment = append(p.Containment, c.all...)
}

func (m *Persisted) partition() string {
	for _, arn := range append([]string{m.arn, m.By}, m.Names...) {
		if partition, _ := arnParts(arn); partition != "" {
			return partition
		}
	}
	return ""
}

func (c *container) credential(p *Page, cred Credential) {
	partition, _ := arnParts(cred.arn)
	if partition == "" {
		partition = p.partition()
	}
	switch name := cred.arn[strings.LastIndexByte(cred.arn, '/')+1:]; {
	case cred.Kind == "access key":
		c.add(cred.Account, partition, "", "access key of "+cred.Holder, "iam update-access-key --user-name {0} --access-key-id {1} --status Inactive", cred.user, cred.ID)
	case cred.Kind == "console password":
		c.add(cred.Account, partition, "", "console password of "+cred.Holder, "iam delete-login-profile --user-name {0}", cred.user)
	case cred.role:
		role := roleName(cred.arn)
		if strings.HasPrefix(role, "AWSReservedSSO_") {
			c.add(cred.Account, partition, "", "sessions of "+role+": Identity Center owns the role: end the person's sessions and assignments there", "")
			return
		}
		c.add(cred.Account, partition, "", "sessions of role "+role, "iam put-role-policy --role-name {0} --policy-name ctsql-revoke-older-sessions --policy-document {revoke}", role)
	case strings.Contains(cred.arn, ":user/"):
		c.add(cred.Account, partition, "", "sessions of user "+name, "iam put-user-policy --user-name {0} --policy-name ctsql-revoke-older-sessions --policy-document {revoke}", name)
	default:
		c.add(cred.Account, partition, "", cred.Kind+" of "+cred.Holder+": change its password and credentials by hand", "")
	}
}

// roleName is the name in a role's ARN, or in that of its session.
func roleName(arn string) string {
	path := ShortActor(arn)
	if rest, ok := strings.CutPrefix(path, "assumed-role/"); ok {
		name, _, _ := strings.Cut(rest, "/")
		return name
	}
	return path[strings.LastIndexByte(path, '/')+1:]
}

func (p *Page) partition() string {
	for _, i := range p.Identities {
		if partition, _ := arnParts(i.ARN); partition != "" {
			return partition
		}
	}
	return ""
}

var slot = regexp.MustCompile(`\{(\d)(\.\.\.)?\}`)

// add writes a command of aws: {0} is the first of the values. One that could be read
// as something else has no command.
func (c *container) add(account, partition, region, why, template string, values ...string) {
	command := ""
	if template != "" && !slices.ContainsFunc(slots(template, values), func(v string) bool { return !plain(v) }) {
		// A value is put in last: nothing is looked for in it.
		template = strings.Replace(template, "{revoke}", revoke, 1)
		command = "aws " + slot.ReplaceAllStringFunc(template, func(s string) string {
			v := values[s[1]-'0']
			if !strings.Contains(s, "...") {
				return Quote(v)
			}
			var all []string
			for part := range strings.SplitSeq(v, ",") {
				all = append(all, Quote(part))
			}
			return strings.Join(all, " ")
		})
		if region = regionFor(command, partition, region); region != "" {
			command += " --region " + Quote(region)
		}
		if c.profile != "" {
			command += " --profile " + Quote(c.profile)
		}
	} else if template != "" {
		why += ": its name is no plain text, or is not known: by hand"
	}
	new := Command{account, why, command}
	if !slices.ContainsFunc(c.all, func(o Command) bool {
		return o.Account == account && o.Command == command && (command != "" || o.Why == why)
	}) {
		c.all = append(c.all, new)
	}
}

// slots are the values that a template takes.
func slots(template string, values []string) (used []string) {
	for _, s := range slot.FindAllStringSubmatch(template, -1) {
		used = append(used, values[s[1][0]-'0'])
	}
	return used
}

// regionFor is the region that a command needs: that of what it is about, and for IAM,
// which has none, one of the partition unless that is the usual.
func regionFor(command, partition, region string) string {
	switch iam := strings.HasPrefix(command, "aws iam "); {
	case !iam:
		return region
	case partition == "aws-cn":
		return "cn-north-1"
	case partition == "aws-us-gov":
		return "us-gov-west-1"
	case partition == "aws-eusc":
		return "eusc-de-east-1"
	}
	return ""
}

// maxValue is longer than any name that AWS gives or takes in these commands.
const maxValue = 2048

// plain says that a value can stand in a command: it is there, shows as what it is,
// and the command line of AWS takes it for itself: file://… would be read, and what
// begins with - is a flag.
func plain(v string) bool {
	lower := strings.ToLower(v)
	return v != "" && len(v) <= maxValue && render.Clean(v) == v && !strings.HasPrefix(v, "-") && !strings.HasPrefix(lower, "file:") && !strings.HasPrefix(lower, "fileb:") &&
		!strings.HasPrefix(lower, "http:") && !strings.HasPrefix(lower, "https:")
}

var safe = regexp.MustCompile(`^[A-Za-z0-9_@%+=:,./-]+$`)

// Quote is a text as one word of a POSIX shell.
func Quote(text string) string {
	if safe.MatchString(text) {
		return text
	}
	return fmt.Sprintf("'%s'", strings.ReplaceAll(text, "'", `'\''`))
}
