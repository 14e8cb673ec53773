import type { MessageInitShape } from '@bufbuild/protobuf';
import type {
  ConfigurationChangeSchema,
  ConfigurationService,
} from '../../../gen/otp/admin/v1/configuration_service_pb.js';
import type { Call } from '../../call/call.js';
import type { Handlers, HandlerTable } from '../../call/handlers.js';
import { Failure, invalid, toFailure } from '../../errors.js';
import { listedWorkspace, requireLive, targetWorkspace } from '../shared/target.js';
import type { Workspaces } from '../workspaces/workspaces.js';
import { providerAccounts, settleSecrets } from './accounts.js';
import { type Json, type JsonObject, written } from './json.js';
import { inOrder } from './order.js';
import { type PlannedChange, planSection } from './plan.js';
import { type DefaultsOf, readDocument, VERSION, type Wanted } from './readDocument.js';
import { createReadSection, createRunStep, differing, type Resources } from './resources.js';
import type { Section } from './section.js';
import { SECTIONS } from './sections.js';

type Change = PlannedChange & { readonly workspace: string };

interface Deps {
  /** The methods that operators use, recorded. */
  readonly methods: Pick<HandlerTable, 'find'>;
  readonly workspaces: Pick<Workspaces, 'names' | 'exists' | 'isKnown'>;
  readonly defaultsOf: DefaultsOf;
}

/** The configuration as one document, read and changed by the methods that operators use. */
export function createConfigurationHandlers({
  methods,
  workspaces,
  defaultsOf,
}: Deps): Handlers<typeof ConfigurationService> {
  const run = createRunStep(methods);
  const readSection = createReadSection(run);

  async function exported(call: Call, workspace: string): Promise<JsonObject> {
    const sections: Record<string, Json> = {};
    for (const section of SECTIONS) {
      const defaults = defaultsOf(section);
      const resources = await readSection(call, workspace, section);
      const entries = [...resources].map(([key, { fields }]) => [key, differing(fields, defaults)] as const);
      const value = section.single ? (entries[0]?.[1] ?? {}) : Object.fromEntries(entries);
      if (Object.keys(value).length > 0) sections[section.name] = value;
    }
    return sections;
  }

  async function plan(call: Call, wanted: Wanted, prune: boolean): Promise<Change[]> {
    const changes: Change[] = [];
    for (const [workspace, sections] of [...wanted].sort(([one], [other]) => (one < other ? -1 : 1))) {
      targetWorkspace(call, workspace);
      const isNew = await mustBeMade(call, workspace);
      const planned: { section: string; change: Change }[] = [];
      for (const section of SECTIONS) {
        const current: Resources = isNew ? new Map() : await readSection(call, workspace, section);
        const given =
          sections.get(section) ?? (isNew && section.name === 'settings' ? settingsOnly() : undefined);
        const { wanted: asked, lacking } =
          section === providerAccounts && given
            ? settleSecrets({ wanted: given, current })
            : { wanted: given, lacking: new Set<string>() };
        const compared = {
          workspace,
          section,
          current: isNew ? asNew(section) : current,
          wanted: asked,
          lacking,
          defaults: defaultsOf(section),
        };
        for (const change of planSection({ ...compared, prune, isNew }))
          planned.push({ section: section.name, change: { ...change, workspace } });
      }
      changes.push(...inOrder(planned));
    }
    return changes;
  }

  /** A workspace that the document only names is made with the defaults. */
  const settingsOnly = (): Resources => {
    const section = SECTIONS.find(({ name }) => name === 'settings')!;
    return new Map([['', { message: section.cleared(''), fields: defaultsOf(section) }]]);
  };

  /** What a workspace has right after it is made. */
  const asNew = (section: Section): Resources =>
    section.single
      ? new Map([['', { message: section.cleared(''), fields: defaultsOf(section) }]])
      : new Map();

  async function mustBeMade({ principal }: Call, workspace: string): Promise<boolean> {
    if (await workspaces.exists(workspace)) return false;
    if (await workspaces.isKnown(workspace)) throw new Failure('NOT_FOUND');
    if (!principal.scopes.has('operator'))
      throw new Failure('PERMISSION_DENIED', { message: 'Making a workspace needs the scope operator.' });
    return true;
  }

  return {
    async exportConfiguration(call, request) {
      const workspace = listedWorkspace(call, request.workspace);
      if (workspace !== undefined && !(await workspaces.exists(workspace))) throw new Failure('NOT_FOUND');
      const names = workspace === undefined ? await workspaces.names() : [workspace];
      const found: Record<string, Json> = {};
      for (const name of names) found[name] = await exported(call, name);
      return { document: written({ version: VERSION, workspaces: found }) };
    },

    async applyConfiguration(call, { document, dryRun, prune }) {
      requireLive(call);
      if (document.trim() === '') throw invalid('document', 'must be JSON');
      const planned = await plan(call, readDocument(document, defaultsOf), prune);
      const changes: MessageInitShape<typeof ConfigurationChangeSchema>[] = [];
      let failed = dryRun;
      for (const { step, fields, error, ...change } of planned) {
        const shown = { ...change, fields: [...fields], ...(error && (dryRun || !failed) && { error }) };
        if (error) failed = true;
        if (failed) {
          changes.push(shown);
          continue;
        }
        try {
          await run(call, step);
          changes.push({ ...shown, applied: true });
        } catch (thrown) {
          failed = true;
          changes.push({ ...shown, error: toFailure(thrown).reason });
        }
      }
      return { changes };
    },
  };
}
