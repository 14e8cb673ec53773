import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { decodeJwt, decodeProtectedHeader, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import type { KeySet } from '../../../../server/secrets/keyring/keySet.js';
import { type AccessGrant, createAccessTokens } from '../../../../server/secrets/tokens/accessTokens.js';
import { createJwt, ISSUER } from '../../../../server/secrets/tokens/jwt.js';
import { createSessionTokens, type SessionGrant } from '../../../../server/secrets/tokens/sessionTokens.js';
import { fixedKey, fixedKeys } from '../../../support/fixedKeys.js';
import { ManualClock } from '../../../support/manualClock.js';
import { seededRandom } from '../../../support/seededRandom.js';

const SESSION: SessionGrant = {
  workspace: 'acme',
  mode: 'live',
  sessionId: '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
};
const ACCESS: AccessGrant = {
  workspace: 'acme',
  mode: 'test',
  keyId: 'key-1',
  scopes: ['otp.send', 'sessions.read'],
};
const HOUR = 3_600_000;

let clock: ManualClock;
beforeEach(() => {
  clock = new ManualClock();
});
const tokens = (keys: KeySet = fixedKeys('s1')) => {
  const jwt = createJwt(keys, clock);
  return { session: createSessionTokens(jwt), access: createAccessTokens(jwt, clock, seededRandom('jti')) };
};
const issueSession = () => tokens().session.issue(SESSION, new Date(clock.now() + HOUR));
const issueAccess = () => tokens().access.issue(ACCESS).token;
/** Signs by an outside library what a forger, or a later version, might. */
const forge = (header: Record<string, unknown>, claims: Record<string, unknown>, key = fixedKey('s1')) =>
  new SignJWT(claims).setProtectedHeader({ alg: 'HS256', ...header }).sign(key.secret);
const outside = () => ({ currentDate: new Date(clock.now()), issuer: ISSUER, algorithms: ['HS256'] });

describe('a session token', () => {
  it('opens its own session, in its workspace and mode', () => {
    expect(tokens().session.verify(issueSession())).toEqual(SESSION);
  });

  it('begins as the documents say, and is the same when it is made again', () => {
    expect(issueSession()).toMatch(/^eyJ/);
    expect(issueSession()).toBe(issueSession());
  });

  it('is a JWT that another library verifies', async () => {
    const { payload, protectedHeader } = await jwtVerify(issueSession(), fixedKey('s1').secret, {
      ...outside(),
      typ: 'session+jwt',
      audience: 'countersign/session',
      subject: SESSION.sessionId,
    });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'session+jwt', kid: 's1' });
    expect(payload).toMatchObject({ workspace: 'acme', mode: 'live', exp: (clock.now() + HOUR) / 1000 });
  });

  it('is good until the second before it expires, and not in that second', () => {
    const token = issueSession();
    clock.advance(HOUR - 1);
    expect(tokens().session.verify(token)).toEqual(SESSION);
    clock.advance(1);
    expect(tokens().session.verify(token)).toBeUndefined();
  });

  it('expires without rounding up to the next second', () => {
    const token = tokens().session.issue(SESSION, new Date(clock.now() + HOUR + 999));
    expect(decodeJwt(token).exp).toBe((clock.now() + HOUR) / 1000);
  });
});

describe('an access token', () => {
  it('names its key and its scopes', () => {
    expect(tokens().access.verify(issueAccess())).toEqual({
      ...ACCESS,
      expiresAt: new Date(clock.now() + HOUR),
    });
    const none = tokens().access.issue({ ...ACCESS, scopes: [] }).token;
    expect(tokens().access.verify(none)?.scopes).toEqual([]);
  });

  it('has the claims of RFC 9068, for others to verify', async () => {
    const { payload, protectedHeader } = await jwtVerify(issueAccess(), fixedKey('s1').secret, {
      ...outside(),
      typ: 'at+jwt',
      audience: 'countersign/api',
      requiredClaims: ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'],
    });
    expect(protectedHeader.typ).toBe('at+jwt');
    expect(payload).toMatchObject({ sub: 'key-1', client_id: 'key-1', scope: 'otp.send sessions.read' });
  });

  it('is good for an hour, to the second', () => {
    const { token, expiresInSeconds } = tokens().access.issue(ACCESS);
    expect(expiresInSeconds).toBe(3600);
    clock.advance(HOUR - 1000);
    expect(tokens().access.verify(token)).toMatchObject(ACCESS);
    clock.advance(1000);
    expect(tokens().access.verify(token)).toBeUndefined();
  });

  it('differs each time', () => {
    const { access } = tokens();
    expect(access.issue(ACCESS).token).not.toBe(access.issue(ACCESS).token);
  });
});

describe('a token of one kind', () => {
  it('is never taken for the other', () => {
    expect(tokens().access.verify(issueSession())).toBeUndefined();
    expect(tokens().session.verify(issueAccess())).toBeUndefined();
  });

  it('is not taken for the other when only the typ, or only the audience, is the other one', async () => {
    const { session, access } = tokens();
    const claims = { ...decodeJwt(issueSession()), scope: 'admin' };
    for (const typ of ['session+jwt', 'at+jwt', 'JWT', undefined]) {
      for (const aud of ['countersign/session', 'countersign/api', 'other', undefined]) {
        const token = await forge(
          { kid: 's1', ...(typ && { typ }) },
          { ...claims, ...(aud ? { aud } : { aud: '' }) },
        );
        expect(session.verify(token) !== undefined).toBe(
          typ === 'session+jwt' && aud === 'countersign/session',
        );
        expect(access.verify(token) !== undefined).toBe(typ === 'at+jwt' && aud === 'countersign/api');
      }
    }
  });
});

