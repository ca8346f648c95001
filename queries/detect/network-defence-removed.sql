-- Who weakened Network Firewall, DNS Firewall or Shield?
--
-- Told are firewalls, their policies, rule groups and logs deleted or cut from their
-- subnets, their protection against deletion or change taken away, DNS Firewall taken
-- from a VPC, and protections of Shield deleted. Each opens a way in or out that
-- somebody had closed.
--
-- What failed is told as less severe.
--
-- False positives: networks that are rebuilt; firewalls that are replaced.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.007, T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_DisassociateSubnets.html,
--   https://docs.aws.amazon.com/waf/latest/DDOSAPIReference/API_DeleteProtection.html,
--   https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/resolver-dns-firewall.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.firewallName'),
                    json_extract_scalar(requestParameters, '$.firewallArn'),
                    json_extract_scalar(requestParameters, '$.firewallPolicyName'),
                    json_extract_scalar(requestParameters, '$.firewallPolicyArn'),
                    json_extract_scalar(requestParameters, '$.ruleGroupName'),
                    json_extract_scalar(requestParameters, '$.ruleGroupArn'),
                    json_extract_scalar(requestParameters, '$.firewallRuleGroupAssociationId'),
                    json_extract_scalar(requestParameters, '$.firewallRuleGroupId'),
                    json_extract_scalar(requestParameters, '$.firewallDomainListId'),
                    json_extract_scalar(requestParameters, '$.protectionId'),
                    json_extract_scalar(requestParameters, '$.protectionGroupId'),
                    json_extract_scalar(requestParameters, '$.resourceArn'),
                    json_extract_scalar(requestParameters, '$.policyId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('network-firewall', 'DeleteFirewall', 'high', 'delete', 'deleted', 'the firewall'),
        ('network-firewall', 'DisassociateSubnets', 'high', 'cut', 'cut', 'subnets from the firewall'),
        ('network-firewall', 'DeleteFirewallPolicy', 'medium', 'delete', 'deleted', 'the firewall policy'),
        ('network-firewall', 'DeleteRuleGroup', 'medium', 'delete', 'deleted', 'the rule group'),
        ('network-firewall', 'UpdateFirewallDeleteProtection', 'medium', 'end', 'ended', 'the protection from deletion of the firewall'),
        ('network-firewall', 'UpdateSubnetChangeProtection', 'medium', 'end', 'ended', 'the protection of the subnets of the firewall'),
        ('network-firewall', 'UpdateFirewallPolicyChangeProtection', 'medium', 'end', 'ended', 'the protection of the policy of the firewall'),
        ('network-firewall', 'UpdateLoggingConfiguration', 'medium', 'end', 'ended', 'logs of the firewall'),
        ('route53resolver', 'DisassociateFirewallRuleGroup', 'medium', 'take', 'took', 'DNS Firewall from the VPC by association'),
        ('route53resolver', 'DeleteFirewallRuleGroup', 'medium', 'delete', 'deleted', 'the rule group of DNS Firewall'),
        ('route53resolver', 'DeleteFirewallRule', 'low', 'delete', 'deleted', 'a rule of DNS Firewall of group'),
        ('route53resolver', 'DeleteFirewallDomainList', 'low', 'delete', 'deleted', 'the domain list of DNS Firewall'),
        ('shield', 'DeleteProtection', 'medium', 'delete', 'deleted', 'the protection of Shield'),
        ('shield', 'DeleteProtectionGroup', 'medium', 'delete', 'deleted', 'the protection group of Shield'),
        ('shield', 'DisassociateDRTRole', 'medium', 'shut', 'shut', 'out of the account the response team of Shield'),
        ('shield', 'DisableProactiveEngagement', 'medium', 'end', 'ended', 'the calls of the response team of Shield'),
        ('shield', 'DisableApplicationLayerAutomaticResponse', 'medium', 'end', 'ended', 'the automatic answer of Shield for'),
        ('fms', 'DeletePolicy', 'high', 'delete', 'deleted', 'the policy of Firewall Manager'),
        ('fms', 'DisassociateAdminAccount', 'high', 'remove', 'removed', 'the administrator of Firewall Manager')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateFirewallDeleteProtection' OR json_extract_scalar(requestParameters, '$.deleteProtection') = 'false')
      AND (eventName <> 'UpdateSubnetChangeProtection' OR json_extract_scalar(requestParameters, '$.subnetChangeProtection') = 'false')
      AND (eventName <> 'UpdateFirewallPolicyChangeProtection' OR json_extract_scalar(requestParameters, '$.firewallPolicyChangeProtection') = 'false')
      AND (eventName <> 'UpdateLoggingConfiguration' OR regexp_like(requestParameters, '"logDestinationConfigs"\s*:\s*\[\s*\]'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.007' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
