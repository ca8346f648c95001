package profile

import (
	"bytes"
	"strings"
)

const (
	agentsKept   = 1 << 12 // user agents whose family is remembered: 2 MB. Then it begins anew.
	longestAgent = 512     // bytes of a user agent that are looked at
	longestName  = 40      // bytes of a program's name
)

// agents remembers the families of user agents.
type agents struct{ known map[string][]byte }

// family is what of a user agent stays the same when its parts get new versions: the
// program, of AWS's own with the first number of its version, the system that it runs
// on, and the service of AWS that it runs in. Empty is one that is not told.
//
//	aws-cli/2 on macos · Boto3 on linux in Lambda · terraform on linux · Firefox on windows · console
func (a *agents) family(agent []byte, console bool) []byte {
	agent = agent[:min(len(agent), longestAgent)]
	switch {
	case console:
		return consoleFamily
	case len(agent) == 0:
		return nil
	}
	if known, ok := a.known[string(agent)]; ok {
		return known
	}
	if a.known == nil || len(a.known) >= agentsKept {
		a.known = map[string][]byte{}
	}
	found := []byte(familyOf(string(agent)))
	a.known[string(agent)] = found
	return found
}

var consoleFamily = []byte("console")

func familyOf(agent string) string {
	agent = strings.TrimLeft(agent, "[ ")
	lower := strings.ToLower(agent)
	name := program(agent, lower)
	if name == "console" || strings.Contains(name, ".amazonaws.") {
		return name
	}
	for _, place := range [...][2]string{
		{"cloudshell", "CloudShell"}, {"aws_lambda", "Lambda"}, {"aws_ecs", "ECS"}, {"cloud9", "Cloud9"},
	} {
		if strings.Contains(lower, "exec-env/"+place[0]) {
			return name + system(lower) + " in " + place[1]
		}
	}
	return name + system(lower)
}

// wholes are programs that are known by a word wherever it stands, for they call
// through others: the first that is there.
var wholes = [...][2]string{
	{"terragrunt", "terragrunt"}, {"opentofu", "opentofu"}, {"terraform", "terraform"}, {"pulumi", "pulumi"}, {"crossplane", "crossplane"},
	{"aws-cdk", "aws-cdk"}, {"serverless", "serverless"}, {"ansible", "ansible"}, {"packer", "packer"}, {"eksctl", "eksctl"},
	{"stratus-red-team", "stratus-red-team"}, {"cloudfox", "cloudfox"}, {"trufflehog", "trufflehog"}, {"enumerate-iam", "enumerate-iam"},
	{"scoutsuite", "scoutsuite"}, {"prowler", "prowler"}, {"cloudsploit", "cloudsploit"}, {"steampipe", "steampipe"},
	{"cartography", "cartography"}, {"cloudquery", "cloudquery"}, {"pmapper", "pmapper"}, {"cloud-custodian", "cloud-custodian"},
	{"s3browser", "S3 Browser"}, {"s3 browser", "S3 Browser"}, {"cyberduck", "Cyberduck"}, {"rclone", "rclone"}, {"winscp", "WinSCP"},
	{"powershell", "PowerShell"},
}

// program is the name of what calls.
func program(agent, lower string) string {
	switch {
	case strings.HasPrefix(lower, "mozilla/"):
		return browser(lower)
	case strings.HasPrefix(lower, "s3console") || strings.HasPrefix(lower, "awsconsole") ||
		strings.HasPrefix(lower, "console.") || strings.HasPrefix(lower, "signin."):
		return "console"
	}
	for _, w := range wholes {
		if strings.Contains(lower, w[0]) {
			return w[1]
		}
	}
	agent = strings.TrimPrefix(agent, "APN/1.0 ")
	end := 0
	for end < len(agent) && isName(agent[end]) {
		end++
	}
	name := agent[:min(end, longestName)]
	if before := strings.TrimRight(name, "0123456789."); strings.HasSuffix(before, "-") || strings.HasSuffix(before, "_") {
		name = before // a version, as of tool-1.2.3
	}
	name = strings.TrimRight(name, "-_.")
	switch {
	case name == "" || agent[0] >= '0' && agent[0] <= '9':
		return "other"
	case name == "aws-cli" || strings.HasPrefix(name, "aws-sdk-"):
		return name + major(agent[end:])
	}
	return name
}

// major is the first number of the version that stands behind a name, /2.
func major(rest string) string {
	if len(rest) < 2 || rest[0] != '/' {
		return ""
	}
	end := 1
	for end < len(rest) && end < 4 && rest[end] >= '0' && rest[end] <= '9' {
		end++
	}
	if end == 1 {
		return ""
	}
	return rest[:end]
}

// browser is which browser it is, by its mark that others do not pretend to have.
func browser(lower string) string {
	for _, b := range [...][2]string{
		{"edg", "Edge"}, {"opr/", "Opera"}, {"headlesschrome", "headless Chrome"}, {"chrome/", "Chrome"}, {"crios/", "Chrome"},
		{"firefox/", "Firefox"}, {"fxios/", "Firefox"}, {"safari/", "Safari"},
	} {
		if strings.Contains(lower, b[0]) {
			return b[1]
		}
	}
	return "browser"
}

// system is the system that a program runs on, as " on linux". The distributions of
// those who break in are told from others.
func system(lower string) string {
	for _, s := range [...]string{"kali", "parrot", "blackarch", "pentoo"} {
		if isWord(lower, s) {
			return " on " + s
		}
	}
	for _, s := range [...][2]string{
		{"windows", "windows"}, {"darwin", "macos"}, {"macos", "macos"}, {"macintosh", "macos"}, {"iphone", "ios"}, {"ipad", "ios"},
		{"os/ios", "ios"}, {"android", "android"}, {"linux", "linux"},
	} {
		if strings.Contains(lower, s[0]) {
			return " on " + s[1]
		}
	}
	return ""
}

// isWord reports whether word is in text with no letter beside it.
func isWord(text, word string) bool {
	for {
		before, after, ok := strings.Cut(text, word)
		switch {
		case !ok:
			return false
		case (before == "" || !isLetter(before[len(before)-1])) && (after == "" || !isLetter(after[0])):
			return true
		}
		text = after
	}
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isName(c byte) bool {
	return isLetter(c) || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.'
}

// onDesktop reports whether a family is of a program on a machine as people have
// them: on macOS all, on Windows the ones that servers are not run by.
func onDesktop(family []byte) bool {
	switch {
	case bytes.HasSuffix(family, []byte(" on macos")):
		return true
	case !bytes.HasSuffix(family, []byte(" on windows")):
		return false
	}
	for _, p := range [...]string{"aws-cli", "Chrome", "Edge", "Firefox", "S3 Browser", "terraform"} {
		if bytes.HasPrefix(family, []byte(p)) {
			return true
		}
	}
	return false
}
