type Given<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> } & {
  [Key in keyof T as undefined extends T[Key] ? never : Key]: T[Key];
};

/** The object without the keys whose value is undefined, as `exactOptionalPropertyTypes` demands. */
export function withoutUndefined<T extends object>(object: T): Given<T> {
  // Exactly the undefined values are gone, which is what the type says.
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined)) as Given<T>;
}
