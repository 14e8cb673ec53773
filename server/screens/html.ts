import type { ScreenNames } from './files.js';

/** Text inside HTML, also inside an attribute in double quotes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** The product's mark as a data URL, so that a page needs no request for it. */
export const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" rx="7" fill="#3243c4"/><path d="M8 14.5l4 4 8-9" fill="none" stroke="#fff" stroke-width="2.75" stroke-linecap="round" stroke-linejoin="round"/></svg>',
)}`;

/** What a page says about itself. */
export interface ScreenPage {
  readonly title: string;
  /** The names of its files. */
  readonly names: ScreenNames;
  /** HTML for browsers that run no scripts. */
  readonly noscript: string;
}

/** The HTML of a page that its script fills. */
export const screenPage = ({ title, names: { js, css }, noscript }: ScreenPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" href="${ICON}">
<link rel="stylesheet" href="/screens/${css}">
<script type="module" src="/screens/${js}"></script>
</head>
<body>
<div id="app"></div>
<noscript>${noscript}</noscript>
</body>
</html>
`;
