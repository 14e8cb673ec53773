const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** A page of the shop. `main` is HTML. */
export const document = (title: string, main: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)} · Corner Shop</title>
<link rel="stylesheet" href="/shop.css">
</head>
<body><main><h1>${escapeHtml(title)}</h1>${main}</main></body>
</html>
`;

const field = `<label>Phone or e-mail <input name="recipient" required autocomplete="username"></label>`;

export const signInPage = (): string =>
  document(
    'Corner Shop',
    `<form method="post" action="/sign-in">${field}<button>Sign in</button></form>
<form method="post" action="/basket">${field}<button>Pay 25.00</button></form>`,
  );

/** The code is asked for in a frame; its proof is the form's value `otp_token`. */
export const paymentPage = (otp: string, page: string): string =>
  document(
    'Confirm your payment',
    `<script type="module" src="${otp}/widget.js"></script>
<p>25.00 to Corner Shop</p>
<form method="post" action="/pay"><countersign-otp src="${escapeHtml(page)}" name="otp_token" label="Confirm your payment" required></countersign-otp><button>Pay</button></form>`,
  );

export const STYLE = `:root { color-scheme: light dark }
body { margin: 0; font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 28rem; margin: 2rem auto; padding: 0 1rem }
form { display: grid; gap: .75rem; margin-block: 1.5rem }
label { display: grid; gap: .25rem }
input, button { font: inherit; min-height: 44px; padding: 0 .75rem }
`;
