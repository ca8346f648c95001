-- Who took away a protection from deletion?
--
-- Databases, tables, load balancers, stacks, clusters and user pools can refuse to be
-- deleted. To take that away is the step before the deletion, by whoever wants them
-- gone. The protection of instances is in instance-protection-off.
--
-- False positives: what is taken down for good; infrastructure code that replaces a
--   database.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1490, T1485
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_DeleteInstance.html,
--   https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-protect-stacks.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'),
                    json_extract_scalar(requestParameters, '$.dBClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.globalClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.tableName'),
                    json_extract_scalar(requestParameters, '$.loadBalancerArn'),
                    json_extract_scalar(requestParameters, '$.stackName'),
                    json_extract_scalar(requestParameters, '$.userPoolId'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.logGroupIdentifier'),
                    json_extract_scalar(requestParameters, '$.eventDataStore')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('rds', 'ModifyDBInstance', 'medium', 'unprotect', 'unprotected', 'the database'),
        ('rds', 'ModifyDBCluster', 'medium', 'unprotect', 'unprotected', 'the database cluster'),
        ('rds', 'ModifyGlobalCluster', 'medium', 'unprotect', 'unprotected', 'the global database cluster'),
        ('dynamodb', 'UpdateTable', 'medium', 'unprotect', 'unprotected', 'the table'),
        ('elasticloadbalancing', 'ModifyLoadBalancerAttributes', 'low', 'unprotect', 'unprotected', 'the load balancer'),
        ('cloudformation', 'UpdateTerminationProtection', 'medium', 'unprotect', 'unprotected', 'the stack'),
        ('eks', 'UpdateClusterConfig', 'medium', 'unprotect', 'unprotected', 'the cluster'),
        ('cognito-idp', 'UpdateUserPool', 'medium', 'unprotect', 'unprotected', 'the user pool'),
        ('logs', 'PutLogGroupDeletionProtection', 'medium', 'unprotect', 'unprotected', 'the log group'),
        ('cloudtrail', 'UpdateEventDataStore', 'high', 'unprotect', 'unprotected', 'the event data store')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND regexp_like(requestParameters, '"(deletionProtection|deletionProtectionEnabled|enableTerminationProtection|terminationProtectionEnabled)"\s*:\s*(false|"INACTIVE")|"deletion_protection.enabled"[^{}]*"value"\s*:\s*"false"|"value"\s*:\s*"false"[^{}]*"deletion_protection.enabled"')
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
