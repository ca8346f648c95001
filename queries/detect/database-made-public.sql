-- Who put a database in reach of the internet?
--
-- A database of RDS or a cluster of Redshift that has a public address, from now on or
-- from its beginning. Its security groups may still keep others out: see
-- detect/security-group-open. A database that was there is medium, a new one and what
-- failed are low.
--
-- False positives: test databases of accounts that have no private network.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1190, T1578.005
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.WorkingWithRDSInstanceinaVPC.html,
--   https://docs.aws.amazon.com/redshift/latest/APIReference/API_ModifyCluster.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'), json_extract_scalar(requestParameters, '$.dBClusterIdentifier'), json_extract_scalar(requestParameters, '$.clusterIdentifier'), json_extract_scalar(requestParameters, '$.workgroupName'), json_extract_scalar(requestParameters, '$.replicationInstanceIdentifier')) AS object,
           json_extract_scalar(requestParameters, '$.publiclyAccessible') AS public
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'rds.amazonaws.%' AND (eventName IN ('ModifyDBInstance', 'ModifyDBCluster', 'CreateDBInstance', 'CreateDBCluster') OR eventName LIKE 'Restore%')
        OR eventSource LIKE 'redshift%.amazonaws.%' AND eventName IN ('ModifyCluster', 'CreateCluster', 'RestoreFromClusterSnapshot', 'UpdateWorkgroup', 'CreateWorkgroup')
        OR eventSource LIKE 'dms.amazonaws.%' AND eventName = 'CreateReplicationInstance')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND (eventName LIKE 'Modify%' OR eventName LIKE 'Update%' OR eventName LIKE 'Restore%') THEN 'medium' ELSE 'low' END AS severity,
       'T1190' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave' ELSE ' tried and failed to give' END
         || ' the database ' || coalesce(object, 'of no name') || ' a public address' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE public = 'true'
ORDER BY time, eventID
