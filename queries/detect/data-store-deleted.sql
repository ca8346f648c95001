-- Who deleted databases, tables or file systems?
--
-- A database deleted without a last snapshot, a table or a file system is gone.
-- Databases deleted with a last snapshot are low, and so are tables, which tests make
-- and delete all day. What failed is low: a protection held.
--
-- False positives: environments that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html,
--   https://docs.aws.amazon.com/efs/latest/ug/delete-efs-fs.html,
--   https://docs.aws.amazon.com/fsx/latest/WindowsGuide/delete-file-system.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'),
                    json_extract_scalar(requestParameters, '$.dBClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.globalClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.clusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.clusterArn'),
                    json_extract_scalar(requestParameters, '$.namespaceName'),
                    json_extract_scalar(requestParameters, '$.tableName'),
                    json_extract_scalar(requestParameters, '$.fileSystemId'),
                    json_extract_scalar(requestParameters, '$.sourceFileSystemId'),
                    json_extract_scalar(requestParameters, '$.volumeId'),
                    json_extract_scalar(requestParameters, '$.domainName'),
                    json_extract_scalar(requestParameters, '$.replicationGroupId'),
                    json_extract_scalar(requestParameters, '$.databaseName'),
                    json_extract_scalar(requestParameters, '$.name')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.finalDBSnapshotIdentifier'),
                    json_extract_scalar(requestParameters, '$.finalClusterSnapshotIdentifier')) AS final_snapshot
    FROM cloudtrail
    JOIN (VALUES
        ('rds', 'DeleteDBInstance', 'medium', 'delete', 'deleted', 'the database'),
        ('rds', 'DeleteDBCluster', 'medium', 'delete', 'deleted', 'the database cluster'),
        ('rds', 'DeleteGlobalCluster', 'medium', 'delete', 'deleted', 'the global database cluster'),
        ('redshift', 'DeleteCluster', 'medium', 'delete', 'deleted', 'the warehouse'),
        ('redshift-serverless', 'DeleteNamespace', 'medium', 'delete', 'deleted', 'the namespace'),
        ('docdb-elastic', 'DeleteCluster', 'medium', 'delete', 'deleted', 'the database cluster'),
        ('dynamodb', 'DeleteTable', 'low', 'delete', 'deleted', 'the table'),
        ('elasticfilesystem', 'DeleteFileSystem', 'medium', 'delete', 'deleted', 'the file system'),
        ('elasticfilesystem', 'DeleteReplicationConfiguration', 'low', 'end', 'ended', 'the copying of the file system'),
        ('fsx', 'DeleteFileSystem', 'medium', 'delete', 'deleted', 'the file system'),
        ('fsx', 'DeleteVolume', 'medium', 'delete', 'deleted', 'the volume'),
        ('es', 'DeleteDomain', 'medium', 'delete', 'deleted', 'the search domain'),
        ('elasticache', 'DeleteReplicationGroup', 'low', 'delete', 'deleted', 'the cache'),
        ('timestream', 'DeleteDatabase', 'medium', 'delete', 'deleted', 'the database'),
        ('glue', 'DeleteDatabase', 'low', 'delete', 'deleted', 'the catalogue database')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND final_snapshot IS NULL THEN severity ELSE 'low' END AS severity,
       'T1485' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
