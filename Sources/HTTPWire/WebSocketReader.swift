/// Reads WebSocket events out of whatever slices a socket delivers (RFC 6455, strict, no extensions).
///
/// A message that lies whole in a slice is unmasked and delivered there: no copy, no allocation. Only what slice ends
/// or fragments cut is assembled inside, and that never takes more than `maximumMessageBytes`.
public struct WebSocketReader: ~Copyable, Sendable {
    private enum Stage {
        case header
        case payload
        case closed
        case failed(WebSocketViolation)
    }

    private enum Delivered {
        case nothing
        case message
        case control
    }

    private let role: WebSocketRole
    private let maximumMessageBytes: Int
    private var stage = Stage.header

    private var header = InlineArray<14, UInt8>(repeating: 0)
    private var headerCount = 0
    private var headerNeeded = 2

    private var frame = Frame()
    /// The kind of the message whose fragments are being assembled.
    private var message: WebSocketOpcode?
    private var text = UTF8Validator()
    private var assembly = AssemblyBuffer()
    private var delivered = Delivered.nothing

    /// Control frames come between fragments, so they need a place of their own.
    private var control = InlineArray<125, UInt8>(repeating: 0)
    private var controlCount = 0

    public init(role: WebSocketRole, maximumMessageBytes: Int) {
        self.role = role
        self.maximumMessageBytes = maximumMessageBytes
    }

    /// The next event in `slice` from `position` on, or nil when the slice is used up.
    ///
    /// Payloads are unmasked in place. After a violation each further call throws it again.
    public mutating func next(
        in slice: inout MutableSpan<UInt8>, from position: inout Int
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        if delivered != .nothing { recycle() }
        do throws(WebSocketViolation) {
            while true {
                switch stage {
                case .header:
                    if let event = try readWholeMessage(in: &slice, from: &position) { return event }
                    guard try readHeader(slice.span, from: &position) else { return nil }
                    stage = .payload
                case .payload:
                    if isWhole(in: slice.count - position) {
                        return try deliverWhole(in: &slice, from: &position)
                    }
                    guard try readPiece(in: &slice, from: &position) else { return nil }
                    if let event = try finishFrame() { return event }
                case .closed:
                    position = slice.count
                    return nil
                case .failed(let violation):
                    throw violation
                }
            }
        } catch {
            stage = .failed(error)
            assembly.giveBack()
            throw error
        }
    }

    /// Hands over the payload of the event just returned if its place is `.assembled`, else nothing.
    public func withAssembled<R>(_ body: (Span<UInt8>) -> R) -> R {
        switch delivered {
        case .nothing: body(Span())
        case .message: assembly.withBytes(body)
        case .control: body(control.span.extracting(first: controlCount))
        }
    }

    /// What this reader holds on the heap.
    public var heldByteCount: Int { assembly.capacity }

    /// Gives back the assembly buffer unless a message is in it: for a connection that has gone quiet.
    public mutating func giveBackIdleBuffer() {
        if delivered != .nothing { recycle() }
        if assembly.count == 0 { assembly.giveBack() }
    }

    private mutating func recycle() {
        if delivered == .message { assembly.clear() }
        delivered = .nothing
    }
}

extension WebSocketReader {
    /// The frame whose payload is being read.
    private struct Frame {
        var opcode = WebSocketOpcode.continuation
        var isFinal = true
        var byteCount = 0
        var received = 0
        var mask = WebSocketMask(key: 0)

        var remaining: Int { byteCount - received }
    }

    /// The usual case without a detour: an unfragmented message that lies whole in the slice, header and all. Nil for
    /// anything else, and for whatever might be wrong: then nothing was taken and the long way decides.
    private mutating func readWholeMessage(
        in slice: inout MutableSpan<UInt8>, from position: inout Int
    ) throws(WebSocketViolation) -> WebSocketEvent? {
        let available = slice.count - position
        let maskByteCount = role == .server ? 4 : 0
        guard headerCount == 0, message == nil, available >= 4 + maskByteCount else { return nil }
        let isText = slice[position] == 0x80 | WebSocketOpcode.text.rawValue
        guard isText || slice[position] == 0x80 | WebSocketOpcode.binary.rawValue else { return nil }
        let short = Int(slice[position + 1] & 0x7F)
        guard slice[position + 1] >> 7 == (role == .server ? 1 : 0), short < 127 else { return nil }
        let isLong = short == 126
        let byteCount = isLong ? Int(slice[position + 2]) << 8 | Int(slice[position + 3]) : short
        let start = position + (isLong ? 4 : 2) + maskByteCount
        guard !isLong || byteCount > 125, byteCount <= maximumMessageBytes, start + byteCount <= slice.count else {
            return nil
        }
        frame = Frame(opcode: isText ? .text : .binary, byteCount: byteCount)
        if role == .server {
            var key: UInt32 = 0
            for place in start - 4..<start { key = key << 8 | UInt32(slice[place]) }
            frame.mask = WebSocketMask(key: key)
        }
        position = start
        return try deliverWhole(in: &slice, from: &position)
    }

