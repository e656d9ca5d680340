import type { DevOpsRoute } from './devops-call.ts';

export interface RouteMatch {
  readonly route: DevOpsRoute;
  readonly params: Readonly<Record<string, string>>;
}

type Level = 'organization' | 'project' | 'global';

/** The route for a request, or `elsewhere` when it lives on the other level only. */
export function createRouteTable(
  routes: readonly DevOpsRoute[],
): (method: string, level: Level, path: string) => RouteMatch | 'elsewhere' | undefined {
  const compiled = routes.map((route) => ({ route, expression: expressionOf(route.path) }));
  return (method, level, path) => {
    let isElsewhere = false;
    for (const { route, expression } of compiled) {
      const match = route.method === method ? expression.exec(path) : null;
      if (!match) continue;
      if (route.level === level || (route.level === 'both' && level !== 'global')) {
        return { route, params: match.groups ?? {} };
      }
      isElsewhere = true;
    }
    return isElsewhere ? 'elsewhere' : undefined;
  };
}

function expressionOf(template: string): RegExp {
  return new RegExp(`^${template.replace(/[.$()]/g, '\\$&').replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`, 'i');
}
