-- Who opened a notebook, or changed what it runs when it starts?
--
-- A signed address of a SageMaker notebook or Studio is a shell with the notebook's role
-- for whoever has it. A lifecycle script runs as root at each start. Scripts are medium;
-- addresses that people ask for are low, for it is the way to open a notebook.
--
-- False positives: everyday work of data scientists; look for actors who are none.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1059.009, T1648
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreatePresignedNotebookInstanceUrl.html,
--   https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_UpdateNotebookInstanceLifecycleConfig.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(json_extract_scalar(requestParameters, '$.notebookInstanceName'), json_extract_scalar(requestParameters, '$.notebookInstanceLifecycleConfigName'), json_extract_scalar(requestParameters, '$.studioLifecycleConfigName'), json_extract_scalar(requestParameters, '$.userProfileName'), json_extract_scalar(requestParameters, '$.domainId')) AS object
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'sagemaker.amazonaws.%'
      AND eventName IN ('CreatePresignedNotebookInstanceUrl', 'CreatePresignedDomainUrl', 'CreateNotebookInstanceLifecycleConfig', 'UpdateNotebookInstanceLifecycleConfig', 'CreateStudioLifecycleConfig')
      AND coalesce(userIdentity.invokedBy, 'signin.') LIKE 'signin.%'
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NULL AND eventName NOT LIKE '%Url' THEN 'medium' ELSE 'low' END AS severity,
       'T1059.009' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' called' ELSE ' tried and failed to call' END
         || ' sagemaker:' || eventName || ' on ' || coalesce(object, 'something') || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
