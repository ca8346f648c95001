-- Who copied a snapshot or image to another region?
--
-- A copy in another region, where fewer people look, and often with another key: before
-- it is shared, or before the original is deleted for ransom. Each is logged where the
-- copy was made. What failed is low, as are copies within a region.
--
-- False positives: copies for disasters, made each night by the same role.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: low
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CopySnapshot.html,
--   https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CopyDBSnapshot.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.sourceSnapshotId'), json_extract_scalar(requestParameters, '$.sourceImageId'), json_extract_scalar(requestParameters, '$.sourceDBSnapshotIdentifier'), json_extract_scalar(requestParameters, '$.sourceDBClusterSnapshotIdentifier')) AS object,
           coalesce(json_extract_scalar(requestParameters, '$.sourceRegion'), nullif(split_part(coalesce(json_extract_scalar(requestParameters, '$.sourceDBSnapshotIdentifier'), json_extract_scalar(requestParameters, '$.sourceDBClusterSnapshotIdentifier')), ':', 4), '')) AS origin
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventName IN ('CopySnapshot', 'CopyImage', 'CopyDBSnapshot', 'CopyDBClusterSnapshot', 'CopyFpgaImage')
      AND (eventSource LIKE 'ec2.amazonaws.%' OR eventSource LIKE 'rds.amazonaws.%')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'low' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' copied' ELSE ' tried and failed to copy' END
         || ' ' || coalesce(object, 'a snapshot') || ' from ' || coalesce(origin, 'another region') || ' to ' || coalesce(awsRegion, 'this one') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE origin <> awsRegion
ORDER BY time, eventID