    /// Collects a header byte by byte, so that each rule is checked as soon as it can be. True when it is complete.
    private mutating func readHeader(
        _ slice: Span<UInt8>, from position: inout Int
    ) throws(WebSocketViolation) -> Bool {
        while headerCount < headerNeeded {
            guard position < slice.count else { return false }
            let byte = slice[position]
            position &+= 1
            header[headerCount] = byte
            headerCount &+= 1
            if headerCount == 1 {
                try begin(WebSocketFrameStart(byte))
            } else if headerCount == 2 {
                headerNeeded = 2 + (try WebSocketFrameStart(header[0]).extraByteCount(byte, from: role))
            }
        }
        frame.byteCount = try payloadByteCount()
        if role == .server { frame.mask = WebSocketMask(key: UInt32(number(from: headerNeeded - 4, count: 4))) }
        headerCount = 0
        headerNeeded = 2
        return true
    }

    private mutating func begin(_ start: WebSocketFrameStart) throws(WebSocketViolation) {
        switch start.opcode {
        case .continuation: guard message != nil else { throw .unexpectedContinuation }
        case .text, .binary: guard message == nil else { throw .unfinishedMessage }
        case .close, .ping, .pong: controlCount = 0
        }
        frame = Frame(opcode: start.opcode, isFinal: start.isFinal)
    }

    /// The length that the header announces, refused here if the message would be too big: before any payload.
    private func payloadByteCount() throws(WebSocketViolation) -> Int {
        let short = header[1] & 0x7F
        let length: UInt64
        switch short {
        case 126:
            length = number(from: 2, count: 2)
            guard length > 125 else { throw .wastefulLength }
        case 127:
            length = number(from: 2, count: 8)
            guard length >> 63 == 0 else { throw .impossibleLength }
            guard length > 0xFFFF else { throw .wastefulLength }
        default: length = UInt64(short)
        }
        if !frame.opcode.isControl, length > UInt64(max(0, maximumMessageBytes - assembly.count)) {
            throw .messageTooBig(limit: maximumMessageBytes)
        }
        return Int(length)
    }

    private func number(from start: Int, count: Int) -> UInt64 {
        var number: UInt64 = 0
        for index in start..<start + count { number = number << 8 | UInt64(header[index]) }
        return number
    }
}

extension WebSocketReader {
    private func isWhole(in available: Int) -> Bool {
        frame.received == 0 && available >= frame.byteCount
            && (frame.opcode.isControl || frame.isFinal && frame.opcode != .continuation)
    }

    private mutating func deliverWhole(
        in slice: inout MutableSpan<UInt8>, from position: inout Int
    ) throws(WebSocketViolation) -> WebSocketEvent {
        let range = position..<position + frame.byteCount
        position = range.upperBound
        stage = .header
        let isASCII = unmask(&slice, in: range)
        switch frame.opcode {
        case .text, .continuation:
            if !isASCII {
                var text = UTF8Validator()
                guard text.accept(slice.span.extracting(range)), text.isComplete else { throw .invalidText }
            }
            return .text(.slice(range))
        case .binary: return .binary(.slice(range))
        case .ping: return .ping(.slice(range))
        case .pong: return .pong(.slice(range))
        case .close: return try close(WebSocketClose(payload: slice.span.extracting(range)))
        }
    }

    /// Takes what the slice holds of the frame. True when that completes the frame.
    private mutating func readPiece(
        in slice: inout MutableSpan<UInt8>, from position: inout Int
    ) throws(WebSocketViolation) -> Bool {
        let range = position..<position + min(frame.remaining, slice.count - position)
        guard !range.isEmpty || frame.remaining == 0 else { return false }
        position = range.upperBound
        let isASCII = unmask(&slice, in: range)
        let piece = slice.span.extracting(range)
        frame.received += range.count
        if frame.opcode.isControl {
            for index in piece.indices { control[controlCount + index] = piece[index] }
            controlCount += piece.count
        } else {
            let kind = message ?? frame.opcode
            message = kind
            if kind == .text, !(isASCII && text.isComplete) {
                guard text.accept(piece) else { throw .invalidText }
            }
            let bound = frame.isFinal ? assembly.count + piece.count + frame.remaining : maximumMessageBytes
            assembly.append(piece, bound: bound)
        }
        return frame.remaining == 0
    }

    /// What a completed frame means: an event, or nil for a fragment that more will follow.
    private mutating func finishFrame() throws(WebSocketViolation) -> WebSocketEvent? {
        stage = .header
        switch frame.opcode {
        case .ping, .pong:
            delivered = .control
            return frame.opcode == .ping ? .ping(.assembled) : .pong(.assembled)
        case .close:
            return try close(WebSocketClose(payload: control.span.extracting(first: controlCount)))
        case .text, .binary, .continuation:
            guard frame.isFinal else { return nil }
            guard text.isComplete else { throw .invalidText }
            let kind = message
            message = nil
            delivered = .message
            return kind == .text ? .text(.assembled) : .binary(.assembled)
        }
    }

    /// Makes `range` plain, and says whether it is ASCII.
    private func unmask(_ slice: inout MutableSpan<UInt8>, in range: Range<Int>) -> Bool {
        switch role {
        case .server: frame.mask.advanced(by: frame.received).apply(to: &slice, in: range)
        case .client: slice.span.extracting(range).isASCII()
        }
    }

    private mutating func close(_ close: WebSocketClose) -> WebSocketEvent {
        stage = .closed
        assembly.giveBack()
        return .close(close)
    }
}
