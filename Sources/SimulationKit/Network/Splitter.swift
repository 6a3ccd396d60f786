internal import HTTPWire
internal import PracticeKit

/// One direction of a connection as bytes: messages become frames and fragments, those are cut anywhere, and the reader
/// of the house makes messages of them again.
final class Splitter {
    private static let longestMessage = 16 << 20
    private static let mostPieces = 4

    private let masks: Bool
    private var reader: WebSocketReader
    private var dice: SeededRandom

    /// - Parameter role: The reader's.
    init(for role: WebSocketRole, dice: SeededRandom) {
        masks = role == .server
        reader = WebSocketReader(role: role, maximumMessageBytes: Self.longestMessage)
        self.dice = dice
    }

    // MARK: where it is sent

    /// What goes over the network, piece by piece.
    func split(_ message: [UInt8]) -> [[UInt8]] {
        let cuts = ([0, message.count] + (0..<fragments).map { _ in dice.below(message.count + 1) }).sorted()
        var stream: [UInt8] = []
        for (place, (start, end)) in zip(cuts, cuts.dropFirst()).enumerated() {
            if place > 0, dice.happens(0.2) { stream += frame(.ping, [1, 2, 3][...], isFinal: true) }
            stream += frame(
                place == 0 ? .text : .continuation, message[start..<end], isFinal: place == cuts.count - 2)
        }
        let places = ([0, stream.count] + (0..<1 + dice.below(Self.mostPieces)).map { _ in dice.below(stream.count) })
            .sorted()
        return zip(places, places.dropFirst()).compactMap { $0 < $1 ? Array(stream[$0..<$1]) : nil }
    }

    private var fragments: Int { dice.happens(0.3) ? 1 + dice.below(Self.mostPieces) : 0 }

    private func frame(_ opcode: WebSocketOpcode, _ payload: ArraySlice<UInt8>, isFinal: Bool) -> [UInt8] {
        let count = WebSocketFrame.byteCount(payloadByteCount: payload.count, isMasked: masks)
        var bytes = [UInt8](repeating: 0, count: count)
        var target = bytes.mutableSpan
        let key = masks ? UInt32(truncatingIfNeeded: dice.next()) : nil
        _ = WebSocketFrame.encode(opcode, isFinal: isFinal, payload: payload.span, maskKey: key, into: &target)
        return bytes
    }

    // MARK: where it arrives

    /// The messages that end in this piece.
    func read(_ piece: [UInt8]) throws(WebSocketViolation) -> [[UInt8]] {
        var piece = piece
        var messages: [[UInt8]] = []
        var position = 0
        while true {
            var slice = piece.mutableSpan
            guard let event = try reader.next(in: &slice, from: &position) else { return messages }
            guard case .text(let place) = event else { continue }
            switch place {
            case .slice(let range): messages.append(Array(piece[range]))
            case .assembled: messages.append(reader.withAssembled { [UInt8]($0) })
            }
        }
    }
}
