import type { ArmRoute } from './arm-call.ts';

export interface RouteMatch {
  readonly route: ArmRoute;
  readonly params: Readonly<Record<string, string>>;
}

/** The first route that fits. Names of types and collections compare without regard to case. */
export function createRouteTable(
  routes: readonly ArmRoute[],
): (method: string, path: string) => RouteMatch | undefined {
  const compiled = routes.map((route) => ({ route, expression: expressionOf(route.path) }));
  return (method, path) => {
    for (const { route, expression } of compiled) {
      if (route.method !== method) continue;
      const match = expression.exec(path);
      if (match) return { route, params: match.groups ?? {} };
    }
    return undefined;
  };
}

function expressionOf(template: string): RegExp {
  const source = template
    .replace(/[.$()]/g, '\\$&')
    .replace('{scope}', '(?<scope>(?:/.+)?)')
    .replace(/\{(\w+)\}/g, '(?<$1>[^/]+)');
  return new RegExp(`^${source}$`, 'i');
}
