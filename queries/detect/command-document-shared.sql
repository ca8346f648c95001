-- Who shared a document of commands, or an automation, with others?
--
-- A document of Systems Manager that everybody may read shows its scripts, and what
-- passwords stand in them. What is shared with one account is low.
--
-- False positives: documents that are meant for all; AWS can block public ones for an
--   account.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537, T1552
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ModifyDocumentPermission.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.name') AS object,
           regexp_like(json_format(json_extract(requestParameters, '$.accountIdsToAdd')), '"[aA]ll"') AS everybody,
           regexp_extract(replace(json_format(json_extract(requestParameters, '$.accountIdsToAdd')), recipientAccountId, 'own'), '[0-9]{12}') AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ssm.amazonaws.%' AND eventName = 'ModifyDocumentPermission'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND everybody THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' shared' ELSE ' tried and failed to share' END
         || ' the document ' || coalesce(nullif(object, ''), 'of no name') || ' with ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
