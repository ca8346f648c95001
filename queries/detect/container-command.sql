-- Who ran a command in a container, or a task in another role?
--
-- ECS Exec gives a shell in a running container, with the task's role. A task that is run
-- with another role than its definition's lets whoever starts it act as that role. Tasks
-- that are run with another command only are everyday work and left out.
--
-- False positives: people who look after a service that misbehaves; jobs that choose
--   their role.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1609, T1610
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ExecuteCommand.html,
--   https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_RunTask.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           nullif(coalesce(json_extract_scalar(requestParameters, '$.task'), json_extract_scalar(requestParameters, '$.taskDefinition'), json_extract_scalar(requestParameters, '$.cluster')), '') AS object,
           json_extract_scalar(requestParameters, '$.command') AS command,
           json_extract_scalar(requestParameters, '$.container') AS container,
           coalesce(json_extract_scalar(requestParameters, '$.overrides.taskRoleArn'), json_extract_scalar(requestParameters, '$.overrides.executionRoleArn')) AS role
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ecs.amazonaws.%' AND eventName IN ('ExecuteCommand', 'RunTask', 'StartTask')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND role IS NOT NULL THEN 'medium' ELSE 'low' END AS severity,
       'T1609' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' ran' ELSE ' tried and failed to run' END
         || CASE WHEN eventName = 'ExecuteCommand' THEN ' ' || coalesce(command, 'a command') || ' in the container ' || coalesce(container, 'of the task') || ' of ' ELSE ' a task as the role ' || coalesce(role, 'of no name') || ': ' END || coalesce(object, 'a cluster') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
WHERE eventName = 'ExecuteCommand' OR role IS NOT NULL
ORDER BY time, eventID
