-- Did anybody try to stop, delete or change a trail?
select eventTime, recipientAccountId as account, userIdentity.userName, sourceIPAddress,
       eventName, coalesce(errorCode, 'done') as outcome
from cloudtrail
where eventSource = 'cloudtrail.amazonaws.com'
  and regexp_matches(eventName, '^(Stop|Delete|Update|Put)')
order by eventTime, eventName;
