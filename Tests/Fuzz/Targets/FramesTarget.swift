import HTTPWire

/// Frames come to the same events however they are cut, and memory stays within the cap.
@Sendable
func fuzzFrames(_ input: inout FuzzInput) {
    let choice = input.choice()
    let role: WebSocketRole = choice & 1 == 0 ? .server : .client
    let limit = choice & 2 == 0 ? 1 << 20 : 100
    let (whole, slices) = input.stream()
    let events = readFrames([whole], role: role, limit: limit)
    require(events == readFrames(slices, role: role, limit: limit), "events differ when cut")
    for case .message(let opcode, let payload) in events {
        require(opcode == .ping || opcode == .pong || payload.count <= limit, "a message passed its cap")
        require(opcode != .text || (try? UTF8Span(validating: payload.span)) != nil, "a text is not UTF-8")
    }
}

/// What a reader saw, payloads included.
enum FrameEvent: Equatable {
    case message(WebSocketOpcode, [UInt8])
    case close(WebSocketClose)
    case violation(WebSocketViolation)
}

func readFrames(_ slices: [[UInt8]], role: WebSocketRole, limit: Int) -> [FrameEvent] {
    var reader = WebSocketReader(role: role, maximumMessageBytes: limit)
    var events: [FrameEvent] = []
    do throws(WebSocketViolation) {
        for var slice in slices {
            var position = 0
            while true {
                var span = slice.mutableSpan
                guard let event = try reader.next(in: &span, from: &position) else { break }
                events.append(copy(event, slice, reader))
                // Allocators round up by a page at most.
                require(reader.heldByteCount <= limit + 4_096, "the buffer passed its cap")
            }
            require(position == slice.count, "stopped inside a slice")
        }
    } catch {
        events.append(.violation(error))
    }
    return events
}

private func copy(_ event: WebSocketEvent, _ slice: [UInt8], _ reader: borrowing WebSocketReader) -> FrameEvent {
    func payload(_ place: PayloadPlace) -> [UInt8] {
        switch place {
        case .slice(let range): Array(slice[range])
        case .assembled: reader.withAssembled { bytes in bytes.indices.map { bytes[$0] } }
        }
    }
    return switch event {
    case .text(let place): .message(.text, payload(place))
    case .binary(let place): .message(.binary, payload(place))
    case .ping(let place): .message(.ping, payload(place))
    case .pong(let place): .message(.pong, payload(place))
    case .close(let close): .close(close)
    }
}
