/** A value that is made when it is first asked for, once. `peek` gives it only when that has happened. */
export interface Lazy<T> {
  get(): Promise<T>;
  peek(): Promise<T> | undefined;
}

/** A failed attempt is forgotten, so that the next call tries again. */
export function lazy<T>(create: () => Promise<T>): Lazy<T> {
  let made: Promise<T> | undefined;
  return {
    get() {
      made ??= create().catch((error: unknown) => {
        made = undefined;
        throw error;
      });
      return made;
    },
    peek: () => made,
  };
}
