-- Who made a user and gave them credentials at once?
--
-- A user that is made and gets an access key, a password or a policy from the same actor
-- within an hour: it is how intruders stay. Told is the first such gift that makes the
-- user of use, a credential.
--
-- False positives: administrators who make users for machines, and code that does.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: window 1h
-- Severity: medium
-- ATT&CK: T1136.003, T1098.001
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_users_create.html
WITH calls AS (
    SELECT eventTime, actor(userIdentity) AS actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, json_extract_scalar(requestParameters, '$.userName') AS name
    FROM cloudtrail
    WHERE eventTime >= CAST($since AS timestamp) - INTERVAL '1' HOUR AND eventTime < $until
      AND eventSource LIKE 'iam.amazonaws.%' AND eventName IN ('CreateUser', 'CreateAccessKey', 'CreateLoginProfile', 'CreateServiceSpecificCredential')
      AND errorCode IS NULL AND userIdentity.invokedBy IS NULL
), marked AS (
    SELECT eventTime, actor, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID, name,
           max(CASE WHEN eventName = 'CreateUser' THEN eventTime END) OVER w AS made,
           lag(eventName) OVER (PARTITION BY actor, recipientAccountId, name ORDER BY eventTime, CASE WHEN eventName = 'CreateUser' THEN 0 ELSE 1 END, eventID) AS before
    FROM calls
    WHERE name IS NOT NULL
    WINDOW w AS (PARTITION BY actor, recipientAccountId, name ORDER BY eventTime RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW)
)
SELECT eventTime AS time,
       'medium' AS severity,
       'T1136.003' AS technique,
       actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       name AS object,
       coalesce(actor, 'Somebody') || ' made the user ' || name || ' and within the hour '
        
         || CASE eventName WHEN 'CreateAccessKey' THEN 'an access key' WHEN 'CreateLoginProfile' THEN 'a console password' ELSE 'a credential of a service' END
         || ' for them.' AS why,
       eventID
FROM marked
WHERE eventName <> 'CreateUser' AND made IS NOT NULL AND before = 'CreateUser'
  AND eventTime >= $since AND eventTime < $until
ORDER BY time, eventID
