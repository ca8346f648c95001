-- Who turned the automatic backups of databases off?
--
-- Databases keep automatic backups for some days, to any second of which they can go
-- back. With a retention of 0, or with DynamoDB's point-in-time recovery off, all of
-- these are deleted at once.
--
-- Told too are automatic backups and copies in another region that are deleted. What
-- failed is told as less severe.
--
-- False positives: test databases; read replicas that are being built.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1490
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.html,
--   https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/PointInTimeRecovery.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'),
                    json_extract_scalar(requestParameters, '$.dBClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.dbiResourceId'),
                    json_extract_scalar(requestParameters, '$.dBInstanceAutomatedBackupsArn'),
                    json_extract_scalar(requestParameters, '$.dbClusterResourceId'),
                    json_extract_scalar(requestParameters, '$.sourceDBInstanceArn'),
                    json_extract_scalar(requestParameters, '$.tableName'),
                    json_extract_scalar(requestParameters, '$.backupArn'),
                    json_extract_scalar(requestParameters, '$.clusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.replicationGroupId'),
                    json_extract_scalar(requestParameters, '$.cacheClusterId'),
                    json_extract_scalar(requestParameters, '$.fileSystemId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('rds', 'ModifyDBInstance', 'high', 'end', 'ended', 'automatic backups of the database'),
        ('rds', 'ModifyDBCluster', 'high', 'end', 'ended', 'automatic backups of the database cluster'),
        ('rds', 'DeleteDBInstanceAutomatedBackup', 'high', 'delete', 'deleted', 'automatic backups of'),
        ('rds', 'DeleteDBClusterAutomatedBackup', 'high', 'delete', 'deleted', 'automatic backups of'),
        ('rds', 'StopDBInstanceAutomatedBackupsReplication', 'medium', 'stop', 'stopped', 'the copies in another region of backups of'),
        ('dynamodb', 'UpdateContinuousBackups', 'high', 'end', 'ended', 'point-in-time recovery of the table'),
        ('dynamodb', 'DeleteBackup', 'medium', 'delete', 'deleted', 'the backup'),
        ('redshift', 'ModifyCluster', 'medium', 'end', 'ended', 'automatic snapshots of the warehouse'),
        ('redshift', 'DisableSnapshotCopy', 'medium', 'end', 'ended', 'the copies in another region of snapshots of'),
        ('elasticache', 'ModifyReplicationGroup', 'medium', 'end', 'ended', 'snapshots of the cache'),
        ('elasticache', 'ModifyCacheCluster', 'medium', 'end', 'ended', 'snapshots of the cache'),
        ('elasticfilesystem', 'PutBackupPolicy', 'medium', 'end', 'ended', 'automatic backups of the file system'),
        ('fsx', 'UpdateFileSystem', 'medium', 'end', 'ended', 'automatic backups of the file system')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'ModifyDBInstance' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'ModifyDBCluster' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'ModifyCluster' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'ModifyReplicationGroup' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'ModifyCacheCluster' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'UpdateFileSystem' OR regexp_like(requestParameters, '"(backupRetentionPeriod|automatedSnapshotRetentionPeriod|snapshotRetentionLimit|automaticBackupRetentionDays)"\s*:\s*"?0[^0-9]'))
      AND (eventName <> 'UpdateContinuousBackups' OR regexp_like(requestParameters, '"pointInTimeRecoveryEnabled"\s*:\s*false'))
      AND (eventName <> 'PutBackupPolicy' OR strpos(requestParameters, '"DISABLED"') > 0)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1490' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
