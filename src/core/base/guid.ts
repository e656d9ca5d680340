/** Source of a pattern for one GUID in lower or upper case, for patterns that hold more than that. */
export const guidSource = '[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}';

/** A text that is a GUID and nothing else. */
export const guidPattern = new RegExp(`^${guidSource}$`);

/** Whether a text is a GUID, in either case. */
export function isGuid(text: string): boolean {
  return guidPattern.test(text);
}
