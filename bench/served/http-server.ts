import '../../src/cli/parse-trees-only.ts';

import { keepMemorySmall } from '../../src/cli/keep-memory-small.ts';
import { startTenantry } from '../../src/cli/start-tenantry.ts';
import { systemClock } from '../../src/core/base/clock.ts';
import { buildServer } from '../../src/server/build-server.ts';
import { tokenGate } from '../../src/server/http/gate.ts';
import { startHttp } from '../../src/server/http/start-http.ts';
import { createSurface } from '../../src/server/surface.ts';
import { listConnections } from '../../src/tools/connections/list-connections.ts';

// The product's HTTP stack with as many of its tools as asked for: the command has at least a whole toolset. The
// arguments are the token and the number of tools.

const [token = '', count = '1'] = process.argv.slice(2);
const { runtime, tools } = await startTenantry({});
const others = tools.callable.filter((tool) => tool !== listConnections);
const chosen = [listConnections, ...others].slice(0, Number(count));
const surface = createSurface(runtime, { listed: chosen, callable: chosen }, 'http');
const server = await startHttp({
  build: () => buildServer(surface),
  changes: surface.changes,
  clock: systemClock,
  place: { port: 0 },
  gate: tokenGate(token, '/nowhere'),
  onError: (error) => runtime.logger.warn('protocol', { error }),
});
keepMemorySmall();
process.stderr.write(`${server.url}\n`);
