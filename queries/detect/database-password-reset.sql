-- Who set a database's master password?
--
-- A new password for the master user of RDS, Aurora or Redshift lets whoever set it in,
-- whoever had the old one out, and needs no knowledge of that. CloudTrail masks the
-- password. Rotation by Secrets Manager is left out.
--
-- False positives: rotation by hand and infrastructure code that sets the password
--   anew.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1098, T1555
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html,
--   https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestParameters, '$.dBClusterIdentifier'), json_extract_scalar(requestParameters, '$.clusterIdentifier'), json_extract_scalar(requestParameters, '$.namespaceName')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.masterUserPassword'), json_extract_scalar(requestParameters, '$.adminUserPassword')) AS password
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'rds.amazonaws.%' AND eventName IN ('ModifyDBInstance', 'ModifyDBCluster')
        OR eventSource LIKE 'redshift%.amazonaws.%' AND eventName IN ('ModifyCluster', 'UpdateNamespace'))
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1098' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' set' ELSE ' tried and failed to set' END
         || ' the master password of the database ' || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE password IS NOT NULL
ORDER BY time, eventID
