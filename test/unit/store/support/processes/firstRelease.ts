import { join } from 'node:path';
import Database from 'libsql';

/**
 * Has the file open as release 0.1 has: two connections, statements prepared
 * once, no look at the generation. Writes when it reads a line.
 */
const [dataDir] = process.argv.slice(2);
const path = join(dataDir!, 'countersign.db');
const reader = new Database(path);
const writer = new Database(path);
reader.exec('PRAGMA journal_mode = WAL');
const found = reader.prepare('SELECT "_document" FROM "sessions" WHERE 0');
const insert = writer.prepare('INSERT INTO "reuse" ("_id", "purgeAt", "_document") VALUES (?, ?, ?)');
found.all();
process.stdin.on('data', () => {
  insert.run(['w.live/written', null, '{"_id":"w.live/written"}']);
  console.log('written');
});
console.log('open');
