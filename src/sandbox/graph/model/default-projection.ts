import { namesOf } from '../../base/names.ts';

/** What bodies contain without `$select`. Sources: the resource pages of "user" and "group". */

/** Default properties of a user; the rest must be selected. */
export const defaultUserProperties: readonly string[] = namesOf(`
  businessPhones displayName givenName jobTitle mail mobilePhone officeLocation preferredLanguage surname
  userPrincipalName id`);

/** Properties that must be selected, by type. Users have the list above instead. */
export const onSelectOnly: Readonly<Record<string, readonly string[]>> = {
  group: namesOf(`
    accessType allowExternalSenders assignedLicenses autoSubscribeNewMembers hasMembersWithLicenseErrors
    hideFromAddressLists hideFromOutlookClients isArchived isFavorite isManagementRestricted isSubscribedByMail
    licenseProcessingState organizationId unseenConversationsCount unseenCount unseenMessagesCount
    welcomeMessageEnabled`),
};

/** User properties stored in the mailbox: 501 on the collection, available on a single user. */
export const mailboxProperties: readonly string[] = namesOf(`
  aboutMe birthday hireDate interests mailboxSettings mySite pastProjects preferredName responsibilities schools
  skills`);
