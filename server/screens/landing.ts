import type { HttpRequest } from '../http/message.js';
import { pageHeaders } from '../http/pageHeaders.js';
import type { ExactRoute } from '../http/router.js';
import type { ScreenFiles } from './files.js';
import { escapeHtml, ICON } from './html.js';

interface Deps {
  readonly files: ScreenFiles;
  readonly version: string;
  /** What the service stores in, in words. */
  readonly store: string;
  readonly isEncrypted: boolean;
  readonly hasDocs: boolean;
  readonly hasConsole: boolean;
  readonly hasMetrics: boolean;
  readonly now: () => number;
}

/** `GET /` in development: where everything is, and the first verified code in three commands. */
export function landingRoute(deps: Deps): ExactRoute {
  const startedAt = deps.now();
  return {
    method: 'GET',
    path: '/',
    handle(req, res) {
      const html = page(deps, `${deps.isEncrypted ? 'https' : 'http'}://${hostOf(req)}`, startedAt);
      res.writeHead(200, pageHeaders());
      res.end(html);
    },
  };
}

/** `GET /` where it leads on to the console. */
export const toConsoleRoute = (): ExactRoute => ({
  method: 'GET',
  path: '/',
  handle(_req, res) {
    res.writeHead(303, { location: '/console', 'cache-control': 'no-store' });
    res.end();
  },
});

const hostOf = (req: HttpRequest): string => ('authority' in req ? req.authority : req.headers.host) ?? '';

function page(deps: Deps, base: string, startedAt: number): string {
  const { js, css } = deps.files.of('landing');
  const since = new Date(startedAt).toISOString().slice(0, 19).replace('T', ' ');
  const cards = [
    card('/inbox', 'Inbox', 'Messages of channels without a provider'),
    deps.hasConsole && card('/console', 'Console', 'Sessions, recipients, keys, settings'),
    deps.hasDocs
      ? card('/docs', 'REST APIs', 'Read and try all three')
      : card('/openapi.json', 'OpenAPI', 'The three REST APIs, described'),
    deps.hasMetrics && card('/metrics', 'Metrics', 'For Prometheus'),
  ];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Countersign</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/screens/${css}">
<script type="module" src="/screens/${js}"></script>
</head>
<body>
<main>
<header>
<p class="brand"><svg class="mark" viewBox="0 0 28 28" aria-hidden="true"><rect width="28" height="28" rx="7"/><path d="M8 14.5l4 4 8-9"/></svg> Countersign</p>
<h1>The service is running</h1>
<p><span class="ready">Ready</span> since ${since} UTC · version ${escapeHtml(deps.version)} · ${escapeHtml(deps.store)} · development</p>
</header>
<nav aria-label="Pages"><ul class="cards">${cards.filter(Boolean).join('')}</ul></nav>
<section>
<h2>The first verified code</h2>
<p class="soft">In a terminal, with the live key that the first start printed in KEY and the token of the inbox in INBOX.</p>
<ol>${steps(base).join('')}</ol>
</section>
<footer>Shown in development only.</footer>
</main>
</body>
</html>
`;
}

const card = (href: string, title: string, text: string): string =>
  `<li><a class="card" href="${href}"><b>${title}</b> ${text}</a></li>`;

function steps(base: string): string[] {
  const call = 'curl -s -H "Authorization: Bearer $KEY" -H "Content-Type: application/json"';
  const pick = (expression: string) => `node -p 'JSON.parse(fs.readFileSync(0)).${expression}'`;
  return [
    step(
      ['send', 1, 'Send a code'],
      `SESSION=$(${call} ${base}/otp.v1.OtpService/Send -d '{"recipients":{"email":"you@example.com"}}' | ${pick('session.id')}); echo $SESSION`,
    ),
    step(
      ['read', 2, 'Read it'],
      `CODE=$(curl -s -H "Authorization: Bearer $INBOX" ${base}/inbox.json | ${pick('messages[0].text.match(/[0-9]{6}/)[0]')}); echo $CODE`,
    ),
    step(
      ['verify', 3, 'Verify it'],
      `${call} ${base}/otp.v1.OtpService/Verify -d '{"sessionId":"'$SESSION'","code":"'$CODE'"}'; echo`,
    ),
  ];
}

const step = ([id, number, title]: readonly [string, number, string], command: string): string =>
  `<li class="card" id="${id}"><div class="step"><span class="number" aria-hidden="true">${number}</span><h3>${title}</h3><span class="hidden" role="status"></span><button type="button" class="button" data-copies="${id}-command" aria-label="Copy: ${title}">Copy</button></div><pre id="${id}-command">${escapeHtml(command)}</pre></li>`;
