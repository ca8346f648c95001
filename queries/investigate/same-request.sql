-- Which records are of one and the same call?
--
-- The event, and those with its requestID or its sharedEventID: the other account's
-- record of a call across accounts, the data event of a management event, and what was
-- added to a record later (addendum).
--
-- Parameters:
--   $event  text     its eventID
-- Needs: cloudtrail
WITH it AS (
    SELECT requestID, sharedEventID FROM cloudtrail WHERE eventID = $event
)
SELECT eventTime, CASE WHEN eventID = $event THEN 'the event'
                       WHEN addendum.originalEventID = $event THEN 'an addendum to it'
                       WHEN sharedEventID IN (SELECT sharedEventID FROM it WHERE sharedEventID IS NOT NULL) THEN 'same sharedEventID'
                       ELSE 'same requestID' END AS why,
       actor(userIdentity) AS actor, recipientAccountId AS account, awsRegion, sourceIPAddress, eventSource, eventName, errorCode,
       eventCategory, requestID, sharedEventID, eventID
FROM cloudtrail
WHERE eventID = $event OR addendum.originalEventID = $event
   OR requestID IN (SELECT requestID FROM it WHERE requestID IS NOT NULL)
   OR sharedEventID IN (SELECT sharedEventID FROM it WHERE sharedEventID IS NOT NULL)
ORDER BY eventTime, why, eventID
LIMIT 1000
