import { type BaseBlock, Constructed, fromBER, Integer, ObjectIdentifier, OctetString, Primitive } from 'asn1js';

// Reading ASN.1. What is not as it should be throws, and counts as damaged.

export function parse(bytes: Uint8Array): BaseBlock {
  const { offset, result } = fromBER(new Uint8Array(bytes));
  if (offset === -1) throw new Error('This is no BER.');
  return result;
}

export function parts(block: BaseBlock | undefined): readonly BaseBlock[] {
  if (block instanceof Constructed) return block.valueBlock.value;
  throw new Error('A sequence was expected.');
}

export function objectId(block: BaseBlock | undefined): string {
  if (block instanceof ObjectIdentifier) return block.getValue();
  throw new Error('An object identifier was expected.');
}

export function integer(block: BaseBlock | undefined): number {
  if (block instanceof Integer) return Number(block.toBigInt());
  throw new Error('A number was expected.');
}

/** Bytes in one piece or in several, also under a tag of their own. */
export function octets(block: BaseBlock | undefined): Uint8Array {
  if (block instanceof OctetString) return new Uint8Array(block.getValue());
  if (block instanceof Primitive) return block.valueBlock.valueHexView;
  if (block instanceof Constructed) return Buffer.concat(block.valueBlock.value.map(octets));
  throw new Error('Bytes were expected.');
}

export function derOf(block: BaseBlock | undefined): Uint8Array {
  if (block === undefined) throw new Error('Something was expected.');
  return new Uint8Array(block.toBER());
}
