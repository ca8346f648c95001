package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A rule is a call that lets somebody in again, and the calls that end that. What
// they are about is compared by members: "ask." are requestParameters, "got."
// responseElements.
type rule struct {
	service, call string
	kind          string   // in words
	of            []string // members that name it, as in the call
	undo          []undo
	// overwrites says that the same call by somebody else ends it.
	overwrites bool
	// only says of which calls it is, where not of all.
	only func(record) bool
	// command is how to end it, of aws: {0} is the first member of of.
	command string
}

// An undo is a call that ends what another made.
type undo struct {
	call string
	of   []string // nil: as in the rule
	only func(record) bool
}

// A record is what was asked for and what was answered.
type record struct{ asked, answered any }

// first is the value of the first of these members, with | between them, that there
// is, as text.
func (r record) first(members string) string {
	for m := range strings.SplitSeq(members, "|") {
		root, path, _ := strings.Cut(m, ".")
		from := r.asked
		if root == "got" {
			from = r.answered
		}
		if text := member(from, path); text != "" {
			return text
		}
	}
	return ""
}

// member walks down a path; of a list it takes all, with commas.
func member(v any, path string) string {
	for v != nil && path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			var all []string
			rest := strings.TrimSuffix(name+"."+path, ".")
			for _, e := range x {
				if text := member(e, rest); text != "" {
					all = append(all, text)
				}
			}
			return strings.Join(all, ",")
		default:
			return ""
		}
	}
	switch x := v.(type) {
	case string:
		return x
	case nil, map[string]any, []any:
		return ""
	default:
		return fmt.Sprint(x)
	}
}

func status(want string) func(record) bool {
	return func(r record) bool { return strings.EqualFold(r.first("ask.status"), want) }
}

func has(members string) func(record) bool {
	return func(r record) bool { return r.first(members) != "" }
}

const (
	aUser, aRole, aGroup = "ask.userName|got.user.userName", "ask.roleName", "ask.groupName"
	aPolicy              = "ask.policyArn"
)

// attached are policies attached to users, roles and groups, and written into them.
func attached() (all []rule) {
	for _, to := range []struct{ name, flag, member string }{{"User", "user", aUser}, {"Role", "role", aRole}, {"Group", "group", aGroup}} {
		all = append(all,
			rule{service: "iam", call: "Attach" + to.name + "Policy", kind: "policy attached to a " + to.flag, of: []string{to.member, aPolicy},
				undo:    []undo{{call: "Detach" + to.name + "Policy"}},
				command: "iam detach-" + to.flag + "-policy --" + to.flag + "-name {0} --policy-arn {1}"},
			rule{service: "iam", call: "Put" + to.name + "Policy", kind: "policy written into a " + to.flag, of: []string{to.member, "ask.policyName"},
				undo:    []undo{{call: "Delete" + to.name + "Policy"}},
				command: "iam delete-" + to.flag + "-policy --" + to.flag + "-name {0} --policy-name {1}"})
	}
	return all
}

