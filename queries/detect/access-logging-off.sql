-- Who turned access logs off?
--
-- Access logs of buckets, load balancers, CDN distributions and APIs say who fetched
-- what. Without them, data taken through these is not seen: CloudTrail does not hold
-- such requests.
--
-- False positives: log buckets that move; a change of settings in which the logs go to
--   another place.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html,
--   https://docs.aws.amazon.com/elasticloadbalancing/latest/application/disable-access-logging.html,
--   https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.bucketName'),
                    json_extract_scalar(requestParameters, '$.loadBalancerArn'),
                    json_extract_scalar(requestParameters, '$.loadBalancerName'),
                    json_extract_scalar(requestParameters, '$.id'),
                    json_extract_scalar(requestParameters, '$.name'),
                    json_extract_scalar(requestParameters, '$.restApiId'),
                    json_extract_scalar(requestParameters, '$.apiId'),
                    json_extract_scalar(requestParameters, '$.containerName'),
                    json_extract_scalar(requestParameters, '$.acceleratorArn'),
                    json_extract_scalar(requestParameters, '$.accessLogSubscriptionIdentifier'),
                    json_extract_scalar(requestParameters, '$.distributionId')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('s3', 'PutBucketLogging', 'medium', 'end', 'ended', 'the access log of the bucket'),
        ('elasticloadbalancing', 'ModifyLoadBalancerAttributes', 'medium', 'end', 'ended', 'the access log of the load balancer'),
        ('cloudfront', 'UpdateDistribution', 'low', 'update', 'updated', 'without an access log the distribution'),
        ('cloudfront', 'DeleteRealtimeLogConfig', 'medium', 'delete', 'deleted', 'the log configuration of distributions:'),
        ('apigateway', 'UpdateStage', 'medium', 'end', 'ended', 'logs of the API'),
        ('apigateway', 'DeleteAccessLogSettings', 'medium', 'end', 'ended', 'the access log of the API'),
        ('mediastore', 'StopAccessLogging', 'medium', 'end', 'ended', 'the access log of the container'),
        ('globalaccelerator', 'UpdateAcceleratorAttributes', 'medium', 'end', 'ended', 'the flow logs of the accelerator'),
        ('vpc-lattice', 'DeleteAccessLogSubscription', 'medium', 'delete', 'deleted', 'the access log'),
        ('cloudfront', 'DeleteMonitoringSubscription', 'low', 'end', 'ended', 'the metrics of the distribution')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'PutBucketLogging' OR strpos(requestParameters, '"BucketLoggingStatus"') > 0 AND strpos(requestParameters, '"LoggingEnabled"') = 0)
      AND (eventName <> 'ModifyLoadBalancerAttributes' OR regexp_like(requestParameters, '"access_logs.s3.enabled"[^{}]*"value"\s*:\s*"false"|"value"\s*:\s*"false"[^{}]*"access_logs.s3.enabled"|"accessLog"\s*:\s*\{[^{}]*"enabled"\s*:\s*false'))
      AND (eventName <> 'UpdateDistribution' OR regexp_like(requestParameters, '"logging"\s*:\s*\{[^{}]*"enabled"\s*:\s*false'))
      AND (eventName <> 'UpdateStage' OR regexp_like(requestParameters, '"op"\s*:\s*"remove"[^{}]*/accessLogSettings|/accessLogSettings[^{}]*"op"\s*:\s*"remove"|/logging/loglevel[^{}]*"OFF"|"OFF"[^{}]*/logging/loglevel'))
      AND (eventName <> 'UpdateAcceleratorAttributes' OR regexp_like(requestParameters, '"flowLogsEnabled"\s*:\s*false'))
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
