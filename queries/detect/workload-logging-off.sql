-- Who turned logs of clusters, containers or functions off?
--
-- The control plane's log of EKS holds who did what inside the cluster; ECS logs what
-- is typed into containers by execute-command; functions, state machines and builds log
-- what they do. Told is where they are switched off.
--
-- False positives: cost cutting in test environments.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1562.008
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/eks/latest/userguide/control-plane-logs.html,
--   https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           severity, attempt, done, what,
           coalesce(json_extract_scalar(requestParameters, '$.cluster'),
                    json_extract_scalar(requestParameters, '$.functionName'),
                    json_extract_scalar(requestParameters, '$.stateMachineArn'),
                    json_extract_scalar(requestParameters, '$.environmentName'),
                    json_extract_scalar(requestParameters, '$.clientVpnEndpointId'),
                    json_extract_scalar(requestParameters, '$.ModifyClientVpnEndpointRequest.ClientVpnEndpointId'),
                    json_extract_scalar(requestParameters, '$.name')) AS object
    FROM cloudtrail
    JOIN (VALUES
        ('eks', 'UpdateClusterConfig', 'high', 'end', 'ended', 'logs of the control plane of the cluster'),
        ('ecs', 'UpdateCluster', 'medium', 'end', 'ended', 'the log of execute-command in the cluster'),
        ('ecs', 'UpdateClusterSettings', 'low', 'end', 'ended', 'insights of the cluster'),
        ('lambda', 'UpdateFunctionConfiguration20150331v2', 'low', 'cut', 'cut', 'logs of the function'),
        ('states', 'UpdateStateMachine', 'low', 'end', 'ended', 'logs of the state machine'),
        ('codebuild', 'UpdateProject', 'low', 'end', 'ended', 'logs of the build project'),
        ('ssm', 'UpdateDocument', 'medium', 'change', 'changed', 'the preferences of sessions in'),
        ('ssm', 'DeleteDocument', 'medium', 'delete', 'deleted', 'the preferences of sessions'),
        ('elasticbeanstalk', 'UpdateEnvironment', 'low', 'end', 'ended', 'log streaming of the environment'),
        ('ec2', 'ModifyClientVpnEndpoint', 'medium', 'end', 'ended', 'connection logs of the VPN endpoint')
    ) AS deeds(service, name, severity, attempt, done, what) ON eventSource LIKE service || '.amazonaws.%' AND eventName = name
    WHERE eventTime >= $since AND eventTime < $until
      AND (eventName <> 'UpdateClusterConfig' OR regexp_like(requestParameters, '"clusterLogging"\s*:\s*\[[^\[\]]*(\[[^\[\]]*\][^\[\]]*)*"enabled"\s*:\s*false'))
      AND (eventName <> 'UpdateCluster' OR regexp_like(requestParameters, '"logging"\s*:\s*"NONE"'))
      AND (eventName <> 'UpdateClusterSettings' OR strpos(requestParameters, '"disabled"') > 0)
      AND (eventName <> 'UpdateFunctionConfiguration20150331v2' OR regexp_like(requestParameters, 'LogLevel"\s*:\s*"(FATAL|ERROR)"'))
      AND (eventName <> 'UpdateStateMachine' OR regexp_like(requestParameters, '"level"\s*:\s*"OFF"'))
      AND (eventName <> 'UpdateProject' OR regexp_like(requestParameters, '"cloudWatchLogs"\s*:\s*\{[^{}]*"DISABLED"'))
      AND (eventName <> 'UpdateDocument' OR json_extract_scalar(requestParameters, '$.name') LIKE 'SSM-SessionManagerRunShell%')
      AND (eventName <> 'DeleteDocument' OR json_extract_scalar(requestParameters, '$.name') LIKE 'SSM-SessionManagerRunShell%')
      AND (eventName <> 'UpdateEnvironment' OR regexp_like(requestParameters, '"StreamLogs"[^{}]*"false"'))
      AND (eventName <> 'ModifyClientVpnEndpoint' OR regexp_like(requestParameters, '"ConnectionLogOptions"\s*:\s*\{[^{}]*"Enabled"\s*:\s*false'))
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
