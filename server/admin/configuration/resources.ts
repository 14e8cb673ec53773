import { create, type DescMethodUnary, type Message, type MessageShape, toJson } from '@bufbuild/protobuf';
import { Mode } from '../../../gen/otp/admin/v1/api_key_service_pb.js';
import type { Call } from '../../call/call.js';
import type { HandlerTable } from '../../call/handlers.js';
import { Failure } from '../../errors.js';
import { canonical, type JsonObject } from './json.js';
import type { Section, Step } from './section.js';

/** A resource with all fields that a document can hold. */
export interface Resource {
  readonly message: Message;
  readonly fields: JsonObject;
}

/** The resources of one section by their keys. */
export type Resources = ReadonlyMap<string, Resource>;

/** Calls other methods for the caller of this one, recorded as theirs are. */
export type RunStep = (call: Call, step: Step) => Promise<Message>;

export function createRunStep(handlers: Pick<HandlerTable, 'find'>): RunStep {
  return async (call, { method, request }) => {
    const handler = handlers.find<DescMethodUnary>(method);
    if (!handler) throw new Failure('ROUTE_NOT_FOUND');
    const { resource: _other, ...caller } = call;
    const made = create(method.input, request as Record<string, unknown>) as MessageShape<
      typeof method.input
    >;
    return create(method.output, await handler({ ...caller, method } as Call, made)) as Message;
  };
}

/** All fields of a message that a document can hold, those without a value too; null for a message that is not there. */
export function fieldsOf({ schema, fields, hide }: Section, message: Message): JsonObject {
  const whole = toJson(schema, message as MessageShape<typeof schema>, {
    alwaysEmitImplicit: true,
  }) as JsonObject;
  const named = schema.fields.filter(({ name }) => fields.includes(name));
  const held = Object.fromEntries(named.map(({ jsonName }) => [jsonName, whole[jsonName] ?? null]));
  return hide ? hide(held) : held;
}

/** What of the fields differs from the defaults. */
export const differing = (fields: JsonObject, defaults: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(fields).filter(([name, value]) => canonical(value) !== canonical(defaults[name])),
  );

/** Reads what a workspace has of a section. */
export function createReadSection(run: RunStep) {
  return async (call: Call, workspace: string, section: Section): Promise<Resources> => {
    const found: { key: string; message: Message; fields: JsonObject }[] = [];
    for (const mode of section.byMode ? modesOf(call) : [Mode.UNSPECIFIED]) {
      let page = '';
      do {
        const response = await run(call, section.list(workspace, { page, mode }));
        for (const one of section.found(response))
          found.push({ ...one, fields: fieldsOf(section, one.message) });
        page = (response as { readonly nextPageToken?: string }).nextPageToken ?? '';
      } while (page);
    }
    return numbered(found);
  };
}

/** A key that acts in one mode sees the resources of that mode. */
const modesOf = ({ principal }: Call): readonly Mode[] =>
  principal.scopes.has('operator')
    ? [Mode.LIVE, Mode.TEST]
    : [principal.mode === 'live' ? Mode.LIVE : Mode.TEST];

/** Several with one key are numbered in the order of what they are, which is the same everywhere. */
function numbered(found: readonly (Resource & { readonly key: string })[]): Resources {
  const ordered = [...found].sort((one, other) => (canonical(one.fields) < canonical(other.fields) ? -1 : 1));
  const resources = new Map<string, Resource>();
  for (const { key, ...resource } of ordered) {
    let name = key;
    for (let nth = 2; resources.has(name); nth++) name = `${key} #${nth}`;
    resources.set(name, resource);
  }
  return resources;
}
