-- Who detached or switched off a policy of the organisation?
--
-- Service control policies are what even administrators of an account cannot pass. One
-- that is detached or deleted, or the whole kind switched off, frees all accounts below
-- it. FullAWSAccess that is detached narrows rights, and is not told of. A changed
-- policy is low: its new text is in the event.
--
-- False positives: policies that are replaced: look whether another was attached.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1484, T1562
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps.html,
--   https://docs.aws.amazon.com/organizations/latest/APIReference/API_DetachPolicy.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.targetId') AS targetId,
           json_extract_scalar(requestParameters, '$.rootId') AS rootId,
           json_extract_scalar(requestParameters, '$.policyId') AS policyId,
           json_extract_scalar(requestParameters, '$.policyType') AS policyType
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'organizations.amazonaws.%'
      AND eventName IN ('DetachPolicy', 'DisablePolicyType', 'DeletePolicy', 'UpdatePolicy')
      AND coalesce(json_extract_scalar(requestParameters, '$.policyId'), '') NOT IN ('p-FullAWSAccess', 'p-RCPFullAWSAccess')
      AND coalesce(json_extract_scalar(requestParameters, '$.policyType'), 'SERVICE_CONTROL_POLICY') IN ('SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY', 'DECLARATIVE_POLICY_EC2')
      AND userIdentity.invokedBy IS NULL AND coalesce(sourceIPAddress, '') NOT LIKE '%.amazonaws.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL OR eventName = 'UpdatePolicy' THEN 'low'
            WHEN eventName = 'DeletePolicy' THEN 'medium'
            ELSE 'high' END AS severity,
       'T1484' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(targetId, rootId, policyId) AS object,
       coalesce(actor(userIdentity), 'Somebody') || CASE eventName
                WHEN 'DetachPolicy' THEN CASE WHEN errorCode IS NULL THEN ' detached ' ELSE ' tried and failed to detach ' END || 'the policy '
                || coalesce(policyId, 'of no name') || ' from ' || coalesce(targetId, 'somewhere')
                WHEN 'DisablePolicyType' THEN CASE WHEN errorCode IS NULL THEN ' switched off ' ELSE ' tried and failed to switch off ' END
                || 'all policies of the type ' || coalesce(policyType, 'unknown')
                WHEN 'DeletePolicy' THEN CASE WHEN errorCode IS NULL THEN ' deleted ' ELSE ' tried and failed to delete ' END || 'the policy '
                || coalesce(policyId, 'of no name')
                ELSE CASE WHEN errorCode IS NULL THEN ' changed ' ELSE ' tried and failed to change ' END || 'the policy '
                || coalesce(policyId, 'of no name') END
         || ' of the organisation' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
