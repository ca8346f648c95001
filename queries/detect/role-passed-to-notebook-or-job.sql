-- Who gave a notebook, a job or a pipeline a role for the first time?
--
-- Notebooks, processing and training of SageMaker, development endpoints, sessions and
-- jobs of Glue, jobs of EMR and pipelines of Data Pipeline run code with a role that is
-- passed to them: another's rights for who may make them. Told is the first in 30 days
-- that an actor gave such a role to it; the account has to be known for $days days. A
-- role with the name of an administrator's is medium, all else low. What services do for
-- somebody is left out.
--
-- False positives: data scientists with new projects.
-- Parameters:
--   $days   integer   = 7             where the logs go back so many days
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 30d
-- Severity: medium
-- ATT&CK: T1548.005, T1098.003
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_passrole.html,
--   https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateNotebookInstance.html,
--   https://docs.aws.amazon.com/glue/latest/dg/aws-glue-api-dev-endpoint.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.roleArn'), json_extract_scalar(requestParameters, '$.role'), json_extract_scalar(requestParameters, '$.executionRoleArn'), json_extract_scalar(requestParameters, '$.executionRole'), json_extract_scalar(requestParameters, '$.jobUpdate.role'), json_extract_scalar(requestParameters, '$.jobFlowRole'),
                    json_extract_scalar(requestParameters, '$.defaultUserSettings.executionRole'), json_extract_scalar(requestParameters, '$.userSettings.executionRole'),
                    CASE WHEN eventName = 'PutPipelineDefinition' THEN regexp_extract(requestParameters, '"key":\s*"(role|resourceRole)",\s*"stringValue":\s*"([^"]+)"', 2) END) AS role,
           coalesce(json_extract_scalar(requestParameters, '$.notebookInstanceName'), json_extract_scalar(requestParameters, '$.processingJobName'), json_extract_scalar(requestParameters, '$.trainingJobName'), json_extract_scalar(requestParameters, '$.modelName'), json_extract_scalar(requestParameters, '$.domainName'), json_extract_scalar(requestParameters, '$.userProfileName'),
                    json_extract_scalar(requestParameters, '$.endpointName'), json_extract_scalar(requestParameters, '$.id'), json_extract_scalar(requestParameters, '$.name'), json_extract_scalar(requestParameters, '$.jobName'), json_extract_scalar(requestParameters, '$.applicationId'), json_extract_scalar(requestParameters, '$.pipelineId')) AS object
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
      AND (eventSource LIKE 'sagemaker.amazonaws.%'
             AND eventName IN ('CreateNotebookInstance', 'CreateProcessingJob', 'CreateTrainingJob', 'CreateModel', 'CreateDomain', 'CreateUserProfile')
           OR eventSource LIKE 'glue.amazonaws.%' AND eventName IN ('CreateDevEndpoint', 'CreateSession', 'CreateJob', 'UpdateJob')
           OR eventSource LIKE 'elasticmapreduce.amazonaws.%' AND eventName = 'RunJobFlow'
           OR eventSource LIKE 'emr-serverless.amazonaws.%' AND eventName = 'StartJobRun'
           OR eventSource LIKE 'datapipeline.amazonaws.%' AND eventName = 'PutPipelineDefinition')
      AND userIdentity.invokedBy IS NULL
), seen AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, object,
           lag(eventTime) OVER (PARTITION BY actor, role, CASE WHEN errorCode IS NULL THEN 1 ELSE 0 END ORDER BY eventTime, eventID) AS before
    FROM calls
), known AS (
    SELECT recipientAccountId AS logged, min(eventTime) AS known
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '30' DAY AND eventTime < $until
    GROUP BY recipientAccountId
), told AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, role, object
    FROM seen
    JOIN known ON logged = recipientAccountId
    WHERE (before IS NULL OR before < eventTime - INTERVAL '30' DAY)
      AND known <= eventTime - INTERVAL '1' DAY * CAST($days AS bigint)
      AND role <> ''
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND regexp_like(lower(regexp_extract(role, '[^/]+$')), 'admin|root|full|power|owner|super|organizationaccountaccess') THEN 'medium' ELSE 'low' END AS severity,
       'T1548.005' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object AS object,
       coalesce(actor, 'Somebody') || CASE WHEN errorCode IS NULL THEN ' gave' ELSE ' tried and failed to give' END || ' the role ' || role
         || ' to the notebook or job ' || coalesce(object, 'of no name')
         || ', for the first time in 30 days' || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM told
WHERE eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
