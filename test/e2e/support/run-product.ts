import { type Lab, Product } from './product.ts';

export interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly stdin?: string | Buffer;
  /** Added to the environment of the lab. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Runs the built command line to its end. */
export async function runProduct(
  lab: Pick<Lab, 'env' | 'args'>,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ran> {
  const product = new Product({ ...lab, env: { ...lab.env, ...options.env } }, ...args);
  product.process.stdin.end(options.stdin ?? '');
  const code = await product.exit;
  return { code, stdout: product.stdout, stderr: product.stderr };
}
