/** X-Sandbox-Code: how dialects whose bodies have no room for it hand out the code of a sandbox session. */
export function sandboxHeader(codes: Readonly<Record<string, string>>): Record<string, string> {
  const [code] = Object.values(codes);
  return code === undefined ? {} : { 'x-sandbox-code': code };
}
