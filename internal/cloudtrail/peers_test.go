package cloudtrail

import "testing"

func TestPeers(t *testing.T) {
	const role = "type AssumedRole; account 111122223333; principal AROAEXAMPLE:s; issuer arn:aws:iam::111122223333:role/"
	for identity, want := range map[string]string{
		"type Root; account 111122223333; arn arn:aws:iam::111122223333:root":                           "111122223333/Root",
		"type IAMUser; arn arn:aws:iam::111122223333:user/ops/alice":                                    "111122223333/IAMUser",
		"type WebIdentityUser; provider accounts.google.com; user 1234567890123":                        "999999999999/WebIdentityUser",
		"type AWSAccount; account 444455556666; principal AROAEXAMPLE:s":                                "444455556666/AWSAccount",
		"type AWSService; by ec2.amazonaws.com":                                                         "999999999999/AWSService",
		"type AssumedRole; account 111122223333; principal AROAEXAMPLE:s":                               "111122223333/AssumedRole",
		"type AssumedRole; arn arn:aws-cn:sts::111122223333:assumed-role/app-1A2B3C4D5E6F/s; account 1": "111122223333:role/app",
		"type Role; arn arn:aws:iam::111122223333:role/batch/runner":                                    "111122223333:role/runner",
		"type AssumedRole; issuer not an ARN; account 111122223333":                                     "111122223333:role/not an ARN",
		"": "999999999999/",

		role + "app":                                                     "111122223333:role/app",
		role + "service-role/app":                                        "111122223333:role/app",
		role + "web-1A2B3C4D5E6F":                                        "111122223333:role/web",
		role + "MyStack-FnServiceRole-ABC123XYZ":                         "111122223333:role/MyStack-FnServiceRole",
		role + "MyStack-FnServiceRole3F2504E0-1A2B3C4D5E6F":              "111122223333:role/MyStack-FnServiceRole",
		role + "MyStack-FnServiceRole3F2504E0-aB3dE5fG7hI9":              "111122223333:role/MyStack-FnServiceRole",
		role + "eksctl-prod-nodegroup-ng-NodeInstanceRole-1KXZ4QW8R2T5V": "111122223333:role/eksctl-prod-nodegroup-ng-NodeInstanceRole",
		role + "eks-nodegroup-0f1e2d3c4b5a":                              "111122223333:role/eks-nodegroup",
		role + "eks-nodegroup-0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0":      "111122223333:role/eks-nodegroup",
		role + "cluster-20240305140000000000000001":                      "111122223333:role/cluster",
		role + "default-node-20240305140000123400000002":                 "111122223333:role/default-node",
		role + "AmazonSageMaker-ExecutionRole-20240305T140000":           "111122223333:role/AmazonSageMaker-ExecutionRole",
		role + "resize-role-x1y2z3ab":                                    "111122223333:role/resize-role",
		role + "resize-role-abcdefgh":                                    "111122223333:role/resize-role",
		role + "bucket-a1b2c3":                                           "111122223333:role/bucket",
		role + "aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_AdministratorAccess_0123456789abcdef": "111122223333:role/AWSReservedSSO_AdministratorAccess",

		// What people call their roles.
		role + "deploy-PRODUCTION":      "111122223333:role/deploy-PRODUCTION",
		role + "deploy-ADMINISTRATOR":   "111122223333:role/deploy-ADMINISTRATOR",
		role + "node2":                  "111122223333:role/node2",
		role + "worker-12":              "111122223333:role/worker-12",
		role + "ci-ReadOnlyUser":        "111122223333:role/ci-ReadOnlyUser",
		role + "ci-v2Controller":        "111122223333:role/ci-v2Controller",
		role + "data-environment1":      "111122223333:role/data-environment1",
		role + "team-database":          "111122223333:role/team-database",
		role + "s3-access":              "111122223333:role/s3-access",
		role + "OrganizationAccess2024": "111122223333:role/OrganizationAccess2024",

		// All of it was generated.
		role + "1A2B3C4D5E6F":                         "111122223333:role/1A2B3C4D5E6F",
		role + "-1A2B3C4D5E6F":                        "111122223333:role/-1A2B3C4D5E6F",
		role + "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0": "111122223333:role/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
		role: "111122223333:role/",
	} {
		i := new(Identity)
		if identity != "" {
			i = identityOf(t, identity)
		}
		if got := string(i.AppendPeers([]byte("kept "), []byte("999999999999"))); got != "kept "+want {
			t.Errorf("%s\n got %s\nwant %s", identity, got, want)
		}
	}
}

func TestPrincipal(t *testing.T) {
	for identity, want := range map[string]string{
		"type IAMUser; arn arn:aws:iam::111122223333:user/alice":                                                                      "arn:aws:iam::111122223333:user/alice",
		"type AssumedRole; arn arn:aws:sts::111122223333:assumed-role/app/s; issuer arn:aws:iam::111122223333:role/x/app":             "arn:aws:iam::111122223333:role/x/app",
		"type AssumedRole; arn arn:aws-cn:sts::111122223333:assumed-role/app/s":                                                       "arn:aws-cn:iam::111122223333:role/app",
		"type FederatedUser; arn arn:aws:sts::111122223333:federated-user/bob; issuer arn:aws:iam::111122223333:user/portal":          "arn:aws:iam::111122223333:user/portal",
		"type IAMUser; arn arn:aws:iam::111122223333:user/alice; issuer arn:aws:iam::111122223333:user/other; principal AIDAEXAMPLE1": "arn:aws:iam::111122223333:user/alice",
		"type AWSAccount; account 444455556666; principal AIDAEXAMPLE":                                                                "",
	} {
		if got := string(identityOf(t, identity).Principal()); got != want {
			t.Errorf("%s\n got %s\nwant %s", identity, got, want)
		}
	}
}

func FuzzPeers(f *testing.F) {
	f.Add("stack-Fn3F2504E0-1A2B3C4D5E6F")
	f.Add("-----")
	f.Add("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0")
	f.Fuzz(func(t *testing.T, name string) {
		if got := string(stem([]byte(name))); len(got) > len(name) || name[:len(got)] != got || name != "" && got == "" {
			t.Errorf("%q of %q", got, name)
		}
	})
}
