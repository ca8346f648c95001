package profile

import (
	"fmt"
	"strings"
	"testing"
)

func TestAgents(t *testing.T) {
	for agent, want := range map[string]string{
		"aws-cli/1.22.34 Python/3.10.12 Linux/6.6.15-kali2-amd64 botocore/1.23.34":                  "aws-cli/1 on kali",
		"aws-cli/2.15.30 Python/3.11.8 Windows/10 exe/AMD64 prompt/off":                             "aws-cli/2 on windows",
		"aws-cli/2.16.12 md/awscrt#0.20.11 ua/2.0 os/macos#23.5.0 md/arch#arm64 lang/python#3.11.8": "aws-cli/2 on macos",
		"aws-cli/1.18.8":    "aws-cli/1",
		"aws-cli":           "aws-cli",
		"aws-cli/x":         "aws-cli",
		"aws-cli/999999999": "aws-cli/999",
		"aws-cli/2.17.0 Python/3.11.8 Linux/6.1.94 exec-env/CloudShell exe/x86_64.amzn.2023":      "aws-cli/2 on linux in CloudShell",
		"Boto3/1.34.131 md/Botocore#1.34.131 ua/2.0 os/linux#5.10 exec-env/AWS_Lambda_python3.11": "Boto3 on linux in Lambda",
		"[Boto3/1.34.84 md/Botocore#1.34.84 ua/2.0 os/linux#5.10.214]":                            "Boto3 on linux",
		"Botocore/1.31.17 Python/3.9.16 Darwin/22.5.0":                                            "Botocore on macos",
		"aws-sdk-java/2.25.60 Linux/5.10.217 OpenJDK_64-Bit_Server_VM/17.0.11+9-LTS":              "aws-sdk-java/2 on linux",
		"aws-sdk-go-v2/1.30.0 os/linux lang/go#1.22.4 md/GOARCH#arm64":                            "aws-sdk-go-v2/1 on linux",
		"aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10":                                         "aws-internal on linux",
		"AWS Internal":          "AWS",
		"console.amazonaws.com": "console",
		"signin.amazonaws.com":  "console",
		"AWSConsole":            "console",
		"[S3Console/0.4, aws-internal/3 aws-sdk-java/1.12.488 Linux/5.10]": "console",
		"cloudformation.amazonaws.com":                                     "cloudformation.amazonaws.com",
		"APN/1.0 HashiCorp/1.0 Terraform/1.8.5 (+https://www.terraform.io) terraform-provider-aws/5.54.1 aws-sdk-go-v2/1.28.0 os/linux":    "terraform on linux",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36":            "Chrome on macos",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0":    "Edge on windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0":                                                 "Firefox on windows",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile Safari/604.1": "Safari on ios",
		"Mozilla/5.0 zgrab/0.x":                     "browser",
		"S3 Browser/11.6.7 (https://s3browser.com)": "S3 Browser",
		"ec2-api-tools 1.6.12.2":                    "ec2-api-tools",
		"curl/8.6.0":                                "curl",
		"Python-urllib3/2.0":                        "Python-urllib3",
		"my-tool-1.2.3":                             "my-tool",
		"alkaline/1.0 (kalium)":                     "alkaline", // not Kali
		"'; DROP TABLE cloudtrail; --":              "other",
		"\x1b[31mred":                               "other",
		"1.2.3":                                     "other",
		"日本":                                        "other",
		strings.Repeat("x", 200_000):                strings.Repeat("x", longestName),
	} {
		var a agents
		for range 2 { // asked, and remembered
			if got := string(a.family([]byte(agent), false)); got != want {
				t.Errorf("%.80q\n got %q\nwant %q", agent, got, want)
			}
		}
	}
	var a agents
	if got := a.family(nil, false); got != nil {
		t.Errorf("of none: %q", got)
	}
	if got := a.family([]byte("Boto3/1.1"), true); string(got) != "console" {
		t.Errorf("of the console's session: %q", got)
	}
}

// TestAgentsBounded has each call come with another agent: what is remembered stays
// small.
func TestAgentsBounded(t *testing.T) {
	var a agents
	for i := range 3 * agentsKept {
		a.family(fmt.Appendf(nil, "agent%d/1.0 %s", i, strings.Repeat("y", 1000)), false)
	}
	if len(a.known) > agentsKept {
		t.Errorf("%d agents are remembered", len(a.known))
	}
	for known := range a.known {
		if len(known) > longestAgent {
			t.Fatalf("%d bytes of an agent are remembered", len(known))
		}
	}
}
