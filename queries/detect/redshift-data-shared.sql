-- Who gave another account a snapshot or data of Redshift?
--
-- A snapshot of a warehouse that another account may restore, data shared with it, or an
-- endpoint that it may make to a cluster: each hands all or part of the warehouse's data
-- over. What failed is low.
--
-- False positives: data that is shared with partners and with accounts of one's own, by
--   the same few people.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1537
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/redshift/latest/APIReference/API_AuthorizeSnapshotAccess.html,
--   https://docs.aws.amazon.com/redshift/latest/APIReference/API_AuthorizeDataShare.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.snapshotIdentifier'), json_extract_scalar(requestParameters, '$.snapshotArn'), json_extract_scalar(requestParameters, '$.dataShareArn'), json_extract_scalar(requestParameters, '$.clusterIdentifier'), json_extract_scalar(requestParameters, '$.resourceArn')) AS object,
           coalesce(regexp_extract(replace(json_extract_scalar(requestParameters, '$.accountWithRestoreAccess'), recipientAccountId, 'own'), '[0-9]{12}'), regexp_extract(replace(json_extract_scalar(requestParameters, '$.consumerIdentifier'), recipientAccountId, 'own'), '[0-9]{12}'), regexp_extract(replace(json_extract_scalar(requestParameters, '$.account'), recipientAccountId, 'own'), '[0-9]{12}'), regexp_extract(replace(json_extract_scalar(requestParameters, '$.policy'), recipientAccountId, 'own'), '"AWS"\s*:\s*(\[[^\[\]]*)?"(arn:[^":]*:(iam|sts)::)?([0-9]{12})', 4)) AS other
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'redshift%.amazonaws.%' AND eventName IN ('AuthorizeSnapshotAccess', 'AuthorizeDataShare', 'AuthorizeEndpointAccess', 'PutResourcePolicy')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1537' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave' ELSE ' tried and failed to give' END
         || ' account ' || coalesce(other, 'unknown') || ' access to ' || coalesce(object, 'a warehouse') || ' of Redshift' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE other IS NOT NULL
ORDER BY time, eventID
