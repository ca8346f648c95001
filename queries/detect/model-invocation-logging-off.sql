-- Who turned the log of model invocations off?
--
-- Bedrock's invocation log keeps what was asked of models and what they answered. Who
-- uses somebody else's account for models, or asks for what must not be asked, turns it
-- off or keeps its text out.
--
-- Guardrails that are deleted are told too. What failed is told as less severe.
--
-- False positives: trials of Bedrock.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/bedrock/latest/userguide/model-invocation-logging.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.guardrailIdentifier'),
                    json_extract_scalar(requestParameters, '$.guardrailId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('DeleteModelInvocationLoggingConfiguration', 'high', 'delete', 'deleted', 'the logging of model invocations'),
        ('PutModelInvocationLoggingConfiguration', 'medium', 'keep', 'kept', 'text out of the log of model invocations'),
        ('DeleteGuardrail', 'medium', 'delete', 'deleted', 'the guardrail')
    ) AS deeds(name, severity, attempt, done, what) ON eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'bedrock.amazonaws.%'
      AND (eventName <> 'PutModelInvocationLoggingConfiguration' OR regexp_like(requestParameters, '"textDataDeliveryEnabled"\s*:\s*false'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'medium' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
