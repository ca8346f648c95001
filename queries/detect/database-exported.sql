-- Who exported a database to a bucket?
--
-- Exports of a snapshot or cluster of RDS, or of a table of DynamoDB, write all of its
-- data to a bucket, which may be another account's. It needs no connection to the
-- database and no password of it.
--
-- It is medium where the bucket's owner is given and is another account, else low.
--
-- False positives: exports for data lakes and reports, mostly by the same role at the
--   same time each day.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1530, T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_StartExportTask.html,
--   https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_ExportTableToPointInTime.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.sourceArn'), json_extract_scalar(requestParameters, '$.tableArn')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.s3BucketName'), json_extract_scalar(requestParameters, '$.s3Bucket')) AS bucket,
           json_extract_scalar(requestParameters, '$.s3BucketOwner') AS owner
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventSource LIKE 'rds.amazonaws.%' AND eventName = 'StartExportTask'
        OR eventSource LIKE 'dynamodb.amazonaws.%' AND eventName = 'ExportTableToPointInTime')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND owner <> recipientAccountId THEN 'medium' ELSE 'low' END AS severity,
       'T1530' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' exported' ELSE ' tried and failed to export' END
         || ' ' || coalesce(object, 'a database') || ' to the bucket ' || coalesce(bucket, 'of no name') || coalesce(' of account ' || owner, '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
