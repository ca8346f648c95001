-- Who mirrored a machine's network traffic?
--
-- A mirror session copies all that a network card sends and receives to another machine,
-- in the clear where it is. Few use it; whoever is after passwords and data on the wire
-- does.
--
-- False positives: network monitoring, set up by the team that runs it.
-- Parameters:
--   $since  timestamp = '1970-01-01'  from this time on
--   $until  timestamp = '9999-12-31'  before this time
-- Scope: event
-- Severity: high
-- ATT&CK: T1040
-- Needs: cloudtrail
-- References: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTrafficMirrorSession.html
WITH calls AS (
    SELECT eventTime, userIdentity, sourceIPAddress, recipientAccountId, awsRegion, eventName, errorCode, eventID,
           coalesce(regexp_extract(requestParameters, '"[nN]etworkInterfaceId"\s*:\s*"([^"]*)"', 1), regexp_extract(requestParameters, '"[tT]rafficMirrorSessionId"\s*:\s*"([^"]*)"', 1)) AS object
    FROM cloudtrail
    WHERE eventTime >= $since AND eventTime < $until
      AND eventSource LIKE 'ec2.amazonaws.%' AND eventName IN ('CreateTrafficMirrorSession', 'ModifyTrafficMirrorSession', 'CreateTrafficMirrorTarget', 'CreateTrafficMirrorFilter')
)
SELECT eventTime AS time,
       CASE WHEN errorCode IS NOT NULL THEN 'low' WHEN eventName = 'CreateTrafficMirrorSession' THEN 'high' ELSE 'medium' END AS severity,
       'T1040' AS technique,
       actor(userIdentity) AS actor, sourceIPAddress AS address, recipientAccountId AS account, awsRegion AS region,
       eventName AS event,
       object,
       coalesce(actor(userIdentity), 'Somebody') || CASE WHEN errorCode IS NULL THEN ' made' ELSE ' tried and failed to make' END
         || CASE WHEN eventName LIKE '%Session' THEN ' a mirror of the traffic of ' || coalesce(object, 'a machine') ELSE ' part of a mirror of network traffic' END || coalesce(': ' || errorCode, '') || '.' AS why,
       eventID
FROM calls
ORDER BY time, eventID
