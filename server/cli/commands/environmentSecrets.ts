import type { Environment } from '../../config/settingGroup.js';
import { usage } from '../errors.js';

type Json = unknown;
const isObject = (value: Json): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * A document of the configuration with every secret of an account that is
 * written `{env: NAME}` replaced by the value of that variable here. The service
 * does not do it: its own environment is not for documents to read.
 */
export function withEnvironment(document: Json, env: Environment): Json {
  const accounts = (workspace: Json) =>
    mapIn(workspace, 'providerAccounts', (all) =>
      mapValues(all, (account) =>
        mapIn(account, 'secrets', (secrets) => mapValues(secrets, (secret) => resolved(secret, env))),
      ),
    );
  return mapIn(document, 'workspaces', (workspaces) => mapValues(workspaces, accounts));
}

function resolved(secret: Json, env: Environment): Json {
  if (!isObject(secret) || typeof secret.env !== 'string' || Object.keys(secret).length !== 1) return secret;
  const value = env[secret.env];
  if (!value) throw usage(`the environment variable ${secret.env}, which the document names, must be set`);
  return value;
}

const mapValues = (value: Json, change: (item: Json) => Json): Json =>
  isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, change(item)]))
    : value;

const mapIn = (value: Json, name: string, change: (item: Json) => Json): Json =>
  isObject(value) && name in value ? { ...value, [name]: change(value[name]) } : value;
