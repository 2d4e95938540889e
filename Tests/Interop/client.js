// SPDX-License-Identifier: Apache-2.0
// Node's client: node client.js URL; prints nothing and exits 0 if all is right.
const http = require('http'), assert = require('assert');
const base = process.argv[2], agent = new http.Agent({keepAlive: true, maxSockets: 1});
const ask = (method, path, headers, parts) => new Promise((resolve, reject) => {
    const request = http.request(base + path, {method, headers, agent}, response => {
        const got = [];
        response.on('data', part => got.push(part));
        response.on('end', () => {
            resolve({status: response.statusCode, body: Buffer.concat(got), headers: response.headers});
        });
        response.on('error', reject);
    });
    request.on('error', reject);
    for (const part of parts || []) request.write(part);
    request.end();
});
(async () => {
    for (let i = 0; i < 20; i++) assert.equal((await ask('GET', '/hello', {})).body.toString(), 'hello');
    assert.equal((await ask('HEAD', '/file', {})).body.length, 0);
    const file = await ask('GET', '/file', {});
    assert.equal(file.body.length, 1 << 20);
    const part = await ask('GET', '/file', {Range: 'bytes=1000-1999'});
    assert.equal(part.status, 206);
    assert(part.body.equals(file.body.subarray(1000, 2000)));
    const parts = Array.from({length: 64}, (_, i) => Buffer.alloc(16384, i));
    const sent = Buffer.concat(parts);
    assert((await ask('POST', '/echo', {}, parts)).body.equals(sent));                                   // in chunks
    assert((await ask('PUT', '/echo', {'Content-Length': sent.length}, parts)).body.equals(sent));
})().then(() => process.exit(0), error => { console.error(error); process.exit(1); });
