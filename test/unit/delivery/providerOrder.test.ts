import { describe, expect, it } from 'vitest';
import type { Provider } from '../../../server/delivery/provider.js';
import { createRoutes } from '../../../server/delivery/providerOrder.js';
import type { ChannelName } from '../../../server/domain/channels.js';

const provider = (name: string, ...channels: ChannelName[]): Provider => ({
  name,
  channels,
  timeoutMs: 1_000,
  send: async () => ({ kind: 'accepted' }),
  close: async () => {},
});
const smtp = provider('smtp', 'email');
const twilio = provider('twilio', 'sms', 'whatsapp');
const vonage = provider('vonage', 'sms');
const inbox = provider('inbox', 'email', 'sms', 'whatsapp');
const routes = createRoutes([smtp, twilio, vonage], inbox);

const namesOf = (wanted: Partial<Record<ChannelName, string[]>>, channel: ChannelName) =>
  routes.of(wanted, channel).map(({ name }) => name);

describe('the route of a channel', () => {
  it('is all providers of it in the order of the service, where the workspace names none', () => {
    expect(namesOf({}, 'sms')).toEqual(['twilio', 'vonage']);
    expect(namesOf({ sms: [] }, 'sms')).toEqual(['twilio', 'vonage']);
    expect(namesOf({ email: ['smtp'] }, 'whatsapp')).toEqual(['twilio']);
  });

  it('is those that the workspace names, in its order, and no others', () => {
    expect(namesOf({ sms: ['vonage', 'twilio'] }, 'sms')).toEqual(['vonage', 'twilio']);
    expect(namesOf({ sms: ['vonage'] }, 'sms')).toEqual(['vonage']);
  });

  it('leaves out a name that is not configured, or does not serve the channel', () => {
    expect(namesOf({ sms: ['gone', 'vonage', 'smtp'] }, 'sms')).toEqual(['vonage']);
    expect(namesOf({ sms: ['gone'] }, 'sms')).toEqual([]);
  });

  it('is the stand-in where nothing else serves the channel, or where it is named', () => {
    const few = createRoutes([smtp], inbox);
    expect(few.of({}, 'sms')).toEqual([inbox]);
    expect(few.of({}, 'email')).toEqual([smtp]);
    expect(few.of({ email: ['inbox', 'smtp'] }, 'email')).toEqual([inbox, smtp]);
  });

  it('leaves out a provider with a text of its own, where the message has to show a transaction', () => {
    const fixed: Provider = { ...twilio, fixedText: ['whatsapp'] };
    const mixed = createRoutes([fixed, vonage]);
    expect(mixed.of({}, 'whatsapp')).toEqual([fixed]);
    expect(mixed.of({}, 'whatsapp', true)).toEqual([]);
    expect(mixed.of({ whatsapp: ['twilio'] }, 'whatsapp', true)).toEqual([]);
    expect(mixed.of({}, 'sms', true)).toEqual([fixed, vonage]);
  });

  it('is empty without any provider and without a stand-in', () => {
    expect(createRoutes([smtp]).of({}, 'sms')).toEqual([]);
  });

  it('can name every provider of the channel, the stand-in too', () => {
    expect(routes.names('sms')).toEqual(['twilio', 'vonage', 'inbox']);
    expect(routes.names('whatsapp')).toEqual(['twilio', 'inbox']);
  });
});
