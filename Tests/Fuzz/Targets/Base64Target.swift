import MediaCore

/// The strict decoder agrees with one that is too simple to be wrong, in any room, and what it takes it writes again.
@Sendable
func fuzzBase64(_ input: inout FuzzInput) {
    let room = Int(input.choice())
    let text = input.stream().whole
    let expected = simplyDecoded(text)

    var bytes = [UInt8](repeating: 0, count: Base64.maximumDecodedByteCount(text.count))
    var span = bytes.mutableSpan
    let count = Base64.decode(text.span, into: &span)
    require(count.map { Array(bytes.prefix($0)) } == expected, "differs from the simple decoder")

    var narrow = [UInt8](repeating: 0, count: room)
    var narrowSpan = narrow.mutableSpan
    let fitting = Base64.decode(text.span, into: &narrowSpan)
    require(fitting == expected.flatMap { $0.count <= room ? $0.count : nil }, "wrong about what fits")

    guard let expected else { return }
    require(expected.count <= Base64.maximumDecodedByteCount(text.count), "more than the upper bound")
    var again = [UInt8](repeating: 0, count: Base64.encodedByteCount(expected.count))
    var againSpan = again.mutableSpan
    require(Base64.encode(expected.span, into: &againSpan) == text.count && again == text, "does not write it again")
}

/// Character by character, with a search for each.
private func simplyDecoded(_ text: [UInt8]) -> [UInt8]? {
    let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    let body = text.prefix { $0 != UInt8(ascii: "=") }
    guard text.count % 4 == 0, text.count - body.count <= 2 else { return nil }
    guard text.dropFirst(body.count).allSatisfy({ $0 == UInt8(ascii: "=") }) else { return nil }
    var (bits, width, bytes) = (0, 0, [UInt8]())
    for character in body {
        guard let value = alphabet.firstIndex(of: character) else { return nil }
        (bits, width) = (bits << 6 | value, width + 6)
        guard width >= 8 else { continue }
        width -= 8
        bytes.append(UInt8(bits >> width))
        bits &= (1 << width) - 1
    }
    return bits == 0 ? bytes : nil
}
