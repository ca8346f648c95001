-- Who turned logs of a database off?
--
-- Audit logs of databases and warehouses say who asked for which rows, which CloudTrail
-- does not know. Told are exports of logs to CloudWatch Logs that are disabled,
-- Redshift's audit logs, and activity streams that are stopped.
--
-- False positives: engines that are upgraded; databases that are taken down.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Procedural.UploadtoCloudWatch.html,
--   https://docs.aws.amazon.com/redshift/latest/mgmt/db-auditing.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.dBInstanceIdentifier'),
                    json_extract_scalar(requestParameters, '$.dBClusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.resourceArn'),
                    json_extract_scalar(requestParameters, '$.clusterIdentifier'),
                    json_extract_scalar(requestParameters, '$.namespaceName'),
                    json_extract_scalar(requestParameters, '$.domainName')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('rds', 'ModifyDBInstance', 'medium', 'end', 'ended', 'log exports of the database'),
        ('rds', 'ModifyDBCluster', 'medium', 'end', 'ended', 'log exports of the database cluster'),
        ('rds', 'StopActivityStream', 'high', 'stop', 'stopped', 'the activity stream of'),
        ('redshift', 'DisableLogging', 'medium', 'end', 'ended', 'the audit log of the warehouse'),
        ('redshift-serverless', 'UpdateNamespace', 'medium', 'end', 'ended', 'log exports of the namespace'),
        ('neptune', 'ModifyDBCluster', 'medium', 'end', 'ended', 'log exports of the database cluster'),
        ('es', 'UpdateDomainConfig', 'medium', 'end', 'ended', 'logs of the search domain')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'ModifyDBInstance' OR regexp_like(requestParameters, '"disableLogTypes"\s*:\s*\[\s*"'))
      AND (eventName <> 'ModifyDBCluster' OR regexp_like(requestParameters, '"disableLogTypes"\s*:\s*\[\s*"'))
      AND (eventName <> 'UpdateNamespace' OR regexp_like(requestParameters, '"logExports"\s*:\s*\[\s*\]'))
      AND (eventName <> 'UpdateDomainConfig' OR regexp_like(requestParameters, '_LOGS"\s*:\s*\{[^{}]*"[eE]nabled"\s*:\s*false'))
      -- Not what a service does; of the console's calls invokedBy once was signin.….
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
      AND coalesce(userIdentity.type, '') <> 'AWSService'
      AND coalesce(userIdentity.sessionContext.sessionIssuer.arn, '') NOT LIKE '%:role/aws-service-role/%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL THEN severity ELSE 'low' END AS severity,
       'T1562.008' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody')
         || CASE WHEN errorCode IS NULL THEN ' ' || done ELSE ' tried and failed to ' || attempt END
         || ' ' || what || coalesce(' ' || nullif(object, ''), '') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
