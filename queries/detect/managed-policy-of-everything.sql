-- Who wrote a policy that allows everything?
--
-- A policy of one's own, or a new version of one, that allows all actions, or all of
-- IAM, on all resources. With a new default version all who have the policy already get
-- those rights, at once and with nothing attached.
--
-- Statements that deny are left out, and conditions are not judged. What failed is low.
--
-- False positives: policies for administrators that infrastructure code makes.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicyVersion.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.setAsDefault') AS setAsDefault,
           json_extract_scalar(requestParameters, '$.policyArn') AS policyArn,
           json_extract_scalar(responseElements, '$.policy.arn') AS madePolicyArn,
           json_extract_scalar(requestParameters, '$.policyName') AS policyName,
           -- Conditions have braces of their own, and what is denied is not given.
           regexp_replace(regexp_replace(json_extract_scalar(requestParameters, '$.policyDocument'), '"Condition"\s*:\s*\{(\s*"[^"]*"\s*:\s*\{[^{}]*\}\s*,?)*\s*\}', '"Condition":0'),
                      '\{[^{}]*"Effect"\s*:\s*"Deny"[^{}]*\}', '') AS allowed
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('CreatePolicy', 'CreatePolicyVersion')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low'
            WHEN eventName = 'CreatePolicyVersion' AND setAsDefault = 'true' THEN 'high'
            ELSE 'medium' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(policyArn, madePolicyArn, policyName) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END
         || CASE WHEN eventName = 'CreatePolicy' THEN 'the policy ' ELSE 'a version of the policy ' END
         || coalesce(policyArn, policyName, 'of no name') || ' that allows everything'
         || CASE WHEN setAsDefault = 'true' THEN ' and is its default' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE (regexp_like(allowed, '"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"[^{}]*"Resource"\s*:\s*(\[[^\]]*)?"\*"')
    OR regexp_like(allowed, '"Resource"\s*:\s*(\[[^\]]*)?"\*"[^{}]*"Action"\s*:\s*(\[[^\]]*)?"(\*|\*:\*|iam:\*)"'))
ORDER BY time, eventID
