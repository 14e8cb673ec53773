/** What the shop asks of Countersign, by plain JSON over HTTP; @countersign/client/node has the same with types. */
export interface Countersign {
  /** Tells the service which URLs pages may return to, and which origins may frame them. Needs the scope admin. */
  allow(origin: string): Promise<void>;
  createPage(request: object): Promise<{ readonly url: string; readonly session: { readonly id: string } }>;
  /** Whether it proves what is expected; redeems it, once. */
  redeem(proof: Proof, expected: Expected): Promise<boolean>;
}

/** What came back from the page: a token, or the session that the shop itself opened. */
export type Proof = { readonly verificationToken: string } | { readonly sessionId: string };

/** Whose code it must have been, and for what. Without these a proof of anybody for anything would pass. */
export interface Expected {
  readonly recipient: string;
  readonly operation: { readonly type: string; readonly id: string };
}

export function createCountersign(service: string, apiKey: string): Countersign {
  async function call(method: string, message: object) {
    const response = await fetch(`${service}/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(message),
    });
    return { ok: response.ok, body: await response.json() };
  }
  return {
    async allow(origin) {
      const workspace = {
        brand: 'Corner Shop',
        brandColor: '#0b6b57',
        returnUrls: [`${origin}/`],
        embedOrigins: [origin],
      };
      const updateMask = 'brand,brandColor,returnUrls,embedOrigins';
      await call('otp.admin.v1.WorkspaceService/UpdateWorkspace', { workspace, updateMask });
    },
    async createPage(request) {
      const { ok, body } = await call('otp.v1.VerificationPageService/CreateVerificationPage', request);
      if (!ok) throw new Error(body.message);
      return body;
    },
    async redeem(proof, expected) {
      return (await call('otp.v1.VerificationTokenService/Redeem', { ...proof, ...expected })).ok;
    },
  };
}
