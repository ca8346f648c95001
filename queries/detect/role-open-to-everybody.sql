-- Who let everybody take a role?
--
-- A role whose trust policy names * as AWS principal: all accounts in the world may take
-- it. With a condition beside it (an organisation, an external ID) it may be meant, and
-- is medium: read the condition. What failed is medium too: nobody tries that by
-- accident.
--
-- False positives: none that matter without a condition.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: critical
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html,
--   https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAssumeRolePolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.roleName') AS role,
           coalesce(json_extract_scalar(requestParameters, '$.policyDocument'), json_extract_scalar(requestParameters, '$.assumeRolePolicyDocument')) AS policy
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('UpdateAssumeRolePolicy', 'CreateRole')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR strpos(policy, '"Condition"') > 0 THEN 'medium' ELSE 'critical' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       role AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' let ' ELSE ' tried and failed to let ' END
         || 'everybody take the role ' || coalesce(role, 'of no name')
         || CASE WHEN strpos(policy, '"Condition"') > 0 THEN ', with conditions' ELSE '' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE regexp_like(policy, '"(AWS|Principal)"\s*:\s*(\[[^\]]*)?"\*"')
  AND regexp_like(policy, '"Effect"\s*:\s*"Allow"')
ORDER BY time, eventID
