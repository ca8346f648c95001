-- Who exported a machine or its image to a bucket?
--
-- An image or a machine's disks are written to a bucket as one file, from which they can
-- be downloaded and started anywhere. The bucket may be another account's.
--
-- False positives: moves to another partition or away from AWS; those are planned.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537, T1530
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateStoreImageTask.html,
--   https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ExportImage.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(regexp_extract(requestParameters, '"[iI]mageId"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"[iI]nstanceId"\s*:\s*"([^"]*)"', 1)) AS object,
           coalesce(regexp_extract(requestParameters, '"s3Bucket"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"S3Bucket"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"Bucket"\s*:\s*"([^"]*)"', 1)) AS bucket
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('CreateStoreImageTask', 'ExportImage', 'CreateInstanceExportTask')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' exported' ELSE ' tried and failed to export' END
         || ' ' || coalesce(object, 'a machine') || ' to the bucket ' || coalesce(bucket, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
