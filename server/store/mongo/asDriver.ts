import type { Filter } from '../documents.js';

/** The driver's filter type is computed from a schema; the port's is a narrower language of the same shape. */
export const asDriver = (filter: Filter): Record<string, unknown> => filter;
