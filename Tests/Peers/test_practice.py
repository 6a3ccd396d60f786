"""OpenAI's own client holds whole conversations with `patchbay practice`."""

import asyncio
import os
import subprocess
import wave

import openai
import pytest
import websockets

from practice import talk, upstream

FORMATS = ["audio/pcmu", "audio/pcma", "audio/pcm"]


def kinds(call):
    return [event.type for event in call.events]


@pytest.mark.parametrize("audio", FORMATS)
def test_a_whole_conversation(audio):
    """Greeting, a turn found by the energy of speech, and the reply: each tone has its length and its pitch."""
    async def hold(server):
        async with talk(server, audio) as call:
            await call.connection.response.create()
            greeting = (await call.until("response.done")).response
            assert greeting.status == "completed"
            item = greeting.output[0]
            assert item.content[0].transcript.startswith("Hello")
            assert call.seconds(item.id) == pytest.approx(1.0, abs=0.001)
            assert call.pitch(item.id) == pytest.approx(440, rel=0.003)

            await call.say(300, 1.0)
            await call.say(0, 1.0)
            started = await call.until("input_audio_buffer.speech_started")
            stopped = await call.until("input_audio_buffer.speech_stopped")
            assert (started.audio_start_ms, stopped.audio_end_ms) == (0, 1_400)
            committed = await call.until("input_audio_buffer.committed")
            assert (committed.item_id, committed.previous_item_id) == (started.item_id, item.id)
            assert (await call.until("conversation.item.added")).item.role == "user"
            reply = (await call.until("response.done")).response
            assert call.pitch(reply.output[0].id) == pytest.approx(523, rel=0.003)
            assert reply.usage.output_token_details.audio_tokens == 20
            assert "conversation.item.input_audio_transcription.completed" in kinds(call)

            order = kinds(call)
            order = [kind for kind in order[order.index("input_audio_buffer.committed"):]
                     if "delta" not in kind and "transcription" not in kind and kind != "rate_limits.updated"]
            assert order == [
                "input_audio_buffer.committed", "conversation.item.added", "conversation.item.done", "response.created",
                "response.output_item.added", "conversation.item.added", "response.content_part.added",
                "response.output_audio.done", "response.output_audio_transcript.done", "response.content_part.done",
                "response.output_item.done", "conversation.item.done", "response.done"]

    with upstream("--greeting", "1s", "--reply", "1s") as server:
        asyncio.run(hold(server))
        reports = server.stop()
    assert [report["event"] for report in reports][:3] == [
        "connection.opened", "session.configured", "response.started"]
    assert reports[-1]["received_audio_bytes"] == {"audio/pcm": 96_000}.get(audio, 16_000)


def test_an_interruption_cancels_and_a_truncation_is_checked():
    async def hold(server):
        async with talk(server) as call:
            await call.connection.response.create()
            first = await call.until("response.output_audio.delta")
            await call.say(300, 0.3)
            await call.until("input_audio_buffer.speech_started")
            done = (await call.until("response.done")).response
            assert (done.status, done.status_details.reason) == ("cancelled", "turn_detected")
            assert done.output[0].status == "incomplete"
            made = round(call.seconds(first.item_id) * 1_000)
            assert made < 20_000

            await call.connection.conversation.item.truncate(
                item_id=first.item_id, content_index=0, audio_end_ms=made + 1, event_id="too-far")
            error = (await call.until("error")).error
            assert error.event_id == "too-far"
            assert error.message == f"Audio content of {made}ms is already shorter than {made + 1}ms"
            await call.connection.conversation.item.truncate(
                item_id=first.item_id, content_index=0, audio_end_ms=made - 7)
            assert (await call.until("conversation.item.truncated")).audio_end_ms == made - 7
            await call.connection.conversation.item.truncate(
                item_id="item_none", content_index=0, audio_end_ms=1)
            assert (await call.until("error")).error.code == "item_truncate_invalid_item_id"
            await call.connection.conversation.item.delete(item_id=first.item_id)
            await call.until("conversation.item.deleted")
        return first.item_id, made

    with upstream("--greeting", "20s", "--pace", "2") as server:
        item, made = asyncio.run(hold(server))
        reports = {report["event"]: report for report in server.stop()}
    assert reports["interrupted"]["item_id"] == item
    truncated = reports["truncated"]
    assert (truncated["item_id"], truncated["audio_end_ms"], truncated["generated_ms"]) == (item, made - 7, made)


