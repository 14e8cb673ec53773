import { fromJson, type Message, type MessageShape } from '@bufbuild/protobuf';
import { checkRules } from '../../contract/validation.js';
import { Failure, type FieldViolation, type Predicate } from '../../errors.js';
import { NAME } from '../shared/names.js';
import { isObject, type JsonObject } from './json.js';
import { fieldsOf, type Resource, type Resources } from './resources.js';
import type { Section } from './section.js';
import { SECTIONS } from './sections.js';

/** The version of the document's form. */
export const VERSION = 1;

/** What a document wants: for each workspace its sections, and for each of those its resources. */
export type Wanted = ReadonlyMap<string, ReadonlyMap<Section, Resources>>;

/** The defaults of a section's resources. */
export type DefaultsOf = (section: Section) => JsonObject;

/** Reads a document. Throws INVALID_REQUEST with every fault, by its path in the document. */
export function readDocument(text: string, defaultsOf: DefaultsOf): Wanted {
  const faults: FieldViolation[] = [];
  const fault = (field: string, description: Predicate) => faults.push({ field, description });
  const wanted = new Map<string, Map<Section, Resources>>();
  const { workspaces } = envelope(text, fault);
  for (const [name, given] of Object.entries(workspaces)) {
    const path = `workspaces.${name}`;
    if (!NAME.test(name)) fault(path, 'must have the name of a workspace');
    if (!isObject(given)) fault(path, 'must be an object');
    else wanted.set(name, readWorkspace(name, given));
  }
  if (faults.length > 0) throw new Failure('INVALID_REQUEST', { violations: faults });
  return wanted;

  function readWorkspace(workspace: string, given: JsonObject): Map<Section, Resources> {
    const sections = new Map<Section, Resources>();
    for (const [name, value] of Object.entries(given)) {
      const path = `workspaces.${workspace}.${name}`;
      const section = SECTIONS.find((one) => one.name === name);
      if (!section) fault(path, `must be one of ${SECTIONS.map((one) => one.name).join(', ')}`);
      else if (!isObject(value)) fault(path, 'must be an object');
      else {
        const entries = section.single ? [['', value] as const] : Object.entries(value);
        const resources = new Map<string, Resource>();
        for (const [key, fields] of entries) {
          const at = section.single ? path : `${path}["${key}"]`;
          const read = isObject(fields)
            ? readResource(section, { workspace, key, fields, path: at })
            : undefined;
          if (!isObject(fields)) fault(at, 'must be an object');
          if (read) resources.set(key, read);
        }
        sections.set(section, resources);
      }
    }
    return sections;
  }

  function readResource(
    section: Section,
    { workspace, key, fields, path }: { workspace: string; key: string; fields: JsonObject; path: string },
  ): Resource | undefined {
    const { schema } = section;
    const identity = section.identity(key, workspace);
    const known = schema.fields.filter(({ name }) => section.fields.includes(name));
    const before = faults.length;
    if (!identity) fault(path, 'must have a key that names a resource');
    const revealed = section.reveal?.(fields) ?? fields;
    for (const [name, value] of Object.entries(revealed)) {
      if (!known.some(({ jsonName }) => jsonName === name))
        fault(`${path}.${name}`, 'must be left out: there is no such field');
      else if (value !== null && !isReadable({ [name]: value }))
        fault(`${path}.${name}`, 'has the wrong form');
    }
    if (faults.length > before) return undefined;
    const defaults = defaultsOf(section);
    const merged = { ...(section.reveal?.(defaults) ?? defaults), ...revealed };
    const given = Object.entries(merged).filter(([, value]) => value !== null);
    const message = fromJson(schema, Object.fromEntries(given) as JsonObject as never) as Message;
    Object.assign(message, identity);
    try {
      checkRules(schema, message as MessageShape<typeof schema>, `${path}.`);
    } catch (thrown) {
      if (!(thrown instanceof Failure)) throw thrown;
      faults.push(...(thrown.details.violations ?? []));
      return undefined;
    }
    return { message, fields: fieldsOf(section, message) };

    function isReadable(one: JsonObject): boolean {
      try {
        fromJson(schema, one as never);
        return true;
      } catch {
        return false;
      }
    }
  }
}

function envelope(
  text: string,
  fault: (field: string, description: Predicate) => void,
): { readonly workspaces: JsonObject } {
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    throw new Failure('INVALID_REQUEST', {
      violations: [{ field: 'document', description: 'must be JSON' }],
    });
  }
  if (!isObject(read)) {
    fault('document', 'must be an object');
    return { workspaces: {} };
  }
  const { version, workspaces, ...others } = read;
  if (version !== VERSION) fault('version', `must be ${VERSION}`);
  for (const name of Object.keys(others)) fault(name, 'must be left out: there is no such field');
  if (!isObject(workspaces)) fault('workspaces', 'must be an object');
  return { workspaces: isObject(workspaces) ? workspaces : {} };
}
