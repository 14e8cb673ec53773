import { isRequired, type Setting } from '../../config/setting.js';
import type { ConfiguredGroups, SettingGroup } from '../../config/settingGroup.js';
import { invalid, predicate } from '../../errors.js';

/** What an account has been given, by the names that the contract uses. */
export interface GivenSettings {
  readonly settings: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

/** A setting of a vendor as accounts name it. */
export interface NamedSetting {
  readonly name: string;
  readonly setting: Setting;
}

/**
 * The setting that the service connects to: it decides where requests go that
 * are made from inside the operator's network. Every vendor calls it so.
 */
export const HOST_SETTING = 'url';

/** The settings of a vendor under the names of the contract: `accountSid` is "account_sid". */
export const namedSettings = ({ settings }: SettingGroup): readonly NamedSetting[] =>
  Object.entries(settings).map(([key, setting]) => ({ name: snakeCase(key), setting }));

const snakeCase = (key: string): string => key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * Reads the settings of an account as the environment's are read. Throws
 * INVALID_REQUEST for a value that the vendor does not accept and for a setting
 * that is unknown, missing, or in the wrong one of the two maps.
 */
export function readAccount(group: SettingGroup, given: GivenSettings): ConfiguredGroups {
  const known = namedSettings(group);
  for (const map of ['settings', 'secrets'] as const) refuseUnknown(known, given[map], map);
  const values: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(group.settings)) {
    const name = snakeCase(key);
    const map = mapOf(setting);
    const text = given[map][name]?.trim() || undefined;
    const field = `provider_account.${map}["${name}"]`;
    if (text === undefined && isRequired(setting)) throw invalid(field, 'is required');
    const result = setting.schema.safeParse(text);
    if (!result.success) throw invalid(field, predicate(result.error.issues[0]?.message ?? ''));
    values[key] = result.data;
  }
  const choice = group.oneOf ?? [];
  if (choice.length > 0 && choice.every((key) => values[key] === undefined))
    throw invalid('provider_account.settings', `must have ${choice.map(snakeCase).join(' or ')}`);
  return { of: (asked) => (asked === (group as unknown) ? (values as never) : undefined) };
}

const mapOf = ({ secret }: Setting): keyof GivenSettings => (secret ? 'secrets' : 'settings');

function refuseUnknown(
  known: readonly NamedSetting[],
  given: Readonly<Record<string, string>>,
  map: keyof GivenSettings,
): void {
  const names = known.filter(({ setting }) => mapOf(setting) === map).map(({ name }) => name);
  const unknown = Object.keys(given).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw invalid(
    `provider_account.${map}`,
    names.length > 0 ? `may have ${names.join(', ')} only` : 'must be empty for this provider',
  );
}
