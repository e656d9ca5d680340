import { createMemoryStore } from '../../../../src/core/storage/memory/record-store.ts';
import { storeContract } from '../record-store-contract.ts';

storeContract('The memory store', createMemoryStore);
