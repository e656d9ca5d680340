import type { LookupAddress, LookupOptions } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { AppError } from '../base/errors.ts';
import { isPublicAddress } from '../base/public-address.ts';

/** Resolves a name to all of its addresses. */
export type Resolve = (
  hostname: string,
  options: LookupOptions & { readonly all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A `lookup` for sockets that finds public addresses alone. A name can be made to lead anywhere after it was judged, so
 * the addresses are judged that the socket really connects to.
 */
export function createPublicLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      const [first, ...rest] = error === null ? found.filter(({ address }) => isPublicAddress(address)) : [];
      if (first === undefined) {
        done(error ?? notPublic(), '', 0);
      } else if (options.all === true) {
        done(null, [first, ...rest]);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}

/** Not repeated, and without the address: it is nobody's business what a private name leads to. */
function notPublic(): AppError {
  return new AppError(
    'upstream_error',
    'The service sent the request on to a host that is not on the Internet; it was not asked.',
    {
      hint: 'Check the address. Only hosts of the cloud itself may be in a private network.',
    },
  );
}
