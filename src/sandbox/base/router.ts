/** A method and a path. `{name}` matches one segment unless the router has a pattern for the name. */
export interface RoutePath {
  /** If absent, matches every method. */
  readonly method?: string;
  readonly path: string;
  /** Most services ignore the case of paths. */
  readonly isCaseSensitive?: boolean;
}

interface RouteMatch<R> {
  readonly route: R;
  /** Named parts of the path. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the first matching route that is wanted. */
type Router<R> = (method: string, path: string, isWanted?: (route: R) => boolean) => RouteMatch<R> | undefined;

/** `patterns` maps names of parameters to regular expressions. */
export function createRouter<R extends RoutePath>(
  routes: readonly R[],
  patterns: Readonly<Record<string, string>> = {},
): Router<R> {
  const compiled = routes.map((route) => ({ route, expression: expressionOf(route, patterns) }));
  return (method, path, isWanted = () => true) => {
    for (const { route, expression } of compiled) {
      if ((route.method ?? method) !== method || !isWanted(route)) continue;
      const match = expression.exec(path);
      if (match) return { route, params: match.groups ?? {} };
    }
    return undefined;
  };
}

function expressionOf({ path, isCaseSensitive }: RoutePath, patterns: Readonly<Record<string, string>>): RegExp {
  const source = path
    .replace(/[.$()]/g, '\\$&')
    .replace(/\{(\w+)\}/g, (_, name: string) => `(?<${name}>${patterns[name] ?? '[^/]+'})`);
  return new RegExp(`^${source}$`, isCaseSensitive ? '' : 'i');
}