// rules are all of them. Their order is that of nothing.
func rules() []rule {
	key := []string{"got.accessKey.accessKeyId|ask.accessKeyId"}
	return append(attached(),
		rule{service: "iam", call: "CreateUser", kind: "user", of: []string{aUser}, undo: []undo{{call: "DeleteUser"}},
			command: "iam delete-user --user-name {0}"},
		rule{service: "iam", call: "CreateAccessKey", kind: "access key", of: key,
			undo:    []undo{{call: "DeleteAccessKey"}, {call: "UpdateAccessKey", only: status("Inactive")}},
			command: ""}, // credentials tell it
		rule{service: "iam", call: "UpdateAccessKey", kind: "access key activated", of: []string{"ask.accessKeyId"}, only: status("Active"),
			undo: []undo{{call: "DeleteAccessKey"}, {call: "UpdateAccessKey", only: status("Inactive")}}},
		rule{service: "iam", call: "CreateLoginProfile", kind: "console password", of: []string{aUser}, undo: []undo{{call: "DeleteLoginProfile"}},
			command: "iam delete-login-profile --user-name {0}"},
		rule{service: "iam", call: "UpdateLoginProfile", kind: "console password changed", of: []string{aUser}, undo: []undo{{call: "DeleteLoginProfile"}}, overwrites: true,
			command: "iam delete-login-profile --user-name {0}"},
		rule{service: "iam", call: "AddUserToGroup", kind: "member of a group", of: []string{aUser, aGroup}, undo: []undo{{call: "RemoveUserFromGroup"}},
			command: "iam remove-user-from-group --user-name {0} --group-name {1}"},
		rule{service: "iam", call: "CreateRole", kind: "role", of: []string{aRole}, undo: []undo{{call: "DeleteRole"}},
			command: "iam delete-role --role-name {0}"},
		rule{service: "iam", call: "UpdateAssumeRolePolicy", kind: "who may assume a role", of: []string{aRole}, undo: []undo{{call: "DeleteRole"}}, overwrites: true,
			command: "iam get-role --role-name {0}"},
		rule{service: "iam", call: "CreatePolicy", kind: "policy", of: []string{"got.policy.arn|ask.policyArn"}, undo: []undo{{call: "DeletePolicy"}},
			command: "iam delete-policy --policy-arn {0}"},
		rule{service: "iam", call: "CreatePolicyVersion", kind: "version of a policy", of: []string{aPolicy, "got.policyVersion.versionId|ask.versionId"},
			undo:    []undo{{call: "DeletePolicyVersion"}},
			command: "iam list-policy-versions --policy-arn {0}"},
		rule{service: "iam", call: "SetDefaultPolicyVersion", kind: "version of a policy made the default", of: []string{aPolicy}, overwrites: true,
			undo: []undo{{call: "DeletePolicy"}}, command: "iam list-policy-versions --policy-arn {0}"},
		rule{service: "iam", call: "CreateOpenIDConnectProvider", kind: "OpenID Connect provider", of: []string{"got.openIDConnectProviderArn|ask.openIDConnectProviderArn"},
			undo:    []undo{{call: "DeleteOpenIDConnectProvider"}},
			command: "iam delete-open-id-connect-provider --open-id-connect-provider-arn {0}"},
		rule{service: "iam", call: "CreateSAMLProvider", kind: "SAML provider", of: []string{"got.sAMLProviderArn|ask.sAMLProviderArn"},
			undo:    []undo{{call: "DeleteSAMLProvider"}},
			command: "iam delete-saml-provider --saml-provider-arn {0}"},
		rule{service: "iam", call: "UpdateSAMLProvider", kind: "SAML provider changed", of: []string{"ask.sAMLProviderArn"}, overwrites: true,
			undo:    []undo{{call: "DeleteSAMLProvider"}},
			command: "iam get-saml-provider --saml-provider-arn {0}"},
		rule{service: "iam", call: "EnableMFADevice", kind: "MFA device", of: []string{aUser, "ask.serialNumber"}, undo: []undo{{call: "DeactivateMFADevice"}},
			command: "iam deactivate-mfa-device --user-name {0} --serial-number {1}"},
		rule{service: "iam", call: "AddRoleToInstanceProfile", kind: "role of instances", of: []string{"ask.instanceProfileName", aRole},
			undo:    []undo{{call: "RemoveRoleFromInstanceProfile"}},
			command: "iam remove-role-from-instance-profile --instance-profile-name {0} --role-name {1}"},
		rule{service: "iam", call: "UploadSSHPublicKey", kind: "SSH key of a user", of: []string{aUser, "got.sSHPublicKey.sSHPublicKeyId|ask.sSHPublicKeyId"},
			undo:    []undo{{call: "DeleteSSHPublicKey"}},
			command: "iam delete-ssh-public-key --user-name {0} --ssh-public-key-id {1}"},
		rule{service: "iam", call: "UploadSigningCertificate", kind: "signing certificate", of: []string{aUser, "got.certificate.certificateId|ask.certificateId"},
			undo:    []undo{{call: "DeleteSigningCertificate"}},
			command: "iam delete-signing-certificate --user-name {0} --certificate-id {1}"},
		rule{service: "iam", call: "CreateServiceSpecificCredential", kind: "credential for a service",
			of:      []string{aUser + "|got.serviceSpecificCredential.userName", "got.serviceSpecificCredential.serviceSpecificCredentialId|ask.serviceSpecificCredentialId"},
			undo:    []undo{{call: "DeleteServiceSpecificCredential"}},
			command: "iam delete-service-specific-credential --user-name {0} --service-specific-credential-id {1}"},
		rule{service: "rolesanywhere", call: "CreateTrustAnchor", kind: "trust anchor", of: []string{"got.trustAnchor.trustAnchorId|ask.trustAnchorId"},
			undo:    []undo{{call: "DeleteTrustAnchor"}, {call: "DisableTrustAnchor"}},
			command: "rolesanywhere disable-trust-anchor --trust-anchor-id {0}"},
		rule{service: "sso", call: "CreateAccountAssignment", kind: "assignment in Identity Center",
			of:   []string{"ask.principalId", "ask.permissionSetArn", "ask.targetId", "ask.instanceArn", "ask.principalType"},
			undo: []undo{{call: "DeleteAccountAssignment"}},
			command: "sso-admin delete-account-assignment --principal-id {0} --permission-set-arn {1} --target-id {2} --target-type AWS_ACCOUNT " +
				"--instance-arn {3} --principal-type {4}"},
		rule{service: "sso", call: "CreatePermissionSet", kind: "permission set", of: []string{"got.permissionSet.permissionSetArn|ask.permissionSetArn", "ask.instanceArn"},
			undo:    []undo{{call: "DeletePermissionSet"}},
			command: "sso-admin delete-permission-set --permission-set-arn {0} --instance-arn {1}"},
		rule{service: "sso", call: "AttachManagedPolicyToPermissionSet", kind: "policy of a permission set",
			of:      []string{"ask.permissionSetArn", "ask.managedPolicyArn", "ask.instanceArn"},
			undo:    []undo{{call: "DetachManagedPolicyFromPermissionSet"}},
			command: "sso-admin detach-managed-policy-from-permission-set --permission-set-arn {0} --managed-policy-arn {1} --instance-arn {2}"},
		rule{service: "sso", call: "PutInlinePolicyToPermissionSet", kind: "policy of a permission set", of: []string{"ask.permissionSetArn", "ask.instanceArn"},
			undo:    []undo{{call: "DeleteInlinePolicyFromPermissionSet"}},
			command: "sso-admin delete-inline-policy-from-permission-set --permission-set-arn {0} --instance-arn {1}", overwrites: true},
		rule{service: "sso-directory", call: "CreateUser", kind: "user of Identity Center", of: []string{"got.user.userId|ask.userId"}, undo: []undo{{call: "DeleteUser"}, {call: "DisableUser"}}},
		rule{service: "identitystore", call: "CreateUser", kind: "user of Identity Center", of: []string{"got.userId|ask.userId", "ask.identityStoreId"}, undo: []undo{{call: "DeleteUser"}},
			command: "identitystore delete-user --user-id {0} --identity-store-id {1}"},
		rule{service: "identitystore", call: "CreateGroupMembership", kind: "member of a group of Identity Center",
			of: []string{"got.membershipId|ask.membershipId", "ask.identityStoreId"}, undo: []undo{{call: "DeleteGroupMembership"}},
			command: "identitystore delete-group-membership --membership-id {0} --identity-store-id {1}"},
		rule{service: "lambda", call: "AddPermission", kind: "who may call a function", of: []string{"ask.functionName", "ask.statementId"}, undo: []undo{{call: "RemovePermission"}},
			command: "lambda remove-permission --function-name {0} --statement-id {1}"},
		rule{service: "lambda", call: "CreateFunction", kind: "function", of: []string{"ask.functionName"}, undo: []undo{{call: "DeleteFunction"}},
			command: "lambda put-function-concurrency --function-name {0} --reserved-concurrent-executions 0"},
		rule{service: "lambda", call: "UpdateFunctionCode", kind: "code of a function", of: []string{"ask.functionName"}, undo: []undo{{call: "DeleteFunction"}}, overwrites: true,
			command: "lambda get-function --function-name {0}"},
		rule{service: "lambda", call: "CreateFunctionUrlConfig", kind: "URL of a function", of: []string{"ask.functionName"}, undo: []undo{{call: "DeleteFunctionUrlConfig"}, {call: "DeleteFunction"}},
			command: "lambda delete-function-url-config --function-name {0}"},
		rule{service: "ec2", call: "CreateKeyPair", kind: "SSH key pair", of: []string{"ask.keyName"}, undo: []undo{{call: "DeleteKeyPair"}},
			command: "ec2 delete-key-pair --key-name {0}"},
		rule{service: "ec2", call: "ImportKeyPair", kind: "SSH key pair", of: []string{"ask.keyName"}, undo: []undo{{call: "DeleteKeyPair"}},
			command: "ec2 delete-key-pair --key-name {0}"},
		rule{service: "ec2", call: "RunInstances", kind: "instance", of: []string{"got.instancesSet.items.instanceId|ask.instancesSet.items.instanceId"},
			undo:    []undo{{call: "TerminateInstances"}},
			command: "ec2 stop-instances --instance-ids {0...}"},
		rule{service: "ec2", call: "ModifyInstanceAttribute", kind: "user data of an instance", of: []string{"ask.instanceId"}, only: has("ask.userData|ask.userData.value"), overwrites: true,
			undo:    []undo{{call: "TerminateInstances", of: []string{"ask.instancesSet.items.instanceId"}}},
			command: "ec2 describe-instance-attribute --instance-id {0} --attribute userData"},
		rule{service: "ec2", call: "AuthorizeSecurityGroupIngress", kind: "way in through a security group",
			of:      []string{"ask.groupId", "got.securityGroupRuleSet.items.securityGroupRuleId|ask.securityGroupRuleIds.items.securityGroupRuleId"},
			undo:    []undo{{call: "RevokeSecurityGroupIngress"}, {call: "DeleteSecurityGroup", of: []string{"ask.groupId"}}},
			command: "ec2 revoke-security-group-ingress --group-id {0} --security-group-rule-ids {1...}"},
		rule{service: "ec2", call: "ModifySnapshotAttribute", kind: "snapshot shared", of: []string{"ask.snapshotId"},
			only:    has("ask.createVolumePermission.add.items.userId|ask.createVolumePermission.add.items.group"),
			undo:    []undo{{call: "ModifySnapshotAttribute", only: has("ask.createVolumePermission.remove.items.userId|ask.createVolumePermission.remove.items.group")}, {call: "DeleteSnapshot"}, {call: "ResetSnapshotAttribute"}},
			command: "ec2 reset-snapshot-attribute --snapshot-id {0} --attribute createVolumePermission"},
		rule{service: "ec2", call: "ModifyImageAttribute", kind: "image shared", of: []string{"ask.imageId"},
			only:    has("ask.launchPermission.add.items.userId|ask.launchPermission.add.items.group"),
			undo:    []undo{{call: "ModifyImageAttribute", only: has("ask.launchPermission.remove.items.userId|ask.launchPermission.remove.items.group")}, {call: "DeregisterImage"}, {call: "ResetImageAttribute"}},
			command: "ec2 reset-image-attribute --image-id {0} --attribute launchPermission"},
		rule{service: "ssm", call: "CreateActivation", kind: "activation of Systems Manager", of: []string{"got.activationId|ask.activationId"}, undo: []undo{{call: "DeleteActivation"}},
			command: "ssm delete-activation --activation-id {0}"},
		rule{service: "s3", call: "PutBucketPolicy", kind: "policy of a bucket", of: []string{"ask.bucketName"}, undo: []undo{{call: "DeleteBucketPolicy"}, {call: "DeleteBucket"}}, overwrites: true,
			command: "s3api get-bucket-policy --bucket {0}"},
		rule{service: "s3", call: "PutBucketAcl", kind: "access list of a bucket", of: []string{"ask.bucketName"}, undo: []undo{{call: "DeleteBucket"}}, overwrites: true,
			command: "s3api get-bucket-acl --bucket {0}"},
		rule{service: "s3", call: "PutBucketReplication", kind: "replication of a bucket", of: []string{"ask.bucketName"}, undo: []undo{{call: "DeleteBucketReplication"}, {call: "DeleteBucket"}}, overwrites: true,
			command: "s3api delete-bucket-replication --bucket {0}"},
		rule{service: "kms", call: "PutKeyPolicy", kind: "policy of a KMS key", of: []string{"ask.keyId"}, overwrites: true, undo: []undo{{call: "ScheduleKeyDeletion"}},
			command: "kms get-key-policy --key-id {0} --policy-name default"},
		rule{service: "secretsmanager", call: "PutResourcePolicy", kind: "policy of a secret", of: []string{"ask.secretId"}, undo: []undo{{call: "DeleteResourcePolicy"}, {call: "DeleteSecret"}}, overwrites: true,
			command: "secretsmanager get-resource-policy --secret-id {0}"},
		rule{service: "events", call: "PutRule", kind: "rule of EventBridge", of: []string{"ask.name"}, undo: []undo{{call: "DeleteRule"}, {call: "DisableRule"}},
			command: "events disable-rule --name {0}"},
		rule{service: "scheduler", call: "CreateSchedule", kind: "schedule", of: []string{"ask.name"}, undo: []undo{{call: "DeleteSchedule"}},
			command: "scheduler get-schedule --name {0}"},
	)
}

// versions are what Lambda puts behind the names of its calls.
var versions = []string{"", "20150331", "20150331v2", "20141111"}

// bare is a call's name without its version.
func bare(name string) string {
	for _, v := range versions[1:] {
		if n, ok := strings.CutSuffix(name, v); ok {
			return n
		}
	}
	return name
}

func withVersions(service, call string) (all []string) {
	if service != "lambda" {
		return []string{call}
	}
	for _, v := range versions {
		all = append(all, call+v)
	}
	return all
}

// givingNames are the calls of rules, as records have them.
func givingNames() []string {
	all := map[string]bool{}
	for _, r := range rules() {
		for _, n := range withVersions(r.service, r.call) {
			all[n] = true
		}
	}
	return sortedKeys(all)
}

// toldNames are those, and the calls that end what they made, grants, and sign-ins.
func toldNames() []string {
	all := map[string]bool{"ConsoleLogin": true}
	for _, r := range rules() {
		for _, n := range withVersions(r.service, r.call) {
			all[n] = true
		}
		for _, u := range r.undo {
			for _, n := range withVersions(r.service, u.call) {
				all[n] = true
			}
		}
	}
	for _, n := range grantNames {
		all[n] = true
	}
	return sortedKeys(all)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
