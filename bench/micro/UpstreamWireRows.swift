import MediaCore
import Timeline
import UpstreamWire

let upstreamWireRows: [Benchmark] = [
    Benchmark("OpenAI append frame, 160 bytes", limit: 100) { meter in
        let audio = audio
        var buffer = [UInt8](repeating: 0, count: OpenAIAudioAppend.byteCount(audioByteCount: audio.count))
        meter.measure {
            var target = buffer.mutableSpan
            keep(OpenAIAudioAppend.write(audio.span, into: &target))
        }
    },
    Benchmark("OpenAI delta scan, 800 bytes of audio", limit: 400) { meter in
        let text = delta(of: 800)
        meter.measure { keep(OpenAIAudioDelta(scanning: text.span)) }
    },
    Benchmark("OpenAI session, one delta of 800 bytes", limit: 500) { meter in
        var session = readySession()
        let text = delta(of: 800)
        _ = session.receive(text.span, at: .zero)  // The first one makes the item known.
        meter.measure { keep(session.receive(text.span, at: .zero)) }
    },
    Benchmark("ElevenLabs chunk frame, 160 bytes", limit: 100) { meter in
        let audio = audio
        var buffer = [UInt8](repeating: 0, count: ElevenLabsAudioChunk.byteCount(audioByteCount: audio.count))
        meter.measure {
            var target = buffer.mutableSpan
            keep(ElevenLabsAudioChunk.write(audio.span, into: &target))
        }
    },
    Benchmark("ElevenLabs session, one event of 1,600 bytes of audio", limit: 600) { meter in
        var session = readyConversation()
        let text = audioEvent(of: 1_600)
        _ = session.receive(text.span, at: .zero)
        meter.measure { keep(session.receive(text.span, at: .zero)) }
    },
    // 35 s of speech in one message, as has been seen.
    Benchmark("ElevenLabs session, one event of 1.5 MB", limit: 3_000_000) { meter in
        var session = readyConversation()
        let text = audioEvent(of: 1_125_000)
        _ = session.receive(text.span, at: .zero)
        meter.measure { keep(session.receive(text.span, at: .zero)) }
    },
]

/// 20 ms of telephone audio.
private let audio: [UInt8] = (0..<160).map { UInt8(truncatingIfNeeded: $0 &* $0 &* 31 &+ $0 &* 7) }

private func delta(of count: Int) -> [UInt8] {
    let bytes = (0..<count).map { audio[$0 % audio.count] }
    var base64 = [UInt8](repeating: 0, count: Base64.encodedByteCount(count))
    var target = base64.mutableSpan
    Base64.encode(bytes.span, into: &target)
    let head =
        #"{"type":"response.output_audio.delta","event_id":"event_CdZfr6H2qN1aPq3ZSHcAS","#
        + #""response_id":"resp_CdZfqXM2sYlRqd1KJ4nZR","item_id":"item_CdZfqxPG1PCNVCkXxYT3O","output_index":0,"#
        + #""content_index":0,"delta":""#
    return Array(head.utf8) + base64 + Array(#"","obfuscation":"u0Gb2V0Wc3"}"#.utf8)
}

private func audioEvent(of count: Int) -> [UInt8] {
    let bytes = (0..<count).map { audio[$0 % audio.count] }
    var base64 = [UInt8](repeating: 0, count: Base64.encodedByteCount(count))
    var target = base64.mutableSpan
    Base64.encode(bytes.span, into: &target)
    return Array(#"{"type":"audio","audio_event":{"audio_base_64":""#.utf8) + base64 + Array(#"","event_id":7}}"#.utf8)
}

private func readyConversation() -> ElevenLabsSession {
    let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    var session = ElevenLabsSession(UpstreamSetup(agent: UpstreamAgent(), formats: formats))
    _ = session.opened(at: .zero)
    let metadata = #"{"type":"conversation_initiation_metadata","conversation_initiation_metadata_event":{}}"#
    _ = session.receive(metadata.utf8.span, at: .zero)
    return session
}

private func readySession() -> OpenAISession {
    let formats = UpstreamFormats(callerAudio: .muLaw8k, agentAudio: .muLaw8k)
    var session = OpenAISession(UpstreamSetup(agent: UpstreamAgent(), formats: formats))
    for text in [#"{"type":"session.created","session":{}}"#, #"{"type":"session.updated","session":{}}"#] {
        _ = session.receive(text.utf8.span, at: .zero)
    }
    return session
}
