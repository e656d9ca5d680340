import type { LinkedServices } from '../../../src/core/linked-services/linked-service.ts';

/** For tests whose connections have no linked services to look for. */
export const noLinkedServices: LinkedServices = {
  discover: () => Promise.reject(new Error('Nothing is discovered in this test.')),
  probe: () => Promise.reject(new Error('Nothing is probed in this test.')),
};
