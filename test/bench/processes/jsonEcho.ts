import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerQuestions } from './answering.js';

/**
 * The least that a Node service answering JSON over HTTP can cost: it parses
 * the request and writes one and the same answer.
 */
let answer: unknown = {};

const server = createServer((req, res) => {
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const request: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof request !== 'object') throw new Error('the request is no object');
    const body = Buffer.from(JSON.stringify(answer));
    res.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length });
    res.end(body);
  });
});
const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

answerQuestions({
  async ports() {
    await listening;
    return { http1: (server.address() as AddressInfo).port };
  },
  answer(value: unknown) {
    answer = value;
  },
});
