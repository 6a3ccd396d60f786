// The usual bridge in Node: the library ws, JSON.parse and JSON.stringify, one mark behind each piece of the agent's.
//   node node-relay.js HOST:PORT URL-OF-THE-UPSTREAM
'use strict';
const { WebSocket, WebSocketServer } = require('ws');

const [listen, connect] = process.argv.slice(2);
const [host, port] = listen.split(':');

function bridge(phone) {
    let stream = null;
    let marks = 0;
    const early = [];
    const upstream = new WebSocket(connect, { perMessageDeflate: false });

    upstream.on('message', (data) => {
        const event = JSON.parse(data);
        switch (event.type) {
        case 'session.created':
            upstream.send(JSON.stringify({
                type: 'session.update',
                session: {
                    type: 'realtime',
                    audio: { input: { format: { type: 'audio/pcmu' } }, output: { format: { type: 'audio/pcmu' } } },
                },
            }));
            break;
        case 'session.updated':
            for (const message of early.splice(0)) upstream.send(message);
            break;
        case 'response.output_audio.delta':
            phone.send(JSON.stringify({ event: 'media', streamSid: stream, media: { payload: event.delta } }));
            phone.send(JSON.stringify({ event: 'mark', streamSid: stream, mark: { name: `m${marks++}` } }));
            break;
        case 'input_audio_buffer.speech_started':
            phone.send(JSON.stringify({ event: 'clear', streamSid: stream }));
            break;
        }
    });

    phone.on('message', (data) => {
        const message = JSON.parse(data);
        switch (message.event) {
        case 'start':
            stream = message.start.streamSid;
            break;
        case 'media': {
            const text = JSON.stringify({ type: 'input_audio_buffer.append', audio: message.media.payload });
            if (upstream.readyState === WebSocket.OPEN) upstream.send(text);
            else early.push(text);
            break;
        }
        case 'stop':
            upstream.close();
            break;
        }
    });

    phone.on('close', () => upstream.close());
    upstream.on('close', () => phone.close());
    for (const socket of [phone, upstream]) socket.on('error', () => socket.terminate());
}

const server = new WebSocketServer({ host, port: Number(port), perMessageDeflate: false, backlog: 1024 });
server.on('connection', bridge);
server.on('listening', () => console.log(`ready ${server.address().port}`));
process.on('SIGINT', () => process.exit(0));
