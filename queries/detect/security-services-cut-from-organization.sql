-- Who cut a security service from the organisation?
--
-- With trusted access CloudTrail, GuardDuty, Config, Security Hub, Inspector, Macie and
-- others see all accounts of an organisation. Told is where it is disabled for one of
-- them, or an account is no longer their administrator. What failed is told as less
-- severe.
--
-- False positives: a security team that moves its tools to another account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1666, T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_integrate_services.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           json_extract_scalar(requestParameters, '$.servicePrincipal') AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableAWSServiceAccess', 'high', 'disable', 'disabled', 'the access to the organisation for'),
        ('DeregisterDelegatedAdministrator', 'high', 'remove', 'removed', 'the delegated administrator for')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'organizations.amazonaws.%'
      AND regexp_like(json_extract_scalar(requestParameters, '$.servicePrincipal'),
                      '^(malware-protection\.)?(cloudtrail|guardduty|config|config-multiaccountsetup|securityhub|inspector2|macie|detective|access-analyzer|fms|securitylake|sso|backup|auditmanager|controltower|iam|agentless\.inspector2)\.')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'medium' END AS severity,
       'T1666' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
