/** A method and a path; `{name}` in it is one segment, unless the router knows another pattern for the name. */
export interface RoutePath {
  /** Absent: every method. */
  readonly method?: string;
  readonly path: string;
  /** Most services compare paths without regard to case. */
  readonly isCaseSensitive?: boolean;
}

interface RouteMatch<R> {
  readonly route: R;
  /** Parts of the path that the route names. */
  readonly params: Readonly<Record<string, string>>;
}

/** Finds the first route that fits and is wanted. */
type Router<R> = (method: string, path: string, isWanted?: (route: R) => boolean) => RouteMatch<R> | undefined;

/** `patterns` are regular expressions by the name of a parameter. */
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
