import type { SandboxContext, SandboxRequest, SandboxResponse, SandboxService, ServiceName } from './service.ts';

type Headers = Readonly<Record<string, string>>;
type ClassOf<T> = abstract new (...args: never[]) => T;
type Work = () => SandboxResponse | Promise<SandboxResponse>;

/** The error that a service throws to refuse a request, with the code for its response. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Headers;

  constructor(status: number, code: string, message: string, headers: Headers = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Handles an admitted call and adds the headers to its response, even if that is a refusal. */
export type CarryOut = (headers: Headers, handle: Work) => Promise<SandboxResponse>;

/** What differs between services. */
interface ServiceFrame<Thrown extends Error> {
  readonly name: ServiceName;
  /** Authenticates, finds the route, admits the call, and handles it. */
  answer(
    request: SandboxRequest,
    context: SandboxContext,
    carryOut: CarryOut,
  ): SandboxResponse | Promise<SandboxResponse>;
  /** The class of errors that are refusals. Any other error is a bug in the sandbox and is rethrown. */
  readonly refusal: ClassOf<Thrown>;
  answerRefusal(refusal: Thrown, request: SandboxRequest, context: SandboxContext): SandboxResponse;
  /** Headers of every response, including refusals. Headers set by the response win. */
  headers?(response: SandboxResponse, request: SandboxRequest, context: SandboxContext): Headers;
}

export function createService<Thrown extends Error>(frame: ServiceFrame<Thrown>): SandboxService {
  return {
    name: frame.name,
    async handle(request, context) {
      const orRefusal = async (work: Work) => {
        try {
          return await work();
        } catch (error) {
          if (error instanceof frame.refusal) return frame.answerRefusal(error, request, context);
          throw error;
        }
      };
      const carryOut: CarryOut = async (headers, handle) => withHeaders(headers, await orRefusal(handle));
      const response = await orRefusal(() => frame.answer(request, context, carryOut));
      return frame.headers ? withHeaders(frame.headers(response, request, context), response) : response;
    },
  };
}

function withHeaders(headers: Headers, response: SandboxResponse): SandboxResponse {
  return { ...response, headers: { ...headers, ...response.headers } };
}

/** Whether the body is sent as JSON. */
export function isJson({ body }: SandboxResponse): boolean {
  return typeof body === 'object' && body !== null && !(body instanceof Uint8Array);
}
