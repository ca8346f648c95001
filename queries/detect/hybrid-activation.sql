-- Who let machines from outside AWS join as managed ones?
--
-- An activation lets any machine that has its code register with Systems Manager and take
-- a role: credentials of the account on a machine that is not the account's, which
-- outlive keys that are taken away. Activations, and machines that register by one, are
-- told of; what failed is low.
--
-- False positives: machines of one's own data centre, registered by the team that runs
--   them.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098, T1133
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateActivation.html,
--   https://docs.aws.amazon.com/systems-manager/latest/userguide/hybrid-multicloud-managed-nodes.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.iamRole'), json_extract_scalar(requestParameters, '$.activationId')) AS object
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ssm.amazonaws.%' AND eventName IN ('CreateActivation', 'RegisterManagedInstance')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END
         || CASE WHEN eventName = 'CreateActivation' THEN ' an activation with the role ' ELSE ' a machine from outside a managed one, by the activation ' END || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
