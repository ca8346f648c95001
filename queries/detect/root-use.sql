-- Who acted as root?
--
-- Calls and sign-ins of an account's root user, which no policy of the account can hold
-- back and which everyday work never needs. What an AWS service does for root, and
-- events that AWS itself makes of root's account, are left out. A session that an
-- organisation's management account took with AssumeRoot is root too.
--
-- What failed, and what only reads, is one step less severe. What root does that nobody
-- should (keys of its own, credentials changed, logs stopped) others tell with more
-- weight.
--
-- False positives: the few tasks that only root can do, such as closing an account; they
--   are rare and planned.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: medium
-- ATT&CK: T1078.004
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/IAM/latest/UserGuide/root-user-best-practices.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventSource, eventName, eventID, readOnly,
           coalesce(errorCode, CASE WHEN json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Failure'
                                    THEN coalesce(errorMessage, 'Failure') END) AS failure
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND userIdentity.type = 'Root' AND userIdentity.invokedBy IS NULL
      AND coalesce(eventType, 'AwsApiCall') <> 'AwsServiceEvent'
)
SELECT eventTime AS time,
       CASE WHEN failure IS NOT NULL OR readOnly THEN 'low' ELSE 'medium' END AS severity,
       'T1078.004' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       coalesce(userIdentity.accountId, recipientAccountId) AS object,
       'Root of account ' || coalesce(userIdentity.accountId, recipientAccountId, 'unknown')
         || CASE WHEN failure IS NULL THEN ' called ' ELSE ' failed to call ' END
         || coalesce(split_part(eventSource, '.', 1) || ':', '') || coalesce(eventName, 'something')
         || CASE WHEN userIdentity.sessionContext.assumedRoot THEN ' in a session of AssumeRoot' ELSE '' END
         || coalesce(': ' || failure, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
