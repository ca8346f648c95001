-- Who took the web firewall away?
--
-- AWS WAF keeps attacks from web applications, and its logs show them. Told are web
-- ACLs, rule groups and address lists deleted, an ACL detached from what it guards, its
-- logs ended, and an ACL whose new default lets all in and which has no rules.
--
-- Failures are low: the console asks for some of it in vain.
--
-- False positives: applications that are taken down or moved to another ACL.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.007, T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/waf/latest/APIReference/API_DisassociateWebACL.html,
--   https://docs.aws.amazon.com/waf/latest/APIReference/API_DeleteLoggingConfiguration.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.resourceArn'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.webACLArn'),
                    json_extract_scalar(requestParameters, '$.webACLId'),
                    json_extract_scalar(requestParameters, '$.ruleGroupId'),
                    json_extract_scalar(requestParameters, '$.iPSetId'),
                    json_extract_scalar(requestParameters, '$.ruleId'),
                    json_extract_scalar(requestParameters, '$.id')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('wafv2', 'DeleteWebACL', 'medium', 'delete', 'deleted', 'the web ACL'),
        ('waf', 'DeleteWebACL', 'medium', 'delete', 'deleted', 'the web ACL'),
        ('waf-regional', 'DeleteWebACL', 'medium', 'delete', 'deleted', 'the web ACL'),
        ('wafv2', 'DisassociateWebACL', 'medium', 'detach', 'detached', 'the web ACL from'),
        ('waf', 'DisassociateWebACL', 'medium', 'detach', 'detached', 'the web ACL from'),
        ('waf-regional', 'DisassociateWebACL', 'medium', 'detach', 'detached', 'the web ACL from'),
        ('wafv2', 'DeleteLoggingConfiguration', 'medium', 'end', 'ended', 'the logs of the web ACL'),
        ('waf', 'DeleteLoggingConfiguration', 'medium', 'end', 'ended', 'the logs of the web ACL'),
        ('waf-regional', 'DeleteLoggingConfiguration', 'medium', 'end', 'ended', 'the logs of the web ACL'),
        ('wafv2', 'DeleteRuleGroup', 'low', 'delete', 'deleted', 'the rule group'),
        ('waf', 'DeleteRuleGroup', 'low', 'delete', 'deleted', 'the rule group'),
        ('waf-regional', 'DeleteRuleGroup', 'low', 'delete', 'deleted', 'the rule group'),
        ('wafv2', 'DeleteIPSet', 'low', 'delete', 'deleted', 'the address list'),
        ('waf', 'DeleteIPSet', 'low', 'delete', 'deleted', 'the address list'),
        ('waf-regional', 'DeleteIPSet', 'low', 'delete', 'deleted', 'the address list'),
        ('wafv2', 'UpdateWebACL', 'medium', 'empty', 'emptied', 'the web ACL'),
        ('waf', 'DeleteRule', 'low', 'delete', 'deleted', 'the rule'),
        ('waf-regional', 'DeleteRule', 'low', 'delete', 'deleted', 'the rule')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateWebACL' OR regexp_like(requestParameters, '"defaultAction"\s*:\s*\{\s*"allow"') AND NOT regexp_like(requestParameters, '"rules"\s*:\s*\[\s*\{'))
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
