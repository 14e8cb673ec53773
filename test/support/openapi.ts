import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';

/** The parts of an OpenAPI description that tests read. */
export interface OpenApi {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

export interface Operation {
  readonly operationId: string;
  readonly security: readonly unknown[];
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Content };
  readonly responses: Readonly<Record<string, { readonly content: Content }>>;
}

type Content = Readonly<Record<string, { readonly schema: Schema }>>;

/** A JSON schema, as far as tests read it. */
export interface Schema {
  readonly $ref?: string;
  /** Several for what may be null. */
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

/** One operation of a description, with where it stands. */
export interface Described {
  readonly method: string;
  readonly path: string;
  readonly operation: Operation;
}

export const operationsOf = ({ paths }: OpenApi): Described[] =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );

/** The schema that a reference into the description names. */
export const resolved = ({ components }: OpenApi, schema: Schema): Schema =>
  schema.$ref === undefined ? schema : components.schemas[schema.$ref.split('/').at(-1)!]!;

/** The description that the service at `baseUrl` gives of itself. */
export const describedAt = async (baseUrl: string): Promise<OpenApi> =>
  (await (await fetch(`${baseUrl}/openapi.json`)).json()) as OpenApi;

type CheckResponse = (method: string, url: string, status: number, body: unknown) => void;

const checkers = new Map<string, Promise<CheckResponse>>();

/**
 * Compares a response of the service at `baseUrl` with the description that it
 * gives of itself: a success has exactly the fields described, a refusal the
 * shape of its dialect. Throws an Error naming what is amiss; says nothing of
 * paths that are not described. `url`: the path, with or without its query.
 */
export async function checkResponse(baseUrl: string, ...response: Parameters<CheckResponse>): Promise<void> {
  const checker = checkers.get(baseUrl) ?? describedAt(baseUrl).then(createCheck);
  checkers.set(baseUrl, checker);
  (await checker)(...response);
}

function createCheck(described: OpenApi): CheckResponse {
  // Formats come with a pattern that says the same.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const operations = operationsOf(described).map((one) => ({
    ...one,
    matches: new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    checks: new Map<string, ValidateFunction>(),
  }));

  ajv.addSchema(described, 'description');

  const schemaOf = ({ operation }: Described, status: string): Schema => {
    const { $ref } = operation.responses[status]!.content['application/json']!.schema;
    return { $ref: `description${$ref}` };
  };

  return (method, url, status, body) => {
    const path = url.split('?', 1)[0]!;
    const found = operations.find((one) => one.method === method && one.matches.test(path));
    if (!found) return;
    const response = String(status);
    if (!Object.hasOwn(found.operation.responses, response))
      throw new Error(`${method} ${path} responded ${status}, which is not described`);
    const check = found.checks.get(response) ?? ajv.compile(schemaOf(found, response));
    found.checks.set(response, check);
    if (check(body)) return;
    throw new Error(
      `${method} ${path} responded ${status} with what is not described: ${ajv.errorsText(check.errors)}\n${JSON.stringify(body, null, 2)}`,
    );
  };
}
