import type { Sandbox } from '../sandbox.ts';
import { ControlInputError, parseControl } from './control-input.ts';
import { parseJson } from './read-request.ts';

type Controls = Pick<Sandbox, 'fault' | 'requests' | 'advance' | 'placeObject' | 'reset' | 'clock'>;

interface ControlAnswer {
  readonly status: number;
  readonly body: unknown;
}

interface ControlRoute {
  readonly method: string;
  run(body: Uint8Array): unknown;
}

/** The sandbox controls as HTTP routes below `/__sandbox`. */
export function createHttpControls(sandbox: Controls) {
  const routes: Readonly<Record<string, ControlRoute>> = {
    '/__sandbox/faults': {
      method: 'POST',
      run(body) {
        sandbox.fault(parseControl('fault', readBody(body)));
        return { ok: true };
      },
    },
    '/__sandbox/requests': { method: 'GET', run: () => ({ requests: sandbox.requests() }) },
    '/__sandbox/clock': {
      method: 'POST',
      run(body) {
        sandbox.advance(parseControl('clock', readBody(body)).advance);
        return { now: new Date(sandbox.clock.now()).toISOString() };
      },
    },
    '/__sandbox/objects': {
      method: 'POST',
      run(body) {
        const { service, type, object, tenant } = parseControl('object', readBody(body));
        sandbox.placeObject(service, type, object, tenant);
        return { ok: true };
      },
    },
    '/__sandbox/reset': {
      method: 'POST',
      run() {
        sandbox.reset();
        return { ok: true };
      },
    },
  };
  return (method: string, path: string, body: Uint8Array): ControlAnswer => {
    const route = routes[path];
    if (!route) return refuse(404, `Unknown control. Valid: ${Object.keys(routes).join(', ')}.`);
    if (route.method !== method) return refuse(405, `${path} is a ${route.method}.`);
    try {
      return { status: 200, body: route.run(body) };
    } catch (error) {
      if (error instanceof ControlInputError || error instanceof RangeError) return refuse(400, error.message);
      throw error;
    }
  };
}

function refuse(status: number, message: string): ControlAnswer {
  return { status, body: { error: { code: 'BadControl', message } } };
}

function readBody(body: Uint8Array): unknown {
  return parseJson(body, () => {
    throw new ControlInputError('The body is not JSON.');
  });
}
