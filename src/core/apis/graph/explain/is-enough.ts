import type { PermissionChoice } from '../catalog/operation-tree.ts';

/**
 * Whether permissions open an operation. Of an operation that takes several together, Microsoft's table lists each as accepted,
 * and none is enough: each must be held, or one that includes it.
 */
export function isEnough({ least, accepted }: PermissionChoice, held: readonly string[]): boolean {
  if (least.length > 1) return least.every((needed) => held.some((one) => includes(one, needed)));
  const names = new Set(held.map((name) => name.toLowerCase()));
  return accepted.some((name) => names.has(name.toLowerCase()));
}

/** What `Directory.Read.All` reads too. Policies are not among it: https://learn.microsoft.com/graph/permissions-reference */
const ofDirectory = /^(?:application|device|directory|group|groupmember|organization|user)\.read\.all$/;

/** `User.ReadWrite.All` includes `User.Read.All`, and `Directory.Read.All` reads the objects of the directory. */
function includes(held: string, needed: string): boolean {
  const [one, other] = [held.toLowerCase(), needed.toLowerCase()];
  const isRead = other.includes('.read.');
  return (
    one === other ||
    one === other.replace('.ownedby', '.all') ||
    (isRead && one === other.replace('.read.', '.readwrite.')) ||
    (ofDirectory.test(other) && /^directory\.read(?:write)?\.all$/.test(one))
  );
}
