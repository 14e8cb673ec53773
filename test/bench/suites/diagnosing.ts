import { median } from '../contest.js';
import type { Engine } from '../engines.js';
import { jsonRequest } from '../load/request.js';
import { responseTo, type Seeded } from '../seed.js';
import type { Target } from '../target.js';
import { type SuiteContext, wanted } from './suite.js';

const DIAGNOSES = [{ name: 'DiagnoseRecipient' }] as const;
const PATH = '/otp.admin.v1.RecipientService/DiagnoseRecipient';
/** Diagnoses by one key; a key has 60 a minute. */
const BY_ONE_KEY = 50;
const KEYS = 4;
/** What the first calls of a process take says nothing. */
const WARM_UP = 20;
const GOAL = { atMost: 0.05 };

export const diagnosingGroup = ({ name }: Engine): string => `${name}, diagnose a recipient`;

/** Whether the command line asked for it. */
export const wantsDiagnosing = (engine: Engine, { options }: SuiteContext): boolean =>
  wanted(DIAGNOSES, options, diagnosingGroup(engine)).length > 0;

/** How long one diagnosis takes in a large store, each of another person. */
export async function diagnosing(
  engine: Engine,
  target: Target,
  stored: number,
  context: SuiteContext,
): Promise<void> {
  if (!wantsDiagnosing(engine, context)) return;
  context.say(`${engine.name}: diagnoses`);
  const sessions = await target.seeder.sessions(KEYS * BY_ONE_KEY);
  const keys = await Promise.all(Array.from({ length: KEYS }, () => supportKey(target)));
  const took: number[] = [];
  for (const [index, session] of sessions.entries())
    took.push(await diagnose(target, keys[index % KEYS] as string, session));
  context.report.values.push({
    name: `${diagnosingGroup(engine)}: median of ${took.length - WARM_UP}, ${stored} sessions`,
    value: median(took.slice(WARM_UP)) / 1000,
    unit: 's',
    ...(!engine.scans && { goal: GOAL }),
  });
}

/** A key of the sandbox, where the sessions of the bench are. */
async function supportKey({ service }: Target): Promise<string> {
  const apiKey = { displayName: 'bench', scopes: ['support'], mode: 'MODE_TEST' };
  const made = await responseTo(
    service.port,
    jsonRequest('/otp.admin.v1.ApiKeyService/CreateApiKey', service.apiKey, { apiKey }),
  );
  if (made.status !== 200) throw new Error(`no key was made: ${made.text}`);
  return JSON.parse(made.text).secret;
}

async function diagnose({ service }: Target, key: string, { recipient }: Seeded): Promise<number> {
  const startedAt = performance.now();
  const { status, text } = await responseTo(service.port, jsonRequest(PATH, key, { recipient }));
  const tookMs = performance.now() - startedAt;
  if (status !== 200 || !text.includes('"VERDICT_')) throw new Error(`no diagnosis, but ${status}: ${text}`);
  if (text.includes('NOT_ASKED')) throw new Error(`the session was not found: ${text}`);
  return tookMs;
}
