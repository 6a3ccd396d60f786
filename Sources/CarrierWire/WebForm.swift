/// The fields of an `application/x-www-form-urlencoded` body, in their order, duplicates and unknown ones included.
///
/// Names and values are kept as bytes, since a signature covers them as they are. As text, bytes that are no UTF-8 show
/// as U+FFFD: a call is worth more than a letter in the caller's city.
public struct WebForm: Hashable, Sendable {
    public static let maximumFieldCount = 1_000

    public struct Field: Hashable, Sendable {
        public let nameBytes: [UInt8]
        public let valueBytes: [UInt8]

        public var name: String { String(decoding: nameBytes, as: UTF8.self) }
        public var value: String { String(decoding: valueBytes, as: UTF8.self) }

        public init(nameBytes: [UInt8], valueBytes: [UInt8]) {
            self.nameBytes = nameBytes
            self.valueBytes = valueBytes
        }
    }

    public private(set) var fields: [Field] = []

    public init() {}

    /// Reads a body. A `%` that two hexadecimal digits do not follow is refused; a field without `=` has an empty value.
    public init(parsing body: Span<UInt8>) throws(CarrierError) {
        var start = 0
        while start < body.count {
            var end = start
            while end < body.count, body[end] != UInt8(ascii: "&") { end += 1 }
            if end > start {
                guard fields.count < Self.maximumFieldCount else {
                    throw .formTooLarge(limit: Self.maximumFieldCount)
                }
                fields.append(try Self.field(body.extracting(start..<end)))
            }
            start = end + 1
        }
    }

    public mutating func append(_ name: String, _ value: String) {
        fields.append(Field(nameBytes: Array(name.utf8), valueBytes: Array(value.utf8)))
    }

    /// Appends a field that has a value.
    public mutating func append(_ name: String, ifPresent value: String?) {
        if let value { append(name, value) }
    }

    /// The value of the first field of this name.
    public subscript(name: String) -> String? {
        fields.first { $0.nameBytes.elementsEqual(name.utf8) }?.value
    }

    /// The values of all fields of this name, in order.
    public func values(of name: String) -> [String] {
        fields.filter { $0.nameBytes.elementsEqual(name.utf8) }.map(\.value)
    }

    /// As a body, or as the query of a URL.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        for field in fields {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
            Self.appendEncoded(field.nameBytes, to: &bytes)
            bytes.append(UInt8(ascii: "="))
            Self.appendEncoded(field.valueBytes, to: &bytes)
        }
        return bytes
    }

    private static func field(_ text: Span<UInt8>) throws(CarrierError) -> Field {
        var equals = 0
        while equals < text.count, text[equals] != UInt8(ascii: "=") { equals += 1 }
        return Field(
            nameBytes: try decoded(text.extracting(first: equals)),
            valueBytes: try decoded(text.extracting(min(equals + 1, text.count)...)))
    }

    private static func decoded(_ text: Span<UInt8>) throws(CarrierError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard index + 2 < text.count, let high = digit(text[index + 1]), let low = digit(text[index + 2]) else {
                    throw .malformedForm
                }
                bytes.append(high << 4 | low)
                index += 2
            case let byte: bytes.append(byte)
            }
            index += 1
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func appendEncoded(_ text: [UInt8], to bytes: inout [UInt8]) {
        let digits = Array("0123456789ABCDEF".utf8)
        for byte in text {
            switch byte {
            case UInt8(ascii: " "): bytes.append(UInt8(ascii: "+"))
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default: bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
