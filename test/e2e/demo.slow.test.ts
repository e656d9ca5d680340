import { expect, onTestFinished, test } from 'vitest';
import { openLab, Product } from './support/product.ts';

test('the demo succeeds with every step', async () => {
  const lab = await openLab();
  onTestFinished(() => lab.close());
  const product = new Product(lab, 'demo');
  product.process.stdin.end('');
  expect(await product.exit, product.stdout).toBe(0);
  expect(product.stdout).not.toContain('\u001b[');
}, 60_000);
