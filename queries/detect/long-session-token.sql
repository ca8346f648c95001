-- Who took a session of more than twelve hours?
--
-- GetSessionToken of an IAM user for longer than the twelve hours that are usual: the
-- session works on after its key is switched off or deleted. Without a serial number it
-- was taken without MFA.
--
-- False positives: tools that ask for 36 hours, so that people type a code less often.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1550.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.durationSeconds') AS durationSeconds,
           json_extract_scalar(requestParameters, '$.serialNumber') AS serialNumber
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sts.amazonaws.%' AND eventName = 'GetSessionToken'
      AND TRY_CAST(json_extract_scalar(requestParameters, '$.durationSeconds') AS double) > 43200
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       'low' AS severity,
       'T1550.001' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userIdentity.userName, userIdentity.arn) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' took ' ELSE ' tried and failed to take ' END || 'a session of '
         || coalesce(CAST(CAST(floor(TRY_CAST(durationSeconds AS double) / 3600.0) AS bigint) AS varchar), 'many') || ' hours'
         || CASE WHEN serialNumber IS NULL THEN ' without MFA' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
