import { beforeAll, describe, expect, it } from 'vitest';
import type { StoredTemplate } from '../../../../server/admin/templates/stored.js';
import { createTemplates, type Templates } from '../../../../server/admin/templates/templates.js';
import { defaultWorkspace, type Workspace } from '../../../../server/admin/workspaces/stored.js';
import { createWorkspaces, type Workspaces } from '../../../../server/admin/workspaces/workspaces.js';
import type { ChannelName } from '../../../../server/domain/channels.js';
import type { Collection } from '../../../../server/store/documents.js';
import { eachEngine } from '../../../support/engines.js';
import { ManualClock } from '../../../support/manualClock.js';

eachEngine(({ open }) => {
  const clock = new ManualClock();
  let stored: Collection<StoredTemplate>;
  let tenants: Collection<Workspace>;
  let workspaces: Workspaces;
  let templates: Templates;
  let made = 0;

  beforeAll(async () => {
    const documents = await open({ clock });
    stored = documents.collection('templates');
    tenants = documents.collection('workspaces');
    workspaces = createWorkspaces(documents, clock);
    templates = createTemplates(documents, workspaces, clock);
  });

  const add = (workspace: string, channel: ChannelName, locale: string, more: Partial<StoredTemplate> = {}) =>
    stored.insertOne({
      _id: `${workspace}/otp-${channel}/${locale}`,
      channel,
      locale,
      text: `${channel} ${locale} {{ code }}`,
      createdAt: new Date(clock.now()),
      updatedAt: new Date(clock.now()),
      ...more,
    });
  /** A workspace of that language with text message templates in others. */
  async function workspaceWith(locale: string, ...locales: string[]) {
    const workspace = `workspace-${made++}`;
    await tenants.insertOne({ ...defaultWorkspace(workspace), locale });
    for (const one of locales) await add(workspace, 'sms', one);
    return workspace;
  }
  const found = async (workspace: string, locale: string, channel: ChannelName = 'sms') =>
    (await templates.find(workspace, channel, locale))?.text;

  it.each([
    ['es-CO', ['es-CO', 'es', 'en'], 'es-CO'],
    ['es-MX', ['es-CO', 'es', 'en'], 'es'],
    ['es', ['es-CO', 'es', 'en'], 'es'],
    ['fr', ['es-CO', 'es', 'en'], 'en'],
    ['es-MX', ['es-CO', 'en'], 'en'],
    ['fr', ['es-CO', 'es'], undefined],
    ['ES-co', ['es-CO', 'en'], 'es-CO'],
    ['zh-Hant-TW', ['zh', 'en'], 'zh'],
    ['no-language-at-all-x', ['en'], 'en'],
    ['', ['en'], 'en'],
    ['en', [], undefined],
  ] as const)('in a workspace of English, %j is served from %j by %j', async (locale, locales, expected) => {
    const workspace = await workspaceWith('en', ...locales);
    expect(await found(workspace, locale)).toBe(expected && `sms ${expected} {{ code }}`);
  });

  it('the language of the workspace is matched like that of the message', async () => {
    expect(await found(await workspaceWith('es-CO', 'es', 'de'), 'fr')).toBe('sms es {{ code }}');
    expect(await found(await workspaceWith('es-CO', 'es-CO', 'es'), 'fr')).toBe('sms es-CO {{ code }}');
  });

  it('each channel and each workspace has its own', async () => {
    const workspace = await workspaceWith('en', 'en');
    await add(workspace, 'email', 'en');
    await add(`${workspace}-2`, 'whatsapp', 'en');
    expect(await found(workspace, 'en', 'email')).toBe('email en {{ code }}');
    expect(await found(workspace, 'en', 'whatsapp')).toBeUndefined();
    expect(await found(`${workspace}-2`, 'en', 'sms')).toBeUndefined();
    expect(await found(`${workspace}-2`, 'en', 'whatsapp')).toBe('whatsapp en {{ code }}');
  });

  it('an e-mail without a subject of its own has the built-in one of its language', async () => {
    const workspace = await workspaceWith('en');
    await add(workspace, 'email', 'es');
    await add(workspace, 'email', 'en', { subject: 'Hello', html: '<p>{{ code }}</p>' });
    expect(await templates.find(workspace, 'email', 'es')).toEqual({
      subject: 'Tu código de {{ brand }}',
      text: 'email es {{ code }}',
    });
    expect(await templates.find(workspace, 'email', 'en')).toEqual({
      subject: 'Hello',
      text: 'email en {{ code }}',
      html: '<p>{{ code }}</p>',
    });
  });

  it('are remembered for five seconds at most, and not at all once forgotten', async () => {
    const workspace = await workspaceWith('en');
    expect(await found(workspace, 'en')).toBeUndefined();
    await add(workspace, 'sms', 'en');
    clock.advance(4_999);
    expect(await found(workspace, 'en')).toBeUndefined();
    clock.advance(1);
    expect(await found(workspace, 'en')).toBe('sms en {{ code }}');
    expect(await templates.find(workspace, 'sms', 'en')).toBe(await templates.find(workspace, 'sms', 'en'));
    await stored.deleteOne({ _id: `${workspace}/otp-sms/en` });
    templates.forget(workspace, 'sms');
    expect(await found(workspace, 'en')).toBeUndefined();
  });
});

describe('the store not responding', () => {
  it('is not remembered', async () => {
    const clock = new ManualClock();
    let broken = true;
    const find = () => ({
      toArray: async () => {
        if (broken) throw new Error('no response');
        return [{ channel: 'sms', locale: 'en', text: '{{ code }}' }];
      },
    });
    const documents = { collection: () => ({ find, findOne: async () => null }) } as never;
    const templates = createTemplates(documents, createWorkspaces(documents, clock), clock);
    await expect(templates.find('acme', 'sms', 'en')).rejects.toThrow('no response');
    broken = false;
    expect(await templates.find('acme', 'sms', 'en')).toEqual({ text: '{{ code }}' });
  });
});