describe.each([
  ['session', issueSession],
  ['access', issueAccess],
] as const)('a forged %s token', (kind, issue) => {
  const verify = (token: string, keys?: KeySet) => tokens(keys)[kind].verify(token);
  const parts = () => {
    const token = issue();
    return { header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  };

  it('is accepted when nothing about it is forged (so that the refusals below mean something)', async () => {
    const { header, claims } = parts();
    expect(verify(await forge({ ...header }, claims))).toBeDefined();
  });

  it('is refused with alg none, signed or not', () => {
    const { header, claims } = parts();
    const unsecured = new UnsecuredJWT(claims).encode();
    const none = (typ: unknown) =>
      Buffer.from(JSON.stringify({ ...header, alg: 'none', typ })).toString('base64url');
    const [, payload, signature] = issue().split('.');
    for (const token of [
      unsecured,
      `${none(header.typ)}.${payload}.`,
      `${none(header.typ)}.${payload}`,
      `${none(header.typ)}.${payload}.${signature}`,
    ]) {
      expect(verify(token)).toBeUndefined();
    }
  });

  it('is refused with another algorithm of the same key', () => {
    const { header, claims } = parts();
    const payload = Buffer.from(JSON.stringify(claims));
    expect(verify(signBytes({ ...header }, payload))).toBeDefined();
    for (const bits of [384, 512]) {
      expect(verify(signBytes({ ...header, alg: `HS${bits}` }, payload, `sha${bits}`))).toBeUndefined();
    }
  });

  it('is refused with no kid, an unknown one, or that of another key', async () => {
    const { header, claims } = parts();
    const keys = fixedKeys('s2', 's1');
    for (const kid of ['', 's3', 's2', '__proto__']) {
      expect(verify(await forge({ ...header, kid }, claims), keys)).toBeUndefined();
    }
    expect(verify(await forge({ typ: header.typ }, claims), keys)).toBeUndefined();
    expect(verify(await forge({ ...header, kid: 's1' }, claims, fixedKey('s2')), keys)).toBeUndefined();
  });

  it('is refused when any claim we rely on is missing or of another kind', async () => {
    const { header, claims } = parts();
    const relied = ['iss', 'aud', 'sub', 'exp', 'workspace', 'mode', ...(kind === 'access' ? ['scope'] : [])];
    for (const name of relied) {
      const { [name]: _, ...missing } = claims as Record<string, unknown>;
      expect(verify(await forge({ ...header }, missing)), `without ${name}`).toBeUndefined();
      for (const value of [null, true, { a: 1 }, 'other', 5]) {
        if ((name === 'workspace' || name === 'scope') && value === 'other') continue;
        if (name === 'sub' && kind === 'access' && value === 'other') continue;
        const body = Buffer.from(JSON.stringify({ ...claims, [name]: value }));
        const token = signBytes({ ...header }, body);
        expect(verify(token), `${name} = ${JSON.stringify(value)}`).toBeUndefined();
      }
    }
  });

  it('is refused when its payload is no object', async () => {
    const { header } = parts();
    for (const payload of ['', '1', '"text"', '[]', '{', '{}']) {
      expect(verify(signBytes({ ...header }, Buffer.from(payload)))).toBeUndefined();
    }
  });

  it('is refused when any one character was changed', () => {
    const token = issue();
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(verify(token.slice(0, at) + other + token.slice(at + 1)), `at ${at}`).toBeUndefined();
    }
  });

  it('is refused when its payload was exchanged for one with more rights', () => {
    const [header, , signature] = issue().split('.');
    const { claims } = parts();
    const payload = Buffer.from(JSON.stringify({ ...claims, workspace: 'other' })).toString('base64url');
    expect(verify(`${header}.${payload}.${signature}`)).toBeUndefined();
  });

  it('is rejected without a crash for any input', () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((json) => Buffer.from(json).toString('base64url')),
      fc.constantFrom(...issue().split('.')),
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.array(part, { minLength: 1, maxLength: 5 })), (made) => {
        const token = typeof made === 'string' ? made : made.join('.');
        fc.pre(token !== issue());
        expect(verify(token)).toBeUndefined();
      }),
    );
    expect(verify('a'.repeat(1_000_000))).toBeUndefined();
  });

  it('is distinguished from a genuine one after the key was rotated, as long as its key is there', () => {
    const token = issue();
    expect(verify(token, fixedKeys('s2', 's1'))).toBeDefined();
    expect(verify(token, fixedKeys('s2'))).toBeUndefined();
  });
});

/** A compact token over any bytes, signed by hand because a library would not. */
function signBytes(header: Record<string, unknown>, payload: Buffer, hash = 'sha256'): string {
  const input = `${Buffer.from(JSON.stringify(header)).toString('base64url')}.${payload.toString('base64url')}`;
  return `${input}.${createHmac(hash, fixedKey('s1').secret).update(input).digest('base64url')}`;
}
