-- Who removed rules of AWS Config?
--
-- Rules and conformance packs of AWS Config say which resources are set up wrongly, and
-- some mend them. Without a rule nobody is told that a bucket became public or a port
-- was opened.
--
-- Rules that a service keeps for itself are left out where it removes them.
--
-- False positives: infrastructure code that replaces rules: it mostly puts another in
--   its place.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/config/latest/developerguide/evaluate-config_manage-rules.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.configRuleName'),
                    json_extract_scalar(requestParameters, '$.organizationConfigRuleName'),
                    json_extract_scalar(requestParameters, '$.conformancePackName'),
                    json_extract_scalar(requestParameters, '$.organizationConformancePackName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteConfigRule', 'low', 'delete', 'deleted', 'the rule of AWS Config'),
        ('DeleteOrganizationConfigRule', 'medium', 'delete', 'deleted', 'the organisation''s rule of AWS Config'),
        ('DeleteConformancePack', 'medium', 'delete', 'deleted', 'the conformance pack'),
        ('DeleteOrganizationConformancePack', 'medium', 'delete', 'deleted', 'the organisation''s conformance pack'),
        ('DeleteRemediationConfiguration', 'medium', 'end', 'ended', 'the remedy of what breaks the rule of AWS Config'),
        ('DeleteEvaluationResults', 'medium', 'delete', 'deleted', 'the results of the rule of AWS Config'),
        ('PutRemediationExceptions', 'low', 'except', 'excepted', 'resources from the remedy of the rule of AWS Config')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'config.amazonaws.%'
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
