import { defaultOf, isRequired, type Setting, type SettingTable, type ValuesOf } from './setting.js';

/** Environment variables. An empty one counts as unset. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that are of use only together, such as those of a vendor: all required ones are set, or none. */
export interface SettingGroup<T extends SettingTable = SettingTable> {
  /** Whose settings these are, as people call it. */
  readonly title: string;
  readonly settings: T;
  /** At least one of these is required as well. */
  readonly oneOf?: readonly string[];
}

/** Declares a group; the names in `oneOf` are those of its settings. */
export const settingGroup = <T extends SettingTable>(
  group: SettingGroup<T> & { readonly oneOf?: readonly (keyof T & string)[] },
): SettingGroup<T> => group;

/** The values of the groups that are configured. */
export interface ConfiguredGroups {
  /** Undefined for a group that is not configured. */
  of<T extends SettingTable>(group: SettingGroup<T>): ValuesOf<T> | undefined;
}

/** Reads every setting of a table. `wrong` has one line for each value that is not accepted. */
export function readSettings(table: SettingTable, environment: Environment) {
  const values: Record<string, unknown> = {};
  const wrong: string[] = [];
  for (const [name, setting] of Object.entries(table)) {
    const { variable, schema, secret } = setting;
    // Copied values and files bring spaces and line ends with them.
    const text = environment[variable]?.trim() || undefined;
    const result = schema.safeParse(text);
    if (result.success) values[name] = result.data;
    else if (text !== undefined) {
      const faults = result.error.issues.map(({ message }) => message).join('; ');
      wrong.push(`${variable}${secret ? '' : `=${text}`}: ${faults}`);
    }
  }
  return { values, wrong };
}

/** Reads groups of settings. `partial` has one line for each group that lacks something, naming the variables. */
export function readGroups(groups: readonly SettingGroup[], environment: Environment) {
  const configured = new Map<SettingGroup, unknown>();
  const wrong: string[] = [];
  const partial: string[] = [];
  for (const group of groups) {
    const read = readSettings(group.settings, environment);
    wrong.push(...read.wrong);
    const lacks = lackOf(group, environment);
    if (lacks.length === 0) configured.set(group, read.values);
    else if (isBegun(group, environment))
      partial.push(`${group.title} is partially configured: set ${lacks.join(', and ')} as well`);
  }
  const of = <T extends SettingTable>(group: SettingGroup<T>) =>
    configured.get(group) as ValuesOf<T> | undefined;
  return { configured: { of } satisfies ConfiguredGroups, wrong, partial };
}

const isSet = ({ variable }: Setting, environment: Environment): boolean =>
  Boolean(environment[variable]?.trim());

/** Whether the group is meant to be configured. A setting that has a default says nothing about that. */
const isBegun = ({ settings }: SettingGroup, environment: Environment): boolean =>
  Object.values(settings).some((one) => isSet(one, environment) && defaultOf(one) === undefined);

/** What a group still needs: variables that are all required, then those of which one is. */
function lackOf({ settings, oneOf = [] }: SettingGroup, environment: Environment): string[] {
  const required = Object.values(settings).filter((one) => isRequired(one) && !isSet(one, environment));
  const choice = oneOf.flatMap((name) => settings[name] ?? []);
  const hasChosen = choice.length === 0 || choice.some((one) => isSet(one, environment));
  return [
    ...(required.length > 0 ? [variablesOf(required, ', ')] : []),
    ...(hasChosen ? [] : [variablesOf(choice, ' or ')]),
  ];
}

const variablesOf = (settings: readonly Setting[], separator: string): string =>
  settings.map(({ variable }) => variable).join(separator);
