import { beforeAll, describe, expect, it } from 'vitest';
import { describedAt, operationsOf, resolved, type Schema } from '../../support/openapi.js';
import { restClient } from '../../support/rest.js';
import { serviceForSuite } from '../../support/serviceForSuite.js';
import { expectRefusal, POSTS } from './support/restApis.js';

const service = serviceForSuite();
let schemas: ReadonlyMap<string, Schema>;
beforeAll(async () => {
  const described = await describedAt(service.baseUrl);
  schemas = new Map(
    operationsOf(described).flatMap(({ method, path, operation }) =>
      method === 'POST'
        ? [[path, resolved(described, operation.requestBody!.content['application/json']!.schema)]]
        : [],
    ),
  );
});

type Json = Readonly<Record<string, unknown>>;

/** A field of a request: the path to it, and what the description says of it. */
interface Field {
  readonly path: readonly string[];
  readonly schema: Schema;
  readonly required: boolean;
}

/** Every field of an object, and of the objects in it. */
function fieldsOf(schema: Schema, path: readonly string[] = []): Field[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { path: [...path, name], schema: field, required: schema.required?.includes(name) ?? false },
    ...fieldsOf(field, [...path, name]),
  ]);
}

/** The request with one field changed; undefined takes it out. */
function withField(request: Json, [name, ...rest]: readonly string[], value: unknown): Json {
  const inner = rest.length > 0 ? withField((request[name!] ?? {}) as Json, rest, value) : value;
  const { [name!]: _old, ...others } = request;
  return inner === undefined ? others : { ...others, [name!]: inner };
}

const OF_TYPE: Readonly<Record<string, unknown>> = {
  string: 'text',
  integer: 1,
  boolean: true,
  array: [],
  object: {},
};
const wrongTypes = (types: readonly string[]) => [
  ...(types.includes('null') ? [] : [null]),
  ...Object.entries(OF_TYPE).flatMap(([name, value]) => (types.includes(name) ? [] : [value])),
  ...(types.includes('integer') ? [1.5, '1'] : []),
];

describe.each(POSTS)('POST $path', ({ path, request, restApi }) => {
  const post = (body: unknown) => {
    // Refused requests count, and the beneficiary document allows a client fifty a minute.
    service.clock.advance(1_500);
    return restClient(service.baseUrl, restApi.credential(service.liveKey)).post(path, body);
  };
  const namesField = (body: unknown, field: string) => JSON.stringify(body).includes(field);

  it('is described by the request that these tests begin with', async () => {
    const described = fieldsOf(schemas.get(path)!).map(({ path: names }) => names[0]);
    expect(described).toEqual(expect.arrayContaining(Object.keys(request)));
    expect((await post(request)).status).not.toBe(400);
  });

  it('names every field of a wrong type', async () => {
    const fields = fieldsOf(schemas.get(path)!);
    expect(fields.length).toBeGreaterThan(0);
    for (const { path: names, schema } of fields) {
      for (const value of wrongTypes([schema.type ?? 'any'].flat())) {
        if (schema.type === undefined) continue;
        const response = await post(withField(request, names, value));
        expectRefusal(restApi, response, { status: 400, reason: 'INVALID_REQUEST' });
        expect(namesField(response.body, names.join('.')), `${names}: ${JSON.stringify(value)}`).toBe(true);
      }
    }
  });

  it('names every required field that is missing', async () => {
    const required = fieldsOf(schemas.get(path)!).filter((field) => field.required);
    for (const { path: names } of required) {
      const response = await post(withField(request, names, undefined));
      expectRefusal(restApi, response, { status: 400, reason: 'INVALID_REQUEST' });
      expect(namesField(response.body, names.join('.'))).toBe(true);
    }
  });

  it('finds no text that it cannot take or refuse', async () => {
    const texts = fieldsOf(schemas.get(path)!).filter(({ schema }) =>
      [schema.type].flat().includes('string'),
    );
    const odd = [
      '\u0000',
      'a\u0000b',
      '\ud800',
      '\u202e',
      '$ne',
      '__proto__',
      'a/b',
      '👩‍⚕️',
      'x'.repeat(5_000),
      ' ',
    ];
    for (const { path: names } of texts) {
      for (const value of odd) {
        const { status, body } = await post(withField(request, names, value));
        expect(status, `${names}: ${JSON.stringify(value)} → ${JSON.stringify(body)}`).toBeLessThan(500);
      }
    }
    expect(service.logged()).not.toMatch(/"level":50/);
  });

  it('does not mind fields that it does not know', async () => {
    const { status } = await post({ ...request, unknown: { anything: [1, null] } });
    expect(status).not.toBe(400);
  });

  it('never repeats what was given: it may be a code', async () => {
    const secret = 'given-as-a-secret';
    for (const { path: names, schema } of fieldsOf(schemas.get(path)!)) {
      const value = [schema.type].flat().includes('string') ? { secret } : secret;
      const { text } = await post(withField(request, names, value));
      expect(text).not.toContain(secret);
    }
  });
});
