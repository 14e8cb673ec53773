import { existsSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { smsSegments } from '../../../admin/templates/smsSegments.js';
import type { StoredTemplate } from '../../../admin/templates/stored.js';
import { openStore } from '../../../compose/openStore.js';
import type { Config } from '../../../config/config.js';
import { lastBackup } from '../../../maintenance/lastBackup.js';
import { systemClock } from '../../../platform/clock.js';
import { DAY_MS, HOUR_MS } from '../../../platform/durations.js';
import { unwrapKey, type WrappedKey } from '../../../secrets/keyring/keyWrapping.js';
import type { MasterKeys } from '../../../secrets/keyring/masterKeys.js';
import type { StoredSession } from '../../../session/stored.js';
import { below } from '../../../store/documentId.js';
import type { Document } from '../../../store/documents.js';
import { openCopy } from '../../../store/embedded/backup.js';
import { storePath } from '../../../store/embedded/file.js';
import { masterKeysOf } from '../settings.js';
import { type Finding, fault, ok, warning } from './finding.js';

const LEAST_FREE_BYTES = 1 << 30;
/** Percent of the Sends. */
const MOST_WITHOUT_SOURCE = 10;
/** Looked at: workspaces, and of each so many sessions. */
const WORKSPACES = 20;
const SESSIONS = 200;

interface StoredKeyring extends Document {
  readonly keys: readonly WrappedKey[];
}

/** What the checks read of a store. */
interface Contents {
  readonly keyrings: readonly StoredKeyring[];
  readonly templates: readonly StoredTemplate[];
  /** The latest sessions of some workspaces. */
  readonly sessions: readonly StoredSession[];
}

/** The store, its keys and its backups. Changes nothing. */
export async function checkStore(config: Config, now: number): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const contents = await readContents(config);
    if (!contents) return [ok('store', `none in ${config.dataDir} yet: the first start makes it`)];
    findings.push(
      ok('store', config.mongodbUri ? 'MongoDB responds' : `${storePath(config.dataDir)} is whole`),
    );
    findings.push(
      ...(await checkKeys(config, contents.keyrings)),
      ...checkTemplates(contents.templates),
      ...checkSources(contents.sessions),
    );
  } catch (error) {
    findings.push(
      fault(
        'store',
        (error as Error).message,
        config.mongodbUri
          ? 'correct MONGODB_URI, or start the database'
          : 'restore a backup: docs/operations/backups.md',
      ),
    );
  }
  if (!config.mongodbUri) findings.push(...checkFolder(config), checkBackupAge(config, now));
  return findings;
}

/** Of the embedded store without opening it as the service does, which may rebuild tables. */
async function readContents(config: Config): Promise<Contents | undefined> {
  if (!config.mongodbUri) {
    if (!existsSync(storePath(config.dataDir))) return undefined;
    const copy = openCopy(storePath(config.dataDir));
    try {
      const workspaces = copy.documents('workspaces').slice(0, WORKSPACES);
      return {
        keyrings: copy.documents('keyring'),
        templates: copy.documents('templates'),
        sessions: workspaces.flatMap(({ _id }) =>
          copy.lastOf<StoredSession>('sessions', `${_id}/`, SESSIONS),
        ),
      };
    } finally {
      copy.close();
    }
  }
  const documents = await openStore(config, systemClock);
  try {
    await documents.ping();
    const sessions = documents.collection<StoredSession>('sessions');
    const workspaces = await documents.collection('workspaces').find({}, { limit: WORKSPACES }).toArray();
    const latestOf = ({ _id }: Document) =>
      sessions.find({ _id: below(_id) }, { sort: { _id: -1 }, limit: SESSIONS }).toArray();
    return {
      sessions: (await Promise.all(workspaces.map(latestOf))).flat(),
      keyrings: await documents.collection<StoredKeyring>('keyring').find({}).toArray(),
      templates: await documents.collection<StoredTemplate>('templates').find({}).toArray(),
    };
  } finally {
    await documents.close();
  }
}

