import { createHash, createHmac } from 'node:crypto';
import type { Seen } from './vendorStub.js';

interface Account {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
  readonly service: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

/**
 * Recomputes what AWS computes of a request (Signature Version 4, of a path
 * without query), and throws where the request says something else. Gives the
 * time of the signature, milliseconds.
 */
export function checkSigV4(request: Seen, account: Account): number {
  const { authorization = '', 'x-amz-date': date = '' } = request.headers;
  const pattern = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/;
  const [, credential, signed = '', signature] = pattern.exec(authorization) ?? [];
  const day = date.slice(0, 8);
  const scope = `${day}/${account.region}/${account.service}/aws4_request`;
  if (credential !== `${account.accessKeyId}/${scope}`) throw new Error(`credential ${credential}`);
  const names = signed.split(';');
  for (const needed of ['host', 'x-amz-date'])
    if (!names.includes(needed)) throw new Error(`${needed} is not signed`);
  const canonical = [
    request.method,
    request.path,
    '',
    ...names.map((name) => `${name}:${(request.headers[name] ?? '').trim()}`),
    '',
    signed,
    sha256(request.body),
  ].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const key = [account.region, account.service, 'aws4_request'].reduce(
    hmac,
    hmac(`AWS4${account.secretAccessKey}`, day),
  );
  if (hmac(key, toSign).toString('hex') !== signature) throw new Error('the signature does not match');
  return Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
