-- Who disabled or removed rules of EventBridge?
--
-- Rules of EventBridge carry findings and calls to those who answer them: pagers,
-- queues, functions that mend. A rule that is disabled, deleted or has lost its targets
-- answers nothing.
--
-- It is medium where the rule's name speaks of security or findings, and low else.
-- Rules that services keep for themselves are left out.
--
-- False positives: deployments; jobs by the clock that are paused or removed.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.001, T1562.006
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_DisableRule.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.Name'),
                    json_extract_scalar(requestParameters, '$.rule'),
                    json_extract_scalar(requestParameters, '$.Rule'),
                    json_extract_scalar(requestParameters, '$.archiveName'),
                    json_extract_scalar(requestParameters, '$.eventBusName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DisableRule', 'disable', 'disabled', 'the rule'),
        ('DeleteRule', 'delete', 'deleted', 'the rule'),
        ('RemoveTargets', 'remove', 'removed', 'targets of the rule'),
        ('PutRule', 'disable', 'disabled', 'the rule'),
        ('DeleteEventBus', 'delete', 'deleted', 'the event bus'),
        ('DeleteArchive', 'delete', 'deleted', 'the archive of events'),
        ('RemovePermission', 'remove', 'removed', 'a permission of the event bus')
    ) AS deeds(name, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'events.amazonaws.%'
      AND (eventName <> 'PutRule' OR upper(coalesce(json_extract_scalar(requestParameters, '$.state'),
                    json_extract_scalar(requestParameters, '$.State'))) = 'DISABLED')
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(object), 'guardduty|securityhub|security|finding|alert|trail|root|config|inspector|macie|detect|siem|incident|access-?analyzer')
            THEN 'medium' ELSE 'low' END AS severity,
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
