import { z } from 'zod';
import { text } from '../shapes.js';

/** What a proof is for, in this dialect. */
export const operation = z.object({
  type: text(64).describe('Kind of operation, such as DISPENSATION'),
  id: text(128).describe('The one operation, by the caller’s own identifier'),
  product_type: z.string().max(64).optional(),
});

/** The operation as the contract has it. */
export const contractOperation = ({ type, id, product_type }: z.output<typeof operation>) => ({
  type,
  id,
  productType: product_type ?? '',
});
