/**
 * What is wrong with the name of a container; undefined if it is valid: 3 to 63 lower-case letters, digits and single
 * hyphens, beginning and ending with a letter or digit. Source: "Naming and referencing containers, blobs, and metadata".
 */
export function containerNameProblem(name: string): { readonly code: string; readonly message: string } | undefined {
  if (['$root', '$logs', '$web'].includes(name)) return undefined;
  if (name.length < 3 || name.length > 63) {
    return {
      code: 'OutOfRangeInput',
      message: 'The specified resource name length is not within the permissible limits.',
    };
  }
  if (/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(name)) return undefined;
  return { code: 'InvalidResourceName', message: 'The specified resource name contains invalid characters.' };
}