async function checkKeys(config: Config, keyrings: readonly StoredKeyring[]): Promise<Finding[]> {
  const cure = 'set OTP_MASTER_KEYS with every key that is named: docs/operations/key-rotation.md';
  let masters: MasterKeys | undefined;
  try {
    masters = await masterKeysOf(config);
    if (!masters) return [fault('master keys', 'none', cure)];
    for (const { _id, keys } of keyrings) {
      for (const key of keys) unwrapKey(masters, { document: _id, purpose: _id }, key);
    }
  } catch (error) {
    return [fault('master keys', (error as Error).message, cure)];
  }
  const used = new Set(keyrings.flatMap(({ keys }) => keys.map(({ master }) => master)));
  const unused = masters.filter(({ id }) => !used.has(id)).map(({ id }) => id);
  if (keyrings.length > 0 && unused.length > 0) {
    return [
      warning(
        'master keys',
        `open every key; ${unused.join(', ')} wrap none`,
        'remove them, unless an older backup needs them',
      ),
    ];
  }
  return [ok('master keys', 'open every key of the ring')];
}

/** A message of several parts costs as many times. Placeholders are counted as a code of six digits. */
function checkTemplates(templates: readonly StoredTemplate[]): Finding[] {
  const long = templates.flatMap(({ _id, channel, text }) => {
    const { segments, encoding } = smsSegments(
      (text ?? '').replaceAll(/\{%.*?%\}/g, '').replaceAll(/\{\{.*?\}\}/g, '000000'),
    );
    return channel === 'sms' && segments > 1 ? [`${_id} ${segments} (${encoding})`] : [];
  });
  if (long.length === 0) return [ok('templates', 'text messages have one part each')];
  return [
    warning(
      'templates',
      `text messages of several parts: ${long.join(', ')}`,
      'shorten them, or use characters of GSM-7 only',
    ),
  ];
}

/** Without a source everyone is a stranger, and strangers can use up the budget of a recipient. */
function checkSources(sessions: readonly StoredSession[]): Finding[] {
  const sent = sessions.filter(({ mode, uncounted }) => mode === 'live' && !uncounted);
  if (sent.length === 0) return [];
  const without = sent.filter(({ source }) => source === undefined).length;
  const share = Math.round((100 * without) / sent.length);
  const finding = `${share} % of the latest ${sent.length} Sends name no end-user IP address and no device`;
  if (share <= MOST_WITHOUT_SOURCE) return [ok('sources', finding)];
  return [
    warning(
      'sources',
      `${finding}: strangers can cause blocks`,
      'pass end_user_ip or device_id with Send, or vouched where the person is already known',
    ),
  ];
}

function checkFolder({ dataDir }: Config): Finding[] {
  const findings: Finding[] = [];
  const open = [dataDir, join(dataDir, 'master.keys')].filter(
    (path) => existsSync(path) && (statSync(path).mode & 0o077) !== 0,
  );
  if (process.platform !== 'win32' && open.length > 0) {
    findings.push(
      warning('permissions', `other users may read ${open.join(', ')}`, `chmod go= ${open.join(' ')}`),
    );
  }
  const { bavail, bsize } = statfsSync(dataDir);
  const free = bavail * bsize;
  findings.push(
    free < LEAST_FREE_BYTES
      ? warning(
          'disk',
          `${Math.round(free / 2 ** 20)} MiB are free`,
          'make room: without it nothing can be stored',
        )
      : ok('disk', `${Math.round(free / 2 ** 30)} GiB are free`),
  );
  return findings;
}

function checkBackupAge({ dataDir }: Config, now: number): Finding {
  const cure = 'countersign backup FILE, every day: docs/operations/backups.md';
  const at = lastBackup(dataDir);
  if (!at) return warning('backups', 'none was made with this data folder', cure);
  const hours = Math.floor((now - at.getTime()) / HOUR_MS);
  if (now - at.getTime() > DAY_MS) return warning('backups', `the latest is ${hours} hours old`, cure);
  return ok('backups', `the latest is ${hours} hours old`);
}
