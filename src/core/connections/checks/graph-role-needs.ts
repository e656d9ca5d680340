import type { Access } from '../../record/connection.ts';

/** Something that the Graph tools do, and the permissions that allow it; the first is the least privileged. */
export interface GraphRoleNeed {
  readonly purpose: string;
  readonly access: Access;
  readonly anyOf: readonly [string, ...string[]];
}

/**
 * What a connection with scope `directory` is expected to be able to do.
 * https://learn.microsoft.com/graph/permissions-reference
 */
export const graphRoleNeeds: readonly GraphRoleNeed[] = [
  {
    purpose: 'read users',
    access: 'read_only',
    anyOf: ['User.Read.All', 'User.ReadWrite.All', 'Directory.Read.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'read groups and members',
    access: 'read_only',
    anyOf: [
      'GroupMember.Read.All',
      'Group.Read.All',
      'GroupMember.ReadWrite.All',
      'Group.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  {
    purpose: 'read licences',
    access: 'read_only',
    anyOf: [
      'LicenseAssignment.Read.All',
      'LicenseAssignment.ReadWrite.All',
      'Organization.Read.All',
      'Organization.ReadWrite.All',
      'Directory.Read.All',
      'Directory.ReadWrite.All',
    ],
  },
  {
    purpose: 'change users',
    access: 'read_write',
    anyOf: ['User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'change groups',
    access: 'read_write',
    anyOf: ['Group.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
  {
    purpose: 'assign licences',
    access: 'read_write',
    anyOf: ['LicenseAssignment.ReadWrite.All', 'User.ReadWrite.All', 'Directory.ReadWrite.All'],
  },
];
