/** Thrown at start when the secrets cannot be used. The message says what the operator has to do and holds no secret. */
export class SecretsRefused extends Error {
  override readonly name = 'SecretsRefused';
}
