import { z } from 'zod';
import { optional, text } from '../shapes.js';

/** What a proof is for, in this dialect. */
export const operation = z.object({
  type: text(64).describe('Kind of operation, such as DISPENSATION'),
  id: text(128).describe('The one operation, by the caller’s own identifier'),
  product_type: z.string().max(64).optional(),
});

/** The same in a request, where `null` means no product. */
export const givenOperation = operation.extend({ product_type: optional(z.string().max(64)) });

/** The operation as the contract has it. */
export const contractOperation = ({ type, id, product_type }: z.output<typeof givenOperation>) => ({
  type,
  id,
  productType: product_type ?? '',
});
