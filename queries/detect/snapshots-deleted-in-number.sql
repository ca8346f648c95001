-- Who deletes snapshots and backups in number?
--
-- An actor deleted $snapshots snapshots or backups of disks, databases, warehouses,
-- tables or file systems within an hour, and none in the days before: the way back is
-- taken before data is destroyed or held to ransom.
--
-- False positives: clean-up by people. Tools that delete old snapshots each day are not
--   told of.
-- Parameters:
--   $snapshots  integer   = 8             at least so many within an hour
--   $since      timestamp = '1970-01-01'  from this time on
--   $until      timestamp = '9999-12-31'  before this time
-- Scope: window 8d
-- Severity: high
-- ATT&CK: T1490, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-deleting-snapshot.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.snapshotId'),
                    json_extract_scalar(requestParameters, '$.dBSnapshotIdentifier'),
                    json_extract_scalar(requestParameters, '$.dBClusterSnapshotIdentifier'),
                    json_extract_scalar(requestParameters, '$.snapshotIdentifier'),
                    json_extract_scalar(requestParameters, '$.backupArn'),
                    json_extract_scalar(requestParameters, '$.backupId'),
                    json_extract_scalar(requestParameters, '$.recoveryPointArn')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '8' DAY AND eventTime < $until
      AND (eventSource LIKE 'ec2.amazonaws.%' AND eventName = 'DeleteSnapshot'
           OR eventSource LIKE 'rds.amazonaws.%' AND eventName IN ('DeleteDBSnapshot', 'DeleteDBClusterSnapshot')
           OR eventSource LIKE 'redshift.amazonaws.%' AND eventName IN ('DeleteClusterSnapshot', 'BatchDeleteClusterSnapshots')
           OR eventSource LIKE 'dynamodb.amazonaws.%' AND eventName = 'DeleteBackup'
           OR eventSource LIKE 'fsx.amazonaws.%' AND eventName = 'DeleteBackup'
           OR eventSource LIKE 'backup.amazonaws.%' AND eventName = 'DeleteRecoveryPoint')
      AND errorCode IS NULL
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
), counted AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) AS n,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND CURRENT ROW) AS n_day,
           count(*) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime
                          RANGE BETWEEN INTERVAL '7' DAY PRECEDING AND CURRENT ROW) AS n_week
    FROM calls
), crossed AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, eventID, object, n, n_day, n_week,
           lag(n) OVER (PARTITION BY actor, recipientAccountId ORDER BY eventTime, eventID) AS n_before
    FROM counted
)
SELECT eventTime AS time,
       'high' AS severity,
       'T1490' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || ' deleted ' || CAST(n AS varchar) || ' snapshots or backups'
         || ' within an hour, and none in the days before' || coalesce(' (the last: ' || object || ')', '') || '.' AS why,
       eventID
FROM crossed
WHERE n >= $snapshots AND coalesce(n_before, 0) < $snapshots
  AND n_week = n_day -- none in the days before
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
