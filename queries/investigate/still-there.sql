-- What was made and, as far as the log tells, is still there?
--
-- Users, keys, passwords, roles, policies, groups, instance profiles, buckets, tables,
-- functions, trails, stacks, databases, snapshots, volumes, security groups, networks
-- and pairs of keys that a Create… made and that no Delete… took away after: what to
-- clean up, or to hand over. Versions in the name of a call (CreateFunction20150331) do
-- not count.
--
-- What was deleted by something else, such as a stack or an account's end, is still
-- there to this.
--
-- Parameters:
--   $actor  text      = '%'           the actor, a name alone, or a pattern with %
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
--   $limit  integer   = 1000          so many rows at most
-- Needs: cloudtrail
WITH calls AS (
    SELECT eventTime, eventName, eventSource, recipientAccountId, sourceIPAddress, requestParameters, responseElements, awsRegion,
           actor(userIdentity) AS actor,
           regexp_replace(eventName, '^(Create|Delete)|\d+.*$', '') AS kind
    FROM cloudtrail
    WHERE (eventName LIKE 'Create%' OR eventName LIKE 'Delete%') AND errorCode IS NULL
), named AS (
    SELECT eventTime, eventName LIKE 'Create%' AS made, eventSource, recipientAccountId, awsRegion, kind, actor, sourceIPAddress,
           CASE WHEN kind IN ('User', 'LoginProfile') THEN json_extract_scalar(requestParameters, '$.userName')
                WHEN kind = 'Role' THEN json_extract_scalar(requestParameters, '$.roleName')
                WHEN kind = 'Group' THEN json_extract_scalar(requestParameters, '$.groupName')
                WHEN kind = 'InstanceProfile' THEN json_extract_scalar(requestParameters, '$.instanceProfileName')
                WHEN kind = 'AccessKey' THEN coalesce(json_extract_scalar(responseElements, '$.accessKey.accessKeyId'), json_extract_scalar(requestParameters, '$.accessKeyId'))
                WHEN kind = 'Policy' THEN coalesce(json_extract_scalar(responseElements, '$.policy.arn'), json_extract_scalar(requestParameters, '$.policyArn'))
                WHEN kind = 'Bucket' THEN json_extract_scalar(requestParameters, '$.bucketName')
                WHEN kind = 'Table' THEN json_extract_scalar(requestParameters, '$.tableName')
                WHEN kind = 'Function' THEN json_extract_scalar(requestParameters, '$.functionName')
                WHEN kind = 'Trail' THEN json_extract_scalar(requestParameters, '$.name')
                WHEN kind = 'Stack' THEN json_extract_scalar(requestParameters, '$.stackName')
                WHEN kind = 'DBInstance' THEN json_extract_scalar(requestParameters, '$.dBInstanceIdentifier')
                WHEN kind = 'DBSnapshot' THEN json_extract_scalar(requestParameters, '$.dBSnapshotIdentifier')
                WHEN kind = 'KeyPair' THEN json_extract_scalar(requestParameters, '$.keyName')
                WHEN kind = 'SecurityGroup' THEN coalesce(json_extract_scalar(responseElements, '$.groupId'), json_extract_scalar(requestParameters, '$.groupId'))
                WHEN kind = 'Snapshot' THEN coalesce(json_extract_scalar(responseElements, '$.snapshotId'), json_extract_scalar(requestParameters, '$.snapshotId'))
                WHEN kind = 'Volume' THEN coalesce(json_extract_scalar(responseElements, '$.volumeId'), json_extract_scalar(requestParameters, '$.volumeId'))
                WHEN kind = 'Vpc' THEN coalesce(json_extract_scalar(responseElements, '$.vpc.vpcId'), json_extract_scalar(requestParameters, '$.vpcId'))
                WHEN kind = 'Subnet' THEN coalesce(json_extract_scalar(responseElements, '$.subnet.subnetId'), json_extract_scalar(requestParameters, '$.subnetId')) END AS object
    FROM calls
)
SELECT recipientAccountId AS account, awsRegion, eventSource, kind, object,
       max(CASE WHEN made THEN eventTime END) AS made_at,
       max_by(actor, CASE WHEN made THEN eventTime END) AS actor,
       max_by(sourceIPAddress, CASE WHEN made THEN eventTime END) AS sourceIPAddress
FROM named
WHERE object IS NOT NULL
GROUP BY recipientAccountId, awsRegion, eventSource, kind, object
HAVING max(CASE WHEN made THEN eventTime END) >= coalesce(max(CASE WHEN NOT made THEN eventTime END), TIMESTAMP '1970-01-01 00:00:00')
   AND max(CASE WHEN made THEN eventTime END) >= $since AND max(CASE WHEN made THEN eventTime END) < $until
   AND (max_by(actor, CASE WHEN made THEN eventTime END) LIKE $actor OR max_by(actor, CASE WHEN made THEN eventTime END) LIKE '%/' || CAST($actor AS varchar))
ORDER BY made_at DESC, account, eventSource, kind, object
LIMIT $limit
