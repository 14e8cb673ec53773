import type { DescMessage, DescMethodUnary, Message } from '@bufbuild/protobuf';
import type { JsonObject } from './json.js';

/** A call of another method, by which a section is read or changed. */
export interface Step {
  readonly method: DescMethodUnary;
  readonly request: object;
}

/** A resource as the contract has it, with what else is needed to change it. */
export interface Found {
  readonly key: string;
  readonly message: Message;
}

/** Where a resource is, and what it becomes. */
interface Target {
  readonly workspace: string;
  readonly key: string;
  readonly message: Message;
  /** What is there now; undefined for a new one. */
  readonly before: Message | undefined;
  /** The changed fields, as the contract names them. */
  readonly mask: readonly string[];
}

/** One kind of resource in the document. Everything in it is done by the methods that operators use. */
export interface Section {
  readonly name: string;
  readonly schema: DescMessage;
  /** There is one of it in a workspace, always. */
  readonly single?: true;
  /** The fields of the resource that a document holds. */
  readonly fields: readonly string[];
  /** The fields by which a key names it; undefined for a key that cannot be. */
  readonly identity: (key: string, workspace: string) => object | undefined;
  readonly list: (workspace: string, about: { readonly page: string; readonly mode: number }) => Step;
  /** It is listed for each mode. */
  readonly byMode?: true;
  /** What a response of `list` holds. */
  readonly found: (response: Message) => readonly Found[];
  readonly save: (target: Target) => Step;
  /** Undefined for what always is there. */
  readonly remove?: (target: Omit<Target, 'mask'>) => Step;
  /** A message without any value of its own. */
  readonly cleared: (workspace: string) => Message;
  /** What is written for a value that must not be shown, and read back from it. */
  readonly hide?: (fields: JsonObject) => JsonObject;
  readonly reveal?: (fields: JsonObject) => JsonObject;
}

/** Resources that are listed at once. */
export const PAGE = 100;
export const paths = (mask: readonly string[]) => ({ updateMask: { paths: [...mask] } });
export const pairs = <T>(items: readonly T[], keyOf: (item: T) => string) =>
  items.map((message) => ({ key: keyOf(message), message: message as Message }));
export const fieldOf = <T>(message: Message | undefined, name: string): T =>
  (message as unknown as Record<string, T>)[name]!;
