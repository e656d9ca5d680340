/** A value that is made once, when it is first needed. `peek` returns it only if it was made. */
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

/** Only methods that return promises can wait for the object that they belong to. */
type Asynchronous<T> = { readonly [Key in keyof T]: (...args: never[]) => Promise<unknown> };

/** An object whose methods load the real one first. `load` is called each time, so it has to remember the object. */
export function lazyObject<T extends object & Asynchronous<T>>(load: () => Promise<T>): T {
  const methods = {
    get: (_target: object, name: string | symbol) =>
      // `await` reads `then` to see whether it has a promise; this is not one.
      name === 'then'
        ? undefined
        : async (...args: unknown[]) => {
            const object = await load();
            return Reflect.apply(Reflect.get(object, name), object, args);
          },
  };
  // The proxy has every name, so it has every method of T.
  return new Proxy({}, methods) as T;
}
