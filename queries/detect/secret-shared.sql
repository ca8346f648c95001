-- Who opened a secret to everybody or another account?
--
-- A secret's policy that lets everybody read it, without a condition, is high; one that
-- names another account is medium. Secrets Manager blocks the first only where it is
-- asked to. What failed is low.
--
-- False positives: secrets that accounts of one's own share.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1555.006, T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutResourcePolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.secretId') AS object,
           -- Statements that have a condition are cut out first.
           regexp_like(regexp_replace(json_extract_scalar(requestParameters, '$.resourcePolicy'), '\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"Condition"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}', ''),
             '("Effect"\s*:\s*"Allow"(?:[^{}]|\{[^{}]*\})*"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")|"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")(?:[^{}]*\})?(?:[^{}]|\{[^{}]*\})*"Effect"\s*:\s*"Allow")') AS everybody,
           regexp_extract(replace(json_extract_scalar(requestParameters, '$.resourcePolicy'), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'secretsmanager.amazonaws.%' AND eventName = 'PutResourcePolicy'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' ELSE 'medium' END AS severity,
       'T1555.006' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' the secret ' || coalesce(object, 'of no name') || ' to ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
