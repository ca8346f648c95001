-- Who read a snapshot block by block?
--
-- The EBS direct APIs read a snapshot's blocks without a volume and without a machine:
-- whoever has them downloads the disk through nothing but calls. Each reader of a
-- snapshot is told once a day. What AWS Backup and other services read is left out.
--
-- These are data events, which a trail logs only where it is told to.
--
-- False positives: backup software that reads by these calls; it reads many snapshots
--   from the same address each night.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1d
-- Severity: medium
-- ATT&CK: T1530
-- Needs: cloudtrail, data
-- References: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-accessing-snapshot.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.snapshotId'), json_extract_scalar(requestParameters, '$.secondSnapshotId')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' DAY AND eventTime < $until
      AND eventSource LIKE 'ebs.amazonaws.%' AND eventName IN ('GetSnapshotBlock', 'ListSnapshotBlocks', 'ListChangedBlocks')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
), told AS (
    SELECT *, row_number() OVER (PARTITION BY actor, recipientAccountId, object, date_trunc('day', eventTime) ORDER BY eventTime, eventID) AS place
    FROM calls
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1530' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' read' ELSE ' tried and failed to read' END || ' blocks of the snapshot ' || coalesce(object, 'of no name') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE place = 1
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
