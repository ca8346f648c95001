-- Who gave everybody or another account tables of the data lake?
--
-- A policy of Glue's catalogue that lets everybody or another account read it, or a grant
-- of Lake Formation to another account. Such a grant is all that Athena needs there to
-- read the data. Policies for everybody without a condition are high.
--
-- False positives: data meshes that grant to accounts of one's own.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1537, T1530
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/glue/latest/webapi/API_PutResourcePolicy.html,
--   https://docs.aws.amazon.com/lake-formation/latest/APIReference/API_GrantPermissions.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           eventSource,
           coalesce(regexp_extract(requestParameters, '"[dD]atabaseName"\s*:\s*"([^"]*)"', 1), 'catalogue') AS object,
           -- Statements that have a condition are cut out first.
           regexp_like(regexp_replace(json_extract_scalar(requestParameters, '$.policyInJson'), '\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*"Condition"\s*:\s*\{(?:[^{}]|\{[^{}]*\})*\}(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}', ''),
             '("Effect"\s*:\s*"Allow"(?:[^{}]|\{[^{}]*\})*"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")|"Principal"\s*:\s*("\*"|\{[^{}]*"AWS"\s*:\s*(\[[^\[\]]*)?"\*")(?:[^{}]*\})?(?:[^{}]|\{[^{}]*\})*"Effect"\s*:\s*"Allow")') AS everybody,
           coalesce(regexp_extract(replace(json_extract_scalar(requestParameters, '$.policyInJson'), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4), regexp_extract(replace(requestParameters, recipientAccountId, 'own'), '"dataLakePrincipalIdentifier"\s*:\s*"(arn:[^":]*:iam::)?([0-9]{12})', 2)) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'glue.amazonaws.%' AND eventName = 'PutResourcePolicy'
        OR eventSource LIKE 'lakeformation.amazonaws.%' AND eventName IN ('GrantPermissions', 'BatchGrantPermissions'))
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN everybody THEN 'high' ELSE 'medium' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' opened' ELSE ' tried and failed to open' END
         || ' tables of ' || split_part(eventSource, '.', 1) || ' to ' || CASE WHEN everybody THEN 'everybody' ELSE 'account ' || coalesce(other, 'unknown') END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE everybody OR other IS NOT NULL
ORDER BY time, eventID
