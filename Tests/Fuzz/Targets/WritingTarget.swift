import HTTPWire

/// What is written is read back the same, however it is cut; what cannot be read back is not written.
@Sendable
func fuzzWriting(_ input: inout FuzzInput) {
    switch input.choice() % 3 {
    case 0: writeFrame(&input)
    case 1: writeClose(&input)
    default: writeHead(&input)
    }
}

private func writeFrame(_ input: inout FuzzInput) {
    let role: WebSocketRole = input.choice() & 1 == 0 ? .server : .client
    let key = role == .server ? key(&input) : nil
    let times = [1, 1, 2, 600][Int(input.choice() & 3)]  // Long enough for each form of a length.
    let (whole, slices) = input.stream()
    let payload = Array(repeatElement(whole, count: times).joined())

    let room = WebSocketFrame.maximumHeaderByteCount
    var encoded = [UInt8](repeating: 0, count: payload.count + room)
    var target = encoded.mutableSpan
    let end = WebSocketFrame.encode(.binary, payload: payload.span, maskKey: key, into: &target)
    var wrapped = [UInt8](repeating: 0, count: room) + payload
    var buffer = wrapped.mutableSpan
    let start = WebSocketFrame.wrap(.binary, payload: room..<room + payload.count, maskKey: key, in: &buffer)
    require(encoded[..<end] == wrapped[start...], "the two ways to write a frame differ")

    let read = readFrames(cut(Array(encoded[..<end]), like: slices), role: role, limit: payload.count)
    require(read == [.message(.binary, payload)], "a frame differs when read")
}

private func writeClose(_ input: inout FuzzInput) {
    let role: WebSocketRole = input.choice() & 1 == 0 ? .server : .client
    let key = role == .server ? key(&input) : nil
    let code = UInt16(input.choice()) << 8 | UInt16(input.choice())
    guard WebSocketCloseCode.isSendable(code) else { return }
    let reason = String(decoding: input.stream().whole, as: UTF8.self)
    var bytes = [UInt8](repeating: 0, count: WebSocketFrame.maximumCloseByteCount)
    var target = bytes.mutableSpan
    let end = WebSocketFrame.encodeClose(code: code, reason: reason, maskKey: key, into: &target)
    guard case .close(let close) = readFrames([Array(bytes[..<end])], role: role, limit: 0).first else {
        fatalError("a close frame cannot be read")
    }
    require(close.code == code, "a close code differs when read")
    require(reason.utf8.starts(with: close.reason.utf8), "a reason differs when read")
    require(close.reason.utf8.count > min(reason.utf8.count, 123) - 4, "a reason was cut too short")
}

private func writeHead(_ input: inout FuzzInput) {
    let parts = input.stream().whole.split(separator: 0, omittingEmptySubsequences: false)
    let texts = parts.map { String(decoding: $0, as: UTF8.self) }
    var headers = Headers()
    for index in stride(from: 1, to: texts.count - 1, by: 2) { headers.append(texts[index], texts[index + 1]) }
    let head = ResponseHead(status: 200, reason: texts.first, headers: headers)
    var bytes: [UInt8] = []
    guard (try? head.write(to: &bytes)) != nil else {
        require(bytes.isEmpty, "half a head was written")
        return
    }
    var reader = ResponseHeadReader(limits: HeadLimits(headBytes: 1 << 20, firstLineBytes: 1 << 20, fields: 1 << 20))
    var position = 0
    guard let read = try? reader.next(in: bytes.span, from: &position) else {
        fatalError("a head cannot be read")
    }
    require(position == bytes.count, "a head ends early")
    require(read.headers.fields.map(\.name) == headers.fields.map(\.name), "names differ when read")
}

private func key(_ input: inout FuzzInput) -> UInt32 {
    (0..<4).reduce(0) { key, _ in key << 8 | UInt32(input.choice()) }
}

/// Cuts `bytes` where `slices` were cut; what is left over is one more slice.
private func cut(_ bytes: [UInt8], like slices: [[UInt8]]) -> [[UInt8]] {
    var cut: [[UInt8]] = []
    var start = 0
    for slice in slices {
        let end = min(bytes.count, start + slice.count)
        cut.append(Array(bytes[start..<end]))
        start = end
    }
    return cut + [Array(bytes[start...])]
}
