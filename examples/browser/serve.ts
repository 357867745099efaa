/** A server for one folder, on this machine alone: node dist/examples/browser/serve.js site [PORT] */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, resolve, sep } from 'node:path';

const [site = 'site', port = '8080'] = process.argv.slice(2);
const root = resolve(site);

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
};

const server = createServer((request, response) => {
  const file = fileOf(request.url ?? '/');
  if (file === undefined) return void response.writeHead(404).end('not found');
  response.writeHead(200, { 'Content-Type': types[extname(file)] ?? 'application/octet-stream' });
  createReadStream(file).pipe(response);
});

/** Undefined where there is none in the folder. */
function fileOf(url: string): string | undefined {
  let path: string;
  try {
    path = decodeURIComponent(new URL(url, 'http://localhost').pathname);
  } catch {
    return undefined;
  }
  const file = join(root, path.endsWith('/') ? `${path}index.html` : path);
  const isInside = file.startsWith(root + sep) && !file.includes('\0');
  return isInside && existsSync(file) && statSync(file).isFile() ? file : undefined;
}

server.listen(Number(port), '127.0.0.1', () => {
  console.log(`http://localhost:${(server.address() as AddressInfo).port}/`);
});
