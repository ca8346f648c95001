-- Who made another version of a policy the default?
--
-- SetDefaultPolicyVersion takes a policy back to an older version, which may have
-- allowed more: who may do it and nothing else can so raise their own rights. The event
-- does not tell what the version allows: look at it with iam get-policy-version.
--
-- False positives: a change of a policy that is taken back.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.policyArn') AS policyArn,
           json_extract_scalar(requestParameters, '$.versionId') AS versionId
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName = 'SetDefaultPolicyVersion'
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098.003' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       policyArn AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made ' ELSE ' tried and failed to make ' END || 'version '
         || coalesce(versionId, 'of no name')
         || ' of the policy ' || coalesce(policyArn, 'of no name') || ' the default' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
