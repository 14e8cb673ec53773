import { ConfigurationAction } from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import type { Reason } from '../../errors.js';
import { canonical, type JsonObject } from './json.js';
import { differing, type Resource, type Resources } from './resources.js';
import type { Section, Step } from './section.js';

/** One change, and the call that makes it. */
export interface PlannedChange {
  readonly resource: string;
  readonly action: ConfigurationAction;
  readonly fields: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  readonly step: Step;
  /** Why the change cannot be made. */
  readonly error?: Reason;
}

interface Comparison {
  readonly workspace: string;
  readonly section: Section;
  readonly current: Resources;
  /** Undefined where the document does not mention the section. */
  readonly wanted: Resources | undefined;
  readonly defaults: JsonObject;
  readonly prune: boolean;
  /** The keys of those that lack a secret, which the document only marks. */
  readonly lacking: ReadonlySet<string>;
  /** The workspace itself has to be made. */
  readonly isNew: boolean;
}

/** What changes in one section, deletions last. */
export function planSection(comparison: Comparison): PlannedChange[] {
  const { section, current, wanted, defaults, prune, workspace, lacking, isNew } = comparison;
  const changes: PlannedChange[] = [];
  for (const [key, resource] of wanted ?? []) {
    const before = isNew && section.name === 'settings' ? undefined : current.get(key);
    const change = save(key, resource, before);
    if (change) changes.push(change);
  }
  if (!prune) return changes;
  for (const [key, resource] of current) if (!wanted?.has(key)) changes.push(...remove(key, resource));
  return changes;

  function save(
    key: string,
    { message, fields }: Resource,
    before: Resource | undefined,
  ): PlannedChange | undefined {
    const changed = differing(fields, before?.fields ?? defaults);
    if (before && Object.keys(changed).length === 0) return undefined;
    return {
      resource: nameOf(key),
      action: before ? ConfigurationAction.UPDATE : ConfigurationAction.CREATE,
      fields: shown(changed, before?.fields ?? {}),
      step: section.save({ workspace, key, message, before: before?.message, mask: maskOf(changed) }),
      ...(lacking.has(key) && { error: 'INVALID_REQUEST' as const }),
    };
  }

  /** What always is there gets its defaults back. */
  function remove(key: string, resource: Resource): PlannedChange[] {
    const { message, fields } = resource;
    const gone = differing(fields, defaults);
    const isDefault = section.single && Object.keys(gone).length === 0;
    if (isDefault) return [];
    const step = section.remove?.({ workspace, key, message, before: message });
    const after = section.single ? defaults : {};
    const change = {
      resource: nameOf(key),
      action: ConfigurationAction.DELETE,
      fields: Object.keys(gone).map((path) => ({
        path,
        before: canonical(fields[path]),
        after: canonical(after[path]),
      })),
    };
    if (step) return [{ ...change, step }];
    const cleared = section.cleared(workspace);
    return [
      {
        ...change,
        step: section.save({ workspace, key, message: cleared, before: message, mask: maskOf(gone) }),
      },
    ];
  }

  function nameOf(key: string): string {
    if (section.name === 'settings') return `workspaces/${workspace}`;
    return section.single ? section.name : `${section.name}/${key}`;
  }

  function maskOf(fields: JsonObject): string[] {
    return section.schema.fields.filter(({ jsonName }) => jsonName in fields).map(({ name }) => name);
  }
}

const shown = (changed: JsonObject, before: JsonObject) =>
  Object.entries(changed).map(([path, after]) => ({
    path,
    before: canonical(before[path]),
    after: canonical(after),
  }));
