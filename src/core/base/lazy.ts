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

/** Only methods that return promises can wait for the object that they belong to. */
type Asynchronous<T> = { readonly [Key in keyof T]: (...args: never[]) => Promise<unknown> };

/** An object whose methods load the real one before they do anything. `load` is called each time, so it has to remember. */
export function lazyObject<T extends object & Asynchronous<T>>(load: () => Promise<T>): T {
  const methods = {
    get: (_target: object, name: string | symbol) =>
      // `await` asks for `then` to see whether it has a promise; this is none.
      name === 'then'
        ? undefined
        : async (...args: unknown[]) => {
            const object = await load();
            return Reflect.apply(Reflect.get(object, name), object, args);
          },
  };
  // Every method of T is there, since any name is.
  return new Proxy({}, methods) as T;
}
