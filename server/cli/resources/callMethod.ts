import {
  type DescField,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  fromJson,
  type JsonValue,
  type Message,
  ScalarType,
} from '@bufbuild/protobuf';
import type { Connection } from '../connection.js';
import { usage } from '../errors.js';

/** Methods of any service by their local name. */
type Calls = Readonly<Record<string, (request: Message) => Promise<Message>>>;

/** Calls a method with a request in the JSON form of protobuf. */
export async function callMethod(
  connection: Connection,
  method: DescMethod,
  request: object,
): Promise<Message> {
  let message: Message;
  try {
    message = fromJson(method.input, request as JsonValue);
  } catch (error) {
    throw usage(error instanceof Error ? error.message : String(error));
  }
  const calls = connection.client(method.parent) as unknown as Calls;
  return calls[method.localName]!(message);
}

/** A page of a list: the field with its items, and the token of the next page. */
interface Paged {
  readonly items: DescField & { readonly message: DescMessage };
}

/** The field of a response that has the items of a list; undefined where the method lists nothing. */
export function itemsField({ output, name }: DescMethod): Paged['items'] | undefined {
  if (!/^(List|Get(Stats))/.test(name)) return undefined;
  return output.fields.find(
    (field): field is Paged['items'] => field.fieldKind === 'list' && field.listKind === 'message',
  );
}

/** The items of a list, page by page, up to `limit`. */
export async function listAll(
  connection: Connection,
  method: DescMethod,
  request: object,
  limit: number,
): Promise<{ readonly items: Message[]; readonly more: boolean }> {
  const field = itemsField(method)!;
  const isPaged = method.input.fields.some(({ name }) => name === 'page_token');
  const items: Message[] = [];
  for (let pageToken = ''; ; ) {
    const page = isPaged
      ? { pageSize: Math.min(limit - items.length, 100), ...(pageToken && { pageToken }) }
      : {};
    const response = (await callMethod(connection, method, { ...request, ...page })) as unknown as Record<
      string,
      unknown
    >;
    items.push(...(response[field.localName] as Message[]));
    pageToken = (response.nextPageToken as string | undefined) ?? '';
    if (!pageToken || items.length >= limit)
      return { items: items.slice(0, limit), more: Boolean(pageToken) };
  }
}

/** Whether a call does a part of the work and says where the next one goes on. */
export const isContinued = (method: DescMethod): boolean =>
  method.input.fields.some(({ name }) => name === 'page_token') && !itemsField(method);

/** Calls a method until everything is done: the last response, with what all of them counted. */
export async function callThrough(
  connection: Connection,
  method: DescMethod,
  request: object,
): Promise<Message> {
  const counts = method.output.fields.filter(
    (field) =>
      field.fieldKind === 'scalar' &&
      (field.scalar === ScalarType.INT32 || field.scalar === ScalarType.INT64),
  );
  const total = new Map<string, bigint>();
  for (let pageToken = ''; ; ) {
    const response = await callMethod(connection, method, { ...request, ...(pageToken && { pageToken }) });
    const fields = response as unknown as Record<string, unknown>;
    for (const { localName, scalar } of counts) {
      const sum = (total.get(localName) ?? 0n) + BigInt(fields[localName] as number | bigint);
      total.set(localName, sum);
      fields[localName] = scalar === ScalarType.INT32 ? Number(sum) : sum;
    }
    pageToken = fields.nextPageToken as string;
    if (!pageToken) return response;
  }
}

export const isUnary = (method: DescMethod): method is DescMethodUnary => method.methodKind === 'unary';
