/** Source of a pattern for one GUID in either case, to build longer patterns. */
export const guidSource = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** A text that is a GUID and nothing else. */
export const guidPattern = new RegExp(`^${guidSource}$`);

export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}
