-- Which users signed in to the console without MFA? Root and IAM users only: for
-- the others the identity provider asks for it.
select eventTime, recipientAccountId as account, userIdentity.type,
       userIdentity.userName, sourceIPAddress
from cloudtrail
where eventName = 'ConsoleLogin'
  and json_extract_scalar(responseElements, '$.ConsoleLogin') = 'Success'
  and json_extract_scalar(additionalEventData, '$.MFAUsed') = 'No'
  and userIdentity.type in ('Root', 'IAMUser')
order by eventTime;
