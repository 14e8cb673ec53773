/**
 * The inbox as a page that fetches /inbox.json every two seconds. It takes the
 * inbox token from the fragment of its URL, which reaches no server and no log,
 * keeps it for the tab, and asks for it where there is none. Texts are set as
 * text, never as markup.
 */
export const inboxPage = (nonce: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Inbox · Countersign</title>
<style nonce="${nonce}">
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { max-width: 44rem; margin: 2rem auto; padding: 0 1rem }
article { border-top: 1px solid gray; padding: .75rem 0 }
header { display: flex; gap: .75rem; flex-wrap: wrap; opacity: .75; font-size: .9rem }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: .5rem 0 0 }
</style>
</head>
<body>
<h1>Inbox</h1>
<p id="state" role="status">Loading…</p>
<form id="ask" hidden>
<label>Inbox token <input id="token" type="password" autocomplete="off" required></label> <button>Open</button>
<p>The service prints it at each start in development, as the end of the inbox's URL.</p>
</form>
<main id="messages"></main>
<script nonce="${nonce}">
const list = document.getElementById('messages');
const state = document.getElementById('state');
const part = (name, text) => Object.assign(document.createElement(name), { textContent: text });
const ask = document.getElementById('ask');
let shown = '';
const given = new URLSearchParams(location.hash.slice(1)).get('t');
if (given) {
  sessionStorage.setItem('inbox-token', given);
  history.replaceState(null, '', location.pathname);
}
ask.addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem('inbox-token', document.getElementById('token').value.trim());
  refresh();
});
async function refresh() {
  try {
    const token = sessionStorage.getItem('inbox-token');
    const response = token && await fetch('/inbox.json', { headers: { authorization: 'Bearer ' + token } });
    ask.hidden = Boolean(token) && response.status !== 401;
    if (!ask.hidden) {
      state.textContent = token ? 'This is not the token of this inbox.' : '';
      shown = '';
      list.replaceChildren();
      return;
    }
    const { messages } = await response.json();
    const newest = messages.map(({ id }) => id).join();
    state.textContent = messages.length ? '' : 'Nothing yet. Messages of channels without a provider arrive here.';
    if (newest === shown) return;
    shown = newest;
    list.replaceChildren(...messages.map((message) => {
      const article = document.createElement('article');
      const header = document.createElement('header');
      header.append(part('strong', message.channel), part('span', message.to),
        part('time', new Date(message.time).toLocaleTimeString()));
      article.append(header);
      if (message.subject) article.append(part('strong', message.subject));
      article.append(part('pre', message.text));
      return article;
    }));
  } catch {
    state.textContent = 'The service does not respond. Retrying…';
  }
}
refresh();
setInterval(refresh, 2000);
</script>
</body>
</html>
`;
