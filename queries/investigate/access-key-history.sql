-- Where does an access key come from, and is it still in use?
--
-- Who made, disabled or deleted the key, and its first and its last use, in the order of
-- time.
--
-- Parameters:
--   $key  text     the access key ID
-- Needs: cloudtrail
WITH uses AS (
    SELECT eventTime, actor(userIdentity) AS actor, recipientAccountId, sourceIPAddress, eventName, errorCode, eventID,
           row_number() OVER (ORDER BY eventTime, eventID) AS from_first,
           row_number() OVER (ORDER BY eventTime DESC, eventID DESC) AS from_last
    FROM cloudtrail
    WHERE userIdentity.accessKeyId = $key
)
SELECT eventTime, 'changed' AS what, actor(userIdentity) AS actor, recipientAccountId AS account, sourceIPAddress, eventName, errorCode, eventID
FROM cloudtrail
WHERE eventSource LIKE 'iam.amazonaws.%'
  AND (strpos(requestParameters, $key) > 0 OR strpos(responseElements, $key) > 0)
  AND NOT coalesce(readOnly, regexp_like(eventName, '^(Get|List|Describe|Head)'))
UNION ALL
SELECT eventTime, CASE WHEN from_first = 1 THEN 'first use' ELSE 'last use' END AS what, actor, recipientAccountId, sourceIPAddress, eventName, errorCode, eventID
FROM uses
WHERE from_first = 1 OR from_last = 1
ORDER BY eventTime, what, eventID
