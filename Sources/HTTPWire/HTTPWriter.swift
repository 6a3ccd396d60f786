// Heads and chunks as bytes. Whatever stands in a head is checked here, so that no value can smuggle in a line.

extension RequestHead {
    /// Appends the head to `bytes`; leaves them alone if it throws.
    public func write(to bytes: inout [UInt8]) throws(HTTPViolation) {
        try headers.checkWritable()
        bytes.append(contentsOf: "\(method) \(target) \(version.rawValue)\r\n".utf8)
        headers.write(to: &bytes)
    }
}

extension ResponseHead {
    /// Appends the head to `bytes`; leaves them alone if it throws.
    public func write(to bytes: inout [UInt8]) throws(HTTPViolation) {
        guard (100...599).contains(status) else { throw .unwritable("status") }
        guard FieldSyntax.isValue(reason.utf8.span) else { throw .unwritable("reason") }
        try headers.checkWritable()
        do throws(HTTPViolation) {
            _ = try BodyFraming(version: version, headers: headers)
        } catch {
            throw .unwritable("length")
        }
        bytes.append(contentsOf: "\(version.rawValue) \(status) \(reason)\r\n".utf8)
        headers.write(to: &bytes)
    }
}

extension Headers {
    fileprivate func checkWritable() throws(HTTPViolation) {
        for field in fields {
            guard FieldSyntax.isToken(field.name.utf8.span) else { throw .unwritable("field name") }
            guard FieldSyntax.isValue(field.value.utf8.span) else { throw .unwritable("\(field.name) field") }
        }
    }

    fileprivate func write(to bytes: inout [UInt8]) {
        for field in fields { bytes.append(contentsOf: "\(field.name): \(field.value)\r\n".utf8) }
        bytes.append(contentsOf: "\r\n".utf8)
    }
}

/// Writes chunked bodies.
public enum HTTPChunk {
    /// Appends one chunk. Without bytes it appends nothing, since an empty chunk would end the body.
    public static func write(_ piece: Span<UInt8>, to bytes: inout [UInt8]) {
        guard piece.count > 0 else { return }
        bytes.append(contentsOf: "\(String(piece.count, radix: 16))\r\n".utf8)
        // SAFETY: the array copies the bytes and keeps no pointer.
        unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: "\r\n".utf8)
    }

    /// Appends what ends the body.
    public static func writeEnd(to bytes: inout [UInt8]) {
        bytes.append(contentsOf: "0\r\n\r\n".utf8)
    }
}