def test_a_function_call_is_answered_and_the_call_is_ended():
    async def hold(server):
        async with talk(server, tools=[
                {"type": "function", "name": name, "parameters": {"type": "object", "properties": {}}}
                for name in ["get_slots", "end_call"]]) as call:
            await call.connection.response.create()
            await call.until("response.done")
            for name, arguments in [("get_slots", '{"day":"monday"}'), ("end_call", None)]:
                await call.connection.conversation.item.create(item={
                    "type": "message", "role": "user", "content": [{"type": "input_text", "text": "[keypad: 1]"}]})
                await call.connection.response.create()
                done = (await call.until("response.done")).response
                function = done.output[0]
                assert (function.type, function.name, function.status) == ("function_call", name, "completed")
                assert arguments in (None, function.arguments)
                await call.connection.conversation.item.create(item={
                    "type": "function_call_output", "call_id": function.call_id, "output": '{"ok":true}'})
                await call.connection.response.create()
                done = (await call.until("response.done")).response
                assert done.output[0].role == "assistant"
            assert "Goodbye" in done.output[0].content[0].transcript

    with upstream("--tool", 'get_slots:{"day":"monday"}', "--end-call-after", "2", "--pace", "0") as server:
        asyncio.run(hold(server))
        reports = server.stop()
    assert [report["tool"] for report in reports if report["event"] == "tool.called"] == ["get_slots", "end_call"]
    assert [report["output"] for report in reports if report["event"] == "tool.answered"] == ['{"ok":true}'] * 2


def test_what_is_wrong_is_answered_and_the_session_goes_on():
    async def hold(server):
        async with talk(server) as call:
            connection = call.connection

            async def refused(code, param=None):
                error = (await call.until("error")).error
                assert (error.code, error.param) == (code, param)

            await connection.send_raw("{")
            await refused("invalid_event")
            await connection.send_raw('{"type":"nonsense"}')
            await refused("invalid_value", "type")
            await connection.send_raw('{"type":"session.update","session":{"type":"realtime","temperature":1}}')
            await refused("unknown_parameter", "session.temperature")
            await connection.send_raw('{"type":"session.update","session":{}}')
            await refused("missing_required_parameter", "session.type")
            await connection.send_raw(
                '{"type":"session.update","session":{"type":"realtime","audio":{"output":{"format":{"type":"audio/pcm"}}}}}')
            await refused("missing_required_parameter", "session.audio.output.format.rate")
            await connection.send_raw('{"type":"input_audio_buffer.append","audio":"****"}')
            await refused("invalid_value", "audio")
            await connection.input_audio_buffer.commit()
            await refused("input_audio_buffer_commit_empty")
            await connection.response.cancel()
            await refused("response_cancel_not_active")
            await connection.response.create()
            await connection.response.create()
            await refused("conversation_already_has_active_response")
            await call.until("response.created") if "response.created" not in kinds(call) else None
            await connection.response.cancel()
            done = (await call.until("response.done")).response
            assert done.status_details.reason == "client_cancelled"

    with upstream() as server:
        asyncio.run(hold(server))


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_a_refused_upgrade_has_the_status(status):
    async def hold(server):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refusal:
            async with talk(server, query={"fault": f"refuse={status}"}):
                pass
        response = refusal.value.response
        assert response.status_code == status
        assert b'"error"' in response.body
        assert ("Retry-After" in response.headers) == (status == 429)

    with upstream() as server:
        asyncio.run(hold(server))


@pytest.mark.parametrize(("fault", "code"), [
    ("bad-key", 3000), ("model-not-found", 4004), ("close=1011@after-greeting", 1011), ("session-expired@greeting", 1001),
    ("reset@greeting", 1006)])
