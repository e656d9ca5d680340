import { createGraphThrottle } from '../throttle/create-graph-throttle.ts';
import { handleBatch } from './batch.ts';
import { notModelled } from './graph-error.ts';
import type { GraphHandler, GraphParts } from './parsed-path.ts';
import { createWriteHandler } from './writes/write-handler.ts';

/** The handlers and budgets of one sandbox, put together. New ones are made with every reset. */
export function createGraphParts(): GraphParts {
  const refuse: GraphHandler = async (parsed, request) => {
    throw notModelled(`${request.method} ${parsed.template}`);
  };
  return { throttle: createGraphThrottle(), write: createWriteHandler([]), mail: refuse, batch: handleBatch };
}
