-- Who made a bucket or its objects public?
--
-- An ACL that grants to all users or to all users of AWS, or a bucket policy that
-- allows something to every principal without a condition, other than that TLS be used.
-- Policies that deny to everybody are not told of. What failed is low: Block Public
-- Access held.
--
-- PutObjectAcl, and ACLs set by uploads, are data events.
--
-- False positives: web sites and downloads that are public by design.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1530, T1098
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html,
--   https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           json_extract_scalar(requestParameters, '$.bucketName') AS bucket,
           json_extract_scalar(requestParameters, '$.key') AS key,
           CASE WHEN regexp_like(requestParameters, 'groups/global/(AllUsers|AuthenticatedUsers)|"x-amz-acl"\s*:\s*\[?\s*"(public-read|public-read-write|authenticated-read)"')
                THEN 'ACL' END AS acl,
           -- A statement without braces inside but those of its principal has no condition.
           CASE WHEN eventName = 'PutBucketPolicy' THEN
               regexp_replace(replace(requestParameters, '\"', '"'),
                              '"Condition"\s*:\s*\{\s*"Bool"\s*:\s*\{\s*"aws:SecureTransport"[^{}]*\}\s*\}', '"Condition":""') END AS policy
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 's3.amazonaws.%'
      AND eventName IN ('PutBucketAcl', 'PutObjectAcl', 'CreateBucket', 'PutBucketPolicy', 'PutObject', 'CopyObject', 'CreateMultipartUpload')
      AND (eventName = 'PutBucketPolicy' OR strpos(requestParameters, 'acl') > 0 OR strpos(requestParameters, 'groups/global/') > 0)
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN key IS NULL THEN 'high' ELSE 'medium' END AS severity,
       'T1530' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       bucket || coalesce('/' || key, '') AS object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END
         || CASE WHEN key IS NULL THEN ' the bucket ' ELSE ' the object ' END || coalesce(bucket || coalesce('/' || key, ''), 'of no name')
         || ' public by its ' || coalesce(acl, 'policy') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE acl IS NOT NULL
   OR regexp_like(policy, '\{[^{}]*"Effect"\s*:\s*"Allow"[^{}]*"Principal"\s*:\s*(?:"\*"|\{\s*"AWS"\s*:\s*(?:\[\s*)?"\*"\s*\]?\s*\})[^{}]*\}')
   OR regexp_like(policy, '\{[^{}]*"Principal"\s*:\s*(?:"\*"|\{\s*"AWS"\s*:\s*(?:\[\s*)?"\*"\s*\]?\s*\})[^{}]*"Effect"\s*:\s*"Allow"[^{}]*\}')
ORDER BY time, eventID