def test_a_fault_ends_the_connection_with_its_code(fault, code):
    async def hold(server):
        try:
            async with talk(server, query={"fault": fault}) as call:
                await call.connection.response.create()
                while True:
                    await call.next()
        except websockets.exceptions.ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else 1006

    with upstream("--pace", "0") as server:
        assert asyncio.run(hold(server)) == code


def test_a_fault_may_stand_in_the_instructions():
    async def hold(server):
        async with talk(server, instructions="Be kind. [practice fault=two-items,failed-response greeting=500ms]") as call:
            await call.connection.response.create()
            assert (await call.until("response.done")).response.status == "failed"
            await call.connection.response.create()
            return [call.seconds(item.id) for item in (await call.until("response.done")).response.output]

    with upstream() as server:
        assert len(asyncio.run(hold(server))) == 2


def test_a_key_is_needed():
    async def hold(server):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refusal:
            await websockets.connect(f"{server.url}?model=gpt-realtime-2.1")
        assert refusal.value.response.status_code == 401
        async with server.client(key="sk-wrong").realtime.connect(model="gpt-realtime-2.1", max_retries=0) as connection:
            event = await connection.recv()
            assert (event.type, event.error.code) == ("error", "invalid_api_key")
            with pytest.raises((websockets.exceptions.ConnectionClosed, openai.OpenAIError)):
                await connection.recv()

    with upstream("--key", "sk-right") as server:
        asyncio.run(hold(server))


def test_a_half_open_upstream_keeps_the_connection_and_says_nothing():
    async def hold(server):
        async with websockets.connect(
                f"{server.url}?model=gpt-realtime-2.1&fault=half-open@start", ping_interval=None,
                additional_headers={"Authorization": "Bearer sk"}, close_timeout=0.1) as connection:
            assert '"session.created"' in await connection.recv()
            pong = await connection.ping()
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(pong, 1)
            await connection.send('{"type":"response.create"}')
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(connection.recv(), 1)
            assert connection.state == websockets.protocol.State.OPEN

    with upstream() as server:
        asyncio.run(hold(server))


def test_the_faults_of_the_command_may_be_for_some_connections_only():
    async def hold(server):
        async def works():
            try:
                async with talk(server):
                    return True
            except websockets.exceptions.InvalidStatus:
                return False

        return [await works() for _ in range(4)]

    with upstream("--fault", "refuse=503", "--fault-first", "2") as server:
        assert asyncio.run(hold(server)) == [False, False, True, True]
    with upstream("--fault", "refuse=503", "--fault-every", "2") as server:
        assert asyncio.run(hold(server)) == [True, False, True, False]


def test_a_recording_holds_both_sides(tmp_path):
    async def hold(server):
        async with talk(server) as call:
            await call.connection.response.create()
            await call.until("response.done")
            await call.say(300, 0.5)
            await call.until("input_audio_buffer.speech_started")

    with upstream("--record", tmp_path, "--greeting", "1s", "--pace", "0") as server:
        asyncio.run(hold(server))
        server.stop()
    seconds = {}
    for file in tmp_path.iterdir():
        with wave.open(str(file)) as sound:
            seconds[file.name] = sound.getnframes() / sound.getframerate()
    assert seconds == {"connection-1-heard.wav": 0.5, "connection-1-said.wav": 1.0}


@pytest.mark.parametrize(("arguments", "word"), [
    (["--protocol", "nova"], "--protocol"), (["--protocol", "elevenlabs", "--fault", "no-update"], "no meaning"),
    (["--fault", "stale-url"], "no meaning"), (["--protocol", "both", "--agent", "a b=1"], "there is no setting"), (["--agent", "a"], "no meaning"),
    (["--protocol", "both", "--agent", "a fault=wrong-echo"], "no meaning"),
    (["--fault", "refused=401"], "did you mean 'refuse'"),
    (["--pitch", "20"], "pitch"), (["--listen", "here"], "not an address"), (["--reply-wav", "/none"], "--reply-wav")])
def test_wrong_usage_is_told_in_one_line(arguments, word):
    run = subprocess.run([os.environ["PATCHBAY"], "practice", *arguments], capture_output=True, text=True, timeout=10)
    assert run.returncode == 2
    assert word in run.stderr and run.stderr.count("\n") == 1 and not run.stdout
