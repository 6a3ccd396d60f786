"""Pipecat's own bridge: its serializer of Twilio's streams, its service of OpenAI's Realtime, nothing between.

    python pipecat-relay.py HOST:PORT URL-OF-THE-UPSTREAM
"""

import asyncio
import json
import socket
import sys

import uvicorn
from fastapi import FastAPI, WebSocket
from loguru import logger
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.runner import PipelineRunner
from pipecat.pipeline.task import PipelineParams, PipelineTask
from pipecat.serializers.twilio import TwilioFrameSerializer
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.websocket.fastapi import FastAPIWebsocketParams, FastAPIWebsocketTransport

LISTEN, CONNECT = sys.argv[1:3]
app = FastAPI()


@app.websocket("/twilio/media")
async def media(phone: WebSocket):
    await phone.accept()
    await phone.receive_text()  # `connected`
    start = json.loads(await phone.receive_text())["start"]
    serializer = TwilioFrameSerializer(
        stream_sid=start["streamSid"], call_sid=start["callSid"],
        params=TwilioFrameSerializer.InputParams(auto_hang_up=False))
    transport = FastAPIWebsocketTransport(
        websocket=phone,
        params=FastAPIWebsocketParams(audio_in_enabled=True, audio_out_enabled=True, add_wav_header=False,
                                      serializer=serializer))
    service = OpenAIRealtimeLLMService(api_key="sk-bench", base_url=CONNECT)
    task = PipelineTask(
        Pipeline([transport.input(), service, transport.output()]),
        params=PipelineParams(audio_in_sample_rate=8000, audio_out_sample_rate=8000), idle_timeout_secs=None)

    @transport.event_handler("on_client_disconnected")
    async def gone(_transport, _client):
        await task.cancel()

    await PipelineRunner(handle_sigint=False).run(task)


async def serve():
    host, port = LISTEN.split(":")
    listener = socket.create_server((host, int(port)), backlog=1024)
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", ws_per_message_deflate=False))
    print(f"ready {listener.getsockname()[1]}", flush=True)
    await server.serve(sockets=[listener])


logger.remove()
logger.add(sys.stderr, level="ERROR")
asyncio.run(serve())
