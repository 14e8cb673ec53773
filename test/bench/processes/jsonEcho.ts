import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { handleRequests } from './requests.js';

/**
 * The least that a Node service responding with JSON over HTTP can cost: it parses
 * the request and always writes the same response.
 */
let response: unknown = {};

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const request: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof request !== 'object') throw new Error('the request is no object');
    const body = Buffer.from(JSON.stringify(response));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    res.end(body);
  });
});
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

handleRequests({
  async ports() {
    await listening;
    return { http1: (server.address() as AddressInfo).port };
  },
  respondWith(value: unknown) {
    response = value;
  },
});
