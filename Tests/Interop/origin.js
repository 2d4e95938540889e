// SPDX-License-Identifier: Apache-2.0
// Node's origin, the same as application.py but for the WebSocket: node origin.js PORT
const file = Buffer.alloc(1 << 20, Buffer.from(Array.from({length: 256}, (_, i) => i)));
require('http').createServer((request, response) => {
    const path = request.url;
    if (path === '/echo') {
        const parts = [];
        request.on('data', part => parts.push(part));
        request.on('end', () => response.end(Buffer.concat(parts)));
    } else if (path === '/file') {
        const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range || '');
        if (!range) return response.end(file);
        const [first, last] = [Number(range[1]), Number(range[2])];
        response.writeHead(206, {'Content-Range': `bytes ${first}-${last}/${file.length}`});
        response.end(file.subarray(first, last + 1));
    } else if (path === '/events') {
        response.writeHead(200, {'Content-Type': 'text/event-stream'});
        let number = 0;
        const timer = setInterval(() => {
            response.write(`data: ${number++}\n\n`);
            if (number === 3) { clearInterval(timer); response.end(); }
        }, 300);
    } else {
        setTimeout(() => response.end('hello'), path === '/poll' ? 1500 : 0);
    }
}).listen(Number(process.argv[2]), '127.0.0.1');
