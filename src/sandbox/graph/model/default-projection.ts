import { namesOf } from '../../base/names.ts';

/** What bodies show when a request does not say `$select`. Sources: the resource pages of "user" and "group". */

/** Properties of a user that come by default; the rest only when selected. */
export const defaultUserProperties: readonly string[] = namesOf(`
  businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname
  userPrincipalName id`);

/** Properties that come only when selected, by type. Users have the list above instead. */
export const onSelectOnly: Readonly<Record<string, readonly string[]>> = {
  group: namesOf(`
    accessType allowExternalSenders assignedLicenses autoSubscribeNewMembers hasMembersWithLicenseErrors
    hideFromAddressLists hideFromOutlookClients isArchived isFavorite isManagementRestricted isSubscribedByMail
    licenseProcessingState organizationId unseenConversationsCount unseenCount unseenMessagesCount
    welcomeMessageEnabled`),
};

/** Properties of users that are kept in the mailbox: 501 on the collection, available on one user. */
export const mailboxProperties: readonly string[] = namesOf(`
  aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities schools
  skills`);
