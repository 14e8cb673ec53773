import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compactJson, memberText } from '../../../server/domain/exactJson.js';
import { startService, type TestService } from '../../support/service.js';

let service: TestService;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.stop());

let people = 0;
const send = (metadata: string) =>
  fetch(`${service.baseUrl}/api/v1/otp/send`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': service.liveKey },
    body: `{"channels": ["email"], "recipients": {"email": "m${++people}@example.com"}, "metadata": ${metadata}}`,
  });
const get = async (path: string) =>
  (await fetch(service.baseUrl + path, { headers: { 'x-api-key': service.liveKey } })).text();

describe('metadata', () => {
  it.each([
    '{"user_id":1546130668394913822}',
    '{"a":9007199254740993,"b":-9007199254740993}',
    '{"price":0.10000000000000000555,"e":1E30,"zero":-0}',
    '{"__proto__":{"admin":true},"constructor":1}',
    '{"a":{"__proto__":2,"n":[12345678901234567890]}}',
    '{"text":"a \\"quoted\\" , : { text","é":"\\u00e9"}',
    '{"2":"two","1":"one"}',
  ])('K5 comes back as it was sent: %s', async (metadata) => {
    const sent = await send(metadata);
    expect(sent.status).toBe(200);
    const { session_id: id } = (await sent.json()) as { session_id: string };
    expect(await get(`/api/v1/otp/sessions/${id}`)).toContain(`"metadata":${metadata}`);
  });

  it('K5 of two users whose numbers round to the same counts them apart', async () => {
    const [one, other] = ['2546130668394913822', '2546130668394913823'];
    for (let n = 0; n < 5; n++) expect((await send(`{"user_id": ${one}}`)).status).toBe(200);
    expect((await send(`{"user_id": ${one}}`)).status).toBe(429);
    expect((await send(`{"user_id": ${other}}`)).status).toBe(200);
  });

  it('K5 finds sessions by a number of any size', async () => {
    await send('{"order": 1546130668394913900}');
    await send('{"order": 1546130668394913901}');
    const { sessions } = JSON.parse(await get('/api/v1/otp/sessions?metadata[order]=1546130668394913901'));
    expect(sessions).toHaveLength(1);
  });
});

describe('the text of a member', () => {
  it.each([
    ['{"a": 1, "b": {"a": 2}}', 'a', '1'],
    ['{"a": 1, "a": 2}', 'a', '2'],
    ['{"x": {"a": 1}}', 'a', undefined],
    ['{"\\u0061": [1, "}"] }', 'a', '[1, "}"]'],
    ['{"b": "a", "a": "b:,"}', 'a', '"b:,"'],
    ['{}', 'a', undefined],
  ])('K5 of %s, %s, is %s', (object, name, text) => expect(memberText(object, name)).toBe(text));

  it('K5 loses white space between tokens and nothing else', () => {
    expect(compactJson(' { "a b" : [ 1 , 2.50 ,\n "x  y" ] } ')).toBe('{"a b":[1,2.50,"x  y"]}');
  });
});
